# SPDX-License-Identifier: GPL-2.0-or-later
#
# klab. `make help` lists the targets; the text after ## is theirs.
#
#	make CC=clang BUILD=build/clang		another compiler, another folder
#	make KLAB_SKIP_DEPS=1			installs no package
#	make V=1				shows the commands

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDARY:

ifeq ($(origin CC),default)
CC	:= gcc
endif
# musl: the same boot time as glibc (medians of 12 boots each under TCG, taken in turn: 1.651 s
# and 1.652 s, 1.000 s and 1.005 s of CPU) with an initramfs of 197 kB against 1039 kB.
# GUEST_CC=gcc works as well.
GUEST_CC ?= musl-gcc
FUZZ_CC	?= clang
BUILD	:= build
PREFIX	:= /usr/local
VERSION	:= $(shell git describe --always --dirty 2>/dev/null || echo 0)
export KLAB_CHECK_DIR := $(abspath $(BUILD))/check

# ---- what there is -----------------------------------------------------------
LAB_SRC	  := $(filter-out lab/tests/% lab/cmd/%,$(wildcard lab/*/*.c))
CMD_SRC	  := $(wildcard lab/cmd/*.c)
GUEST_SRC := $(wildcard guest-init/*.c)
LOADER_SRC := $(wildcard guest-init/bpf-loader/*.c)
GUEST_LIB_SRC := $(filter-out guest-init/main.c,$(GUEST_SRC))
TEST_SRC  := $(wildcard lab/tests/test-*.c)
FUZZ_SRC  := $(wildcard lab/tests/fuzz-*.c)
TOOL_SRC  := $(wildcard lab/tests/bench-*.c lab/tests/fake-*.c)
TEST_LIB_SRC := $(filter-out $(TEST_SRC) $(FUZZ_SRC) $(TOOL_SRC),$(wildcard lab/tests/*.c))
TESTS	  := $(TEST_SRC:lab/tests/%.c=$(BUILD)/dev/tests/%)
# Those that scripts boot by the hundred are the quick ones.
FAKES	  := $(patsubst lab/tests/%.c,$(BUILD)/dev/tests/%,$(wildcard lab/tests/fake-*.c)) \
	     $(patsubst %,$(BUILD)/release/tests/%,fake-guest fake-qemu)
FUZZERS	  := $(FUZZ_SRC:lab/tests/%.c=$(BUILD)/fuzz/tests/%)
PROGRAMS  := $(if $(CMD_SRC),$(BUILD)/klab) $(if $(GUEST_SRC),$(BUILD)/guest-init $(BUILD)/bpf-loader) $(BUILD)/coverage.so

# ---- how it is compiled ------------------------------------------------------
# pkg-config is asked once, when the first recipe needs it: by then it is installed.
PKGS	   := jansson libfyaml libarchive nettle zlib libzstd libdw libelf libbpf libpcre2-8 sqlite3
PKG_CFLAGS  = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags $(PKGS)))$(PKG_CFLAGS)
# libiberty has no .pc file; the one of capstone only adds a second way to its header.
LIBS	    = $(eval LIBS := $$(shell pkg-config --libs $(PKGS)) -liberty -lcapstone -lm)$(LIBS)

# What was compiled before, in this checkout or another, comes from ccache; `make CCACHE=` does
# without. A hundred test programs are linked by mold. Asked for by the first recipe, as above.
CCACHE	 = $(eval CCACHE := $$(if $$(findstring ccache,$$(CC)),,$$(shell command -v ccache)))$(CCACHE)
TEST_LD	 = $(eval TEST_LD := $$(if $$(shell command -v mold),-fuse-ld=mold))$(TEST_LD)

WARN	:= -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	   -Wvla -Wformat=2 -Wno-unused-parameter -Wno-missing-field-initializers \
	   -Werror=implicit-function-declaration
LANG_FLAGS := -std=gnu11 -D_GNU_SOURCE -Ilab -I. $(WARN) -g -ffile-prefix-map=$(CURDIR)=.
COMPILE	    = $(LANG_FLAGS) $(PKG_CFLAGS)

# Three flavours of the host side: `release` is what users run, `dev` has ASan
# and UBSan and is what every test runs, `fuzz` is for libFuzzer.
SANITIZE	:= -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
CC_release	:= $(CC)
CC_dev		:= $(CC)
CC_fuzz		:= $(FUZZ_CC)
# RELEASE_FLAGS: what a distribution adds, of the compiler's and the linker's.
CFLAGS_release	:= -O2 -DNDEBUG -D_FORTIFY_SOURCE=2 -fstack-protector-strong $(RELEASE_FLAGS)
CFLAGS_dev	:= -O1 $(SANITIZE)
CFLAGS_fuzz	:= -O1 $(SANITIZE) -fsanitize=fuzzer-no-link
# After musl's own: the kernel's headers (linux/, asm/), which it brings none of.
# Asked for by the first recipe, too: before it there may be no compiler.
MULTIARCH	 = $(eval MULTIARCH := $$(shell $$(CC) -print-multiarch))$(MULTIARCH)
KERNEL_HEADERS	 = -idirafter /usr/include -idirafter /usr/include/$(MULTIARCH)
GUEST_CFLAGS	 = $(LANG_FLAGS) -Os -fno-pie $(KERNEL_HEADERS)
GUEST_LDFLAGS	:= -static -s
GUEST_LIBS	:= -lm

all: $(PROGRAMS) ## Build klab and the guest's init

# Every compiler run waits for the packages, whatever was asked for.
DEPS	:= $(BUILD)/.deps
$(DEPS): scripts/install-deps
	@mkdir -p $(@D)
	@scripts/install-deps
	@touch $@

# $(call write-if-changed,TEXT): the target holds TEXT and is younger only when that changed.
write-if-changed = @mkdir -p $(@D); printf '%s\n' '$(subst ','\'',$(1))' | cmp -s - $@ || \
		   printf '%s\n' '$(subst ','\'',$(1))' > $@

# $(call say,WORD): one short line a command; the command itself with V=1, nothing with -s.
SILENT	= $(findstring s,$(firstword -$(MAKEFLAGS)))
say	= $(if $(V),,@$(if $(SILENT),,printf '  %-6s %s\n' $(1) '$@';))

# ---- host side, once a flavour -----------------------------------------------
define flavour
$(BUILD)/$(1)/flags: FORCE | $(DEPS)
	$$(call write-if-changed,$$(CC_$(1)) $$(COMPILE) $(CFLAGS_$(1)) $$(LIBS))
$(BUILD)/$(1)/lib-members: FORCE
	$$(call write-if-changed,$(LAB_SRC) $(GUEST_LIB_SRC))
$(BUILD)/$(1)/%.o: %.c $(BUILD)/$(1)/flags | $(DEPS)
	@mkdir -p $$(@D)
	$$(call say,CC)$$(CCACHE) $$(CC_$(1)) $$(COMPILE) $(CFLAGS_$(1)) $$(EXTRA_CFLAGS) -MMD -MP -c -o $$@ $$<
$(BUILD)/$(1)/libklab.a: $(LAB_SRC:%.c=$(BUILD)/$(1)/%.o) $(BUILD)/$(1)/lib-members
	@rm -f $$@
	$$(call say,AR)ar rcs $$@ $$(filter %.o,$$^)
# The guest's code but its main(), for tests on the host.
$(BUILD)/$(1)/libguest.a: $(GUEST_LIB_SRC:%.c=$(BUILD)/$(1)/%.o) $(BUILD)/$(1)/lib-members
	@rm -f $$@
	$$(call say,AR)ar rcs $$@ $$(filter %.o,$$^)
$(BUILD)/$(1)/klab: $(CMD_SRC:%.c=$(BUILD)/$(1)/%.o) $(BUILD)/$(1)/libklab.a
	$$(call say,LD)$$(CC_$(1)) $(CFLAGS_$(1)) -o $$@ $$^ $$(LIBS)
# Only what names the version is compiled again when that changes.
$(VERSION_SRC:%.c=$(BUILD)/$(1)/%.o): EXTRA_CFLAGS := -DKLAB_VERSION='"$(VERSION)"'
$(VERSION_SRC:%.c=$(BUILD)/$(1)/%.o): $(BUILD)/version
# What goes into pages as it is.
$(BUILD)/$(1)/lab/page/assets.o: $(wildcard lab/page/*.css lab/page/*.js)
endef
VERSION_SRC := $(shell grep -lw KLAB_VERSION $(LAB_SRC) $(CMD_SRC) /dev/null)
$(foreach f,release dev fuzz,$(eval $(call flavour,$(f))))

$(BUILD)/version: FORCE
	$(call write-if-changed,$(VERSION))

$(BUILD)/klab: $(BUILD)/release/klab
	@ln -sf release/klab $@

$(BUILD)/dev/tests/%: $(BUILD)/dev/lab/tests/%.o $(TEST_LIB_SRC:%.c=$(BUILD)/dev/%.o) \
		$(BUILD)/dev/libklab.a $(BUILD)/dev/libguest.a
	@mkdir -p $(@D)
	$(call say,LD)$(CC_dev) $(CFLAGS_dev) $(TEST_LD) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LIBS) -lcmocka
# The commands are in no library; their tests take all but main().
$(filter $(BUILD)/dev/tests/test-cmd-%,$(TESTS)): $(patsubst %.c,$(BUILD)/dev/%.o,$(filter-out lab/cmd/main.c,$(CMD_SRC)))

$(BUILD)/fuzz/tests/%: $(BUILD)/fuzz/lab/tests/%.o $(BUILD)/fuzz/libklab.a $(BUILD)/fuzz/libguest.a
	@mkdir -p $(@D)
	$(call say,LD)$(CC_fuzz) $(CFLAGS_fuzz) $(TEST_LD) -fsanitize=fuzzer -o $@ $^ $(LIBS)

$(BUILD)/release/tests/%: $(BUILD)/release/lab/tests/%.o $(BUILD)/release/libklab.a $(BUILD)/release/libguest.a
	@mkdir -p $(@D)
	$(call say,LD)$(CC_release) $(CFLAGS_release) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LIBS)
$(BUILD)/release/tests/fake-qemu: $(BUILD)/release/lab/tests/stub-server.o

# ---- guest side ----------------------------------------------------------------
$(BUILD)/guest/flags: FORCE | $(DEPS)
	$(call write-if-changed,$(GUEST_CC) $(GUEST_CFLAGS) $(GUEST_LDFLAGS) $(GUEST_LIBS) $(GUEST_SRC))
$(BUILD)/guest/%.o: guest-init/%.c $(BUILD)/guest/flags | $(DEPS)
	@mkdir -p $(@D)
	$(call say,CC)$(CCACHE) $(GUEST_CC) $(GUEST_CFLAGS) -MMD -MP -c -o $@ $<
$(BUILD)/guest-init: $(GUEST_SRC:guest-init/%.c=$(BUILD)/guest/%.o) $(BUILD)/guest/flags
	$(call say,LD)$(GUEST_CC) $(GUEST_CFLAGS) $(GUEST_LDFLAGS) -o $@ $(filter %.o,$^) $(GUEST_LIBS)

# For cases with BPF objects, beside init: libbpf.a is made for glibc.
LOADER_CFLAGS	:= $(LANG_FLAGS) -Os
LOADER_LIBS	:= -lbpf -lelf -lz
$(BUILD)/guest/loader-flags: FORCE | $(DEPS)
	$(call write-if-changed,$(CC) $(LOADER_CFLAGS) $(GUEST_LDFLAGS) $(LOADER_LIBS))
$(BUILD)/guest/bpf-loader/%.o: guest-init/bpf-loader/%.c $(BUILD)/guest/loader-flags | $(DEPS)
	@mkdir -p $(@D)
	$(call say,CC)$(CCACHE) $(CC) $(LOADER_CFLAGS) -MMD -MP -c -o $@ $<
$(BUILD)/bpf-loader: $(LOADER_SRC:guest-init/%.c=$(BUILD)/guest/%.o) $(BUILD)/guest/loader-flags
	$(call say,LD)$(CC) $(GUEST_LDFLAGS) -o $@ $(filter %.o,$^) $(LOADER_LIBS)

# ---- inside QEMU -----------------------------------------------------------------
PLUGIN_CFLAGS := $(LANG_FLAGS) -O2 -fPIC -fvisibility=hidden
$(BUILD)/qemu-plugin/flags: FORCE | $(DEPS)
	$(call write-if-changed,$(CC) $(PLUGIN_CFLAGS))
# What it calls is QEMU's, and found when QEMU loads it.
$(BUILD)/coverage.so: qemu-plugin/coverage.c $(BUILD)/qemu-plugin/flags
	$(call say,LD)$(CC) $(PLUGIN_CFLAGS) -shared -MMD -MF $(BUILD)/qemu-plugin/coverage.d -o $@ $<

# ---- using it -------------------------------------------------------------------
.PHONY: all deps demo bench bench-history bench-build bench-symbols bench-bisect readme statistics similarity scale answers man install deb check check-full check-long check-real check-slurm test lint tidy fuzz-smoke check-guests capture-fixtures clean help FORCE
FORCE:

deps: $(DEPS) ## Install the Debian packages that are missing

# klab calls the kernel's make: our flags and job server are none of its business.
OWN_ENV	:= env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL

demo: all ## Build two kernels, run the swap-fault case on both, show what the toggle changed
	@echo 'klab compare swap-write-eio --with wbt-on --with wbt-off --mode deterministic'; \
	$(OWN_ENV) $(BUILD)/klab compare swap-write-eio --with wbt-on --with wbt-off --mode deterministic; \
	status=$$?; [ $$status -le 1 ] || exit $$status	# 1: the sides differ, and that is the point

bench: all bench-history $(BUILD)/release/tests/bench-report ## Figures of one run: boots, store hits, memory, parser speed; and of a year of them
	@$(OWN_ENV) scripts/bench run

HISTORY_OF_A_YEAR := $(BUILD)/history-of-a-year.db
bench-history: all $(BUILD)/release/tests/bench-history ## What pages ask of a history of a million runs, each below 200 ms
	@rm -f $(HISTORY_OF_A_YEAR)*; $(BUILD)/release/tests/bench-history $(HISTORY_OF_A_YEAR)

bench-build: all ## Figures of kernel builds: cold against tinyconfig, a toggle against a full build
	@$(OWN_ENV) scripts/bench build

bench-bisect: all $(BUILD)/release/tests/bench-bisect ## 10000 simulated bisects: how often right, how sure, how many runs
	@$(BUILD)/release/tests/bench-bisect 10000

bench-symbols: all $(BUILD)/release/tests/bench-symbols ## Figures of symbolizing, against the kernel's script and LLVM's tool
	@$(OWN_ENV) scripts/bench symbols

readme: all $(BUILD)/release/tests/bench-report ## Fill README.md with what its commands print; ONLY='bench run, list steps': those
	@$(OWN_ENV) scripts/readme README.md '$(ONLY)'

statistics: $(BUILD)/dev/tests/test-compare-false-alarms $(BUILD)/dev/tests/test-history-change ## Fill docs/statistics.md with the error rates that a simulation measures
	@scripts/readme docs/statistics.md

scale: all ## Fill docs/scale.md with what nights cost on many machines, measured here
	@scripts/readme docs/scale.md

similarity: $(BUILD)/release/tests/bench-similarity ## Fill docs/similarity.md with how well traces find the reports of one bug; REPORTS=FILE
	@test -r '$(REPORTS)' || { echo 'similarity: expected REPORTS=FILE, as lab/tests/bench-similarity.c says' >&2; exit 2; }
	@REPORTS='$(abspath $(REPORTS))' scripts/readme docs/similarity.md

answers: all ## Run every case and fill the tables of cases/README.md; ONLY='CASE...', SOURCE2=another kernel
	@$(OWN_ENV) KLAB=$(abspath $(BUILD)/klab) SOURCE2='$(SOURCE2)' FROM='$(FROM)' scripts/answers $(ONLY)

# What the tables of commands, options, fields and steps say, as other programs read it.
MAN	:= $(addprefix $(BUILD)/man/,klab.1 klab-case.5 klab-plan.5)
$(MAN): $(BUILD)/klab
	@mkdir -p $(@D)
	$(call say,MAN)$(BUILD)/klab help man $(patsubst klab-%,%,$(basename $(@F))) >$@
man: $(MAN) ## The manual pages, below build/man

# The data folder has the shape of a checkout, so that klab looks in one way only.
ROOT	:= $(DESTDIR)$(PREFIX)
DATA	:= $(ROOT)/lib/klab
install: all man ## Install below PREFIX (default /usr/local; DESTDIR is honoured)
	install -D -m 755 $(BUILD)/release/klab $(ROOT)/bin/klab
	install -D -m 755 $(BUILD)/guest-init $(DATA)/build/guest-init
	install -D -m 755 $(BUILD)/bpf-loader $(DATA)/build/bpf-loader
	install -D -m 644 $(BUILD)/coverage.so $(DATA)/build/coverage.so
	for d in cases kconfigs lab/build/kconfig-helper; do \
		find $$d -type f -exec install -D -m 644 '{}' '$(DATA)/{}' ';'; \
	done
	for page in $(MAN); do install -D -m 644 $$page $(ROOT)/share/man/man$${page##*.}/$${page##*/}; done
	install -d $(addprefix $(ROOT)/share/,bash-completion/completions zsh/vendor-completions fish/vendor_completions.d)
	$(BUILD)/klab completion bash >$(ROOT)/share/bash-completion/completions/klab
	$(BUILD)/klab completion zsh >$(ROOT)/share/zsh/vendor-completions/_klab
	$(BUILD)/klab completion fish >$(ROOT)/share/fish/vendor_completions.d/klab.fish

# Of what is committed, in a folder of its own: a checkout is not the place for a package's files.
deb: $(DEPS) ## Build a Debian package below build/deb
	@rm -rf $(BUILD)/deb; mkdir -p $(BUILD)/deb/klab
	@git archive HEAD | tar -x -C $(BUILD)/deb/klab
	cd $(BUILD)/deb/klab && $(OWN_ENV) dpkg-buildpackage -us -uc -b
	@ls $(abspath $(BUILD))/deb/*.deb

# ---- checks -----------------------------------------------------------------------
# A suite is cmocka programs or a script that leaves its counts in $(KLAB_CHECK_DIR).
CLI_CHECK   := $(wildcard lab/tests/cli-check lab/tests/history-check)
GUEST_CHECK := $(wildcard lab/tests/guest-check lab/tests/libvirt-check lab/tests/real-build-check)
# One processor's work, beside the guests' two. What runs in the background hears no Ctrl-C.
BESIDE_GUESTS := $(wildcard lab/tests/kconfig-check lab/tests/page-check lab/tests/fake-bisect-check lab/tests/bisect-inputs-check)
# One after the other when the guests are done, which they would starve.
NIGHT_CHECK   := $(wildcard lab/tests/nightly-check lab/tests/resume-check lab/tests/night-changes-check lab/tests/slurm-check)
# $(call start_beside,SUITES,KLAB) and $(WAIT_BESIDE): recipes' lines around what they run beside.
start_beside = beside=; trap 'kill $$beside 2>/dev/null; exit 130' INT TERM; \
	for suite in $(1); do \
		$(OWN_ENV) KLAB=$(abspath $(2)) $$suite & beside="$$beside $$!"; \
	done
# $(call run_suites,SUITES): one after the other.
run_suites   = for suite in $(1); do $(OWN_ENV) KLAB=$(abspath $(BUILD)/klab) $$suite || status=1; done
WAIT_BESIDE := for pid in $$beside; do wait $$pid || status=1; done
LONG_CHECK  := $(wildcard lab/tests/cut-check lab/tests/bisect-check lab/tests/other-kernels-check lab/tests/deterministic-check lab/tests/replay-check lab/tests/planted-check lab/tests/config-bisect-check lab/tests/deb-check)

CHECKS	    := all lint test $(if $(FUZZERS),fuzz-smoke) $(if $(GUEST_CHECK),check-guests)

check: $(DEPS) ## Everything: installs, builds, lints, tests, runs guests
	+@MAKE="$(MAKE)" scripts/check $(CHECKS)

check-full: $(DEPS) ## What check does, and what takes longer: a bisect over a real history, ten deterministic runs of each case
	+@MAKE="$(MAKE)" scripts/check $(CHECKS) check-long

test: $(TESTS) $(FAKES) $(if $(CMD_SRC),$(BUILD)/dev/klab) $(PROGRAMS) ## The fast tests: no kernel, under a minute
	@status=0; $(call start_beside,$(CLI_CHECK),$(BUILD)/dev/klab); \
	lab/tests/run-tests $(TESTS) || status=1; \
	$(WAIT_BESIDE); \
	exit $$status

check-guests: all $(FAKES) ## The tests that build kernels and boot them
	@status=0; $(call start_beside,$(BESIDE_GUESTS),$(BUILD)/klab); \
	$(call run_suites,$(GUEST_CHECK)); \
	$(WAIT_BESIDE); \
	$(call run_suites,$(NIGHT_CHECK)); \
	exit $$status

check-real: all ## Bisects of planted bugs in a real kernel's source; ONLY='always rare': those
	@mkdir -p $(BUILD)/check; { $(OWN_ENV) KLAB=$(abspath $(BUILD)/klab) ONLY='$(ONLY)' lab/tests/real-bisect-check; echo $$? >$(BUILD)/check/check-real.status; } | \
		tee $(BUILD)/check/check-real; exit $$(cat $(BUILD)/check/check-real.status)

check-slurm: all $(FAKES) ## Nights on a Slurm of our own: a slurmctld and two slurmd on loopback
	@$(OWN_ENV) KLAB=$(abspath $(BUILD)/klab) lab/tests/slurm-check

check-long: all $(BUILD)/release/tests/bench-report deb
	@status=0; \
	$(call run_suites,$(LONG_CHECK)); \
	exit $$status

lint: $(DEPS) ## Layers, banned functions, sizes, format, clang-tidy, shellcheck
	+@MAKE="$(MAKE)" scripts/lint

# One stamp a file; its object knows which headers it depends on.
TIDY_SRC := $(LAB_SRC) $(CMD_SRC) $(TEST_SRC) $(TEST_LIB_SRC) $(FUZZ_SRC) $(TOOL_SRC)
tidy: $(TIDY_SRC:%.c=$(BUILD)/tidy/%) $(GUEST_SRC:guest-init/%.c=$(BUILD)/tidy/guest-init/%) $(LOADER_SRC:guest-init/%.c=$(BUILD)/tidy/guest-init/%) $(BUILD)/tidy/qemu-plugin/coverage
$(BUILD)/tidy/%: $(BUILD)/dev/%.o .clang-tidy scripts/tidy
	@mkdir -p $(@D)
	$(call say,TIDY)scripts/tidy $*.c $(<:.o=.d) $(COMPILE) $(EXTRA_CFLAGS) -DKLAB_VERSION='""'
	@touch $@
$(BUILD)/tidy/qemu-plugin/coverage: $(BUILD)/coverage.so .clang-tidy scripts/tidy
	@mkdir -p $(@D)
	$(call say,TIDY)scripts/tidy qemu-plugin/coverage.c $(BUILD)/qemu-plugin/coverage.d $(PLUGIN_CFLAGS)
	@touch $@
$(BUILD)/tidy/guest-init/%: $(BUILD)/guest/%.o .clang-tidy scripts/tidy
	@mkdir -p $(@D)
	$(call say,TIDY)scripts/tidy guest-init/$*.c $(<:.o=.d) $(GUEST_CFLAGS)
	@touch $@

FUZZ_SECONDS := 10
fuzz-smoke: $(FUZZERS) ## Every fuzzer for FUZZ_SECONDS (default 10)
	@FUZZ_SECONDS=$(FUZZ_SECONDS) lab/tests/run-fuzzers $(FUZZERS)

capture-fixtures: all ## Capture the consoles of the report fixtures again, from real guests
	@$(OWN_ENV) lab/tests/capture-fixtures

clean: ## Remove what was built (not the kernels in the cache)
	rm -rf $(BUILD)

help: ## List the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  %-14s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

OBJECTS := $(foreach f,release dev fuzz,$(patsubst %.c,$(BUILD)/$(f)/%.o,$(TIDY_SRC) $(GUEST_SRC))) \
	   $(GUEST_SRC:guest-init/%.c=$(BUILD)/guest/%.o) $(LOADER_SRC:guest-init/%.c=$(BUILD)/guest/%.o)
-include $(wildcard $(OBJECTS:.o=.d))

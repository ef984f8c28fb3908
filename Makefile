# SPDX-License-Identifier: GPL-2.0-or-later
#
# klab. `make help` lists the targets; the text after ## is theirs.

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDARY:

VERSION	:= $(shell git describe --always --dirty 2>/dev/null || echo 0)
CC	?= cc
ifeq ($(origin CC),default)
CC	:= gcc
endif
BUILD	:= build

# Two ways to build the host side: `release` is what users run, `dev` has
# ASan and UBSan and is what every test runs.
PKGS	:= jansson libfyaml libarchive nettle zlib libzstd libdw libelf libpcre2-8
WARN	:= -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	   -Wvla -Wformat=2 -Wno-unused-parameter -Werror=implicit-function-declaration
CFLAGS_COMMON = -std=gnu11 -D_GNU_SOURCE -DKLAB_VERSION='"$(VERSION)"' -Ilab -I. $(WARN) -g -MMD -MP \
	   $(shell pkg-config --cflags $(PKGS))
CFLAGS_release := -O2 -DNDEBUG
CFLAGS_dev     := -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
LIBS	= $(shell pkg-config --libs $(PKGS))

LAB_SRC	 := $(filter-out lab/tests/% lab/cmd/%,$(wildcard lab/*/*.c))
CMD_SRC	 := $(wildcard lab/cmd/*.c)
TEST_SRC := $(wildcard lab/tests/test-*.c)
TEST_LIB_SRC := $(filter-out $(TEST_SRC) $(wildcard lab/tests/fuzz-*.c lab/tests/fake-*.c lab/tests/bench-*.c),$(wildcard lab/tests/*.c))
TESTS	 := $(TEST_SRC:lab/tests/%.c=$(BUILD)/dev/tests/%)

GUEST_SRC := $(wildcard guest-init/*.c)

PROGRAMS := $(if $(CMD_SRC),$(BUILD)/klab) $(if $(GUEST_SRC),$(BUILD)/guest-init)

all: $(PROGRAMS) ## Build klab and the guest's init

# ---- host side, once a flavour ------------------------------------------
define flavour
$(BUILD)/$(1)/%.o: %.c | deps-stamp
	@mkdir -p $$(@D)
	$(CC) $$(CFLAGS_COMMON) $(CFLAGS_$(1)) -c -o $$@ $$<
$(BUILD)/$(1)/libklab.a: $(LAB_SRC:%.c=$(BUILD)/$(1)/%.o)
	@rm -f $$@
	ar rcs $$@ $$^
$(BUILD)/$(1)/klab: $(CMD_SRC:%.c=$(BUILD)/$(1)/%.o) $(BUILD)/$(1)/libklab.a
	$(CC) $(CFLAGS_$(1)) -o $$@ $$^ $$(LIBS)
endef
$(eval $(call flavour,release))
$(eval $(call flavour,dev))

$(BUILD)/klab: $(BUILD)/release/klab
	ln -sf release/klab $@

# The guest's code but its main(), for tests on the host.
$(BUILD)/dev/libguest.a: $(patsubst %.c,$(BUILD)/dev/%.o,$(filter-out guest-init/main.c,$(GUEST_SRC)))
	@rm -f $@
	ar rcs $@ $^

$(BUILD)/dev/tests/%: $(BUILD)/dev/lab/tests/%.o $(TEST_LIB_SRC:%.c=$(BUILD)/dev/%.o) \
		$(BUILD)/dev/libklab.a $(BUILD)/dev/libguest.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_dev) -o $@ $^ $(LIBS) -lcmocka

# ---- guest side ----------------------------------------------------------
# musl: the same boot time as glibc (medians of 12 boots each under TCG, taken in turn: 1.651 s
# and 1.652 s, 1.000 s and 1.005 s of CPU) with an initramfs of 197 kB against 1039 kB.
# GUEST_CC=gcc works as well.
GUEST_CC ?= musl-gcc
GUEST_CFLAGS := -std=gnu11 -D_GNU_SOURCE -Os -static -fno-pie -no-pie -Ilab -I. $(WARN) -g -MMD -MP
$(BUILD)/guest/%.o: guest-init/%.c | deps-stamp
	@mkdir -p $(@D)
	$(GUEST_CC) $(GUEST_CFLAGS) -c -o $@ $<
$(BUILD)/guest-init: $(GUEST_SRC:guest-init/%.c=$(BUILD)/guest/%.o)
	$(GUEST_CC) $(GUEST_CFLAGS) -s -o $@ $^

# ---- checks ---------------------------------------------------------------
.PHONY: all help deps deps-stamp test
deps-stamp: ;

test: $(TESTS) $(if $(CMD_SRC),$(BUILD)/dev/klab) $(PROGRAMS) ## The fast tests: no kernel, under a minute
	@KLAB_CHECK_DIR=$(BUILD)/check lab/tests/run-tests $(TESTS)

help: ## List the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

# SPDX-License-Identifier: GPL-2.0-or-later
#
# Read by make before the kernel's own makefiles (through MAKEFILES), and active
# only in scripts/kconfig: adds the target `klabconfig`, which links the helper
# with the tree's kconfig objects and runs it just as `make olddefconfig` runs
# conf, so that it sees the same environment. Nothing in the tree is changed.
#
# KLAB_HELPER_DIR: where the helper's source is. KLAB_HELPER_HASH: of that
# source. KLAB_HELPER_ARGS: its arguments.
ifeq ($(obj),scripts/kconfig)

klab-helper := $(obj)/klab-helper-$(KLAB_HELPER_HASH)
klab-header = $(srctree)/scripts/kconfig
klab-flags = $(KBUILD_HOSTCFLAGS) -I $(klab-header) -I $(obj) \
	-DKLAB_SYMBOL_HASHTABLE=$(shell grep -c sym_hashtable $(klab-header)/internal.h) \
	-DKLAB_PLAIN_FILENAME=$(shell grep -c 'const char \*filename;' $(klab-header)/expr.h)

$(klab-helper): $(obj)/conf
	$(HOSTCC) $(klab-flags) -Wno-missing-prototypes -Dmain=klab_conf_main -c -o $@.conf.o $(klab-header)/conf.c
	$(HOSTCC) $(klab-flags) -D_GNU_SOURCE -o $@.tmp $(wildcard $(KLAB_HELPER_DIR)/*.c) $@.conf.o \
		$(addprefix $(obj)/,$(common-objs))
	mv $@.tmp $@

.PHONY: klabconfig
klabconfig: $(klab-helper)
	$(klab-helper) $(Kconfig) $(KLAB_HELPER_ARGS)

endif

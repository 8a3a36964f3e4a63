# What runs in user mode, for one ARCH: ordinary static Linux programs, made with the machine's own gcc and glibc,
# and the disk that they lie on.
#   make ARCH=riscv64 user      $(O)/$(ARCH)/root/{bin,tests}
#   make ARCH=riscv64 initrd    $(O)/$(ARCH)/initrd.cpio: that tree, with the tree ROOT=dir over it
#   make ARCH=riscv64 disk      $(O)/$(ARCH)/disk.img: that tree, with the tree ROOT=dir copied over it, of DISK_SIZE=96M
# Without ARCH: for both machines.

.PHONY: user disk
DISK_SIZE ?= 96M
export DISK DISK_SIZE ROOT

ifeq ($(ARCH),)
user disk:
	$(foreach a,$(filter-out host,$(ARCHES)),$(MAKE_ALL) ARCH=$(a) $@$(newline))
else ifneq ($(ARCH),host)
U           := $(O)/$(ARCH)
USER_CC     := $(CROSS)gcc
USER_FLAGS  := -std=gnu11 -O2 -static -s -fno-common -D_GNU_SOURCE $(WARN) -I. -Iuser/bin
USER_TOOLS  := $(filter-out lib,$(basename $(notdir $(wildcard user/bin/*.c))))
USER_GROUPS := $(filter-out main help,$(basename $(notdir $(wildcard tests/user/*.c))))
USER_ALONE  := $(basename $(notdir $(wildcard tests/user/alone/*.c)))
USER_ROOT   := $(addprefix $(U)/root/bin/,$(USER_TOOLS) sh) $(addprefix $(U)/root/tests/,$(USER_GROUPS) $(USER_ALONE))
USER_SRC    := $(wildcard $(patsubst %,%/*.c,user/bin user/bin/sh tests/user tests/user/alone))
user-objects = $(patsubst %,$(U)/user.o/%.o,$(1))

# Tools, the shell, groups of tests (with their main), and programs that tests start or people want alone.
$(U)/root/bin/%: $(call user-objects,user/bin/%.c user/bin/lib.c)
	$(user-link)
$(U)/root/bin/sh: $(call user-objects,$(wildcard user/bin/sh/*.c))
	$(user-link)
$(U)/root/tests/%: $(call user-objects,tests/user/%.c tests/user/main.c tests/user/help.c)
	$(user-link)
$(U)/root/tests/%: $(call user-objects,tests/user/alone/%.c)
	$(user-link)
$(U)/user.o/%.c.o: %.c $(U)/user.flags
	$(call compile,$(USER_CC) $(USER_FLAGS))
.SECONDARY: $(call user-objects,$(USER_SRC))
DEPS += $(USER_SRC:%=$(U)/user.o/%.d)
$(U)/user.flags: FORCE
	@$(call stamp,$(USER_CC) $(USER_FLAGS))

$(U)/disk.flags: FORCE
	@$(call stamp,$(DISK_SIZE) $(ROOT))

user: $(USER_ROOT)
disk: $(U)/disk.img
# The same tree as an archive that the boot loader hands over: a root in memory.
.PHONY: initrd
initrd: $(U)/initrd.cpio
$(U)/initrd.cpio: $(USER_ROOT) $(T)/mkinitrd FORCE
	@$(say) INITRD $@
	$(Q)$(T)/mkinitrd $@ $(U)/root $(ROOT) || $(no_space)
# Made anew when something on it is newer, or there is a ROOT, which may hold anything. Who boots from it writes to a copy.
$(U)/disk.img: $(USER_ROOT) $(T)/mkdisk $(U)/disk.flags $(if $(ROOT),FORCE)
	@$(say) DISK $@
	$(Q)$(T)/mkdisk $@ $(DISK_SIZE) $(U)/root $(ROOT) || $(no_space)

define user-link
@mkdir -p $(@D)
@$(say) USER $@
$(Q)$(USER_CC) $(USER_FLAGS) -o $@ $^ || $(no_space)
endef
endif

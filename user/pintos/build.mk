# libpintos and the programs on it: for Linux' system calls, so with the C compiler of the machine, not the kernel's.
# tests/tools/pintos compiles programs with $(PINTOS_CC), and runs them.

.PHONY: pintos pintos-check pintos-programs
PINTOS_SETTINGS := SRC DIR FILES ARGS MEM SWAP NATIVE
export $(PINTOS_SETTINGS)

ifeq ($(filter x86_64 riscv64,$(ARCH)),)
ifneq ($(ARCH),)
$(if $(filter pintos%,$(MAKECMDGOALS)),$(error there are no Pintos programs for ARCH=$(ARCH)))
endif
pintos:
	+@$(MAKE) ARCH=$(if $(filter 1,$(NATIVE)),$(shell uname -m),riscv64) $@
pintos-check pintos-programs:
	+@status=0; for arch in x86_64 riscv64; do $(MAKE) ARCH=$$arch $@ || status=1; done; exit $$status
else

PB := $(O)/$(ARCH)/pintos
PINTOS_GCC := $(CROSS)gcc
PINTOS_MACHINE := $(if $(filter x86_64,$(ARCH)),-mno-red-zone)
PINTOS_OUR := -std=gnu11 -O2 -static -fno-pie $(PINTOS_MACHINE) $(WARN) -D_GNU_SOURCE -Iuser/pintos
# A Pintos program sees the headers of user/pintos/include and those that every compiler brings. Null pointers are
# to be followed, functions called main or write have no meaning of their own.
PINTOS_FLAGS := -std=gnu11 -O1 -static -fno-pie $(PINTOS_MACHINE) -ffreestanding -fno-delete-null-pointer-checks \
	-fno-strict-aliasing -fno-stack-protector -fwrapv -nostdinc -Iuser/pintos/include \
	-isystem $(shell $(PINTOS_GCC) -print-file-name=include 2>/dev/null)
export PINTOS_CC := $(PINTOS_GCC) $(PINTOS_FLAGS)
export PINTOS_LD := $(PB)/libpintos.a -no-pie -Wl,--wrap=main -Wl,-z,noexecstack -s
export PINTOS_WARN := $(WARN)
export PINTOS_OUT := $(PB)

PINTOS_SRC := $(wildcard user/pintos/*.c user/pintos/tests/*.c)
PINTOS_OBJ := $(PINTOS_SRC:%=$(PB)/%.o)
$(PB)/libpintos.a: $(PINTOS_OBJ)
	@$(say) AR $@
	$(Q)rm -f $@ && $(CROSS)ar rcs $@ $(PINTOS_OBJ) || $(no_space)
$(PB)/user/pintos/tests/%.c.o: user/pintos/tests/%.c $(PB)/flags
	$(call compile,$(PINTOS_CC) $(WARN))
$(PB)/user/pintos/%.c.o: user/pintos/%.c $(PB)/flags
	$(call compile,$(PINTOS_GCC) $(PINTOS_OUR))
$(PB)/flags: FORCE
	@$(call stamp,$(PINTOS_OUR) $(PINTOS_CC))
-include $(PINTOS_SRC:%=$(PB)/%.d)

pintos-programs: $(PB)/libpintos.a
	@$(T)/pintos build $(or $(DIR),tests/pintos)
# Booting needs the kernel as well.
PINTOS_NEEDS := $(PB)/libpintos.a $(if $(filter 1,$(NATIVE)),,images)
pintos: $(PINTOS_NEEDS)
	@$(T)/pintos run $(SRC)
pintos-check: $(PINTOS_NEEDS)
	@$(T)/pintos check $(or $(DIR),tests/pintos)
endif

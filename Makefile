## Quire: one VM layer, many page tables, and a kernel that proves it.
##
##   make                       build everything: both kernels, the host programs, compile_commands.json
##   make run                   boot to a shell (ARCH=riscv64 unless said otherwise); leave it with Ctrl-A x
##   make run CMD='ls /bin'     boot, run these commands there, end with their status
##   make run PROG=./hello ARGS='a b'    run that static Linux program as the first process, end with its status
##   make run MONITOR=1 CMD='mem; off'   the kernel's monitor instead of processes
##   make debug                 boot with gdb attached, stopped at the first instruction
##   make pintos SRC=test.c FILES='sample.txt' ARGS='...' MEM=20 SWAP=4     run a Pintos program from its source
##   make pintos-programs       build all of tests/pintos
##   make pintos-check DIR=...  run a tree of them that have .ck files; NATIVE=1: here on Linux
##   make check                 all tests: in host processes, on x86-64 and on RISC-V
##   make check-tests           do they fail when they should? Bugs planted on purpose, each for the test that finds it
##   make list-tests            their names, and where each runs
##   make user initrd disk      static Linux programs in $(O)/$(ARCH)/root, and that tree as an archive, as an ext2 disk
##   make coverage              which lines and branches of vm/ and of each pte.h the host's tests run
##   make doctor                which tools are here, which are missing, what to do
##   make tools                 install all of them, also those that only debugging or the gate needs
##   make compile_commands.json for editors       make clean    remove what was built
##   make format                lay out the C sources by .clang-format
##   make check-includes check-headers check-lines check-locks check-format check-docs tsa     parts of the gate
##
##   what to build   ARCH=x86_64|riscv64|host (also x86, riscv)   CROSS_COMPILE=prefix-   LLVM=1 clang
##                   SAN=1 undefined-behaviour checks   DEBUG=0 without the kernel's checks of itself, compiled as a whole
##                   WERROR=1   V=1 show commands   O=dir instead of build
##   how to run      CPUS=4 (1 to 8)   MEM=256M   SWAP=64M a disk to swap on (0: none, as in tests unless given)
##                   DISK=file the root, kept (else a fresh one)   ROOT=dir a tree for it   DISK_SIZE=96M
##                   PT=sv39|sv48|sv57, pml4|la57   ACCEL=tcg|kvm   EVICT=hotcold|clock what is evicted
##                   GDB=1 wait for gdb   QEMU_EXTRA='...' more words for QEMU
##   what to test    TEST='arch/*'   SEED=1   REPEAT=20   J=jobs at once   TIMEOUT_MULT=4 on a slow machine
##                   SMALL=1 user tests with so little memory that all of it is swapped (0: only without)
##                   OPS=84000 random operations of a test on each machine that the host simulates
##   SETUP=0         name missing packages instead of installing them
#
# One run of make builds for one ARCH; without it the commands call make once for each. What is more than a
# rule lives in tests/tools, which gets the variables above through the environment.

MAKEFLAGS += --no-builtin-rules --no-print-directory
.SUFFIXES:
.DELETE_ON_ERROR:
T := tests/tools

ARCHES      := x86_64 riscv64 host
alias-x86   := x86_64
alias-riscv := riscv64
override ARCH := $(or $(alias-$(ARCH)),$(ARCH))
ifneq ($(filter-out $(ARCHES),$(ARCH)),)
$(error $(shell $(T)/nearest ARCH '$(ARCH)' $(ARCHES)))
endif

O    ?= build
J    ?= $(shell nproc)
KIND := $(if $(filter 0,$(DEBUG)),-fast)$(if $(filter 1,$(SAN)),-san)$(if $(filter 1,$(LLVM)),-llvm)
B    := $(O)/$(ARCH)$(KIND)
Q    := $(if $(filter 1,$(V)),,@)
say   = $(if $(filter 1,$(V)),:,printf '  %-7s %s\n')
# Work is done in parallel, unless this make was told how itself.
MAKE_ALL = +@$(MAKE) $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(J))
export ARCH CROSS_COMPILE LLVM SAN DEBUG WERROR V O CPUS MEM SWAP PT EVICT ACCEL GDB QEMU_EXTRA CMD PROG ARGS
export MONITOR TEST SEED REPEAT SMALL OPS J TIMEOUT_MULT SETUP MAKE

WARN := -Wall -Wextra -Wstrict-prototypes -Wmissing-prototypes -Wshadow -Wundef -Wvla \
	$(if $(filter 1,$(WERROR)),-Werror)

# ---- commands ----

.PHONY: all images cover run debug check check-tests coverage list-tests doctor tools help clean format tsa \
	check-includes check-headers check-lines check-locks check-format check-docs compile-commands FORCE
all:
	@SETUP=0 $(T)/doctor --build $(or $(ARCH),$(ARCHES))
	@$(T)/space
	$(foreach a,$(or $(ARCH),$(ARCHES)),$(MAKE_ALL) ARCH=$(a) images$(newline))
	$(if $(ARCH)$(filter-out build,$(O)),,+@$(MAKE) compile_commands.json)

ifeq ($(ARCH),)
run debug:
	+@$(MAKE) ARCH=riscv64 $@
else
run debug:
	@$(T)/boot --settings
	@$(T)/doctor --setup $(ARCH) $(if $(filter debug,$@),debug)
	@$(T)/space
	$(MAKE_ALL) images $(if $(filter 1,$(MONITOR)),,disk)
	@$(T)/boot $@
endif

check:
	+@$(T)/check
check-tests:
	+@$(T)/check --tests
list-tests:
	@$(T)/check --list
coverage:
	+@$(T)/coverage
doctor:
	@$(T)/doctor
tools:
	@$(T)/doctor --setup everything
help:
	@sed -n 's/^## \{0,1\}//p' Makefile
clean:
	$(Q)rm -rf $(foreach a,$(ARCHES),$(O)/$(a) $(O)/$(a)-*) $(O)/t $(O)/coverage compile_commands.json
	@rmdir $(O) 2>/dev/null || :
check-includes check-headers check-lines check-locks check-format check-docs tsa:
	+@$(T)/$@
format:
	@$(T)/check-format --apply
compile_commands.json: FORCE
	@($(foreach a,$(ARCHES),$(MAKE) ARCH=$(a) compile-commands;) :) | $(T)/compdb $@

define newline


endef

# ---- what is built, for one ARCH ----

# The host's tests that ThreadSanitizer has nothing to see in.
export ONE_THREAD := tests/pte/% tests/unit/% tests/fault/% tests/sim/% \
	$(patsubst %,tests/fs/%.c,cut faults model namei ops)

ifeq ($(ARCH),host)
CC := $(if $(filter 1,$(LLVM)),clang,gcc)
HOST_SRC := $(wildcard vm/*.c arch/host/*.c tests/run.c tests/pte/*.c tests/unit/*.c tests/arch/*.c tests/vm/*.c \
	tests/model/*.c tests/fault/*.c tests/sim/*.c \
	$(addprefix kernel/lib/,print.c string.c fdt.c cmdline.c line.c))
FS_SRC := $(wildcard kernel/fs/*.c tests/fs/*.c) tests/run.c kernel/lib/string.c
HOST_FLAGS := -std=gnu11 -O1 -g -fno-omit-frame-pointer -fno-common -pthread $(WARN) -I. -Iarch/host
with-test   := -fsanitize=address,undefined -fno-sanitize-recover=all
with-tsan   := -fsanitize=thread -DHOST_THREADS
# Only what is asked about is counted, and not optimized: a line is then a line, a condition a condition.
with-cover  := -O0 -DHOST_COVER
linked-cover := --coverage -fsanitize=undefined
counted      = $(if $(filter cover,$(1)),$(if $(filter vm/% tests/pte/%,$(2)),--coverage))
# What runs most is worth the time of its compilation, most tests are not.
optimized    = $(if $(filter cover,$(1)),,$(if $(filter vm/% arch/host/%,$(2)),-O2,$(if $(filter $(SELDOM),$(2)),-O0)))
SELDOM      := tests/pte/% tests/unit/% tests/arch/% tests/vm/% tests/fault/%
sources      = $(filter-out $(if $(filter tsan,$(1)),$(ONE_THREAD)),$(src-$(2)))
for-x86_64  := -DHOST_ISA_X86_64 -Iarch/x86_64
for-riscv64 := -DHOST_ISA_RISCV64 -Iarch/riscv64
for-fs      := $(for-riscv64)
src-x86_64  := $(HOST_SRC)
src-riscv64 := $(HOST_SRC)
src-fs      := $(FS_SRC)

# $(call host-program,test|tsan,WHICH): $(B)/test-WHICH from objects in $(B)/test-WHICH.o/; one for each ISA, and fs,
# which has headers of vm/ alone, so any will do.
define host-program
flags-$(1)-$(2) := $(CC) $(HOST_FLAGS) $(with-$(1)) $(for-$(2))
$(if $(filter cover,$(1)),cover,images): $(B)/$(1)-$(2)
$(B)/$(1)-$(2): $(patsubst %,$(B)/$(1)-$(2).o/%.o,$(call sources,$(1),$(2)))
	@$(say) LINK $$@
	$(Q)$(CC) $(with-$(1)) $(if $(filter cover,$(1)),$(linked-cover)) -pthread -o $$@ $$^
$(B)/$(1)-$(2).o/%.c.o: %.c $(B)/$(1)-$(2).flags
	$$(call compile,$$(flags-$(1)-$(2)) $$(call optimized,$(1),$$<) $$(call counted,$(1),$$<))
$(B)/$(1)-$(2).flags: FORCE
	@$$(call stamp,$$(flags-$(1)-$(2)))
DEPS += $(patsubst %,$(B)/$(1)-$(2).o/%.d,$(call sources,$(1),$(2)))
endef
$(foreach which,x86_64 riscv64 fs,$(foreach kind,test tsan,$(eval $(call host-program,$(kind),$(which)))))
$(foreach which,x86_64 riscv64,$(eval $(call host-program,cover,$(which))))

compile-commands:
	$(foreach f,$(HOST_SRC) $(filter-out $(HOST_SRC),$(FS_SRC)),$(info $(f) $(flags-test-riscv64)))@:

else ifneq ($(ARCH),)
include arch/$(ARCH)/config.mk
CROSS := $(or $(CROSS_COMPILE),$(CROSS_COMPILE_DEFAULT))
ifeq ($(LLVM),1)
CC := clang --target=$(CLANG_TARGET)
LD := ld.lld
NM := llvm-nm
else
CC := $(CROSS)gcc
LD := $(CROSS)ld
NM := $(CROSS)nm
endif

KERNEL_SRC := $(wildcard vm/*.c arch/$(ARCH)/*.[cS] kernel/*.c $(patsubst %,kernel/%/*.c,lib sync sched mem dev fs file proc sys))
TEST_SRC := $(wildcard kernel/test/*.c tests/run.c $(patsubst %,tests/%/*.c,pte unit arch vm model fault sim kernel))
FLAGS = -std=gnu11 -O2 -g -ffreestanding -nostdlib -nostdinc -isystem $(shell $(CC) -print-file-name=include 2>/dev/null) \
	-fno-omit-frame-pointer -fno-strict-aliasing -fno-common -fstack-protector-strong $(ARCH_SSP) \
	$(ARCH_CFLAGS) $(WARN) -I. -Iarch/$(ARCH) -Ikernel
SANITIZE := $(if $(filter 1,$(SAN)),-fsanitize=undefined)
# The handlers of the sanitizer, and what runs before the kernel is mapped where it was linked.
UNSANITIZED := kernel/lib/ubsan.c $(ARCH_UNSANITIZED)
# Without the checks of itself it is compiled as a whole (by gcc: clang's needs another linker).
WHOLE := $(if $(filter 0,$(DEBUG)),$(if $(filter 1,$(LLVM)),,-flto=auto))
flags-all := $(CC) $(FLAGS) $(if $(filter 0,$(DEBUG)),-DKERNEL_DEBUG=0) $(WHOLE)

images: $(B)/quire.elf $(B)/quire-test.elf
$(B)/quire.elf: $(KERNEL_SRC:%=$(B)/%.o)
$(B)/quire-test.elf: $(KERNEL_SRC:%=$(B)/%.o) $(TEST_SRC:%=$(B)/%.o)
$(B)/quire.elf $(B)/quire-test.elf: arch/$(ARCH)/link.ld $(T)/link $(T)/symtab
	@$(say) LINK $@
	$(if $(WHOLE),$(Q)$(flags-all) -r -flinker-output=nolto-rel -z noexecstack -o $@.o $(filter %.o,$^) || $(no_space))
	$(Q)LD='$(LD)' NM='$(NM)' CC='$(CC) $(ARCH_CFLAGS)' $(T)/link $@ \
		$(ARCH_LDFLAGS) -nostdlib -T arch/$(ARCH)/link.ld $(if $(WHOLE),$@.o,$(filter %.o,$^)) || $(no_space)
$(B)/%.c.o: %.c $(B)/flags
	$(call compile,$(flags-all) $(if $(filter-out $(UNSANITIZED),$<),$(SANITIZE)))
$(B)/%.S.o: %.S $(B)/flags
	$(call compile,$(flags-all))
$(B)/flags: FORCE
	@$(call stamp,$(flags-all) $(SANITIZE))
DEPS := $(patsubst %,$(B)/%.d,$(KERNEL_SRC) $(TEST_SRC))

compile-commands:
	$(foreach f,$(KERNEL_SRC) $(TEST_SRC),$(info $(f) $(flags-all)))@:
endif

# $(call compile,COMPILER AND FLAGS)
define compile
@mkdir -p $(@D)
@$(say) CC $<
$(Q)$(1) -MMD -MP -c -o $@ $< || $(no_space)
endef
# After a failed write: say so in a sentence when the disk is full.
no_space = { $(T)/space; exit 1; }
# Rewritten only when the words differ, so that whatever depends on it is built again then, and only then.
stamp = mkdir -p $(@D); echo '$(1)' | cmp -s - $@ || echo '$(1)' > $@ || $(no_space)
include user/build.mk
FORCE:
-include $(DEPS)
include user/pintos/build.mk

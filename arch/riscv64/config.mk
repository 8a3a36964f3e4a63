# RISC-V, 64 bits: compiler, flags and machine.
CROSS_COMPILE_DEFAULT := riscv64-linux-gnu-
CLANG_TARGET    := riscv64-linux-gnu
ifeq ($(LLVM),1)
# clang 14 knows neither the names of the two extensions (it has them in the base) nor a canary relative to tp,
# so its canary is the global __stack_chk_guard; its linker cannot relax
ARCH_CFLAGS     := -march=rv64imac -mno-relax
ARCH_SSP        :=
else
ARCH_CFLAGS     := -march=rv64imac_zicsr_zifencei
# the canary lives in struct arch_thread, which tp points at; arch_impl.h asserts the offset
ARCH_SSP        := -mstack-protector-guard=tls -mstack-protector-guard-reg=tp -mstack-protector-guard-offset=16
endif
ARCH_CFLAGS     += -mabi=lp64 -mcmodel=medany -fno-pic -fno-pie
ARCH_LDFLAGS    := -m elf64lriscv -z max-page-size=4096 -z noexecstack
QEMU            := qemu-system-riscv64
QEMU_MACHINE    := -M virt -global virtio-mmio.force-legacy=false
QEMU_CPU_sv39   := rv64
QEMU_CPU_sv48   := rv64
QEMU_CPU_sv57   := rv64
# The first is the default.
PT_MODES        := sv48 sv39 sv57
# Places of virtio disks, in the order in which the device tree names them.
QEMU_DISKS      := 7 6 5 4 3 2 1 0
MEM_MIN         := 8M

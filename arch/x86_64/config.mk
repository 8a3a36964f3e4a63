# x86-64: compiler, flags and machine.
CROSS_COMPILE_DEFAULT :=
CLANG_TARGET    := x86_64-linux-gnu
ARCH_CFLAGS     := -fno-pic -fno-pie -mcmodel=kernel -mno-red-zone -mgeneral-regs-only -march=x86-64
ARCH_SSP        := -mstack-protector-guard=global
ARCH_LDFLAGS    := -m elf_x86_64 -z max-page-size=4096 -z noexecstack
QEMU            := qemu-system-x86_64
QEMU_MACHINE    := -M microvm,acpi=off,pit=off,pic=off,rtc=on,isa-serial=on -global virtio-mmio.force-legacy=false -device isa-debug-exit,iobase=0x501,iosize=2
# PML4 unless PT=la57: the kernel uses five levels where the CPU has them.
QEMU_CPU_pml4   := max,la57=off
QEMU_CPU_la57   := max
# The first is the default.
PT_MODES        := pml4 la57
# Places of virtio disks, in the order in which the device tree names them.
QEMU_DISKS      := 0 1 2 3 4 5 6 7
MEM_MIN         := 8M

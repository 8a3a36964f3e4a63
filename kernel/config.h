/* What the whole kernel is built for. */
#ifndef KERNEL_CONFIG_H
#define KERNEL_CONFIG_H

#define KERNEL_VERSION "0.1"

/* 1: check lock order, poison what is freed, and the like. -DKERNEL_DEBUG=0 builds without. */
#ifndef KERNEL_DEBUG
#define KERNEL_DEBUG 1
#endif

#define NS_PER_MS 1000000ull
#define NS_PER_S  1000000000ull
#define TICK_HZ   100
#define TICK_NS   (NS_PER_S / TICK_HZ)

#endif

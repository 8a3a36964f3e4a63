/* What boot.S calls, and what an image may add to the kernel's start. */
#ifndef KERNEL_MAIN_H
#define KERNEL_MAIN_H

_Noreturn void kernel_main(unsigned long arg0, unsigned long arg1);

/* Functions in section quire_main are called by the init thread once the machine is up; when all have
 * returned, the monitor runs. The plain image has none, the test image its tests. */
typedef void quire_main_fn(void);
extern quire_main_fn *const __start_quire_main[], *const __stop_quire_main[];
#define QUIRE_MAIN(fn) \
	static quire_main_fn *const main_##fn __attribute__((used, section("quire_main"))) = fn

#endif

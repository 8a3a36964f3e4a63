/* What the kernel does for its VM layer that others have a part in: page-out, and the end of who holds too much. */
#ifndef KERNEL_VMPORT_H
#define KERNEL_VMPORT_H
#include <stdbool.h>
#include <stddef.h>

struct supplemental_page_table;

/* A thread that frees memory when little is left, between vm_setup() and vm_shutdown(). False: no memory for it.
 * Until it is started, and after it was stopped, whoever is short of memory frees it. */
bool pageout_start(void);
void pageout_stop(void);

/* What port_oom() asks of the processes; see vm/port.h. NULL: there are none. */
typedef bool oom_end_fn(struct supplemental_page_table *victim, size_t pages);
extern oom_end_fn *oom_end;

/* After vm_setup(), once: dirty pages of files are written every few seconds, and when there are many. 0 or
 * -VM_ENOMEM. */
int vmport_start_writeback(void);
void vmport_stop_writeback(void);
/* Called in that thread every few seconds, after the pages: what says where they are goes, too. NULL: nothing does. */
extern void (*vmport_sync)(void);

#endif

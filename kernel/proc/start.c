/* From the machine to the first process: a root (the disk called "root"; without it the boot archive, unpacked into
 * memory), /dev and /proc over it, and what the boot command line says is to be run. And back: the disk's end. */
#include "kernel/proc/start.h"

#include "kernel/file/swap.h"
#include "kernel/fs/block.h"
#include "kernel/fs/ext2.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"
#include "kernel/proc/proc.h"
#include "kernel/sys/clock.h"
#include "kernel/vmport.h"

#define ARGS_MAX 32

#define MOUNTS 4

static struct inode *root;
static struct inode *mounted[MOUNTS]; /* over it, in their order */

static const struct namei *at_root(void)
{
	static struct namei at;

	at = (struct namei){root, root};
	return &at;
}

/* Directory PATH of the root, made if need be; FS is seen there. */
static int mount(const char *path, struct filesystem *fs)
{
	struct namei_last last;
	struct inode *dir = NULL, *top;
	int err = fs ? namei_last(at_root(), path, 0, &last) : -ENOMEM;

	if (err)
		return err;
	if (last.found)
		dir = inode_get(last.found);
	else
		err = fs_create(last.dir, last.name, last.len, S_IFDIR | 0755, 0, &dir);
	namei_last_put(&last);
	if (!err)
		err = fs->ops->root(fs, &top);
	if (!err)
		err = namei_mount(dir, top);
	for (unsigned i = 0; !err; i++) {
		if (mounted[i])
			continue;
		mounted[i] = top;
		break;
	}
	return err;
}

static int devices_make(void)
{
	static const struct {
		const char *name;
		uint64_t rdev;
	} all[] = {{"null", DEVICE(1, 3)},   {"zero", DEVICE(1, 5)},    {"full", DEVICE(1, 7)},
		   {"random", DEVICE(1, 8)}, {"urandom", DEVICE(1, 9)}, {"console", DEVICE(5, 1)},
		   {"tty", DEVICE(5, 0)}};
	struct inode *dev, *made;
	int err = namei(at_root(), "/dev", NAMEI_FOLLOW, &dev);

	if (err)
		return err;
	for (unsigned i = 0; i < sizeof all / sizeof *all && !err; i++) {
		err = fs_create(dev, all[i].name, strlen(all[i].name), S_IFCHR | 0666, all[i].rdev, &made);
		if (!err)
			inode_put(made);
	}
	for (struct block_device *disk = NULL; !err && (disk = block_next(disk));) {
		err = fs_create(dev, disk->name, strlen(disk->name), S_IFBLK | 0600, block_rdev(disk), &made);
		if (!err)
			inode_put(made);
	}
	inode_put(dev);
	return err;
}

static int root_from_archive(const struct boot_info *info)
{
	struct filesystem *fs = ramfs_make();
	int err = fs ? fs->ops->root(fs, &root) : -ENOMEM;

	if (!err)
		err = cpio_unpack(at_root(), ptov(info->initrd), info->initrd_len);
	return err;
}

static int root_from_disk(struct block_device *disk)
{
	struct filesystem *fs;
	int err = ext2_mount(disk, disk->read_only, &fs);

	if (!err)
		err = fs->ops->root(fs, &root);
	return err;
}

/* LINE's words into ARGV, in place: blanks part them, double quotes do not exist here. */
static void words(char *line, char **argv)
{
	unsigned n = 0;

	while (n < ARGS_MAX) {
		while (*line == ' ')
			*line++ = 0;
		if (!*line)
			break;
		argv[n++] = line;
		while (*line && *line != ' ')
			line++;
	}
	argv[n] = NULL;
}

static char *const environment[] = {"PATH=/bin", "HOME=/", "TERM=vt100", "PWD=/", NULL};
static char *const pintos_environment[] = {"PATH=/bin", "HOME=/", "PWD=/", "PINTOS=1", NULL};

/* What Pintos says before it runs ARGV. */
static void pintos_begin(char *const argv[])
{
	static char command[256];
	const char *name = argv[0];
	size_t used;

	for (const char *at = argv[0]; *at; at++)
		if (*at == '/')
			name = at + 1;
	used = strlcpy(command, name, sizeof command);
	for (unsigned i = 1; argv[i] && used < sizeof command; i++)
		used += (size_t)ksnprintf(command + used, sizeof command - used, " %s", argv[i]);
	kprintf("Pintos booting with %zu kB RAM...\nBoot complete.\nExecuting '%s':\n",
		palloc_total() * (PT_PAGE_SIZE / 1024), command);
	proc_pintos = command;
	vm_around = 1;
}

/* What is asked for: prog= with args=, cmd= for the shell, or the shell itself. */
static int run(void)
{
	static char prog[128], args[256], cmd[256];
	char word[4];
	char *argv[ARGS_MAX + 2] = {"/bin/sh", NULL};

	if (cmdline_get("prog", prog, sizeof prog)) {
		cmdline_get("args", args, sizeof args);
		words(args, argv + 1);
		argv[0] = prog;
	} else if (cmdline_get("cmd", cmd, sizeof cmd)) {
		argv[1] = "-c";
		argv[2] = cmd;
		argv[3] = NULL;
	}
	if (cmdline_get("pintos", word, sizeof word))
		pintos_begin(argv);
	return proc_first(root, argv[0], argv, proc_pintos ? pintos_environment : environment);
}

static int64_t wall_seconds(void) { return clock_wall().sec; }
static void root_sync(void) { fs_sync_all(root->fs); }

/* Pages that are never the programs': regions, tables, stacks, what a fork needs. */
static size_t kernel_part(void)
{
	size_t total = palloc_total(), part = total / 16, small = total / 3,
	       enough = (3u << 20) / PT_PAGE_SIZE;

	if (small > enough)
		small = enough;
	return part > small ? part : small;
}

static int files_ready(const struct boot_info *info)
{
	struct block_device *disk = block_find("root");
	int err;

	fs_clock = wall_seconds;
	err = disk ? root_from_disk(disk) : root_from_archive(info);
	if (info->initrd_len)
		palloc_release(info->initrd, info->initrd + info->initrd_len);
	if (!err)
		err = mount("/dev", ramfs_make());
	if (!err)
		err = devices_make();
	if (!err)
		err = mount("/proc", procfs_make());
	if (!err)
		vmport_sync = root_sync;
	return err;
}

/* No write-back then, which has a hold of a file while it writes to it. */
int files_end(void)
{
	struct filesystem *fs = root->fs;
	int err;

	vmport_stop_writeback();
	for (unsigned i = MOUNTS; i--;)
		if (mounted[i])
			namei_unmount(mounted[i]);
	err = fs_sync_all(fs);
	if (err || !fs->ops->unmount)
		return err;
	inode_put(root);
	err = fs->ops->unmount(fs);
	if (err == -EBUSY)
		kprintf("quire: something of the disk is still in use\n");
	return err;
}

/* How many pages programs may have: most of memory, or less when the command line says user=PAGES. */
static size_t user_pages(void)
{
	size_t most = palloc_total() - kernel_part();
	uint64_t asked;
	char word[24];

	return cmdline_get("user", word, sizeof word) && parse_u64(word, &asked) && asked < most
		       ? (size_t)asked
		       : most;
}

void start_processes(const struct boot_info *info)
{
	char word[4];
	paddr_t lo, hi;
	int err;

	if (cmdline_get("monitor", word, sizeof word) || (!info->initrd_len && !block_find("root")))
		return;
	cmdline_get("status", proc_status_mark, 24);

	clock_init();
	palloc_range(&lo, &hi);
	err = vm_setup(lo, hi, user_pages(), vm_policy_asked());
	oom_end = proc_oom_end;
	if (!err)
		swap_start();
	if (!err && !pageout_start())
		err = -ENOMEM;
	if (!err)
		err = vmport_start_writeback();
	if (!err)
		err = signal_timers_start();
	if (!err)
		err = files_ready(info);
	if (err) {
		kprintf("quire: no root file system: %s (error %d)\n",
			err == -ENOMEM || err == -ENOSPC ? "too little memory" : "it cannot be read", -err);
		if (*proc_status_mark) /* somebody waits for an end */
			arch_power_off(POWER_FAILED);
		return;
	}
	tty_init();
	err = run();
	kprintf("quire: the first process cannot be run: error %d\n", -err);
	files_end();
	arch_power_off(POWER_FAILED);
}

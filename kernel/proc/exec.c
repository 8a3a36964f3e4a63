/* execve: another program in the same process. The new space is built beside the old one, which is given up only when
 * nothing can fail any more. */
#include "kernel/config.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"
#include "kernel/mem/mem.h"
#include "kernel/proc/proc.h"
#include "kernel/sys/random.h"

#define ARGS_MAX   (128u << 10) /* bytes of strings */
#define STRING_MAX (64u << 10)
#define SCRIPTS    4 /* deep: scripts whose interpreter is a script */
#define AUX_MAX    20

enum aux_type {
	AT_NULL,
	AT_PHDR = 3,
	AT_PHENT,
	AT_PHNUM,
	AT_PAGESZ,
	AT_BASE,
	AT_FLAGS,
	AT_ENTRY,
	AT_UID = 11,
	AT_EUID,
	AT_GID,
	AT_EGID,
	AT_PLATFORM,
	AT_HWCAP,
	AT_CLKTCK,
	AT_SECURE = 23,
	AT_RANDOM = 25,
	AT_EXECFN = 31,
};

/* ---- arguments ---- */

/* Room for N bytes more, which are within the limits. */
static int args_room(struct exec_args *a, size_t n)
{
	size_t room = a->room ? a->room : 1024;
	char *grown;

	while (room < a->used + n)
		room *= 2;
	if (room == a->room)
		return 0;
	grown = krealloc(a->buf, room);
	if (!grown)
		return -ENOMEM;
	a->buf = grown;
	a->room = room;
	return 0;
}

/* How long a string may be that joins A, with its NUL. */
static size_t string_most(const struct exec_args *a)
{
	return ARGS_MAX - a->used < STRING_MAX ? ARGS_MAX - a->used : STRING_MAX;
}

int exec_args_add(struct exec_args *a, const char *s)
{
	size_t len = strlen(s) + 1;
	int err = len > string_most(a) ? -E2BIG : args_room(a, len);

	if (err)
		return err;
	memcpy(a->buf + a->used, s, len);
	a->used += len;
	return 0;
}

/* It goes straight to where it is kept, into more room each time: a place for the longest there may be would be many
 * pages side by side, which a machine that has run for long does not have. */
int exec_args_add_user(struct exec_args *a, vaddr_t va)
{
	size_t most = string_most(a), n = most < 256 ? most : 256;
	int err;

	while (!(err = args_room(a, n))) {
		int len;

		n = a->room - a->used < most ? a->room - a->used : most;
		len = copy_in_string(a->buf + a->used, va, n);
		if (len != -ENAMETOOLONG) {
			a->used += len < 0 ? 0 : (size_t)len + 1;
			return len < 0 ? len : 0;
		}
		if (n == most)
			return -E2BIG;
		n = 2 * n < most ? 2 * n : most;
	}
	return err;
}

void exec_args_free(struct exec_args *a)
{
	kfree(a->buf);
	*a = (struct exec_args){.buf = NULL};
}

/* The first argument goes, N new ones come in its place. */
static int args_replace_first(struct exec_args *a, const char *const with[], unsigned n)
{
	struct exec_args b = {.argc = n, .envc = a->envc};
	size_t skip = a->argc ? strlen(a->buf) + 1 : 0;
	int err = 0;

	for (unsigned i = 0; i < n && !err; i++)
		err = exec_args_add(&b, with[i]);
	for (size_t at = skip; at < a->used && !err; at += strlen(a->buf + at) + 1)
		err = exec_args_add(&b, a->buf + at);
	if (err) {
		exec_args_free(&b);
		return err;
	}
	b.argc += a->argc ? a->argc - 1 : 0;
	exec_args_free(a);
	*a = b;
	return 0;
}

/* ---- the file ---- */

struct image_file {
	struct inode *inode; /* a reference, and nobody may write it */
	char *path;          /* from the root */
	char head[ELF_HEAD + 1];
	size_t n; /* bytes in HEAD */
};

static void file_close(struct image_file *f)
{
	if (f->inode) {
		inode_deny_write_done(f->inode);
		inode_put(f->inode);
	}
	kfree(f->path);
	f->inode = NULL;
	f->path = NULL;
}

/* Where LAST is, from the root; NULL: no memory. */
static char *path_of(const struct namei_last *last)
{
	char *dir = kmalloc(PATH_MAX), *path = NULL;
	int len = dir ? namei_path(&proc_current()->at, last->dir, dir, PATH_MAX) : 0;
	size_t size = len > 0 ? (size_t)len + last->len + 1 : 1;

	if (dir)
		path = kcalloc(1, size);
	if (path && len > 0)
		ksnprintf(path, size, "%s%s%.*s", dir, len > 2 ? "/" : "", (int)last->len, last->name);
	kfree(dir);
	return path;
}

static int file_find(struct image_file *f, const char *path)
{
	struct namei_last last;
	struct file_stat stat;
	int64_t got;
	int err = namei_last(&proc_current()->at, path, NAMEI_FOLLOW, &last);

	if (err)
		return err;
	err = last.found ? fs_stat(last.found, &stat) : -ENOENT;
	if (!err && (last.found->type != S_IFREG || !(stat.mode & 0111)))
		err = -EACCES;
	if (!err)
		err = inode_deny_write(last.found);
	if (!err) {
		f->inode = inode_get(last.found);
		f->path = path_of(&last);
		err = f->path ? 0 : -ENOMEM;
	}
	namei_last_put(&last);
	if (err)
		return err;
	got = inode_read(f->inode, 0, f->head, ELF_HEAD);
	f->n = got > 0 ? (size_t)got : 0;
	f->head[f->n] = 0;
	return got < 0 ? (int)got : 0;
}

static char *word_cut(char **rest)
{
	char *s = *rest, *end;

	while (*s == ' ' || *s == '\t')
		s++;
	for (end = s; *end && *end != ' ' && *end != '\t'; end++)
		;
	*rest = end;
	if (*end)
		*(*rest)++ = 0;
	return s;
}

/* F is a script: its interpreter takes its place. LINE: for the interpreter's name, as long as the head. */
static int script_follow(struct image_file *f, const char *path, struct exec_args *args, char *line)
{
	char *end = strchr(f->head, '\n'), *rest = line, *interpreter, *arg;
	const char *with[3];
	unsigned n = 0;
	int err;

	if (!end)
		return -ENOEXEC;
	*end = 0;
	strlcpy(line, f->head + 2, ELF_HEAD);
	interpreter = word_cut(&rest);
	for (arg = rest; *arg == ' ' || *arg == '\t'; arg++)
		;
	for (end = arg + strlen(arg); end > arg && (end[-1] == ' ' || end[-1] == '\t'); end--)
		end[-1] = 0;
	if (!*interpreter)
		return -ENOEXEC;
	with[n++] = interpreter;
	if (*arg)
		with[n++] = arg;
	with[n++] = path;
	err = args_replace_first(args, with, n);
	file_close(f);
	return err ? err : file_find(f, interpreter);
}

/* The program that PATH comes to in the end. */
static int image_find(struct image_file *f, const char *path, struct exec_args *args)
{
	char *line = kmalloc(2 * ELF_HEAD), *name = line + ELF_HEAD;
	int err = line ? file_find(f, path) : -ENOMEM;

	for (unsigned depth = 0; !err && f->n > 2 && f->head[0] == '#' && f->head[1] == '!'; depth++) {
		if (depth == SCRIPTS) {
			err = -ELOOP;
			break;
		}
		if (depth)
			strlcpy(name, line, ELF_HEAD); /* the script's own name is the last interpreter's */
		err = script_follow(f, depth ? name : path, args, line);
	}
	kfree(line);
	return err;
}

/* ---- the stack ---- */

struct start {
	vaddr_t sp;
	const struct elf_image *image;
	vaddr_t random, execfn, platform;
};

static unsigned aux_fill(uint64_t aux[2 * AUX_MAX], const struct start *s)
{
	const struct {
		uint64_t type, value;
	} all[] = {
		{AT_PHDR, s->image->phdr},
		{AT_PHENT, 56},
		{AT_PHNUM, s->image->phnum},
		{AT_PAGESZ, PT_PAGE_SIZE},
		{AT_BASE, 0},
		{AT_FLAGS, 0},
		{AT_ENTRY, s->image->entry},
		{AT_UID, 0},
		{AT_EUID, 0},
		{AT_GID, 0},
		{AT_EGID, 0},
		{AT_PLATFORM, s->platform},
		{AT_HWCAP, arch_hwcap()},
		{AT_CLKTCK, 100},
		{AT_SECURE, 0},
		{AT_RANDOM, s->random},
		{AT_EXECFN, s->execfn},
		{AT_NULL, 0},
	};
	unsigned n = 0;

	_Static_assert(sizeof all / sizeof *all <= AUX_MAX, "aux has room");
	for (unsigned i = 0; i < sizeof all / sizeof *all; i++) {
		if (!s->image->phdr && (all[i].type == AT_PHDR || all[i].type == AT_PHNUM))
			continue;
		aux[n++] = all[i].type;
		aux[n++] = all[i].value;
	}
	return n;
}

/* argc, the pointers, the auxiliary vector; then sp is there. STRINGS: where the arguments' bytes lie. */
static int vectors_write(struct start *s, const struct exec_args *args, vaddr_t strings)
{
	unsigned n = 1 + args->argc + 1 + args->envc + 1;
	uint64_t *v = kmalloc((n + 2 * AUX_MAX) * sizeof *v);
	size_t at = 0, k = 0;
	int err;

	if (!v)
		return -ENOMEM;
	v[k++] = args->argc;
	for (unsigned i = 0; i < args->argc + args->envc; i++) {
		if (i == args->argc)
			v[k++] = 0;
		v[k++] = strings + at;
		at += strlen(args->buf + at) + 1;
	}
	if (!args->envc)
		v[k++] = 0;
	v[k++] = 0;
	k += aux_fill(v + k, s);
	s->sp = (s->sp - k * sizeof *v) & ~15ull;
	err = copy_out(s->sp, v, k * sizeof *v);
	kfree(v);
	return err ? -ENOMEM : 0;
}

static vaddr_t push(struct start *s, const void *bytes, size_t n, int *err)
{
	s->sp -= n;
	if (!*err && copy_out(s->sp, bytes, n))
		*err = -ENOMEM;
	return s->sp;
}

uint64_t stack_limit(const struct proc *p)
{
	uint64_t limit = p->limit[RLIM_STACK].now, most = user_top() / 4;

	return limit < most ? limit & ~PT_PAGE_MASK : most;
}

/* In the new space, which the caller runs in. */
static int setup_stack(struct space *space, const struct elf_image *image, const char *path,
		       const struct exec_args *args, vaddr_t *sp)
{
	struct start s = {.sp = user_top() - PT_PAGE_SIZE, .image = image};
	uint8_t random[16];
	vaddr_t strings, where;
	int err = vm_load_stack(&space->spt, s.sp, stack_limit(proc_current()));

	if (!err) /* the last page is nobody's: what runs over the end of the stack is seen */
		err = vm_map(&space->spt, s.sp, PT_PAGE_SIZE, 0, VM_NOREPLACE, NULL, 0, &where);
	if (err)
		return err;
	s.sp -= 8; /* as on Linux, the last word is zero */
	s.execfn = push(&s, path, strlen(path) + 1, &err);
	strings = push(&s, args->buf, args->used, &err);
	s.platform = push(&s, ARCH_NAME, sizeof ARCH_NAME, &err);
	random_bytes(random, sizeof random);
	s.sp &= ~15ull;
	s.random = push(&s, random, sizeof random, &err);
	space->args_at = strings;
	for (unsigned i = 0; i < args->argc; i++)
		space->args_len += strlen(args->buf + space->args_len) + 1;
	if (!err)
		err = vectors_write(&s, args, strings);
	*sp = s.sp;
	return err;
}

/* ---- all of it ---- */

static int space_build(struct image_file *f, const char *path, const struct exec_args *args,
		       struct space **built, struct elf_image *image, vaddr_t *sp)
{
	struct space *old = proc_current()->space, *s;
	int err;

	s = space_new(&err);
	if (!s)
		return err;
	s->path = f->path;
	f->path = NULL;
	err = elf_load(s, f->inode, f->head, f->n, image);
	s->brk_start = s->brk = image->end;
	if (!err) {
		space_enter(s);
		err = setup_stack(s, image, path, args, sp);
		space_enter(old);
	}
	if (err) {
		space_put(s);
		return err;
	}
	s->exe = f->inode;
	f->inode = NULL;
	*built = s;
	return 0;
}

/* Nothing can fail any more. */
static void take_over(struct proc *p, struct space *new, const char *path)
{
	struct space *old = p->space;
	const char *name = path;
	bool borrowed = p->borrows;

	for (const char *s = path; *s; s++)
		if (*s == '/' && s[1])
			name = s + 1;
	if (old && !borrowed)
		p->before =
			(struct usage){0, p->before.minor + old->spt.minor, p->before.major + old->spt.major};
	space_enter(new);
	space_put(old);
	files_exec(p->files);
	p->clear_tid = 0;
	signal_forget(p);
	spin_lock(&proc_lock);
	strlcpy(p->name, name, sizeof p->name);
	proc_give_back(p);
	spin_unlock(&proc_lock);
}

int exec(struct intr_frame *f, const char *path, struct exec_args *args)
{
	struct proc *p = proc_current();
	struct image_file file = {.inode = NULL};
	struct elf_image image = {.end = 0};
	struct space *space = NULL;
	unsigned long was;
	vaddr_t sp = 0;
	int err = 0;

	if (!args->argc) { /* programs rely on a name */
		err = args_replace_first(args, (const char *const[]){""}, 1);
		args->argc = 1;
	}
	if (!err)
		err = image_find(&file, path, args);
	if (!err)
		err = space_build(&file, path, args, &space, &image, &sp);
	file_close(&file);
	if (err)
		return err;
	take_over(p, space, path);
	was = arch_irq_save();
	arch_frame_user_init(f, image.entry, sp, 0, 0);
	arch_user_init(&p->user, f);
	arch_user_load(&p->user);
	arch_irq_restore(was);
	return 0;
}

/* Files that are almost a program. Each is made from one that runs, by changing one thing. On Quire all are refused
 * with ENOEXEC while the old program is still whole; on Linux they are refused or end at once, and a few run. */
#include "tests/user/user.h"
#include <elf.h>
#include <limits.h>
#include <stddef.h>

#define BASE 0x400000UL
#define CODE 0x200 /* where the instructions lie in the file */

/* exit_group(7) in machine code. */
#if defined(__x86_64__)
#define MACHINE EM_X86_64
static const unsigned char code[] = {0xbf, 7, 0, 0, 0, 0xb8, 0xe7, 0, 0, 0, 0x0f, 0x05};
#elif defined(__riscv)
#define MACHINE EM_RISCV
static const unsigned char code[] = {0x13, 0x05, 0x70, 0, 0x93, 0x08, 0xe0, 0x05, 0x73, 0, 0, 0};
#endif

static struct image {
	Elf64_Ehdr e;
	Elf64_Phdr p[4];
	char fill[CODE - sizeof(Elf64_Ehdr) - 4 * sizeof(Elf64_Phdr)];
	unsigned char code[4096 * 3 - CODE];
} good, bent;
static size_t bent_size; /* how much of it goes to the file */

static void make_good(void)
{
	memset(&good, 0, sizeof good);
	memcpy(good.e.e_ident, ELFMAG, SELFMAG);
	good.e.e_ident[EI_CLASS] = ELFCLASS64;
	good.e.e_ident[EI_DATA] = ELFDATA2LSB;
	good.e.e_ident[EI_VERSION] = EV_CURRENT;
	good.e.e_type = ET_EXEC;
	good.e.e_machine = MACHINE;
	good.e.e_version = EV_CURRENT;
	good.e.e_entry = BASE + CODE;
	good.e.e_phoff = offsetof(struct image, p);
	good.e.e_ehsize = sizeof good.e;
	good.e.e_phentsize = sizeof good.p[0];
	good.e.e_phnum = 2;
#if defined(__riscv)
	good.e.e_flags = EF_RISCV_FLOAT_ABI_DOUBLE;
#endif
	good.p[0] = (Elf64_Phdr){PT_LOAD, PF_R | PF_X, 0, BASE, BASE, 4096, 4096, 4096};
	good.p[1] = (Elf64_Phdr){PT_LOAD, PF_R | PF_W, 4096, BASE + 4096, BASE + 4096, 100, 8192, 4096};
	memcpy(good.code, code, sizeof code);
}

static int run_bent(void)
{
	static char *const argv[] = {(char *)"bent", NULL};
	int fd = open("bent", O_WRONLY | O_CREAT | O_TRUNC, 0755);
	CHECK_EQ(write(fd, &bent, bent_size), bent_size);
	close(fd);
	return user_exec("./bent", argv);
}

/* One change and its name: WHAT happens to BENT. */
struct bend {
	const char *what;
	void (*bend)(void);
	bool linux_runs;
};

/* Each must be refused (on Quire by ENOEXEC); where Linux takes a file on trust it may end by a signal. */
static void refuse(const struct bend *bends, size_t count)
{
	if (user_not_emulated("execve"))
		return;
	make_good();
	bent = good;
	bent_size = sizeof bent;
	CHECK_EQ(WEXITSTATUS(run_bent()), 7);
	for (size_t i = 0; i < count; i++) {
		bent = good;
		bent_size = sizeof bent;
		bends[i].bend();
		int got = run_bent();
		bool ended = got >= 0 && WIFSIGNALED(got);
		bool fine =
			user_system == ON_QUIRE ? got == -ENOEXEC : got < 0 || ended || bends[i].linux_runs;
		if (!CHECK(fine))
			test_note("%s: %d", bends[i].what, got);
	}
}
#define REFUSE(list) refuse(list, sizeof(list) / sizeof *(list))

static void empty(void) { bent_size = 0; }
static void bytes_63(void) { bent_size = 63; }
static void header_only(void) { bent_size = sizeof bent.e; }
static void magic(void) { bent.e.e_ident[1] = 'e'; }
static void class(void) { bent.e.e_ident[EI_CLASS] = ELFCLASS32; }
static void order(void) { bent.e.e_ident[EI_DATA] = ELFDATA2MSB; }
static void machine(void) { bent.e.e_machine = EM_AARCH64; }
static void type(void) { bent.e.e_type = ET_REL; }

/* Bad: exec:empty exec:bytes-63 exec:magic exec:class exec:machine */
TEST(headers, "badexec/header")
{
	static const struct bend bends[] = {
		{"0 bytes", empty, false},
		{"63 bytes", bytes_63, false},
		{"only the header", header_only, false},
		{"magic", magic, false},
		{"32 bits", class, true},
		{"big endian", order, true},
		{"another machine", machine, false},
		{"an object file", type, false},
	};
	REFUSE(bends);
}

static void phnum_0(void) { bent.e.e_phnum = 0; }
static void phnum_most(void) { bent.e.e_phnum = 65535; }
static void phentsize_0(void) { bent.e.e_phentsize = 0; }
static void phentsize_32(void) { bent.e.e_phentsize = 32; }
static void phoff_wraps(void) { bent.e.e_phoff = -16UL; }
static void phoff_negative(void) { bent.e.e_phoff = 1UL << 63; }
static void phoff_past(void) { bent.e.e_phoff = sizeof bent; }
static void phoff_last(void) { bent.e.e_phoff = sizeof bent - sizeof bent.p[0]; }
static void no_load(void) { bent.p[0].p_type = bent.p[1].p_type = PT_NULL; }

/* Bad: exec:phnum-0 exec:phnum-65535 exec:phentsize exec:phoff-wrap exec:phoff-past exec:no-load */
TEST(tables, "badexec/program-headers")
{
	static const struct bend bends[] = {
		{"phnum 0", phnum_0, false},
		{"phnum 65535", phnum_most, false},
		{"phentsize 0", phentsize_0, false},
		{"phentsize 32", phentsize_32, false},
		{"phoff wraps", phoff_wraps, false},
		{"phoff negative", phoff_negative, false},
		{"phoff past the end", phoff_past, false},
		{"the table's end past the end", phoff_last, false},
		{"no PT_LOAD", no_load, false},
	};
	REFUSE(bends);
}

static void offset_wraps(void) { bent.p[1].p_offset = -4096UL; }
static void offset_size_wraps(void) { bent.p[1].p_filesz = -4096UL, bent.p[1].p_memsz = -4096UL; }
static void filesz_above(void) { bent.p[1].p_memsz = 50; }
static void memsz_2_63(void) { bent.p[1].p_memsz = 1UL << 63; }
static void memsz_wraps(void) { bent.p[1].p_memsz = -BASE; }
static void past_end(void) { bent.p[0].p_offset = 64 * 4096; }

/* Bad: exec:filesz-wrap exec:filesz-memsz exec:memsz-2-63 exec:past-end */
TEST(sizes, "badexec/sizes")
{
	static const struct bend bends[] = {
		{"offset wraps", offset_wraps, false},
		{"offset + filesz wraps", offset_size_wraps, false},
		{"filesz above memsz", filesz_above, true},
		{"memsz 2^63", memsz_2_63, false},
		{"vaddr + memsz wraps", memsz_wraps, false},
		{"text past the file's end", past_end, false},
	};
	REFUSE(bends);
}

static void move(unsigned long to)
{
	bent.p[0].p_vaddr = bent.p[0].p_paddr = to;
	bent.e.e_entry = to + CODE;
}
static void vaddr_wraps(void) { bent.p[1].p_vaddr = -4096UL; }
static void vaddr_kernel(void) { move(0xffffffff80000000); }
static void vaddr_half(void) { move(0xffff800000000000); }
static void vaddr_0(void) { move(0); }
static void incongruent(void) { bent.p[1].p_vaddr += 0x10; }
static void overlap(void) { bent.p[1].p_vaddr = BASE; }
static void over_stack(void)
{
	bent.p[1].p_vaddr = (1UL << 47) - (64 << 20), bent.p[1].p_memsz = (64 << 20) - 4096;
}

/* Bad: exec:vaddr-wrap exec:vaddr-kernel exec:vaddr-0 exec:incongruent exec:overlap exec:over-stack */
TEST(places, "badexec/addresses")
{
	static const struct bend bends[] = {
		{"vaddr wraps", vaddr_wraps, false},
		{"vaddr in the kernel", vaddr_kernel, false},
		{"vaddr in the direct map", vaddr_half, false},
		{"vaddr 0", vaddr_0, true},
		{"vaddr not congruent with its offset", incongruent, false},
		{"overlapping segments", overlap, true},
		{"over the stack", over_stack, true},
	};
	REFUSE(bends);
}

static void wx(void) { bent.p[0].p_flags |= PF_W; }
static void entry_unmapped(void) { bent.e.e_entry = BASE + (1 << 20); }
static void entry_nx(void) { bent.e.e_entry = BASE + 4096; }
static void entry_kernel(void) { bent.e.e_entry = 0xffffffff80000000; }
static void entry_0(void) { bent.e.e_entry = 0; }

/* Bad: exec:wx exec:entry-unmapped exec:entry-nx exec:entry-kernel */
TEST(entries, "badexec/protection-and-entry")
{
	static const struct bend bends[] = {
		{"writable and executable", wx, true},
		{"entry unmapped", entry_unmapped, false},
		{"entry not executable", entry_nx, false},
		{"entry in the kernel", entry_kernel, false},
		{"entry 0", entry_0, false},
	};
	REFUSE(bends);
}

/* The bss behind a segment's file bytes is zero, within the page and after it; two small segments in one page of
 * the file are two pages of memory. */
TEST(tails, "badexec/good-one-runs")
{
	if (user_not_emulated("execve"))
		return;
	make_good();
	bent = good;
	bent_size = sizeof bent;
	CHECK_EQ(WEXITSTATUS(run_bent()), 7);
	bent.p[1].p_filesz = 0;
	CHECK_EQ(WEXITSTATUS(run_bent()), 7);
	bent.p[1] = (Elf64_Phdr){PT_LOAD, PF_R, 0x300, BASE + 0x10300, 0, 100, 100, 4096};
	CHECK_EQ(WEXITSTATUS(run_bent()), 7);
	bent_size = CODE + sizeof code;
	bent.p[0].p_filesz = bent_size;
	bent.e.e_phnum = 1;
	CHECK_EQ(WEXITSTATUS(run_bent()), 7);
}

/* Bits turned at random: never anything but an error, an end, or a run that ends. */
TEST(noise, "badexec/random-bits")
{
	if (user_not_emulated("execve"))
		return;
	make_good();
	for (int i = 0; i < 200; i++) {
		bent = good;
		bent_size = sizeof bent;
		for (int n = 0; n < 3; n++)
			((unsigned char *)&bent)[test_rand() % (sizeof bent.e + 2 * sizeof bent.p[0])] ^=
				1 << test_rand() % 8;
		int got = run_bent();
		if (!CHECK(got < 0 || WIFSIGNALED(got) || (WIFEXITED(got) && WEXITSTATUS(got) == 7)))
			test_note("round %d: %d", i, got);
	}
}

/* A program that runs cannot be written, and one that is open for writing cannot run.
 * Bad: exec:write-running */
TEST(busy, "badexec/text-is-busy")
{
	char self[PATH_MAX];
	static char *const argv[] = {(char *)"bent", NULL};
	if (user_not_emulated("execve"))
		return;
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	if (!CHECK(n > 0))
		return;
	self[n] = '\0';
	long writing = result(open(self, O_WRONLY)), cutting = result(truncate(self, 0));
	bool mine = geteuid() == 0; /* others may not write it at all */
	CHECK(writing == -ETXTBSY || (!mine && writing == -EACCES));
	CHECK(cutting == -ETXTBSY || (!mine && cutting == -EACCES));
	make_good();
	bent = good;
	bent_size = sizeof bent;
	CHECK_EQ(WEXITSTATUS(run_bent()), 7);
	int fd = open("bent", O_RDWR);
	CHECK_EQ(user_exec("./bent", argv), -ETXTBSY);
	close(fd);
	CHECK_EQ(WEXITSTATUS(user_exec("./bent", argv)), 7);
}

/* The file is cut and written again by another process while it is executed: it runs, ends, or is refused.
 * Bad: exec:truncated-meanwhile */
TEST(meanwhile, "badexec/truncated-meanwhile")
{
	static char *const argv[] = {(char *)"bent", NULL};
	if (user_not_emulated("execve"))
		return;
	make_good();
	bent = good;
	bent_size = sizeof bent;
	CHECK_EQ(WEXITSTATUS(run_bent()), 7);
	pid_t pid = fork();
	if (pid == 0) {
		for (;;) {
			if (truncate("bent", 100) == 0) {
				int fd = open("bent", O_WRONLY);
				if (fd >= 0 && write(fd, &bent, sizeof bent) > 0)
					close(fd);
			}
		}
	}
	for (int i = 0; i < 50; i++) {
		int got = user_exec("./bent", argv);
		if (!CHECK(got < 0 || WIFSIGNALED(got) || WEXITSTATUS(got) == 7))
			test_note("%d", got);
	}
	CHECK(kill(pid, SIGKILL) == 0);
	CHECK_EQ(WTERMSIG(user_wait(pid)), SIGKILL);
}

/* Pipes: order, ends, waiting, and descriptors that are passed on. */
#include "tests/user/user.h"
#include <sys/sendfile.h>
#include <sys/select.h>
#include <sys/uio.h>

static void make(int ends[2])
{
	if (!CHECK(pipe(ends) == 0))
		_exit(1);
}

/* What goes in comes out, in order, in other portions. */
TEST(order, "pipe/bytes-in-order")
{
	int ends[2];
	unsigned char text[3000];
	make(ends);
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = user_byte(i);
	for (size_t i = 0; i < sizeof text; i += 100)
		CHECK_EQ(write(ends[1], text + i, 100), 100);
	for (size_t i = 0; i < sizeof text; i += 250) {
		unsigned char got[250];
		CHECK_EQ(read(ends[0], got, 250), 250);
		CHECK(user_bytes(got, i, 250));
	}
}

/* More than a pipe holds goes through while the other side reads. */
TEST(large, "pipe/more-than-it-holds")
{
	int ends[2];
	const size_t size = 512 << 10;
	make(ends);
	pid_t pid = fork();
	if (pid == 0) {
		char *p = user_pages(size / PAGE, RW);
		for (size_t i = 0; i < size; i++)
			p[i] = user_byte(i);
		CHECK_EQ(write(ends[1], p, size), size);
		_exit(test_failing());
	}
	close(ends[1]);
	unsigned char text[5000];
	size_t have = 0;
	for (ssize_t n; (n = read(ends[0], text, sizeof text)) > 0; have += n) {
		if (!CHECK(user_bytes(text, have, n)))
			break;
	}
	CHECK_EQ(have, size);
	CHECK_EQ(user_wait(pid), 0);
}

/* No writer is left: what is in the pipe, then the end. */
TEST(end, "pipe/end-when-no-writer-is-left")
{
	int ends[2];
	char text[10];
	make(ends);
	int other = dup(ends[1]);
	CHECK_EQ(write(ends[1], "abc", 3), 3);
	close(ends[1]);
	CHECK_EQ(read(ends[0], text, 10), 3);
	close(other);
	CHECK_EQ(read(ends[0], text, 10), 0);
	CHECK_EQ(read(ends[0], text, 10), 0);
}

static void write_closed(void *arg)
{
	int ends[2];
	(void)arg;
	make(ends);
	close(ends[0]);
	CHECK_EQ(result(write(ends[1], "x", 1)), -EPIPE);
}

/* No reader is left: SIGPIPE, which ends a process that does not care. Bad: proc:write-closed-pipe */
TEST(broken, "pipe/writing-to-nobody-is-sigpipe") { CHECK_EQ(user_signal(write_closed, NULL), SIGPIPE); }

static void write_until_broken(void *arg)
{
	int *ends = arg;
	char text[4096] = {0};
	close(ends[0]);
	for (;;)
		CHECK(write(ends[1], text, sizeof text) > 0);
}

/* A writer that waits for room learns that the reader has gone. */
TEST(waiting, "pipe/waiting-writer-learns-that-the-reader-has-gone")
{
	int ends[2];
	char c;
	make(ends);
	pid_t pid = user_child(write_until_broken, ends);
	close(ends[1]);
	CHECK_EQ(read(ends[0], &c, 1), 1);
	close(ends[0]);
	int status = user_wait(pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
}

/* Who waits in a read can be ended. Bad: proc:exit-in-pipe-read */
TEST(killed, "pipe/waiting-reader-can-be-ended")
{
	int ends[2], ready[2];
	char c;
	make(ends);
	make(ready);
	pid_t pid = fork();
	if (pid == 0) {
		CHECK_EQ(write(ready[1], "", 1), 1);
		_exit(read(ends[0], &c, 1) == 1);
	}
	CHECK_EQ(read(ready[0], &c, 1), 1);
	CHECK(kill(pid, SIGKILL) == 0);
	int status = user_wait(pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	CHECK_EQ(write(ends[1], "x", 1), 1);
	CHECK(read(ends[0], &c, 1) == 1 && c == 'x');
}

/* Non-blocking: EAGAIN when empty, when full. A full pipe takes no part of a small write. */
TEST(nonblocking, "pipe/nonblocking-says-eagain")
{
	int ends[2];
	char text[4096] = {0};
	CHECK(pipe2(ends, O_NONBLOCK) == 0);
	CHECK_EQ(result(read(ends[0], text, 1)), -EAGAIN);
	size_t held = 0;
	for (ssize_t n; (n = write(ends[1], text, sizeof text)) > 0;)
		held += n;
	CHECK_EQ(result(write(ends[1], text, 100)), -EAGAIN);
	CHECK(held >= 4096);
	CHECK_EQ(read(ends[0], text, sizeof text), sizeof text);
	CHECK_EQ(write(ends[1], text, sizeof text), sizeof text);
}

/* Of more than 4096 bytes goes in what there is room for, if only a little; no more than fits is waited for. */
TEST(little_room, "pipe/nonblocking-write-of-much-puts-a-part")
{
	int ends[2];
	unsigned char text[5000], old[4096] = {0};
	CHECK(pipe2(ends, O_NONBLOCK) == 0);
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = user_byte(i);
	for (int i = 0; i < 15; i++)
		CHECK_EQ(write(ends[1], old, sizeof old), sizeof old);
	CHECK_EQ(write(ends[1], old, 100), 100);
	ssize_t got = result(write(ends[1], text, sizeof text));
	CHECK(got > 0 && got < 5000);
	while (write(ends[1], text, sizeof text) > 0)
		;
	CHECK_EQ(errno, EAGAIN);
	for (int i = 0; i < 15; i++)
		CHECK_EQ(read(ends[0], old, sizeof old), sizeof old);
	CHECK_EQ(read(ends[0], old, 100), 100);
	CHECK_EQ(read(ends[0], text, got), got);
	CHECK(user_bytes(text, 0, got));
}

/* Writes of up to 4096 bytes by several processes do not mix. */
TEST(atomic, "pipe/small-writes-stay-whole")
{
	int ends[2], seen[4] = {0};
	make(ends);
	for (int n = 0; n < 4; n++) {
		if (fork() == 0) {
			char text[512];
			memset(text, n, sizeof text);
			for (int i = 0; i < 50; i++)
				CHECK_EQ(write(ends[1], text, sizeof text), sizeof text);
			_exit(test_failing());
		}
	}
	close(ends[1]);
	char text[512];
	for (;;) {
		size_t have = 0;
		for (ssize_t n;
		     have < sizeof text && (n = read(ends[0], text + have, sizeof text - have)) > 0;)
			have += n;
		if (!have)
			break;
		if (!CHECK_EQ(have, sizeof text) || !CHECK(user_all(text, sizeof text, text[0])))
			break;
		seen[text[0] & 3]++;
	}
	for (int n = 0; n < 4; n++)
		CHECK_EQ(seen[n], 50);
	for (int n = 0; n < 4; n++)
		CHECK_EQ(user_wait(-1), 0);
}

/* Nothing to write is no error; pipe2 refuses unknown flags; a pipe has no offset. */
TEST(odd, "pipe/odd-requests")
{
	if (user_not_emulated("pipe"))
		return;
	int ends[2];
	char c;
	make(ends);
	CHECK_EQ(write(ends[1], "", 0), 0);
	CHECK_EQ(read(ends[0], &c, 0), 0);
	CHECK_EQ(result(pipe2(ends, 0x40000000)), -EINVAL);
	CHECK_EQ(result(lseek(ends[0], 0, SEEK_SET)), -ESPIPE);
	CHECK_EQ(result(pread(ends[0], &c, 1, 0)), -ESPIPE);
	CHECK_EQ(result(write(ends[0], "x", 1)), -EBADF);
	CHECK_EQ(result(read(ends[1], &c, 1)), -EBADF);
	CHECK(result(ftruncate(ends[1], 0)) == -EINVAL);
	CHECK_EQ(result(fsync(ends[1])), -EINVAL);
	struct stat st;
	CHECK(fstat(ends[0], &st) == 0 && S_ISFIFO(st.st_mode));
}

/* A pipe whose ends cannot be told (a bad pointer) leaves no descriptor behind. */
TEST(no_place, "pipe/failed-pipe-leaves-nothing")
{
	if (user_not_emulated("pipe"))
		return;
	int before = dup(0), ends[2];
	close(before);
	CHECK_EQ(result(syscall(SYS_pipe2, (int *)8, 0)), -EFAULT);
	char *p = user_pages(2, RW);
	CHECK(munmap(p + PAGE, PAGE) == 0);
	CHECK_EQ(result(syscall(SYS_pipe2, p + PAGE - 4, 0)), -EFAULT);
	make(ends);
	CHECK_EQ(ends[0], before);
}

/* A ring of processes passes a number round. */
TEST(ring, "pipe/ring-of-eight")
{
	int first[2], in, value = 0;
	make(first);
	in = first[0];
	for (int i = 0; i < 8; i++) {
		int next[2];
		make(next);
		if (fork() == 0) {
			for (int round = 0; round < 20; round++) {
				CHECK_EQ(read(in, &value, sizeof value), sizeof value);
				value++;
				CHECK_EQ(write(next[1], &value, sizeof value), sizeof value);
			}
			_exit(test_failing());
		}
		close(next[1]);
		in = next[0];
	}
	for (int round = 0; round < 20; round++) {
		CHECK_EQ(write(first[1], &value, sizeof value), sizeof value);
		CHECK_EQ(read(in, &value, sizeof value), sizeof value);
	}
	CHECK_EQ(value, 160);
	for (int i = 0; i < 8; i++)
		CHECK_EQ(user_wait(-1), 0);
}

/* select knows when a pipe can be read and written. */
TEST(ready, "pipe/select-sees-what-is-ready")
{
	int ends[2];
	fd_set in, out;
	struct timeval now = {0, 0};
	make(ends);
	FD_ZERO(&in);
	FD_SET(ends[0], &in);
	FD_ZERO(&out);
	FD_SET(ends[1], &out);
	CHECK_EQ(select(ends[1] + 1, &in, &out, NULL, &now), 1);
	CHECK(!FD_ISSET(ends[0], &in) && FD_ISSET(ends[1], &out));
	CHECK_EQ(write(ends[1], "x", 1), 1);
	FD_SET(ends[0], &in);
	CHECK_EQ(select(ends[0] + 1, &in, NULL, NULL, NULL), 1);
	CHECK(FD_ISSET(ends[0], &in));
}

/* readv and writev: several parts, one transfer. */
TEST(vectors, "pipe/vectors")
{
	int ends[2];
	char a[3] = "", b[6] = "";
	struct iovec out[] = {{(char *)"one", 3}, {NULL, 0}, {(char *)"two", 3}}, in[] = {{a, 2}, {b, 5}};
	make(ends);
	CHECK_EQ(writev(ends[1], out, 3), 6);
	CHECK_EQ(readv(ends[0], in, 2), 6);
	CHECK(!strcmp(a, "on") && !strcmp(b, "etwo"));
}

/* What writev has in parts is one write: it goes in whole or not at all. */
TEST(vector_whole, "pipe/writev-stays-whole")
{
	int ends[2];
	char text[4096] = "";
	struct iovec out[] = {{text, 500}, {NULL, 0}, {text, 1000}};
	CHECK(pipe2(ends, O_NONBLOCK) == 0);
	while (write(ends[1], text, sizeof text) > 0)
		;
	CHECK_EQ(read(ends[0], text, sizeof text), sizeof text);
	CHECK_EQ(write(ends[1], text, 3000), 3000);
	CHECK_EQ(result(writev(ends[1], out, 3)), -EAGAIN);
	CHECK_EQ(read(ends[0], text, sizeof text), sizeof text);
	CHECK_EQ(writev(ends[1], out, 3), 1500);
}

/* Also when a part cannot be read. */
TEST(vector_bad, "pipe/writev-from-a-bad-place-writes-nothing")
{
	if (user_not_emulated("writev"))
		return;
	int ends[2];
	char text[500] = "", *hole = user_pages(2, RW);
	struct iovec out[] = {{text, 500}, {NULL, 0}, {text, 1000}};
	CHECK(pipe2(ends, O_NONBLOCK) == 0);
	CHECK(munmap(hole + PAGE, PAGE) == 0);
	out[2].iov_base = hole + PAGE;
	CHECK_EQ(result(writev(ends[1], out, 3)), -EFAULT);
	CHECK_EQ(result(read(ends[0], text, sizeof text)), -EAGAIN);
}

/* Bytes go from a file to a file and to a pipe; the position that moves is the one that was asked for. */
TEST(sent, "pipe/sendfile-to-a-file-and-to-a-pipe")
{
	char got[5000];
	int in = user_file("in", 200000), out = open("out", O_RDWR | O_CREAT | O_TRUNC, 0644), ends[2];
	off_t at = 1000;
	CHECK(pipe(ends) == 0);
	CHECK_EQ(lseek(in, 7, SEEK_SET), 7);
	CHECK_EQ(sendfile(out, in, NULL, 150000), 150000);
	CHECK_EQ(lseek(in, 0, SEEK_CUR), 150007);
	CHECK_EQ(lseek(out, 0, SEEK_CUR), 150000);
	for (size_t i = 0; i < 150000; i += sizeof got)
		CHECK(pread(out, got, sizeof got, i) == sizeof got && user_bytes(got, 7 + i, sizeof got));
	CHECK_EQ(sendfile(ends[1], in, &at, 3000), 3000);
	CHECK_EQ(at, 4000);
	CHECK_EQ(lseek(in, 0, SEEK_CUR), 150007);
	CHECK(read(ends[0], got, sizeof got) == 3000 && user_bytes(got, 1000, 3000));
	at = 199990;
	CHECK_EQ(sendfile(ends[1], in, &at, 3000), 10);
	CHECK_EQ(at, 200000);
	CHECK_EQ(sendfile(ends[1], in, &at, 3000), 0);
	CHECK(read(ends[0], got, sizeof got) == 10 && user_bytes(got, 199990, 10));
}

/* What a pipe has no room for is not taken from the file.
 * Bad: file:fd-minus-1 file:wrong-type file:negative-offset */
TEST(sent_odd, "pipe/sendfile-odd-requests")
{
	int in = user_file("in", 200000), ends[2], full;
	off_t at = -1;
	CHECK(pipe2(ends, O_NONBLOCK) == 0);
	full = sendfile(ends[1], in, NULL, 200000);
	CHECK(full > 0 && full < 200000);
	CHECK_EQ(lseek(in, 0, SEEK_CUR), full);
	CHECK_EQ(result(sendfile(ends[1], in, NULL, 200000)), -EAGAIN);
	CHECK_EQ(lseek(in, 0, SEEK_CUR), full);
	CHECK_EQ(result(sendfile(-1, in, NULL, 1)), -EBADF);
	CHECK_EQ(result(sendfile(in, -1, NULL, 1)), -EBADF);
	CHECK_EQ(result(sendfile(ends[0], in, NULL, 1)), -EBADF);
	CHECK_EQ(result(sendfile(in, in, &at, 1)), -EINVAL);
	at = 0;
	CHECK_EQ(result(sendfile(in, ends[0], &at, 1)), -ESPIPE);
	CHECK_EQ(result(syscall(SYS_sendfile, in, in, 8, 1)), -EFAULT);
	CHECK_EQ(result(sendfile(in, open(".", O_RDONLY), NULL, 1)), -EINVAL);
	CHECK_EQ(result(sendfile(open("in", O_WRONLY | O_APPEND), in, &at, 1)), -EINVAL);
}

/* A read into nothing takes nothing out. */
TEST(kept, "pipe/bad-place-loses-no-byte")
{
	int ends[2];
	char text[500], *hole = user_pages(2, RW);
	make(ends);
	CHECK(munmap(hole + PAGE, PAGE) == 0);
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = user_byte(i);
	CHECK_EQ(write(ends[1], text, sizeof text), sizeof text);
	CHECK_EQ(result(syscall(SYS_read, ends[0], 8, 10)), -EFAULT);
	long got = result(read(ends[0], hole + PAGE - 100, sizeof text));
	if (!CHECK(got == -EFAULT || (got > 0 && got <= 100)))
		return;
	CHECK(got < 0 || user_bytes(hole + PAGE - 100, 0, got));
	size_t from = got < 0 ? 0 : got;
	CHECK_EQ(read(ends[0], text, sizeof text), sizeof text - from);
	CHECK(user_bytes(text, from, sizeof text - from));
}

/* What programs rely on: 64 KB go in before anybody reads. */
TEST(capacity, "pipe/holds-64-kilobytes")
{
	int ends[2];
	unsigned char text[1000];
	make(ends);
	for (size_t at = 0; at < 64000; at += sizeof text) {
		for (size_t i = 0; i < sizeof text; i++)
			text[i] = user_byte(at + i);
		if (!CHECK(fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0 && write(ends[1], text, 1000) == 1000))
			return;
	}
	for (size_t at = 0; at < 64000; at += sizeof text)
		CHECK(read(ends[0], text, 1000) == 1000 && user_bytes(text, at, 1000));
}

/* Who is told that he may write, can: 4096 bytes, at any fill. */
TEST(promised, "pipe/ready-to-write-means-4096-bytes")
{
	int ends[2];
	char text[4096] = "";
	CHECK(pipe2(ends, O_NONBLOCK) == 0);
	while (write(ends[1], text, sizeof text) > 0)
		;
	for (int i = 0; i < 100; i++) {
		struct timeval now = {0, 0};
		fd_set out;
		FD_ZERO(&out);
		FD_SET(ends[1], &out);
		if (select(ends[1] + 1, NULL, &out, NULL, &now) == 1)
			CHECK_EQ(write(ends[1], text, sizeof text), sizeof text);
		CHECK_EQ(read(ends[0], text, 100), 100);
	}
}

/* readv with some bytes there does not wait for those that would fill it. */
TEST(part, "pipe/readv-does-not-wait-for-more")
{
	int ends[2];
	char a[2], b[2];
	struct iovec in[] = {{a, 2}, {b, 2}};
	make(ends);
	CHECK_EQ(write(ends[1], "ab", 2), 2);
	CHECK_EQ(readv(ends[0], in, 2), 2);
	CHECK(a[0] == 'a' && a[1] == 'b');
}

/* A time that is longer than any clock is no short one; a negative one is none. */
static int select_call(int count, fd_set *in, struct timeval *time)
{
#ifdef SYS_select /* the C library asks for pselect */
	return syscall(SYS_select, count, in, NULL, NULL, time);
#else
	return select(count, in, NULL, NULL, time);
#endif
}
TEST(patient, "pipe/select-for-ages")
{
	int ends[2];
	struct timeval ages = {1L << 55, 0}, negative = {-1, 0};
	fd_set in;
	make(ends);
	if (fork() == 0) {
		for (int i = 0; i < 20; i++)
			sched_yield();
		_exit(write(ends[1], "x", 1) != 1);
	}
	FD_ZERO(&in);
	FD_SET(ends[0], &in);
	CHECK_EQ(select_call(ends[0] + 1, &in, &ages), 1);
	CHECK_EQ(user_wait(-1), 0);
	CHECK_EQ(result(select_call(0, NULL, &negative)), -EINVAL);
}

/* A reader that waits already sees the end when the last writer closes. */
TEST(waits_for_end, "pipe/reader-that-waits-sees-the-end")
{
	int ends[2], ready[2];
	char c;
	make(ends);
	make(ready);
	pid_t pid = fork();
	if (pid == 0) {
		close(ends[1]);
		CHECK_EQ(write(ready[1], "", 1), 1);
		_exit(read(ends[0], &c, 1) != 0);
	}
	CHECK_EQ(read(ready[0], &c, 1), 1);
	for (int i = 0; i < 50; i++)
		sched_yield();
	close(ends[1]);
	CHECK_EQ(user_wait(pid), 0);
}

/* The console as a terminal: a thread takes what is typed, edits the line, echoes, and turns ^C and the like into
 * signals; readers get whole lines, or bytes in raw mode. There is one, and it is every session's.
 *
 * The lock guards settings and input; nothing is printed and no user memory touched while it is held. */
#include "kernel/dev/console.h"
#include "kernel/file/file.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/lib.h"
#include "kernel/proc/proc.h"

#define INPUT_MAX 4096u

enum tty_lflag { ISIG = 1, ICANON = 2, ECHO = 010, ECHOE = 020, ECHOK = 040, ECHONL = 0100 };
enum tty_iflag { INLCR = 0100, IGNCR = 0200, ICRNL = 0400 };
enum tty_cc { VINTR, VQUIT, VERASE, VKILL, VEOF, VTIME, VMIN, VSUSP = 10, VWERASE = 14, CC_COUNT = 19 };
enum tty_request {
	TCGETS = 0x5401,
	TCSETS,
	TCSETSW,
	TCSETSF,
	TCFLSH = 0x540b,
	TIOCSCTTY = 0x540e,
	TIOCGPGRP,
	TIOCSPGRP,
	TIOCGWINSZ = 0x5413,
	TIOCSWINSZ,
	FIONREAD = 0x541b,
	TIOCGSID = 0x5429,
};

struct termios {
	uint32_t iflag, oflag, cflag, lflag;
	uint8_t line, cc[CC_COUNT];
};

static struct spinlock lock = SPINLOCK_INIT("tty", RANK_SYNC);
static struct termios termios = {
	.iflag = ICRNL,
	.oflag = 5,    /* OPOST ONLCR */
	.cflag = 0xbd, /* 38400, 8 bits, receiver on */
	.lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK,
	.cc = {3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22},
};
static uint16_t window[4] = {24, 80}; /* rows, columns */
static int foreground = 1;            /* group that signals go to; at first the first process' */
static char input[INPUT_MAX];
static unsigned in, ready, out; /* put up to IN, of that whole lines up to READY, taken up to OUT */
static bool ends;               /* ^D: the bytes before READY end a read, even if there are none */
static struct waitq readers;

/* ---- what is typed ---- */

static unsigned pending(void) { return (termios.lflag & ICANON ? ready : in) - out; }

static void put(char c)
{
	if (in - out < INPUT_MAX - (c != '\n')) /* the last place is for the line's end */
		input[in++ % INPUT_MAX] = c;
}

/* The characters that take back a character, a line, from what is not handed on yet; how many went. */
static unsigned take_back(bool all)
{
	unsigned n = all ? in - ready : in != ready;

	in -= n;
	return n;
}

/* One character; what to echo goes to ECHOED, which has room for it. The signal it makes, or 0. */
static int typed_locked(char c, char echoed[8], unsigned *erase)
{
	const struct termios *t = &termios;
	bool line = t->lflag & ICANON;
	uint8_t u = (uint8_t)c;

	if (c == '\r' && t->iflag & ICRNL)
		c = '\n', u = '\n';
	if (t->lflag & ISIG && (u == t->cc[VINTR] || u == t->cc[VQUIT] || u == t->cc[VSUSP])) {
		in = ready = out;
		if (t->lflag & ECHO)
			ksnprintf(echoed, 8, "^%c\n", u + '@');
		return u == t->cc[VINTR] ? SIG_INT : u == t->cc[VQUIT] ? SIG_QUIT : SIG_TSTP;
	}
	if (line && (u == t->cc[VERASE] || u == 8 || u == t->cc[VKILL])) {
		*erase = take_back(u == t->cc[VKILL]);
		if (!(t->lflag & ECHO))
			*erase = 0;
		return 0;
	}
	if (line && u == t->cc[VEOF]) {
		ready = in;
		ends = true;
		return 0;
	}
	put(c);
	if (line && c == '\n')
		ready = in;
	if (t->lflag & ECHO)
		ksnprintf(echoed, 8, u < ' ' && c != '\n' && c != '\t' ? "^%c" : "%c",
			  u < ' ' && c != '\n' && c != '\t' ? u + '@' : u);
	return 0;
}

static void typed(char c)
{
	char echoed[8] = "";
	unsigned erase = 0;
	int sig, group;

	spin_lock(&lock);
	sig = typed_locked(c, echoed, &erase);
	group = foreground;
	waitq_wake_all(&readers);
	spin_unlock(&lock);
	if (*echoed)
		kputs(echoed, strlen(echoed));
	while (erase--)
		kputs("\b \b", 3);
	if (sig)
		signal_group(group, sig);
	poll_wake();
}

static void tty_main(void *arg)
{
	(void)arg;
	for (;;)
		typed(console_getc());
}

void tty_init(void)
{
	if (!thread_create("tty", tty_main, NULL, CPU_ANY))
		panic("no memory for the terminal's thread");
}

/* ---- reading and writing ---- */

/* Bytes for a read of N, out of the input; locked. In line mode at most one line. */
static size_t take(char *buf, size_t n)
{
	bool line = termios.lflag & ICANON;
	size_t got = 0;

	while (got < n && pending()) {
		char c = input[out++ % INPUT_MAX];

		buf[got++] = c;
		if (line && c == '\n')
			break;
	}
	if (line && ends && out == ready)
		ends = false;
	return got;
}

static int64_t tty_read(struct file *f, vaddr_t buf, size_t n, uint64_t *pos)
{
	char piece[256];
	size_t got;
	int err = 0;

	(void)pos;
	if (!n)
		return 0;
	spin_lock(&lock);
	while (!err && !pending() && !ends && (termios.lflag & ICANON || termios.cc[VMIN])) {
		if (f->flags & O_NONBLOCK)
			err = -EAGAIN;
		else if (!waitq_sleep_interruptible(&readers, &lock, 0))
			err = -ERESTART;
	}
	got = err ? 0 : take(piece, n < sizeof piece ? n : sizeof piece);
	spin_unlock(&lock);
	if (err)
		return err;
	return copy_out(buf, piece, got) ? -EFAULT : (int64_t)got;
}

static int64_t tty_write(struct file *f, vaddr_t buf, size_t n, uint64_t *pos)
{
	char piece[256];
	size_t done = 0;

	(void)f, (void)pos;
	while (done < n && !signal_waits(proc_current())) {
		size_t k = n - done < sizeof piece ? n - done : sizeof piece,
		       got = copy_in_some(piece, buf + done, k);

		if (got)
			kputs(piece, got);
		done += got;
		if (got < k)
			return done ? (int64_t)done : -EFAULT;
	}
	return done || !n ? (int64_t)done : -ERESTART;
}

static unsigned tty_poll(struct file *f)
{
	unsigned is;

	(void)f;
	spin_lock(&lock);
	is = POLL_OUT | (pending() || ends ? POLL_IN : 0u);
	spin_unlock(&lock);
	return is;
}

/* ---- settings ---- */

static int settings_set(vaddr_t at, bool flush)
{
	struct termios t;

	if (copy_in(&t, at, sizeof t))
		return -EFAULT;
	spin_lock(&lock);
	if (flush)
		in = ready = out;
	if ((t.lflag ^ termios.lflag) & ICANON)
		ready = in; /* what was typed so far is there for both modes */
	termios = t;
	waitq_wake_all(&readers);
	spin_unlock(&lock);
	return 0;
}

static int group_set(vaddr_t at)
{
	int32_t pgid;
	int err = copy_in(&pgid, at, sizeof pgid);

	if (err)
		return err;
	if (pgid < 0)
		return -EINVAL;
	spin_lock(&proc_lock);
	err = proc_group_in(pgid, proc_current()->sid) ? 0 : -EPERM;
	if (!err)
		foreground = pgid;
	spin_unlock(&proc_lock);
	return err;
}

static int number_out(vaddr_t at, int32_t n) { return copy_out(at, &n, sizeof n); }

static int tty_ioctl(struct file *f, uint64_t request, vaddr_t arg)
{
	struct termios t;
	int32_t n;

	(void)f;
	spin_lock(&lock);
	t = termios;
	n = (int32_t)pending();
	spin_unlock(&lock);
	switch (request) {
	case TCGETS: return copy_out(arg, &t, sizeof t);
	case TCSETS:
	case TCSETSW:
	case TCSETSF: return settings_set(arg, request == TCSETSF);
	case TCFLSH:
		spin_lock(&lock);
		in = ready = out;
		spin_unlock(&lock);
		return 0;
	case TIOCSCTTY: return 0;
	case TIOCGPGRP: return number_out(arg, foreground ? foreground : proc_current()->pgid);
	case TIOCSPGRP: return group_set(arg);
	case TIOCGSID: return number_out(arg, proc_current()->sid);
	case TIOCGWINSZ: return copy_out(arg, window, sizeof window);
	case TIOCSWINSZ: return copy_in(window, arg, sizeof window);
	case FIONREAD: return number_out(arg, n);
	default: return -ENOTTY;
	}
}

const struct file_ops tty_ops = {.read = tty_read, .write = tty_write, .ioctl = tty_ioctl, .poll = tty_poll};

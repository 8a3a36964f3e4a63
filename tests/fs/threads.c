/* Several threads on one file system. In the build with ThreadSanitizer races show even when nothing breaks. */
#include "fs.h"
#include "pages.h"

#include "kernel/lib/errno.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREADS 4
#define ROUNDS  60
#define REG     0100644

static struct filesystem *fs;
static _Atomic unsigned wrong;
static _Atomic int strange; /* one of the errors that should not have been */

static void expect(bool ok) { wrong += !ok; }

/* Whatever the others do at the same time, these may happen. */
static bool usual(int err)
{
	if (!err || err == -ENOENT || err == -EEXIST || err == -ENOTEMPTY || err == -EINVAL ||
	    err == -ENOTDIR || err == -EISDIR || err == -EBUSY)
		return true;
	strange = err;
	return false;
}

/* Files of one's own, in a directory that all share. */
static void *own_files(void *arg)
{
	unsigned me = *(unsigned *)arg;
	char path[32], to[32], buf[9000], back[9000];

	for (unsigned i = 0; i < ROUNDS; i++) {
		struct inode *f;

		snprintf(path, sizeof path, "/d/%u.%u", me, i);
		snprintf(to, sizeof to, "/%u.%u", me, i);
		memset(buf, (int)('a' + me + i % 20), sizeof buf);
		if (at_create(fs, path, REG, &f)) {
			expect(false);
			continue;
		}
		expect(file_write(f, i * 1000, buf, sizeof buf) == sizeof buf);
		if (i % 8 == 0)
			expect(!fs_sync(f));
		expect(!at_rename(fs, path, to));
		file_drop(f);
		expect(file_read(f, i * 1000, back, sizeof back) == sizeof back &&
		       !memcmp(buf, back, sizeof buf));
		if (i % 3)
			expect(!at_unlink(fs, to, false));
		expect(!file_resize(f, 100));
		inode_put(f);
	}
	return NULL;
}

/* The same few names for all, in directories that move. */
static void *shared_names(void *arg)
{
	static const char *const path[] = {"/d", "/d/x", "/d/x/y", "/e", "/e/x", "/f"};
	unsigned seed = *(unsigned *)arg * 7919 + 1;

	for (unsigned i = 0; i < 6 * ROUNDS; i++) {
		const char *a = path[rand_r(&seed) % 6], *b = path[rand_r(&seed) % 6];
		struct inode *f;

		switch (rand_r(&seed) % 7) {
		case 0: expect(usual(at_create(fs, a, 0040755, NULL))); break;
		case 1: expect(usual(at_create(fs, a, REG, NULL))); break;
		case 2: expect(usual(at_unlink(fs, a, rand_r(&seed) % 2))); break;
		case 3: expect(usual(at_rename(fs, a, b))); break;
		case 4:
			if (at_namei(fs, a, &f))
				break;
			if (f->type == S_IFREG)
				expect(file_write(f, 0, path, 40) == 40);
			inode_put(f);
			break;
		case 5: expect(!fs->ops->sync(fs)); break;
		default: expect(usual(at_link(fs, "/kept", a))); break;
		}
	}
	return NULL;
}

static void crew(void *(*fn)(void *))
{
	pthread_t thread[THREADS];
	unsigned number[THREADS];
	struct disk *disk = disk_make(2048, NULL);

	fs = disk_mount(disk);
	wrong = 0;
	at_create(fs, "/d", 0040755, NULL);
	at_create(fs, "/kept", REG, NULL);
	for (unsigned i = 0; i < THREADS; i++) {
		number[i] = i;
		CHECK_EQ(pthread_create(&thread[i], NULL, fn, &number[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	if (!CHECK_EQ(wrong, 0))
		test_note("an error that should not be: %d", strange);
	fs_unmount_ok(fs);
	disk_clean(disk, "at the end");
	disk_free(disk);
}

TEST(threads_own, "fs/threads-with-files-of-their-own-do-not-disturb-one-another") { crew(own_files); }
TEST(threads_shared, "fs/threads-on-the-same-names-leave-a-clean-disk") { crew(shared_names); }

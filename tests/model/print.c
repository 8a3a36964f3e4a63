/* Operations as C, a whole test: what failed here can be pasted into a file of tests/vm/. */
#include "model.h"

static const char *error_name(int err)
{
	switch (-err) {
	case 0: return "0";
	case VM_ENOMEM: return "-VM_ENOMEM";
	case VM_EFAULT: return "-VM_EFAULT";
	case VM_EACCES: return "-VM_EACCES";
	case VM_EEXIST: return "-VM_EEXIST";
	case VM_EINVAL: return "-VM_EINVAL";
	case VM_EIO: return "-VM_EIO";
	case VM_EBUS: return "-VM_EBUS";
	}
	return "?";
}

static void fail_print(const struct op *op)
{
	switch ((enum op_fail)op->fail) {
	case FAIL_MEMORY:
	case FAIL_MEMORY_FOR_GOOD:
		test_print(
			"#\t\tm_fail(%u, %s); /* then -VM_ENOMEM is right, too, and the same again without */\n",
			op->fail_n, op->fail == FAIL_MEMORY ? "false" : "true");
		break;
	case FAIL_READ:
	case FAIL_WRITE:
		test_print(
			"#\t\tt.disk.fail_%s = %u; /* then an error is right, too, and the same again without */\n",
			op->fail == FAIL_READ ? "reads" : "writes", op->fail_n);
		break;
	case FAIL_NONE: break;
	}
}

static void fail_end_print(const struct op *op)
{
	if (op->fail == FAIL_MEMORY || op->fail == FAIL_MEMORY_FOR_GOOD)
		test_print("#\t\tm_fail(0, false);\n");
	else if (op->fail)
		test_print("#\t\tt.disk.fail_reads = t.disk.fail_writes = 0;\n");
}

static void call_print(const struct op *op, const struct expect *e, const struct setup *setup)
{
	const char *err = error_name(e->err);
	unsigned at = word_at(op->word), s = op->space;
	unsigned long long value = op->value;

	switch ((enum op_kind)op->kind) {
	case OP_READ:
		if (e->err)
			test_print("CHECK_EQ(user_read(&s[%u], W + %u * P + %u, &value), %s);", s, op->page,
				   at, err);
		else if (!e->read)
			test_print("CHECK_EQ(user_read(&s[%u], W + %u * P + %u, &value), 0); /* anything */",
				   s, op->page, at);
		else
			test_print("CHECK(user_sees(&s[%u], W + %u * P + %u, %#llx));", s, op->page, at,
				   (unsigned long long)e->value);
		break;
	case OP_WRITE:
		test_print("CHECK_EQ(user_write(&s[%u], W + %u * P + %u, %#llx), %s);", s, op->page, at,
			   value, err);
		break;
	case OP_EXEC:
		test_print("CHECK_EQ(vm_fault(&s[%u], W + %u * P, VM_EXEC), %s);", s, op->page, err);
		break;
	case OP_MAP:
		test_print("CHECK_EQ(vm_map(&s[%u], %s + %u * P, %u * P, %u, %u, ", s, op->move ? "0" : "W",
			   op->move ? 0 : op->page, op->n, op->prot, op->flags);
		if (op->file)
			test_print("&f[%u].object, %u, &va), %s);", op->file - 1, op->to, err);
		else
			test_print("NULL, 0, &va), %s);", err);
		break;
	case OP_UNMAP:
		test_print("CHECK_EQ(vm_unmap(&s[%u], W + %u * P, %u * P), %s);", s, op->page, op->n, err);
		break;
	case OP_PROTECT:
		test_print("CHECK_EQ(vm_protect(&s[%u], W + %u * P, %u * P, %u), %s);", s, op->page, op->n,
			   op->prot, err);
		break;
	case OP_REMAP:
		test_print("CHECK_EQ(vm_remap(&s[%u], W + %u * P, %u * P, %u * P, %s, &va), %s);", s,
			   op->page, op->n, op->to, op->move ? "true" : "false", err);
		break;
	case OP_PROMISE:
		test_print(
			"CHECK_EQ(vm_promise(&s[%u], VM_ANON, W + %u * P, %s, aux_fill, aux_new(%#llx)), %s);",
			s, op->page, op->prot & VM_WRITE ? "true" : "false", value, err);
		break;
	case OP_LOOK:
		test_print("CHECK(%sspt_find_page(&s[%u], (void *)(W + %u * P)));", e->value ? "" : "!", s,
			   op->page);
		break;
	case OP_FORK:
		test_print("CHECK_EQ(spt_init(&s[%u]), 0); CHECK_EQ(spt_copy(&s[%u], &s[%u]), %s);", op->to,
			   op->to, s, err);
		break;
	case OP_KILL: test_print("spt_kill(&s[%u]);", s); break;
	case OP_CREATE:
		test_print("CHECK_EQ(space_make(&s[%u], %s), 0);", s, setup->fenced ? "true" : "false");
		break;
	case OP_EVICT: test_print("vm_reclaim(%u);", op->n); break;
	case OP_THREADS:
		test_print(
			"CHECK_EQ(user_write_both(&s[%u], W + %u * P + %u, %#llx, W + %u * P + %u, %#llx, %u), %s);",
			s, op->page, at, value, op->page, word_at((op->word + 1) % WORDS), ~value, op->to,
			err);
		break;
	case OP_SWAPON: /* 0 for an area in use, too, if it has failed */
		test_print("CHECK_EQ(vm_swapon(%s, %s), %s);", op->to ? "&other.object" : "&t.disk.object",
			   op->to ? "64" : "t.disk.npages", err);
		break;
	case OP_SWAPOFF: /* it may say -VM_ENOMEM, too */
		test_print("CHECK_EQ(vm_swapoff(%s), %s);", op->to ? "&other.object" : "&t.disk.object", err);
		break;
	case OP_FILE_READ:
		test_print("ramfile_read(&f[%u], NULL, %u * P + %u, &value, 8); /* %#llx */", op->file,
			   op->page, at, (unsigned long long)e->value);
		break;
	case OP_FILE_WRITE:
		test_print("value = %#llx; ramfile_write(&f[%u], %u * P + %u, &value, 8);", value, op->file,
			   op->page, at);
		break;
	case OP_TRUNCATE: test_print("CHECK_EQ(ramfile_truncate(&f[%u], %#llx), 0);", op->file, value); break;
	case OP_SYNC:
		test_print("CHECK_EQ(vm_object_sync(&f[%u].object, 0, UINT64_MAX), 0);", op->file);
		break;
	case OP_WRITEBACK: test_print("vm_writeback();"); break;
	case OP_ADVISE:
		test_print("CHECK_EQ(vm_advise(&s[%u], W + %u * P, %u * P, %s), %s);", s, op->page, op->n,
			   op->value % ADVICES == DONTNEED   ? "VM_ADVISE_DONTNEED"
			   : op->value % ADVICES == PAGEOUT  ? "VM_ADVISE_PAGEOUT"
			   : op->value % ADVICES == WILLNEED ? "VM_ADVISE_WILLNEED"
			   : e->value                        ? "VM_ADVISE_RANDOM"
							     : "VM_ADVISE_NORMAL",
			   err);
		break;
	}
}

static void op_print(const struct op *op, const struct expect *e, const struct setup *setup)
{
	fail_print(op);
	test_print("#\t\t");
	call_print(op, e, setup);
	if (op->cpu)
		test_print(" /* on CPU %u */", op->cpu);
	test_print("\n");
	fail_end_print(op);
}

static void begin_print(const struct setup *setup)
{
	test_print(
		"#\t#include \"tests/model/model.h\"\n#\n#\tTEST(found, \"vm/found-by-the-model\")\n#\t{\n");
	test_print("#\t\tenum { P = PT_PAGE_SIZE };\n#\t\tconst vaddr_t W = WINDOW_VA;\n");
	test_print("#\t\tstatic struct supplemental_page_table s[SPACES];\n");
	test_print("#\t\tstatic struct ramfile f[FILES];\n#\t\tstatic struct ramdisk other;\n");
	test_print("#\t\tstatic struct vmtest t;\n#\t\tuint64_t value = 0;\n#\t\tvaddr_t va = W;\n#\n");
	test_print("#\t\tCHECK(vmtest_begin(&t, %zu, %u) && ramdisk_make(&other, OTHER_SLOTS));\n",
		   setup->frames, setup->slots);
	test_print("#\t\tfor (unsigned i = 0; i < FILES; i++)\n");
	test_print("#\t\t\tCHECK(ramfile_make(&f[i], FILE_PAGES, FILE_PAGES / 2 * P));\n");
	test_print("#\t\tasid_setup(2);\n");
	if (setup->gather_one)
		test_print("#\t\ttlb_gather_max = 1;\n");
}

static void end_print(const struct model *m)
{
	for (unsigned i = 0; i < SPACES; i++) {
		if (m->space[i].alive)
			test_print("#\t\tspt_kill(&s[%u]);\n", i);
	}
	test_print("#\t\tfor (unsigned i = 0; i < FILES; i++) {\n");
	test_print("#\t\t\tvm_object_put(&f[i].object);\n#\t\t\tramfile_free(&f[i]);\n#\t\t}\n");
	if (m->area[1])
		test_print("#\t\tCHECK_EQ(vm_swapoff(&other.object), 0);\n");
	test_print("#\t\tramdisk_free(&other);\n#\t\tvmtest_end(&t);\n#\t\tasid_setup(16);\n");
	test_print("#\t\ttlb_gather_max = TLB_GATHER_MAX;\n#\t\t(void)value, (void)va;\n#\t}\n");
}

void ops_print(const struct setup *setup, const struct op *op, unsigned n)
{
	static struct model m;
	struct expect e;

	model_init(&m, setup);
	begin_print(setup);
	for (unsigned i = 0; i < n; i++) {
		model_do(&m, &op[i], &e);
		if (!e.skip)
			op_print(&op[i], &e, setup);
	}
	end_print(&m);
}

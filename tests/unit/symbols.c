/* Finding the symbol that an address lies in. */
#include "kernel/lib/symbols.h"

#include "kernel/lib/lib.h"
#include "tests/test.h"

TEST(symbol_index, "unit/symbol-is-the-last-one-at-or-below")
{
	uint64_t addr[9];

	for (uint64_t n = 0; n <= 9; n++) {
		for (uint64_t i = 0; i < n; i++)
			addr[i] = 0xffffffff80000000 + i * 16;
		for (uint64_t pc = 0; pc < 9 * 16 + 20; pc++) {
			int64_t want = n == 0 ? -1 : (int64_t)(pc / 16 < n ? pc / 16 : n - 1);
			if (!CHECK_EQ(symbol_index(addr, n, 0xffffffff80000000 + pc), want)) {
				test_note("%lu symbols, offset %lu", (unsigned long)n, (unsigned long)pc);
				return;
			}
		}
		CHECK_EQ(symbol_index(addr, n, 0xffffffff7fffffff), -1);
		CHECK_EQ(symbol_index(addr, n, 0), -1);
	}
	uint64_t same[3] = {5, 7, 7}; /* two names for one address: either will do */
	CHECK_EQ(same[symbol_index(same, 3, 8)], 7);
}

#if !__STDC_HOSTED__
TEST(symbol_name, "unit/symbol-names-come-from-the-image-itself")
{
	char name[64];
	uintptr_t here = (uintptr_t)symbol_name;

	symbol_name(here, name, sizeof name);
	CHECK_EQ(strcmp(name, "symbol_name+0x0"), 0);
	symbol_name(here + 5, name, sizeof name);
	CHECK_EQ(strcmp(name, "symbol_name+0x5"), 0);
	symbol_name(16, name, sizeof name);
	CHECK_EQ(strcmp(name, "0x10"), 0);
	symbol_name((uintptr_t)name, name, sizeof name); /* data is no function */
	CHECK_EQ(name[1], 'x');
	symbol_name(here, name, 4);
	CHECK_EQ(strcmp(name, "sym"), 0);
}
#endif

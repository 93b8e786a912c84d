// What is otherwise where a driver includes wdm.h alone: on x86 its lookaside lists are aligned to lines of cache.

#include <wdm.h>

#include <criterion/criterion.h>

Test(abi_wdm, lookaside_lists_are_aligned_to_cache_lines)
{
    cr_expect_eq(sizeof(GENERAL_LOOKASIDE), 0x80);
    cr_expect_eq(_Alignof(GENERAL_LOOKASIDE), 64);
    cr_expect_eq(sizeof(NPAGED_LOOKASIDE_LIST), EMU_BY_WIDTH(0x80, 0xC0));
    cr_expect_eq(_Alignof(NPAGED_LOOKASIDE_LIST), 64);
    cr_expect_eq(sizeof(PAGED_LOOKASIDE_LIST), EMU_BY_WIDTH(0x80, 0xC0));
    cr_expect_eq(_Alignof(PAGED_LOOKASIDE_LIST), 64);
    cr_expect_eq(sizeof(LOOKASIDE_LIST_EX), EMU_BY_WIDTH(0x60, 0x48));
}

#if defined(EMU_ARCH_X86)
Test(abi_wdm, the_obsolete_locks_follow)
{
    cr_expect_eq(FIELD_OFFSET(NPAGED_LOOKASIDE_LIST, Lock__ObsoleteButDoNotDelete), 0x80);
    cr_expect_eq(FIELD_OFFSET(PAGED_LOOKASIDE_LIST, Lock__ObsoleteButDoNotDelete), 0x80);
}
#endif

/* The values of constants that drivers hand to the pool: whole groups, name by name. (abi.c has structures and more.)
 */
#include <criterion/criterion.h>

#include "ntifs.h"

#define VALUE(Name, Wanted) cr_expect_eq((ULONG64)(Name), (ULONG64)(Wanted), #Name " is 0x%llX", (ULONG64)(Name))

Test(rules_constants, POOL_FLAGS_ranges)
{
    VALUE(POOL_FLAG_REQUIRED_START, 0x1);
    VALUE(POOL_FLAG_LAST_KNOWN_REQUIRED, 0x400);
    VALUE(POOL_FLAG_REQUIRED_END, 0x80000000);
    VALUE(POOL_FLAG_REQUIRED_MASK, 0xFFFFFFFF);
    VALUE(POOL_FLAG_UNUSED_REQUIRED_BITS, 0xFFFFF800);
    VALUE(POOL_FLAG_OPTIONAL_START, 0x100000000);
    VALUE(POOL_FLAG_OPTIONAL_END, 0x8000000000000000);
}

Test(rules_constants, priorities)
{
    VALUE(LowPoolPriority, 0);
    VALUE(LowPoolPrioritySpecialPoolOverrun, 8);
    VALUE(LowPoolPrioritySpecialPoolUnderrun, 9);
    VALUE(NormalPoolPriority, 16);
    VALUE(NormalPoolPrioritySpecialPoolOverrun, 24);
    VALUE(NormalPoolPrioritySpecialPoolUnderrun, 25);
    VALUE(HighPoolPriority, 32);
    VALUE(HighPoolPrioritySpecialPoolOverrun, 40);
    VALUE(HighPoolPrioritySpecialPoolUnderrun, 41);
}

Test(rules_constants, extended_parameters_and_secure_pools)
{
    VALUE(PoolExtendedParameterInvalidType, 0);
    VALUE(PoolExtendedParameterPriority, 1);
    VALUE(PoolExtendedParameterSecurePool, 2);
    VALUE(PoolExtendedParameterNumaNode, 3);
    VALUE(PoolExtendedParameterMax, 4);
    VALUE(POOL_EXTENDED_PARAMETER_TYPE_BITS, 8);
    VALUE(POOL_EXTENDED_PARAMETER_REQUIRED_FIELD_BITS, 1);
    VALUE(POOL_EXTENDED_PARAMETER_RESERVED_BITS, 55);
    VALUE(sizeof(POOL_EXTENDED_PARAMETER), 16);
    VALUE(POOL_CREATE_FLG_SECURE_POOL, 1);
    VALUE(POOL_CREATE_FLG_USE_GLOBAL_POOL, 2);
    VALUE(POOL_CREATE_PARAMS_VERSION, 1);
    VALUE(SECURE_POOL_FLAGS_NONE, 0);
    VALUE(SECURE_POOL_FLAGS_FREEABLE, 1);
    VALUE(SECURE_POOL_FLAGS_MODIFIABLE, 2);
}

Test(rules_constants, lookaside_lists)
{
    VALUE(EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL, 1);
    VALUE(EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE, 2);
    VALUE(EX_MAXIMUM_LOOKASIDE_DEPTH_BASE, 256);
    VALUE(EX_MAXIMUM_LOOKASIDE_DEPTH_LIMIT, 1024);
    VALUE(LOOKASIDE_MINIMUM_BLOCK_SIZE, 8);
}

Test(rules_constants, driver_runtime_tags_and_zeroing_query)
{
    VALUE(DrvRtPoolNxOptIn, 1);
    VALUE(LastDrvRtFlag, 2);
    VALUE(PROTECTED_POOL, 0x80000000);
    VALUE(SystemPoolZeroingInformation, 227);
    VALUE(sizeof(SYSTEM_POOL_ZEROING_INFORMATION), 1);
}

Test(rules_constants, mappings_and_caching_types)
{
    VALUE(LowPagePriority, 0);
    VALUE(NormalPagePriority, 16);
    VALUE(HighPagePriority, 32);
    VALUE(MdlMappingNoWrite, 0x80000000);
    VALUE(MdlMappingNoExecute, 0x40000000);
    VALUE(MdlMappingWithGuardPtes, 0x20000000);
    VALUE(MM_ANY_NODE_OK, 0x80000000);
    VALUE(MmNonCached, 0);
    VALUE(MmCached, 1);
    VALUE(MmWriteCombined, 2);
    VALUE(MmHardwareCoherentCached, 3);
    VALUE(MmNonCachedUnordered, 4);
    VALUE(MmUSWCCached, 5);
    VALUE(MmMaximumCacheType, 6);
    cr_expect_eq((LONG)MmNotMapped, -1);
}

Test(rules_constants, NTDDI_values)
{
    VALUE(NTDDI_WIN2K, 0x05000000);
    VALUE(NTDDI_WIN2KSP4, 0x05000400);
    VALUE(NTDDI_WINXP, 0x05010000);
    VALUE(NTDDI_WINXPSP3, 0x05010300);
    VALUE(NTDDI_WS03, 0x05020000);
    VALUE(NTDDI_WS03SP2, 0x05020200);
    VALUE(NTDDI_VISTA, 0x06000000);
    VALUE(NTDDI_LONGHORN, 0x06000000);
    VALUE(NTDDI_VISTASP1, 0x06000100);
    VALUE(NTDDI_WS08, 0x06000100);
    VALUE(NTDDI_VISTASP2, 0x06000200);
    VALUE(NTDDI_WS08SP2, 0x06000200);
    VALUE(NTDDI_WIN7, 0x06010000);
    VALUE(NTDDI_WIN8, 0x06020000);
    VALUE(NTDDI_WINBLUE, 0x06030000);
    VALUE(NTDDI_WINTHRESHOLD, 0x0A000000);
    VALUE(NTDDI_WIN10, 0x0A000000);
    VALUE(NTDDI_WIN10_TH2, 0x0A000001);
    VALUE(NTDDI_WIN10_RS1, 0x0A000002);
    VALUE(NTDDI_WIN10_RS2, 0x0A000003);
    VALUE(NTDDI_WIN10_RS3, 0x0A000004);
    VALUE(NTDDI_WIN10_RS4, 0x0A000005);
    VALUE(NTDDI_WIN10_RS5, 0x0A000006);
    VALUE(NTDDI_WIN10_19H1, 0x0A000007);
    VALUE(NTDDI_WIN10_VB, 0x0A000008);
    VALUE(NTDDI_WIN10_MN, 0x0A000009);
    VALUE(NTDDI_WIN10_FE, 0x0A00000A);
    VALUE(NTDDI_WIN10_CO, 0x0A00000B);
    VALUE(NTDDI_WIN11_CO, 0x0A00000B);
    VALUE(OSVER(0x06010203), 0x06010000);
    VALUE(SPVER(0x06010203), 0x02);
    VALUE(SUBVER(0x06010203), 0x03);
}

Test(rules_constants, NTDDI_values_from_third_parties)
{
    VALUE(NTDDI_WIN11_NI, 0x0A00000C);
    VALUE(NTDDI_WIN11_CU, 0x0A00000D);
    VALUE(NTDDI_WIN11_ZN, 0x0A00000E);
    VALUE(NTDDI_WIN11_GA, 0x0A00000F);
    VALUE(NTDDI_WIN11_GE, 0x0A000010);
}

Test(rules_constants, version_conditions)
{
    VALUE(VER_MINORVERSION, 1);
    VALUE(VER_MAJORVERSION, 2);
    VALUE(VER_BUILDNUMBER, 4);
    VALUE(VER_PLATFORMID, 8);
    VALUE(VER_SERVICEPACKMINOR, 0x10);
    VALUE(VER_SERVICEPACKMAJOR, 0x20);
    VALUE(VER_SUITENAME, 0x40);
    VALUE(VER_PRODUCT_TYPE, 0x80);
    VALUE(VER_EQUAL, 1);
    VALUE(VER_GREATER, 2);
    VALUE(VER_GREATER_EQUAL, 3);
    VALUE(VER_LESS, 4);
    VALUE(VER_LESS_EQUAL, 5);
    VALUE(VER_AND, 6);
    VALUE(VER_OR, 7);
    VALUE(VER_NUM_BITS_PER_CONDITION_MASK, 3);
    VALUE(VER_CONDITION_MASK, 7);
}

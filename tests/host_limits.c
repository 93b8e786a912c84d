/* The host's limits of addresses and of memory: the pool takes less, and what lies outside of it has its share. */
#include <criterion/criterion.h>

#include <sys/resource.h>

#include "child.h"
#include "support.h"

static int Limit;
static ULONG64 LimitBytes;

static const ULONG64 GiB = 1ull << 30;

/* A sanitizer needs more addresses than any limit leaves. */
static BOOLEAN IsLimitPossible(VOID)
{
#if defined(__SANITIZE_ADDRESS__)
    return FALSE;
#else
    return TRUE;
#endif
}

static VOID SetLimit(VOID)
{
    struct rlimit New = {.rlim_cur = (rlim_t)LimitBytes, .rlim_max = (rlim_t)LimitBytes};

    if (LimitBytes > MAXSIZE_T || setrlimit((__rlimit_resource_t)Limit, &New) != 0) {
        fputs("no such limit\n", stderr);
        _exit(1);
    }
}

static VOID Say(PCSTR What, BOOLEAN IsThere)
{
    if (!IsThere) {
        fprintf(stderr, "no %s\n", What);
    }
}

static PVOID AllocateSecure(VOID)
{
    HANDLE Pool = NULL;
    POOL_EXTENDED_PARAMS_SECURE_POOL Secure = {.SecurePoolFlags = SECURE_POOL_FLAGS_FREEABLE};
    POOL_EXTENDED_PARAMETER Parameter = {.Type = PoolExtendedParameterSecurePool};

    if (!NT_SUCCESS(ExCreatePool(POOL_CREATE_FLG_SECURE_POOL, TAG, NULL, &Pool))) {
        return NULL;
    }
    Secure.SecurePoolHandle = Pool;
    Parameter.SecurePoolParams = &Secure;
    return ExAllocatePool3(POOL_FLAG_NON_PAGED, 100, TAG, &Parameter, 1);
}

static VOID UseEverything(VOID)
{
    PHYSICAL_ADDRESS Highest = {.QuadPart = -1};

    SetLimit();
    for (ULONG Kind = 0; Kind < COUNT(Kinds); Kind++) {
        Say(Kinds[Kind].Name, ExAllocatePoolWithTag(Kinds[Kind].Type, 1 << 20, TAG) != NULL);
    }
    Say("contiguous memory", MmAllocateContiguousMemory(64 << 10, Highest) != NULL);
    Say("noncached memory", MmAllocateNonCachedMemory(64 << 10) != NULL);
    Say("mapping address", MmAllocateMappingAddress(64 << 10, TAG) != NULL);
    Say("secure pool", AllocateSecure() != NULL);
    EmuTrackPool(TRUE);
    Say("tracked block", ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG) != NULL);
    EmuSetVerifier(EMU_VERIFIER_SPECIAL_POOL);
    PVOID Special = ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG);
    Say("special pool",
        Special != NULL &&
            BYTE_OFFSET(Special) == PAGE_SIZE - ROUND_TO_SIZE(100, MEMORY_ALLOCATION_ALIGNMENT)); /* with its page */
    fputs("all was tried\n", stderr);
}

static VOID ExpectEverything(int Which, ULONG64 Bytes)
{
    CHAR Output[4096];

    Limit = Which;
    LimitBytes = Bytes;
    int Status = RunChild(UseEverything, Output, sizeof(Output));
    cr_expect(WIFEXITED(Status) && WEXITSTATUS(Status) == 0, "%llu bytes, status 0x%X", Bytes, Status);
    cr_expect_str_eq(Output, "all was tried\n", "%llu bytes: %s", Bytes, Output);
}

Test(host_limits, with_any_limit_of_addresses_there_is_some_of_everything)
{
    for (ULONG64 Bytes = GiB; IsLimitPossible() && Bytes < EMU_BY_WIDTH(200, 3) * GiB; Bytes += Bytes / 7) {
        ExpectEverything(RLIMIT_AS, Bytes);
    }
}

Test(host_limits, with_any_limit_of_data_there_is_some_of_everything)
{
    for (ULONG64 Bytes = GiB; IsLimitPossible() && Bytes < EMU_BY_WIDTH(200, 3) * GiB; Bytes += Bytes / 7) {
        ExpectEverything(RLIMIT_DATA, Bytes);
    }
}

static VOID UseThePool(VOID)
{
    SetLimit();
    ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG);
}

Test(host_limits, with_too_little_it_says_what_is_needed)
{
    static const int Which[] = {RLIMIT_AS, RLIMIT_DATA};
    CHAR Output[4096];

    for (SIZE_T Index = 0; IsLimitPossible() && Index < COUNT(Which); Index++) {
        Limit = Which[Index];
        LimitBytes = 200 << 20;
        RunChild(UseThePool, Output, sizeof(Output));
        cr_expect_not_null(strstr(Output, "the pool needs 700 MiB of ulimit -v and of ulimit -d"), "%s", Output);
    }
}

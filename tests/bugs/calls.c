/* calls.c: pool routines called with the wrong argument, or their answer not looked at; code in no-execute pool. */
#include "bugs.h"

/* ---- Frees ---------------------------------------------------------------------------------------------------- */

/* The pointer has gone on while it was parsed. */
static VOID FreeInsideBlock(VOID)
{
    PCHAR Line = ExAllocatePool2(POOL_FLAG_NON_PAGED, 64, BUG_TAG);

    if (Line != NULL) {
        RtlCopyMemory(Line, "                key=value", 26);
        while (*Line == ' ') {
            Line++;
        }
        ExFreePoolWithTag(Line, BUG_TAG);
    }
}

/* Short requests use a buffer on the stack, and the end of the routine does not ask which it was. */
static VOID FreeOfStackBuffer(VOID)
{
    UCHAR Short[32];
    SIZE_T volatile Needed = 20;
    PUCHAR Buffer = Needed <= sizeof(Short) ? Short : ExAllocatePool2(POOL_FLAG_NON_PAGED, Needed, BUG_TAG);

    if (Buffer != NULL) {
        RtlZeroMemory(Buffer, Needed);
        ExFreePoolWithTag(Buffer, BUG_TAG);
    }
}

static VOID FreeOfStaticBuffer(VOID)
{
    static DECLSPEC_ALIGN(16) UCHAR Default[64];
    BOOLEAN volatile HasOwn = FALSE;
    PUCHAR Parameters = HasOwn ? ExAllocatePool2(POOL_FLAG_PAGED, 64, BUG_TAG) : Default;

    ExFreePoolWithTag(Parameters, BUG_TAG);
}

static VOID FreeOfNull(VOID)
{
    PVOID volatile Never = NULL;

    ExFreePool(Never);
}

static VOID WrongTag(VOID)
{
    PVOID Buffer = ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, BUG_TAG);

    if (Buffer != NULL) {
        ExFreePoolWithTag(Buffer, 'Bugs');
    }
}

static VOID ProtectedTag(VOID)
{
    PVOID Buffer = ExAllocatePoolWithTag(PagedPool, 100, BUG_TAG | PROTECTED_POOL);

    if (Buffer != NULL) {
        ExFreePool(Buffer);
    }
}

static PHYSICAL_ADDRESS AnyPhysicalAddress(VOID)
{
    PHYSICAL_ADDRESS Highest;

    Highest.QuadPart = MAXLONGLONG;
    return Highest;
}

static VOID ContiguousMemoryFreedAsPool(VOID)
{
    PVOID Ring = MmAllocateContiguousMemory(2 * PAGE_SIZE, AnyPhysicalAddress());

    if (Ring != NULL) {
        ExFreePoolWithTag(Ring, BUG_TAG);
    }
}

static VOID PoolFreedAsContiguousMemory(VOID)
{
    PVOID Ring = ExAllocatePool2(POOL_FLAG_NON_PAGED, 2 * PAGE_SIZE, BUG_TAG);

    if (Ring != NULL) {
        MmFreeContiguousMemory(Ring);
    }
}

/* ---- Requests ------------------------------------------------------------------------------------------------- */

static VOID ZeroBytes(VOID)
{
    SIZE_T volatile OutputLength = 0;
    PVOID Output = ExAllocatePoolWithTag(PagedPool, OutputLength, BUG_TAG);

    if (Output != NULL) {
        ExFreePoolWithTag(Output, BUG_TAG);
    }
}

static VOID TagZero(VOID)
{
    ULONG volatile Tag = 0;
    PVOID Buffer = ExAllocatePoolWithTag(NonPagedPoolNx, 100, Tag);

    if (Buffer != NULL) {
        ExFreePool(Buffer);
    }
}

static VOID MustSucceed(VOID)
{
    PVOID Buffer = ExAllocatePoolWithTag(NonPagedPoolMustSucceed, 100, BUG_TAG);

    ExFreePoolWithTag(Buffer, BUG_TAG);
}

static DECLSPEC_NOINLINE VOID Begin(PULONG64 Context)
{
    Context[0] = 1;
}

/* NonPagedPoolNx is a POOL_TYPE: as flags it asks for no pool at all, and gets none. */
static VOID PoolTypeAsFlags(VOID)
{
    PULONG64 Context = ExAllocatePool2((POOL_FLAGS)NonPagedPoolNx, 100, BUG_TAG);

    Begin(Context);
    ExFreePoolWithTag(Context, BUG_TAG);
}

static VOID NullNotChecked(VOID)
{
    PULONG64 Context = ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, BUG_TAG);

    Begin(Context);
    ExFreePoolWithTag(Context, BUG_TAG);
}

/* The size comes from the caller, and no handler is there. */
static VOID RaiseNotHandled(VOID)
{
    SIZE_T volatile Length = MORE_THAN_THE_POOL_HAS;
    PVOID Buffer = ExAllocatePool2(POOL_FLAG_PAGED | POOL_FLAG_RAISE_ON_FAILURE, Length, BUG_TAG);

    ExFreePoolWithTag(Buffer, BUG_TAG);
}

/* FsRtl's routines are not told apart from those that return NULL. */
static VOID RaiseWhereNullIsExpected(VOID)
{
    PVOID Buffer = FsRtlAllocatePoolWithTag(PagedPool, 100, BUG_TAG);

    if (Buffer != NULL) {
        ExFreePoolWithTag(Buffer, BUG_TAG);
    }
}

static VOID QuotaReturnedTwice(VOID)
{
    PEPROCESS Process = PsGetCurrentProcess();

    PsChargePoolQuota(Process, PagedPool, 4000);
    PsReturnPoolQuota(Process, PagedPool, 4000);
    PsReturnPoolQuota(Process, PagedPool, 4000);
}

/* ---- Secure pools --------------------------------------------------------------------------------------------- */

static DECLSPEC_NOINLINE VOID SetPolicy(PULONG Policy, ULONG Value)
{
    *Policy = Value;
}

/* It has to go through ExSecurePoolUpdate. */
static VOID SecurePoolWritten(VOID)
{
    ULONG Initial = 1;
    HANDLE Pool;

    if (!NT_SUCCESS(ExCreatePool(POOL_CREATE_FLG_SECURE_POOL, BUG_TAG, NULL, &Pool))) {
        return;
    }
    POOL_EXTENDED_PARAMS_SECURE_POOL Secure = {Pool, &Initial, 0x1234, SECURE_POOL_FLAGS_MODIFIABLE};
    POOL_EXTENDED_PARAMETER Parameter = {.Type = PoolExtendedParameterSecurePool};
    Parameter.SecurePoolParams = &Secure;
    PULONG Policy = ExAllocatePool3(POOL_FLAG_NON_PAGED, sizeof(Initial), BUG_TAG, &Parameter, 1);
    if (Policy != NULL) {
        SetPolicy(Policy, 2);
    }
    ExDestroyPool(Pool);
}

/* ---- Code ----------------------------------------------------------------------------------------------------- */

/* A routine that returns at once. */
#if defined(_ARM64_)
static const ULONG Thunk[] = {0xD65F03C0};
#else
static const UCHAR Thunk[] = {0xC3};
#endif

static DECLSPEC_NOINLINE VOID RunThunk(POOL_TYPE PoolType)
{
    typedef VOID ROUTINE(VOID);
    PVOID Code = ExAllocatePoolWithTag(PoolType, 64, BUG_TAG);

    if (Code != NULL) {
        RtlCopyMemory(Code, Thunk, sizeof(Thunk));
        EMU_COMPILER_BARRIER();
        ((ROUTINE *)(ULONG_PTR)Code)();
        ExFreePoolWithTag(Code, BUG_TAG);
    }
}

static VOID CodeInNoExecutePool(VOID)
{
    RunThunk(NonPagedPoolNx);
}

static VOID CodeInPagedPool(VOID)
{
    RunThunk(PagedPool);
}

/* No opt-in, so this is executable pool. */
static VOID DataInExecutablePool(VOID)
{
    PVOID Buffer = ExAllocatePoolWithTag(NonPagedPool, 512, BUG_TAG);

    if (Buffer != NULL) {
        RtlZeroMemory(Buffer, 512);
        ExFreePoolWithTag(Buffer, BUG_TAG);
    }
}

const BUG CallBugs[] = {
    {.Name = "free_inside_block", .Run = FreeInsideBlock},
    {.Name = "free_of_stack_buffer", .Run = FreeOfStackBuffer},
    {.Name = "free_of_static_buffer", .Run = FreeOfStaticBuffer},
    {.Name = "free_of_null", .Run = FreeOfNull},
    {.Name = "wrong_tag", .Run = WrongTag},
    {.Name = "protected_tag", .Run = ProtectedTag},
    {.Name = "contiguous_memory_freed_as_pool", .Run = ContiguousMemoryFreedAsPool},
    {.Name = "pool_freed_as_contiguous_memory", .Run = PoolFreedAsContiguousMemory},
    {.Name = "zero_bytes", .Run = ZeroBytes},
    {.Name = "tag_zero", .Run = TagZero},
    {.Name = "must_succeed", .Run = MustSucceed},
    {.Name = "pool_type_as_flags", .Run = PoolTypeAsFlags},
    {.Name = "null_not_checked", .Run = NullNotChecked},
    {.Name = "raise_not_handled", .Run = RaiseNotHandled},
    {.Name = "raise_where_null_is_expected", .Run = RaiseWhereNullIsExpected},
    {.Name = "quota_returned_twice", .Run = QuotaReturnedTwice},
    {.Name = "secure_pool_written", .Run = SecurePoolWritten},
    {.Name = "code_in_no_execute_pool", .Run = CodeInNoExecutePool},
    {.Name = "code_in_paged_pool", .Run = CodeInPagedPool},
    {.Name = "data_in_executable_pool", .Run = DataInExecutablePool},
    {.Name = NULL},
};

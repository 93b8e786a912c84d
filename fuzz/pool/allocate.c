/* allocate.c: the operations that allocate. */
#include "pool/input.h"
#include "pool/model.h"
#include "pool/operations.h"
#include "pool/request.h"

VOID AllocateByType(VOID)
{
    static const UCHAR Priorities[] = {0, 8, 9, 16, 24, 25, 32, 40, 41};
    CALL Call = {.Routine = (ROUTINE)Choose(CallAllocatePoolPriorityUninitialized + 1)};
    REQUEST Request = {.Type = ChooseType()};

    Request.Bytes = ChooseSize();
    Call.Type = Request.Type;
    Call.Bytes = Request.Bytes;
    Call.Tag = ChooseTag();
    Call.Priority = (EX_POOL_PRIORITY)Priorities[Call.Tag % RTL_NUMBER_OF(Priorities)];
    Request.Tag = Call.Tag;
    Request.Raises = (Request.Type & POOL_RAISE_IF_ALLOCATION_FAILURE) != 0;
    switch (Call.Routine) {
    case CallAllocatePool:
        Request.Tag = TAG_NONE;
        break;
    case CallAllocatePoolWithQuota:
        Request.Tag = TAG_NONE;
        Request.Quota = TRUE;
        break;
    case CallAllocatePoolWithQuotaTag:
    case CallAllocatePoolQuotaUninitialized:
        Request.Quota = TRUE;
        break;
    case CallAllocatePoolQuotaZero:
        Request.Quota = TRUE;
        Request.Type |= POOL_ZERO_ALLOCATION;
        break;
    case CallAllocatePoolZero:
    case CallAllocatePoolPriorityZero:
        Request.Type |= POOL_ZERO_ALLOCATION;
        break;
    default:
        break;
    }
    if (Request.Quota && (Request.Type & POOL_QUOTA_FAIL_INSTEAD_OF_RAISE) == 0) {
        Request.Raises = TRUE;
    }
    Request.Zeroed = (Request.Type & POOL_ZERO_ALLOCATION) != 0 && HasZeroing();
    Say("routine %u, type %u, %zu bytes, tag 0x%08X", Call.Routine, Request.Type, (size_t)Request.Bytes, Request.Tag);
    if (HasRoomFor(Request.Bytes)) {
        RunAllocation(&Call, &Request);
    }
}

static POOL_FLAGS ChooseFlags(VOID)
{
    static const POOL_FLAGS Kinds[] = {
        POOL_FLAG_NON_PAGED,
        POOL_FLAG_NON_PAGED_EXECUTE,
        POOL_FLAG_PAGED,
        POOL_FLAG_NON_PAGED | POOL_FLAG_USE_QUOTA,
        POOL_FLAG_PAGED | POOL_FLAG_USE_QUOTA | POOL_FLAG_RAISE_ON_FAILURE,
        0,
        POOL_FLAG_NON_PAGED | POOL_FLAG_PAGED,
        POOL_FLAG_NON_PAGED | POOL_FLAG_RESERVED1,
        POOL_FLAG_NON_PAGED | 0x800,
        POOL_FLAG_NON_PAGED | 0x80000000,
        POOL_FLAG_NON_PAGED | POOL_FLAG_RESERVED2 | POOL_FLAG_RESERVED3,
        POOL_FLAG_PAGED | POOL_FLAG_SPECIAL_POOL | POOL_FLAG_OPTIONAL_END,
    };
    ULONG Selector = Byte();

    return Kinds[(Selector & 0xF) % RTL_NUMBER_OF(Kinds)] | ((Selector & 0x10) != 0 ? POOL_FLAG_UNINITIALIZED : 0) |
           ((Selector & 0x20) != 0 ? POOL_FLAG_SESSION : 0) | ((Selector & 0x40) != 0 ? POOL_FLAG_CACHE_ALIGNED : 0) |
           ((Selector & 0x80) != 0 ? POOL_FLAG_RAISE_ON_FAILURE : 0);
}

static VOID UseFlags(REQUEST *Request, POOL_FLAGS Flags)
{
    const POOL_FLAGS Known = POOL_FLAG_USE_QUOTA | POOL_FLAG_UNINITIALIZED | POOL_FLAG_SESSION |
                             POOL_FLAG_CACHE_ALIGNED | POOL_FLAG_RAISE_ON_FAILURE | POOL_FLAG_NON_PAGED |
                             POOL_FLAG_NON_PAGED_EXECUTE | POOL_FLAG_PAGED | POOL_FLAG_RESERVED2 | POOL_FLAG_RESERVED3;

    switch (Flags & (POOL_FLAG_NON_PAGED | POOL_FLAG_NON_PAGED_EXECUTE | POOL_FLAG_PAGED)) {
    case POOL_FLAG_NON_PAGED:
        Request->Type = NonPagedPoolNx;
        break;
    case POOL_FLAG_NON_PAGED_EXECUTE:
        Request->Type = NonPagedPool;
        break;
    case POOL_FLAG_PAGED:
        Request->Type = PagedPool;
        break;
    default:
        Request->Invalid = TRUE;
    }
    Request->Type |= (Flags & POOL_FLAG_SESSION) != 0 ? NonPagedPoolSession : 0u;
    Request->Type |= (Flags & POOL_FLAG_CACHE_ALIGNED) != 0 ? NonPagedPoolCacheAligned : 0u;
    Request->Invalid = Request->Invalid || Request->Tag == 0 || (Flags & POOL_FLAG_REQUIRED_MASK & ~Known) != 0;
    Request->Quota = (Flags & POOL_FLAG_USE_QUOTA) != 0;
    Request->Raises = (Flags & POOL_FLAG_RAISE_ON_FAILURE) != 0;
    Request->Zeroed = (Flags & POOL_FLAG_UNINITIALIZED) == 0;
    Request->MayBeEmpty = TRUE;
}

static BOOLEAN IsPriority(ULONG Priority)
{
    ULONG Suffix = Priority & 0xF;

    return Priority < 48 && (Suffix == 0 || Suffix == 8 || Suffix == 9);
}

/* Makes a parameter and says whether it is valid with the flags. Only one node is there, and no secure pool. */
static BOOLEAN ChooseParameter(POOL_EXTENDED_PARAMETER *Parameter, POOL_FLAGS Flags)
{
    ULONG Selector = Byte();
    ULONG Value = Byte();

    memset(Parameter, 0, sizeof(*Parameter));
    Parameter->Type = Selector & 7;
    Parameter->Optional = Selector >> 3 & 1;
    Parameter->Reserved = (Selector & 0xF0) == 0xF0;
    if (Parameter->Type == PoolExtendedParameterPriority) {
        Parameter->Priority = (EX_POOL_PRIORITY)Value;
    } else if (Parameter->Type == PoolExtendedParameterNumaNode) {
        Parameter->PreferredNode = (Value & 0x7F) | ((Value & 0x80) != 0 ? MM_ANY_NODE_OK : 0);
    }
    if (Parameter->Reserved != 0 || Parameter->Type == PoolExtendedParameterInvalidType) {
        return FALSE;
    }
    if (Parameter->Optional) {
        return TRUE;
    }
    return (Parameter->Type == PoolExtendedParameterPriority && IsPriority(Value)) ||
           (Parameter->Type == PoolExtendedParameterNumaNode && IsAtLeast(10, 0, 20348) &&
            (Flags & POOL_FLAG_NON_PAGED) != 0 && (Value == 0 || Value >= 0x80));
}

VOID AllocateByFlags(VOID)
{
    POOL_EXTENDED_PARAMETER Parameters[2];
    ULONG Selector = Byte();
    CALL Call = {.Routine = Selector % 2 == 0 ? CallAllocatePool2 : CallAllocatePool3, .Flags = ChooseFlags()};

    Call.Bytes = ChooseSize();
    Call.Tag = ChooseTag();
    REQUEST Request = {.Bytes = Call.Bytes, .Tag = Call.Tag};
    UseFlags(&Request, Call.Flags);
    if (Call.Routine == CallAllocatePool3) {
        Call.Parameters = Parameters;
        Call.ParameterCount = Selector / 2 % 3;
        for (ULONG Index = 0; Index < Call.ParameterCount; Index++) {
            Request.Invalid = !ChooseParameter(&Parameters[Index], Call.Flags) || Request.Invalid;
        }
        if (Call.ParameterCount == 2 && Parameters[0].Type == Parameters[1].Type) {
            Request.Invalid = TRUE;
        }
        if (Selector >= 0xF0 && Call.ParameterCount > 0) {
            Call.Parameters = NULL;
            Request.Invalid = TRUE;
        }
    }
    Say("flags 0x%llX, %zu bytes, tag 0x%08X, %u parameters", Call.Flags, (size_t)Call.Bytes, Call.Tag,
        Call.ParameterCount);
    if (HasRoomFor(Request.Bytes)) {
        RunAllocation(&Call, &Request);
    }
}

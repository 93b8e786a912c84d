/* lists.c: the rules of lookaside lists, and the operation that uses them. */
#include "pool/lists.h"

#include "pool/contents.h"
#include "pool/free.h"
#include "pool/input.h"
#include "pool/operations.h"
#include "pool/request.h"

static NPAGED_LOOKASIDE_LIST NPagedList;
static PAGED_LOOKASIDE_LIST PagedList;
static LOOKASIDE_LIST_EX ExLists[2];

VOID ForgetLists(VOID)
{
    static const struct {
        FAMILY Family;
        PVOID Object;
    } Lists[LIST_COUNT] = {
        {NPagedFamily, &NPagedList}, {PagedFamily, &PagedList}, {ExFamily, &ExLists[0]}, {ExFamily, &ExLists[1]}};

    for (ULONG Index = 0; Index < LIST_COUNT; Index++) {
        Model.Lists[Index].Family = Lists[Index].Family;
        Model.Lists[Index].Object = Lists[Index].Object;
    }
}

VOID CheckList(const LIST *List)
{
    GENERAL_LOOKASIDE_POOL L;

    memcpy(&L, List->Object, sizeof(L));
    if (!List->Initialized) {
        return;
    }
    if (L.Depth != DEFAULT_DEPTH || L.MaximumDepth != EX_MAXIMUM_LOOKASIDE_DEPTH_BASE || (ULONG)L.Type != List->Type ||
        L.Tag != List->Tag || L.Size != List->Size) {
        Differ("a list has depth %u of %u, type %u, tag 0x%08X, size %u; expected %u of %u, %u, 0x%08X, %zu", L.Depth,
               L.MaximumDepth, (ULONG)L.Type, L.Tag, L.Size, DEFAULT_DEPTH, EX_MAXIMUM_LOOKASIDE_DEPTH_BASE, List->Type,
               List->Tag, (size_t)List->Size);
    }
    if (L.TotalAllocates != List->TotalAllocates || L.AllocateMisses != List->AllocateMisses ||
        L.TotalFrees != List->TotalFrees || L.FreeMisses != List->FreeMisses ||
        ExQueryDepthSList(&L.ListHead) != List->Count) {
        Differ("a list counts %u allocates, %u misses, %u frees, %u misses, %u entries; expected %u, %u, %u, %u, %u",
               L.TotalAllocates, L.AllocateMisses, L.TotalFrees, L.FreeMisses, ExQueryDepthSList(&L.ListHead),
               List->TotalAllocates, List->AllocateMisses, List->TotalFrees, List->FreeMisses, List->Count);
    }
}

/* The entries of a list become ordinary blocks; their first bytes are no longer the pattern. */
static VOID ForgetEntries(LIST *List)
{
    for (ULONG Index = 0; Index < List->Count; Index++) {
        FindBlock(List->Cached[Index])->Cached = FALSE;
    }
    List->Count = 0;
}

static VOID ForgetList(LIST *List)
{
    List->Initialized = FALSE;
    for (ULONG Index = 0; Index < Model.BlockCount; Index++) {
        if (Model.Blocks[Index].List == List) {
            Model.Blocks[Index].List = NULL;
        }
    }
}

static EXPECTED ExpectInitializeList(const LIST *List, const CALL *Call, NTSTATUS *Status)
{
    const ULONG Known =
        PagedPool | NonPagedPoolCacheAligned | NonPagedPoolSession | POOL_NX_ALLOCATION | TYPE_MODIFIERS;

    *Status = STATUS_SUCCESS;
    if (List->Family == ExFamily && (Call->Type & ~Known) != 0) {
        *Status = STATUS_INVALID_PARAMETER_4;
        return ExpectReturn;
    }
    if (List->Family == ExFamily && Call->ListFlags > EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE) {
        *Status = STATUS_INVALID_PARAMETER_5;
        return ExpectReturn;
    }
    if (Call->Bytes < LEAST_ENTRY_BYTES) {
        return ExpectStop(DRIVER_VERIFIER_DETECTED_VIOLATION, 0xCD, (ULONG_PTR)List->Object, Call->Bytes,
                          LEAST_ENTRY_BYTES);
    }
    if (List->Initialized) {
        return ExpectStop(DRIVER_VERIFIER_DETECTED_VIOLATION, 0xCA, (ULONG_PTR)List->Object, 0, 0);
    }
    return ExpectReturn;
}

static VOID InitializeList(LIST *List)
{
    static const USHORT Flags[] = {0, POOL_NX_ALLOCATION, POOL_RAISE_IF_ALLOCATION_FAILURE,
                                   POOL_NX_ALLOCATION | POOL_RAISE_IF_ALLOCATION_FAILURE};
    CALL Call = {.Routine = CallInitializeList, .List = List};
    NTSTATUS Status;

    Call.Type = List->Family == ExFamily ? ChooseType() : Flags[Choose(RTL_NUMBER_OF(Flags))];
    Call.ListFlags = List->Family == ExFamily ? Choose(4) : 0;
    Call.Bytes = ChooseSize() & 0x1FFF;
    Call.Tag = ChooseTag();
    EXPECTED Expected = ExpectInitializeList(List, &Call, &Status);
    Say("list %u, type %u, flags %u, %zu bytes, tag 0x%08X", (ULONG)(List - Model.Lists), Call.Type, Call.ListFlags,
        (size_t)Call.Bytes, Call.Tag);
    Run(&Call, &Expected);
    if (!Returns(&Expected)) {
        return;
    }
    if ((NTSTATUS)Call.Value != Status) {
        Differ("0x%08X returned, expected 0x%08X", (ULONG)Call.Value, (ULONG)Status);
    }
    if (Status != STATUS_SUCCESS) {
        return;
    }
    static const ULONG TypeBits[] = {0, POOL_RAISE_IF_ALLOCATION_FAILURE, POOL_QUOTA_FAIL_INSTEAD_OF_RAISE};
    List->Initialized = TRUE;
    List->Type = Call.Type | (List->Family == PagedFamily ? PagedPool : 0u) | TypeBits[Call.ListFlags];
    if (!HasNxPool()) {
        List->Type &= ~(ULONG)POOL_NX_ALLOCATION;
    }
    List->Size = Call.Bytes;
    List->Tag = Call.Tag;
    List->Count = 0;
    List->TotalAllocates = List->AllocateMisses = List->TotalFrees = List->FreeMisses = 0;
}

/* Frees the entries, the last one first, up to one that is a stop: it and those under it are lost to the list. */
static EXPECTED ExpectFlush(LIST *List)
{
    EXPECTED Expected = ExpectReturn;

    while (List->Count > 0 && Returns(&Expected)) {
        BLOCK *Block = FindBlock(List->Cached[List->Count - 1]);
        Expected = ExpectFreeOfBlock(Block, 0);
        if (Returns(&Expected)) {
            RemoveBlock(Block);
            List->Count--;
        }
    }
    ForgetEntries(List);
    return Expected;
}

static VOID EmptyList(LIST *List, BOOLEAN Delete)
{
    CALL Call = {.Routine = Delete ? CallDeleteList : CallFlushList, .List = List};
    EXPECTED Expected;
    ULONG Tag = List->Tag;

    if (List->Initialized) {
        Expected = ExpectFlush(List);
    } else {
        Expected = ExpectStop(DRIVER_VERIFIER_DETECTED_VIOLATION, 0xCB, (ULONG_PTR)List->Object, 0, 0);
        Tag = 0;
    }
    if (Delete) {
        ForgetList(List);
    }
    Say("list %u", (ULONG)(List - Model.Lists));
    Run(&Call, &Expected);
    CheckTagOf(Tag);
}

static VOID AllocateFromList(LIST *List)
{
    CALL Call = {.Routine = CallAllocateFromList, .List = List};
    REQUEST Request = {
        .Type = List->Type,
        .Bytes = List->Size,
        .Tag = List->Tag,
        .Raises = (List->Type & POOL_RAISE_IF_ALLOCATION_FAILURE) != 0,
        .Zeroed = (List->Type & POOL_ZERO_ALLOCATION) != 0 && HasZeroing(),
    };
    EXPECTED Expected;
    BOOLEAN Fails;

    Say("list %u", (ULONG)(List - Model.Lists));
    if (IsIrqlTooHigh(List->Type)) {
        Expected = ExpectStop(BAD_POOL_CALLER, 0x08, Model.Irql, List->Type, List->Size);
        Run(&Call, &Expected);
        return;
    }
    if (List->Count > 0) {
        List->TotalAllocates++;
        BLOCK *Block = FindBlock(List->Cached[--List->Count]);
        Run(&Call, &ExpectReturn);
        if (Call.Result != Block->Address) {
            Differ("%p came from a list, expected %p", Call.Result, (PVOID)Block->Address);
        }
        Block->Cached = FALSE;
        Fill(Block);
    } else if (HasRoomFor(List->Size)) {
        if (List->Family == ExFamily) {
            Request.Type &= ~(ULONG)POOL_QUOTA_FAIL_INSTEAD_OF_RAISE;
        }
        List->TotalAllocates++;
        List->AllocateMisses++;
        Expected = ExpectAllocation(&Request, &Fails);
        for (ULONG Index = 0; Index < 4; Index++) {
            Expected.Kind[Index] = Expected.Kind[Index] == IS_CALLER ? IS_ANY : Expected.Kind[Index];
        }
        Run(&Call, &Expected);
        if (Returns(&Expected)) {
            if (Call.Result == NULL) {
                Differ("a list gave no block");
            }
            AddBlock(&Request, Call.Result)->List = List;
        }
    }
}

static BLOCK *ChooseBlockOfList(const LIST *List)
{
    ULONG Start = Byte();

    for (ULONG Step = 0; Step < Model.BlockCount; Step++) {
        BLOCK *Block = &Model.Blocks[(Start + Step) % Model.BlockCount];
        if (Block->List == List && !Block->Cached) {
            return Block;
        }
    }
    return NULL;
}

static VOID FreeToList(LIST *List)
{
    BLOCK *Block = ChooseBlockOfList(List);

    if (Block == NULL) {
        return;
    }
    CALL Call = {.Routine = CallFreeToList, .List = List, .Address = Block->Address};
    EXPECTED Expected;
    ULONG Tag = Block->Tag;
    Say("list %u, %p", (ULONG)(List - Model.Lists), Call.Address);
    CheckContents(Block);
    if (IsIrqlTooHigh(List->Type)) {
        Expected = ExpectStop(BAD_POOL_CALLER, 0x09, Model.Irql, List->Type, (ULONG_PTR)Block->Address);
    } else if (List->Count >= DEFAULT_DEPTH) {
        List->TotalFrees++;
        List->FreeMisses++;
        Expected = ExpectFreeOfBlock(Block, 0);
        if (Returns(&Expected)) {
            RemoveBlock(Block);
        }
    } else {
        List->TotalFrees++;
        List->Cached[List->Count++] = Block->Address;
        Block->Cached = TRUE;
        Block->Filled = FALSE;
        Expected = ExpectReturn;
    }
    Run(&Call, &Expected);
    CheckTagOf(Tag);
}

VOID UseList(VOID)
{
    ULONG Selector = Byte();
    LIST *List = &Model.Lists[Selector % LIST_COUNT];
    ULONG Action = Selector / LIST_COUNT % 8;

    if (Action == 0 || (!List->Initialized && Action != 7)) {
        InitializeList(List);
    } else if (Action == 7) {
        EmptyList(List, TRUE);
    } else if (Action == 6 && List->Family == ExFamily) {
        EmptyList(List, FALSE);
    } else if (Action >= 4) {
        FreeToList(List);
    } else {
        AllocateFromList(List);
    }
    CheckList(List);
}

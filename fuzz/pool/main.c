/* main.c: fuzzes the pool against a model. An input is a program, one byte an operation and the rest its arguments; the
 * model (the live blocks and a few counters) says from the rules what each operation must do: return what, stop with
 * which parameters, raise which status. POOLEMU_FUZZ_TRACE=1 prints the program of an input. */
#include <stdlib.h>

#include "pool/circumstances.h"
#include "pool/free.h"
#include "pool/input.h"
#include "pool/model.h"
#include "pool/operations.h"
#include "pool/query.h"
#include "pool/run.h"
#include "shared/input.h"

static const struct {
    const char *Name;
    VOID (*Routine)(VOID);
} Operations[] = {
    {"allocate by type", AllocateByType},
    {"allocate by flags", AllocateByFlags},
    {"free", FreeBlock},
    {"free again", FreeAgain},
    {"free a bad address", FreeBadAddress},
    {"write", WriteBlock},
    {"overrun", Overrun},
    {"underrun", Underrun},
    {"repair headers", RepairHeaders},
    {"execute", ExecuteBlock},
    {"query size", QuerySize},
    {"query block", QueryBlock},
    {"walk", Walk},
    {"lookaside list", UseList},
    {"SLIST", UseSList},
    {"change IRQL", ChangeIrql},
    {"change Windows", ChangeWindows},
    {"reset", ResetOperation},
};

/* Learns where paged pool lies: freeing an address in a part of it that was never used is 0xC2 (0x50, address, offset
 * from its start, its size). */
static VOID FindPagedPool(VOID)
{
    CALL Call = {.Routine = CallFreePool};
    UCHAR *Block = ExAllocatePoolWithTag(PagedPool, 16, Tags[0]);

    Call.Address = Block + FAR_BYTES;
    EmuSetWindows("win10-1809");
    RunUnchecked(&Call);
    if (Stop.Code != BAD_POOL_CALLER || Stop.Parameter[0] != 0x50 || Stop.Parameter[1] != (ULONG_PTR)Call.Address) {
        Differ("free of unused paged pool: bug check 0x%X (0x%zX) %s", Stop.Code, (size_t)Stop.Parameter[0], Stop.Text);
    }
    PagedBase = (ULONG_PTR)Call.Address - Stop.Parameter[2];
    PagedBytes = Stop.Parameter[3];
    if (!IsPagedAddress(Block)) {
        Differ("paged pool is said to be %zu bytes at %p", (size_t)PagedBytes, (PVOID)PagedBase);
    }
}

/* Learns where each kind of pool begins: the inside of a block is 0x13A (0x09, that, address). */
static VOID FindHeaps(VOID)
{
    static const POOL_TYPE Type[RTL_NUMBER_OF(HeapBase)] = {NonPagedPoolExecute, NonPagedPoolNx, PagedPool};

    for (ULONG Index = 0; Index < RTL_NUMBER_OF(HeapBase); Index++) {
        UCHAR *Block = ExAllocatePoolWithTag(Type[Index], 64, Tags[0]);
        CALL Call = {.Routine = CallFreePool, .Address = Block + 16};
        RunUnchecked(&Call);
        if (Stop.Code != KERNEL_MODE_HEAP_CORRUPTION || Stop.Parameter[0] != 0x09 ||
            Stop.Parameter[2] != (ULONG_PTR)Call.Address || Stop.Parameter[1] > (ULONG_PTR)Block) {
            Differ("free inside a block: bug check 0x%X (0x%zX) %s", Stop.Code, (size_t)Stop.Parameter[0], Stop.Text);
        }
        HeapBase[Index] = Stop.Parameter[1];
    }
}

int LLVMFuzzerInitialize(int *Count, char ***Arguments)
{
    UNREFERENCED_PARAMETER(Count);
    UNREFERENCED_PARAMETER(Arguments);
    /* Small arenas, for what walks over them; nothing of the emulator before libFuzzer has set its signal handlers. */
    setenv("POOLEMU_ARENA_MIB", "128", 1);
    setenv("POOLEMU_SANITIZE", "0", 1); /* headers are looked at, and freed memory comes back at once */
    unsetenv("POOLEMU_WINDOWS");
    Trace = getenv("POOLEMU_FUZZ_TRACE") != NULL;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *Data, size_t Bytes)
{
    BeginInput(Data, Bytes);
    Operation = 0;
    OperationName = "start";
    Budget.Bytes = BUDGET_BYTES;
    Budget.Slow = BUDGET_SLOW;
    Reset();
    if (PagedBytes == 0) {
        FindPagedPool();
        Reset();
        FindHeaps();
        Reset();
    }
    while (HasInput() && Operation < MOST_OPERATIONS) {
        ULONG Index = Choose(RTL_NUMBER_OF(Operations));
        Operation++;
        OperationName = Operations[Index].Name;
        Say("%4u %s: ", Operation, OperationName);
        Operations[Index].Routine();
        Say("\n");
    }
    OperationName = "end";
    CheckEverything();
    WalkTags();
    if (Bytes % 8 == 0) { /* it asks the host, which takes longer than most inputs do */
        WalkBlocks(MOST_BLOCKS + 1);
    }
    return 0;
}

/* marks.c: while drivers are loaded and unloaded, which marks all live blocks, other threads allocate and free small
 * and large ones: none of that is a bug check, and every block and counter is right. Returns 0 when all is well. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "poolemu.h"

enum {
    THREADS = 2,
    SMALL_LOADS = 5000,
    LARGE_LOADS = 1000,
    HELD = 40,
};

typedef struct WORKER {
    pthread_t Thread;
    SIZE_T Bytes;
    ULONG Tags[2]; /* by turns, so that what is left of one block is wrong for the next */
    ULONG64 Allocs[2];
    EMU_BUGCHECK Stop;
} WORKER;

static atomic_bool Done;

static void UnloadDriver(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
}

static NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    Driver->DriverUnload = UnloadDriver;
    return STATUS_SUCCESS;
}

static void AllocateAndFree(WORKER *Worker, ULONG Turn)
{
    PVOID Blocks[HELD];

    for (ULONG Index = 0; Index < HELD; Index++) {
        Blocks[Index] = ExAllocatePoolWithTag(NonPagedPoolNx, Worker->Bytes, Worker->Tags[Turn]);
    }
    for (ULONG Index = 0; Index < HELD; Index++) {
        ExFreePoolWithTag(Blocks[Index], Worker->Tags[Turn]);
    }
    Worker->Allocs[Turn] += HELD;
}

static void *Work(void *Argument)
{
    WORKER *Worker = Argument;

    EMU_CATCH_BUGCHECK(&Worker->Stop)
    {
        while (!atomic_load(&Done)) {
            AllocateAndFree(Worker, 0);
            AllocateAndFree(Worker, 1);
        }
    }
    return NULL;
}

static BOOLEAN CountBlock(const EMU_BLOCK *Block, PVOID Count)
{
    UNREFERENCED_PARAMETER(Block);
    ++*(ULONG *)Count;
    return TRUE;
}

static ULONG Failures(const WORKER *Worker)
{
    EMU_TAG_USAGE Usage;
    ULONG Count = 0;

    if (Worker->Stop.Code != 0) {
        fprintf(stderr, "%zu bytes: bug check 0x%X: %s\n", (size_t)Worker->Bytes, Worker->Stop.Code, Worker->Stop.Text);
        Count++;
    }
    for (ULONG Turn = 0; Turn < 2; Turn++) {
        EmuQueryTag(Worker->Tags[Turn], &Usage);
        if (Usage.NonPaged.Allocs != Worker->Allocs[Turn] || Usage.NonPaged.Frees != Worker->Allocs[Turn] ||
            Usage.NonPaged.Bytes != 0) {
            fprintf(stderr, "%zu bytes: the counters are wrong\n", (size_t)Worker->Bytes);
            Count++;
        }
    }
    return Count;
}

static ULONG Run(ULONG Loads, SIZE_T Bytes, ULONG Tag)
{
    WORKER Workers[THREADS];
    ULONG Wrong = 0, Left = 0;

    atomic_store(&Done, FALSE);
    for (ULONG Index = 0; Index < THREADS; Index++) {
        Workers[Index] = (WORKER){.Bytes = Bytes, .Tags = {Tag + 2 * Index, Tag + 2 * Index + 1}};
        pthread_create(&Workers[Index].Thread, NULL, Work, &Workers[Index]);
    }
    for (ULONG Load = 0; Load < Loads; Load++) {
        PDRIVER_OBJECT Driver;
        if (EmuLoadDriver(DriverEntry, "marks", &Driver) != STATUS_SUCCESS ||
            EmuUnloadDriver(Driver) != STATUS_SUCCESS) {
            fprintf(stderr, "load %u failed\n", Load);
            Wrong++;
        }
    }
    atomic_store(&Done, TRUE);
    for (ULONG Index = 0; Index < THREADS; Index++) {
        pthread_join(Workers[Index].Thread, NULL);
    }
    for (ULONG Index = 0; Index < THREADS; Index++) {
        Wrong += Failures(&Workers[Index]);
    }
    EmuForEachBlock(CountBlock, &Left);
    if (Left != 0) {
        fprintf(stderr, "%zu bytes: %u blocks are live that were freed\n", (size_t)Bytes, Left);
        Wrong++;
    }
    return Wrong;
}

int main(void)
{
    /* The threads are in the driver's image, and hold blocks at its unload: to pool tracking that is a leak. */
    EmuSetVerifier(EmuVerifier() & ~(ULONG)EMU_VERIFIER_POOL_TRACKING);

    ULONG Small = Run(SMALL_LOADS, 64, 'amS\0');
    ULONG Large = Run(LARGE_LOADS, 2 * PAGE_SIZE, 'raL\0');

    return Small + Large == 0 ? 0 : 1;
}

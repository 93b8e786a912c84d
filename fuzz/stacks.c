/* stacks.c: fuzzes the state file of systematic low resources simulation, which one run leaves and the next one reads.
 * A file that is taken is taken again, with as many stacks, and so is what a run adds to it. */
#include <stdlib.h>
#include <string.h>

#include "ntifs.h"
#include "poolemu.h"
#include "shared/input.h"

/* FALSE: the file is refused. *Stacks: how many are known. */
static BOOLEAN OpenFile(PCSTR Path, ULONG64 *Stacks)
{
    EMU_LOW_RESOURCES Settings = {.Mode = EmuFailSystematically};
    EMU_LOW_RESOURCES_STATISTICS Statistics;

    strcpy(Settings.StateFile, Path);
    NTSTATUS Status = EmuSetLowResources(&Settings);
    if (!NT_SUCCESS(Status)) {
        if (Status != STATUS_UNSUCCESSFUL || Settings.Error[0] == 0 ||
            memchr(Settings.Error, 0, sizeof(Settings.Error)) == NULL) {
            FuzzFail("refused with status 0x%08X", (unsigned)Status);
        }
        return FALSE;
    }
    EmuQueryLowResources(&Statistics);
    *Stacks = Statistics.KnownStacks;
    return TRUE;
}

static void ExpectStacks(PCSTR Path, ULONG64 Expected)
{
    ULONG64 Stacks;

    if (!OpenFile(Path, &Stacks) || Stacks != Expected) {
        FuzzFail("the file is not taken again, or not with its %llu stacks", (ULONGLONG)Expected);
    }
}

/* The call fails unless its stack is in the file. */
static void AddStack(PCSTR Path, ULONG64 Stacks)
{
    PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, 16, 'tseT');

    if (Block == NULL) {
        ExpectStacks(Path, Stacks + 1);
    } else {
        ExFreePool(Block);
        ExpectStacks(Path, Stacks);
    }
}

int LLVMFuzzerInitialize(int *Count, char ***Arguments)
{
    UNREFERENCED_PARAMETER(Count);
    UNREFERENCED_PARAMETER(Arguments);
    setenv("POOLEMU_ARENA_MIB", "64", 1);
    setenv("POOLEMU_SANITIZE", "0", 1);
    unsetenv("POOLEMU_FAULTS");
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *Data, size_t Bytes)
{
    PCSTR Path = FuzzFile(Data, Bytes);
    ULONG64 Stacks;

    if (OpenFile(Path, &Stacks)) {
        if (Bytes != 0 && FuzzFileBytes() != Bytes) {
            FuzzFail("reading has changed the file");
        }
        ExpectStacks(Path, Stacks);
        AddStack(Path, Stacks);
    } else if (FuzzFileBytes() != Bytes) {
        FuzzFail("a file that is refused has changed");
    }
    EmuSetLowResources(NULL);
    return 0;
}

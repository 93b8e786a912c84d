/* report.c: EmuWriteReport: everything known, as JSON. Programs read it: a member keeps its name and its meaning. */
#include <stdio.h>
#include <stdlib.h>

#include "host/host.h"
#include "host/image.h"
#include "test/json.h"
#include "watch/track.h"

static VOID IopReportWindows(IOP_JSON *Json)
{
    const EMU_WINDOWS *Windows = EmuWindows();

    IopJsonOpen(Json, "windows", '{');
    IopJsonString(Json, "name", Windows->Name);
    IopJsonString(Json, "title", Windows->Title);
    IopJsonNumber(Json, "major", Windows->Major);
    IopJsonNumber(Json, "minor", Windows->Minor);
    IopJsonNumber(Json, "build", Windows->Build);
    IopJsonClose(Json, '}');
}

static VOID IopReportUse(IOP_JSON *Json, PCSTR Name, const EMU_TRACKED_USE *Use)
{
    IopJsonOpen(Json, Name, '{');
    IopJsonNumber(Json, "blocks", Use->Blocks);
    IopJsonNumber(Json, "bytes", Use->Bytes);
    IopJsonNumber(Json, "peak_blocks", Use->PeakBlocks);
    IopJsonNumber(Json, "peak_bytes", Use->PeakBytes);
    IopJsonClose(Json, '}');
}

static VOID IopReportVerifier(IOP_JSON *Json)
{
    EMU_VERIFIER_COUNTERS Counters;
    CHAR Flags[16];

    EmuQueryVerifier(&Counters);
    snprintf(Flags, sizeof(Flags), "0x%X", EmuVerifier());
    IopJsonOpen(Json, "verifier", '{');
    IopJsonString(Json, "flags", Flags);
    IopJsonNumber(Json, "allocations_attempted", Counters.AllocationsAttempted);
    IopJsonNumber(Json, "allocations_succeeded", Counters.AllocationsSucceeded);
    IopJsonNumber(Json, "allocations_succeeded_special_pool", Counters.AllocationsSucceededSpecialPool);
    IopJsonNumber(Json, "special_pool_fallbacks", Counters.SpecialPoolFallbacks);
    IopJsonNumber(Json, "allocations_without_tag", Counters.AllocationsWithoutTag);
    IopJsonNumber(Json, "allocations_failed", Counters.AllocationsFailed);
    IopJsonNumber(Json, "allocations_failed_deliberately", Counters.AllocationsFailedDeliberately);
    IopJsonNumber(Json, "irql_raises", Counters.IrqlRaises);
    IopJsonNumber(Json, "spin_locks_acquired", Counters.SpinLocksAcquired);
    IopJsonNumber(Json, "trims", Counters.Trims);
    IopJsonNumber(Json, "page_ins", Counters.PageIns);
    IopJsonNumber(Json, "execute_pool_types", Counters.ExecutePoolTypes);
    IopJsonNumber(Json, "execute_page_protections", Counters.ExecutePageProtections);
    IopJsonNumber(Json, "execute_page_mappings", Counters.ExecutePageMappings);
    IopJsonClose(Json, '}');
}

static VOID IopReportCounters(IOP_JSON *Json)
{
    EMU_TRACKING Tracking;

    EmuQueryTracking(&Tracking);
    IopJsonOpen(Json, "counters", '{');
    IopJsonBoolean(Json, "tracking", Tracking.Enabled);
    IopJsonNumber(Json, "allocations_attempted", Tracking.Attempted);
    IopJsonNumber(Json, "allocations_succeeded", Tracking.Succeeded);
    IopJsonNumber(Json, "allocations_failed", Tracking.Failed);
    IopJsonNumber(Json, "allocations_without_tag", Tracking.WithoutTag);
    IopJsonNumber(Json, "allocations_not_tracked", Tracking.NotTracked);
    IopReportUse(Json, "nonpaged", &Tracking.NonPaged);
    IopReportUse(Json, "paged", &Tracking.Paged);
    IopJsonClose(Json, '}');
}

/* ---- Tags ----------------------------------------------------------------------------------------------------- */

static VOID IopReportTagName(IOP_JSON *Json, ULONG Tag)
{
    CHAR Text[5], Value[16];

    MiTagText(Tag, Text);
    snprintf(Value, sizeof(Value), "0x%08X", Tag);
    IopJsonString(Json, "tag", Text);
    IopJsonString(Json, "tag_value", Value);
}

static VOID IopReportUsage(IOP_JSON *Json, PCSTR Name, const EMU_POOL_USAGE *Usage)
{
    IopJsonOpen(Json, Name, '{');
    IopJsonNumber(Json, "allocs", Usage->Allocs);
    IopJsonNumber(Json, "frees", Usage->Frees);
    IopJsonNumber(Json, "bytes", Usage->Bytes);
    IopJsonClose(Json, '}');
}

static BOOLEAN IopReportTag(const EMU_TAG_USAGE *Usage, PVOID Context)
{
    IOP_JSON *Json = Context;
    EMU_TAG_OWNER Owner;

    IopJsonOpen(Json, NULL, '{');
    IopReportTagName(Json, Usage->Tag);
    if (EmuQueryTagOwner(Usage->Tag, &Owner)) {
        IopJsonOpen(Json, "owner", '{');
        IopJsonString(Json, "binary", Owner.Binary);
        IopJsonString(Json, "description", Owner.Description);
        IopJsonClose(Json, '}');
    } else {
        IopJsonNull(Json, "owner");
    }
    IopReportUsage(Json, "nonpaged", &Usage->NonPaged);
    IopReportUsage(Json, "paged", &Usage->Paged);
    IopJsonClose(Json, '}');
    return TRUE;
}

/* ---- Blocks and stacks ---------------------------------------------------------------------------------------- */

/* Live blocks by the name of the stack that allocated them. */
typedef struct IOP_STACK_USE {
    ULONG64 Blocks;
    ULONG64 Bytes;
} IOP_STACK_USE;

typedef struct IOP_REPORT {
    IOP_JSON Json;
    IOP_STACK_USE *Stacks;
    ULONG StackCount;
} IOP_REPORT;

static VOID IopReportStackNumber(IOP_JSON *Json, ULONG Number)
{
    if (Number == 0) {
        IopJsonNull(Json, "stack");
    } else {
        IopJsonNumber(Json, "stack", Number);
    }
}

static BOOLEAN IopReportBlock(const EMU_BLOCK *Block, PVOID Context)
{
    IOP_REPORT *Report = Context;
    IOP_JSON *Json = &Report->Json;
    EMU_STACK Allocation, Free;

    EmuQueryStacks(Block->Address, &Allocation, &Free);
    if (Allocation.Number != 0 && Allocation.Number < Report->StackCount) {
        Report->Stacks[Allocation.Number].Blocks++;
        Report->Stacks[Allocation.Number].Bytes += Block->Size;
    }
    IopJsonOpen(Json, NULL, '{');
    IopJsonAddress(Json, "address", Block->Address);
    IopJsonNumber(Json, "size", Block->Size);
    IopReportTagName(Json, Block->Tag);
    IopJsonString(Json, "pool_type", MiPoolTypeName(Block->PoolType));
    IopJsonBoolean(Json, "executable", Block->Executable);
    IopJsonBoolean(Json, "quota_charged", Block->QuotaCharged);
    IopReportStackNumber(Json, Allocation.Number);
    IopJsonClose(Json, '}');
    return TRUE;
}

static VOID IopReportPlace(IOP_JSON *Json, PCSTR Function, PCSTR File, ULONG Line)
{
    if (Function[0] != 0) {
        IopJsonString(Json, "function", Function);
    }
    if (Line != 0) {
        IopJsonString(Json, "file", File);
        IopJsonNumber(Json, "line", Line);
    }
}

static VOID IopReportFrame(IOP_JSON *Json, PVOID Caller)
{
    HOST_SOURCE Source;
    HOST_IMAGE Image;
    PCSTR Why;

    IopJsonOpen(Json, NULL, '{');
    IopJsonAddress(Json, "address", Caller);
    HostFindSource((ULONG_PTR)Caller - 1, &Source, &Why);
    IopReportPlace(Json, Source.Function, Source.File, Source.Line);
    if (HostFindImage((ULONG_PTR)Caller - 1, &Image)) {
        IopJsonString(Json, "image", Image.Path);
        IopJsonNumber(Json, "offset", (ULONG_PTR)Caller - Image.Start);
    }
    IopJsonClose(Json, '}');
}

static VOID IopReportStacks(IOP_REPORT *Report)
{
    IOP_JSON *Json = &Report->Json;

    IopJsonOpen(Json, "stacks", '[');
    for (ULONG Number = 0; Number < Report->StackCount; Number++) {
        EMU_STACK Stack = VfStackOf(Number);
        if (Stack.Count == 0) {
            continue;
        }
        IopJsonOpen(Json, NULL, '{');
        IopJsonNumber(Json, "stack", Stack.Number);
        IopJsonNumber(Json, "live_blocks", Report->Stacks[Number].Blocks);
        IopJsonNumber(Json, "live_bytes", Report->Stacks[Number].Bytes);
        IopJsonOpen(Json, "frames", '[');
        for (ULONG Frame = 0; Frame < Stack.Count; Frame++) {
            IopReportFrame(Json, Stack.Frames[Frame]);
        }
        IopJsonClose(Json, ']');
        IopJsonClose(Json, '}');
    }
    IopJsonClose(Json, ']');
}

/* ---- The rest ------------------------------------------------------------------------------------------------- */

static BOOLEAN IopReportCallSite(const EMU_CALL_SITE *Site, PVOID Context)
{
    IOP_JSON *Json = Context;

    IopJsonOpen(Json, NULL, '{');
    IopJsonAddress(Json, "caller", Site->Caller);
    IopJsonString(Json, "routine", Site->Routine);
    IopJsonNumber(Json, "blocks", Site->Blocks);
    IopJsonNumber(Json, "executable", Site->Executable);
    IopJsonClose(Json, '}');
    return TRUE;
}

static BOOLEAN IopReportLeak(const EMU_LEAK_SITE *Site, PVOID Context)
{
    IOP_JSON *Json = Context;

    IopJsonOpen(Json, NULL, '{');
    IopJsonAddress(Json, "caller", Site->Caller);
    IopReportPlace(Json, Site->Function, Site->File, Site->Line);
    IopJsonNumber(Json, "blocks", Site->Blocks);
    IopJsonNumber(Json, "bytes", Site->Bytes);
    IopReportStackNumber(Json, Site->Stack.Number);
    IopJsonClose(Json, '}');
    return TRUE;
}

static BOOLEAN IopReportViolation(const EMU_VIOLATION *Violation, PVOID Context)
{
    IOP_JSON *Json = Context;

    IopJsonOpen(Json, NULL, '{');
    IopJsonNumber(Json, "kind", (ULONG64)Violation->Kind);
    IopJsonNumber(Json, "count", Violation->Count);
    IopJsonAddress(Json, "caller", Violation->Caller);
    IopJsonString(Json, "text", Violation->Text);
    IopJsonClose(Json, '}');
    return TRUE;
}

static BOOLEAN IopReportEvent(const EMU_POOL_EVENT *Event, PVOID Context)
{
    IOP_JSON *Json = Context;

    IopJsonOpen(Json, NULL, '{');
    IopJsonNumber(Json, "sequence", Event->Sequence);
    IopJsonString(Json, "operation", Event->IsFree ? "free" : "allocate");
    IopJsonAddress(Json, "address", Event->Address);
    IopJsonNumber(Json, "size", Event->Size);
    IopReportTagName(Json, Event->Tag);
    IopJsonString(Json, "pool_type", MiPoolTypeName(Event->PoolType));
    IopJsonNumber(Json, "thread", Event->Thread);
    IopReportStackNumber(Json, Event->Stack.Number);
    IopJsonClose(Json, '}');
    return TRUE;
}

/* FALSE: no memory for the log. */
static BOOLEAN IopReportAll(IOP_REPORT *Report)
{
    IOP_JSON *Json = &Report->Json;

    IopJsonOpen(Json, NULL, '{');
    IopJsonString(Json, "format", "poolemu report 1");
    IopReportWindows(Json);
    IopReportCounters(Json);
    IopReportVerifier(Json);
    IopJsonOpen(Json, "tags", '[');
    EmuForEachTag(IopReportTag, Json);
    IopJsonClose(Json, ']');
    IopJsonOpen(Json, "blocks", '[');
    EmuForEachBlock(IopReportBlock, Report);
    IopJsonClose(Json, ']');
    IopReportStacks(Report);
    IopJsonOpen(Json, "call_sites", '[');
    EmuForEachCallSite(IopReportCallSite, Json);
    IopJsonClose(Json, ']');
    IopJsonOpen(Json, "leaks", '[');
    EmuForEachLeakSite(IopReportLeak, Json);
    IopJsonClose(Json, ']');
    IopJsonOpen(Json, "violations", '[');
    EmuForEachViolation(IopReportViolation, Json);
    IopJsonClose(Json, ']');
    IopJsonOpen(Json, "log", '[');
    BOOLEAN Done = EmuQueryLog(NULL, IopReportEvent, Json);
    IopJsonClose(Json, ']');
    IopJsonClose(Json, '}');
    fputc('\n', Json->File);
    return Done;
}

NTSTATUS EmuWriteReport(PCSTR Path)
{
    IOP_REPORT Report = {.StackCount = VfStackNames()};
    NTSTATUS Status = STATUS_SUCCESS;

    Report.Stacks = calloc(Report.StackCount, sizeof(*Report.Stacks));
    if (Report.Stacks == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Report.Json.File = fopen(Path, "w");
    if (Report.Json.File == NULL) {
        free(Report.Stacks);
        return STATUS_OPEN_FAILED;
    }
    if (!IopReportAll(&Report)) {
        Status = STATUS_INSUFFICIENT_RESOURCES;
    }
    BOOLEAN Failed = ferror(Report.Json.File) != 0;
    Failed |= fclose(Report.Json.File) != 0;
    Status = Failed ? STATUS_DISK_FULL : Status;
    free(Report.Stacks);
    return Status;
}

/* report.c: EmuWriteReport: everything known, as JSON. Programs read it: a member keeps its name and its meaning. */
#include <stdio.h>
#include <stdlib.h>

#include "host/host.h"
#include "host/image.h"
#include "test/json.h"
#include "watch/track.h"

static VOID EmupReportWindows(EMUP_JSON *Json)
{
    const EMU_WINDOWS *Windows = EmuWindows();

    EmupJsonOpen(Json, "windows", '{');
    EmupJsonString(Json, "name", Windows->Name);
    EmupJsonString(Json, "title", Windows->Title);
    EmupJsonNumber(Json, "major", Windows->Major);
    EmupJsonNumber(Json, "minor", Windows->Minor);
    EmupJsonNumber(Json, "build", Windows->Build);
    EmupJsonClose(Json, '}');
}

static VOID EmupReportUse(EMUP_JSON *Json, PCSTR Name, const EMU_TRACKED_USE *Use)
{
    EmupJsonOpen(Json, Name, '{');
    EmupJsonNumber(Json, "blocks", Use->Blocks);
    EmupJsonNumber(Json, "bytes", Use->Bytes);
    EmupJsonNumber(Json, "peak_blocks", Use->PeakBlocks);
    EmupJsonNumber(Json, "peak_bytes", Use->PeakBytes);
    EmupJsonClose(Json, '}');
}

static VOID EmupReportVerifier(EMUP_JSON *Json)
{
    EMU_VERIFIER_COUNTERS Counters;
    CHAR Flags[16];

    EmuQueryVerifier(&Counters);
    snprintf(Flags, sizeof(Flags), "0x%X", EmuVerifier());
    EmupJsonOpen(Json, "verifier", '{');
    EmupJsonString(Json, "flags", Flags);
    EmupJsonNumber(Json, "allocations_attempted", Counters.AllocationsAttempted);
    EmupJsonNumber(Json, "allocations_succeeded", Counters.AllocationsSucceeded);
    EmupJsonNumber(Json, "allocations_succeeded_special_pool", Counters.AllocationsSucceededSpecialPool);
    EmupJsonNumber(Json, "special_pool_fallbacks", Counters.SpecialPoolFallbacks);
    EmupJsonNumber(Json, "allocations_without_tag", Counters.AllocationsWithoutTag);
    EmupJsonNumber(Json, "allocations_failed", Counters.AllocationsFailed);
    EmupJsonNumber(Json, "allocations_failed_deliberately", Counters.AllocationsFailedDeliberately);
    EmupJsonNumber(Json, "irql_raises", Counters.IrqlRaises);
    EmupJsonNumber(Json, "spin_locks_acquired", Counters.SpinLocksAcquired);
    EmupJsonNumber(Json, "trims", Counters.Trims);
    EmupJsonNumber(Json, "page_ins", Counters.PageIns);
    EmupJsonNumber(Json, "execute_pool_types", Counters.ExecutePoolTypes);
    EmupJsonNumber(Json, "execute_page_protections", Counters.ExecutePageProtections);
    EmupJsonNumber(Json, "execute_page_mappings", Counters.ExecutePageMappings);
    EmupJsonClose(Json, '}');
}

static VOID EmupReportCounters(EMUP_JSON *Json)
{
    EMU_TRACKING Tracking;

    EmuQueryTracking(&Tracking);
    EmupJsonOpen(Json, "counters", '{');
    EmupJsonBoolean(Json, "tracking", Tracking.Enabled);
    EmupJsonNumber(Json, "allocations_attempted", Tracking.Attempted);
    EmupJsonNumber(Json, "allocations_succeeded", Tracking.Succeeded);
    EmupJsonNumber(Json, "allocations_failed", Tracking.Failed);
    EmupJsonNumber(Json, "allocations_without_tag", Tracking.WithoutTag);
    EmupJsonNumber(Json, "allocations_not_tracked", Tracking.NotTracked);
    EmupReportUse(Json, "nonpaged", &Tracking.NonPaged);
    EmupReportUse(Json, "paged", &Tracking.Paged);
    EmupJsonClose(Json, '}');
}

/* ---- Tags ----------------------------------------------------------------------------------------------------- */

static VOID EmupReportTagName(EMUP_JSON *Json, ULONG Tag)
{
    CHAR Text[5], Value[] = "0x00000000";

    MiTagText(Tag, Text);
    for (ULONG Digit = 0; Digit < 8; Digit++) {
        Value[2 + Digit] = "0123456789ABCDEF"[Tag >> (28 - 4 * Digit) & 15];
    }
    EmupJsonString(Json, "tag", Text);
    EmupJsonString(Json, "tag_value", Value);
}

static VOID EmupReportUsage(EMUP_JSON *Json, PCSTR Name, const EMU_POOL_USAGE *Usage)
{
    EmupJsonOpen(Json, Name, '{');
    EmupJsonNumber(Json, "allocs", Usage->Allocs);
    EmupJsonNumber(Json, "frees", Usage->Frees);
    EmupJsonNumber(Json, "bytes", Usage->Bytes);
    EmupJsonClose(Json, '}');
}

static BOOLEAN EmupReportTag(const EMU_TAG_USAGE *Usage, PVOID Context)
{
    EMUP_JSON *Json = Context;
    EMU_TAG_OWNER Owner;

    EmupJsonOpen(Json, NULL, '{');
    EmupReportTagName(Json, Usage->Tag);
    if (EmuQueryTagOwner(Usage->Tag, &Owner)) {
        EmupJsonOpen(Json, "owner", '{');
        EmupJsonString(Json, "binary", Owner.Binary);
        EmupJsonString(Json, "description", Owner.Description);
        EmupJsonClose(Json, '}');
    } else {
        EmupJsonNull(Json, "owner");
    }
    EmupReportUsage(Json, "nonpaged", &Usage->NonPaged);
    EmupReportUsage(Json, "paged", &Usage->Paged);
    EmupJsonClose(Json, '}');
    return TRUE;
}

/* ---- Blocks and stacks ---------------------------------------------------------------------------------------- */

/* Live blocks by the name of the stack that allocated them. */
typedef struct EMUP_STACK_USE {
    ULONG64 Blocks;
    ULONG64 Bytes;
} EMUP_STACK_USE;

typedef struct EMUP_REPORT {
    EMUP_JSON Json;
    EMUP_STACK_USE *Stacks;
    ULONG StackCount;
} EMUP_REPORT;

static VOID EmupReportStackNumber(EMUP_JSON *Json, ULONG Number)
{
    if (Number == 0) {
        EmupJsonNull(Json, "stack");
    } else {
        EmupJsonNumber(Json, "stack", Number);
    }
}

static BOOLEAN EmupReportBlock(const EMU_BLOCK *Block, PVOID Context)
{
    EMUP_REPORT *Report = Context;
    EMUP_JSON *Json = &Report->Json;
    EMU_STACK Allocation, Free;

    EmuQueryStacks(Block->Address, &Allocation, &Free);
    if (Allocation.Number != 0 && Allocation.Number < Report->StackCount) {
        Report->Stacks[Allocation.Number].Blocks++;
        Report->Stacks[Allocation.Number].Bytes += Block->Size;
    }
    EmupJsonOpen(Json, NULL, '{');
    EmupJsonAddress(Json, "address", Block->Address);
    EmupJsonNumber(Json, "size", Block->Size);
    EmupReportTagName(Json, Block->Tag);
    EmupJsonString(Json, "pool_type", MiPoolTypeName(Block->PoolType));
    EmupJsonBoolean(Json, "executable", Block->Executable);
    EmupJsonBoolean(Json, "quota_charged", Block->QuotaCharged);
    EmupReportStackNumber(Json, Allocation.Number);
    EmupJsonClose(Json, '}');
    return TRUE;
}

static VOID EmupReportPlace(EMUP_JSON *Json, PCSTR Function, PCSTR File, ULONG Line)
{
    if (Function[0] != 0) {
        EmupJsonString(Json, "function", Function);
    }
    if (Line != 0) {
        EmupJsonString(Json, "file", File);
        EmupJsonNumber(Json, "line", Line);
    }
}

static VOID EmupReportFrame(EMUP_JSON *Json, PVOID Caller)
{
    HOST_SOURCE Source;
    HOST_IMAGE Image;
    PCSTR Why;

    EmupJsonOpen(Json, NULL, '{');
    EmupJsonAddress(Json, "address", Caller);
    HostFindSource((ULONG_PTR)Caller - 1, &Source, &Why);
    EmupReportPlace(Json, Source.Function, Source.File, Source.Line);
    if (HostFindImage((ULONG_PTR)Caller - 1, &Image)) {
        EmupJsonString(Json, "image", Image.Path);
        EmupJsonNumber(Json, "offset", (ULONG_PTR)Caller - Image.Start);
    }
    EmupJsonClose(Json, '}');
}

static VOID EmupReportStacks(EMUP_REPORT *Report)
{
    EMUP_JSON *Json = &Report->Json;

    EmupJsonOpen(Json, "stacks", '[');
    for (ULONG Number = 0; Number < Report->StackCount; Number++) {
        EMU_STACK Stack = VfStackOf(Number);
        if (Stack.Count == 0) {
            continue;
        }
        EmupJsonOpen(Json, NULL, '{');
        EmupJsonNumber(Json, "stack", Stack.Number);
        EmupJsonNumber(Json, "live_blocks", Report->Stacks[Number].Blocks);
        EmupJsonNumber(Json, "live_bytes", Report->Stacks[Number].Bytes);
        EmupJsonOpen(Json, "frames", '[');
        for (ULONG Frame = 0; Frame < Stack.Count; Frame++) {
            EmupReportFrame(Json, Stack.Frames[Frame]);
        }
        EmupJsonClose(Json, ']');
        EmupJsonClose(Json, '}');
    }
    EmupJsonClose(Json, ']');
}

/* ---- The rest ------------------------------------------------------------------------------------------------- */

static BOOLEAN EmupReportCallSite(const EMU_CALL_SITE *Site, PVOID Context)
{
    EMUP_JSON *Json = Context;

    EmupJsonOpen(Json, NULL, '{');
    EmupJsonAddress(Json, "caller", Site->Caller);
    EmupJsonString(Json, "routine", Site->Routine);
    EmupJsonNumber(Json, "blocks", Site->Blocks);
    EmupJsonNumber(Json, "executable", Site->Executable);
    EmupJsonClose(Json, '}');
    return TRUE;
}

static BOOLEAN EmupReportLeak(const EMU_LEAK_SITE *Site, PVOID Context)
{
    EMUP_JSON *Json = Context;

    EmupJsonOpen(Json, NULL, '{');
    EmupJsonAddress(Json, "caller", Site->Caller);
    EmupReportPlace(Json, Site->Function, Site->File, Site->Line);
    EmupJsonNumber(Json, "blocks", Site->Blocks);
    EmupJsonNumber(Json, "bytes", Site->Bytes);
    EmupReportStackNumber(Json, Site->Stack.Number);
    EmupJsonClose(Json, '}');
    return TRUE;
}

static BOOLEAN EmupReportViolation(const EMU_VIOLATION *Violation, PVOID Context)
{
    EMUP_JSON *Json = Context;

    EmupJsonOpen(Json, NULL, '{');
    EmupJsonNumber(Json, "kind", (ULONG64)Violation->Kind);
    EmupJsonNumber(Json, "count", Violation->Count);
    EmupJsonAddress(Json, "caller", Violation->Caller);
    EmupJsonString(Json, "text", Violation->Text);
    EmupJsonClose(Json, '}');
    return TRUE;
}

static BOOLEAN EmupReportEvent(const EMU_POOL_EVENT *Event, PVOID Context)
{
    EMUP_JSON *Json = Context;

    EmupJsonOpen(Json, NULL, '{');
    EmupJsonNumber(Json, "sequence", Event->Sequence);
    EmupJsonString(Json, "operation", Event->IsFree ? "free" : "allocate");
    EmupJsonAddress(Json, "address", Event->Address);
    EmupJsonNumber(Json, "size", Event->Size);
    EmupReportTagName(Json, Event->Tag);
    EmupJsonString(Json, "pool_type", MiPoolTypeName(Event->PoolType));
    EmupJsonNumber(Json, "thread", Event->Thread);
    EmupReportStackNumber(Json, Event->Stack.Number);
    EmupJsonClose(Json, '}');
    return TRUE;
}

/* FALSE: no memory for the log. */
static BOOLEAN EmupReportAll(EMUP_REPORT *Report)
{
    EMUP_JSON *Json = &Report->Json;

    EmupJsonOpen(Json, NULL, '{');
    EmupJsonString(Json, "format", "poolemu report 1");
    EmupReportWindows(Json);
    EmupReportCounters(Json);
    EmupReportVerifier(Json);
    EmupJsonOpen(Json, "tags", '[');
    EmuForEachTag(EmupReportTag, Json);
    EmupJsonClose(Json, ']');
    EmupJsonOpen(Json, "blocks", '[');
    EmuForEachBlock(EmupReportBlock, Report);
    EmupJsonClose(Json, ']');
    EmupReportStacks(Report);
    EmupJsonOpen(Json, "call_sites", '[');
    EmuForEachCallSite(EmupReportCallSite, Json);
    EmupJsonClose(Json, ']');
    EmupJsonOpen(Json, "leaks", '[');
    EmuForEachLeakSite(EmupReportLeak, Json);
    EmupJsonClose(Json, ']');
    EmupJsonOpen(Json, "violations", '[');
    EmuForEachViolation(EmupReportViolation, Json);
    EmupJsonClose(Json, ']');
    EmupJsonOpen(Json, "log", '[');
    BOOLEAN Done = EmuQueryLog(NULL, EmupReportEvent, Json);
    EmupJsonClose(Json, ']');
    EmupJsonClose(Json, '}');
    fputc('\n', Json->File);
    return Done;
}

NTSTATUS EmuWriteReport(PCSTR Path)
{
    if (Path == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    EMUP_REPORT Report = {.StackCount = VfStackNames()};
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
    if (!EmupReportAll(&Report)) {
        Status = STATUS_INSUFFICIENT_RESOURCES;
    }
    BOOLEAN Failed = ferror(Report.Json.File) != 0;
    Failed |= fclose(Report.Json.File) != 0;
    Status = Failed ? STATUS_DISK_FULL : Status;
    free(Report.Stacks);
    return Status;
}

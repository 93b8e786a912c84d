/* caller.c: which code asks for executable pool, and whether it did so before its driver's ExInitializeDriverRuntime. A
 * call that comes too late changes nothing for what is allocated: blocks and lookaside lists stay executable. */
#include "watch/caller.h"

#include <string.h>

#include "host/code.h"
#include "host/host.h"
#include "host/image.h"
#include "core/callsite.h"
#include "core/violation.h"
#include "mem/arena.h"
#include "mem/region.h"

typedef struct VF_CALL_SITE {
    KI_CALL_SITE Site; /* its Count: the blocks, as long as they are counted */
    ULONG64 Executable;
    ULONG_PTR Image; /* where the image begins that Caller lies in */
    PVOID Caller;
    PCSTR Routine;
    POOL_TYPE PoolType; /* of the first request */
    ULONG Early;        /* requests for executable nonpaged pool since its driver began to load */
} VF_CALL_SITE;

static VF_CALL_SITE VfCallSites[KI_CALL_SITES];
static BOOLEAN VfHasCallSites;

/* What a call site did, in the low bits of its key. */
enum {
    VF_ALLOCATED = 1,
    VF_MADE_LIST = 2,
    VF_MAPPED = 3,
};

static VF_CALL_SITE *VfCallSiteAt(ULONG Index)
{
    return (VF_CALL_SITE *)KiCallSiteAt(VfCallSites, sizeof(VF_CALL_SITE), Index);
}

static ULONG_PTR VfImageOf(PVOID Code)
{
    HOST_IMAGE Image;

    return HostFindImage((ULONG_PTR)Code, &Image) ? Image.Start : 0;
}

static VF_CALL_SITE *VfFindCallSite(ULONG What, PCSTR Routine, PVOID Caller, POOL_TYPE PoolType)
{
    BOOLEAN IsNew;
    ULONG64 Key = (ULONG64)(ULONG_PTR)Caller << 4 | What;
    VF_CALL_SITE *Found = (VF_CALL_SITE *)KiFindCallSite(VfCallSites, sizeof(VF_CALL_SITE), Key, &IsNew);

    if (IsNew) {
        EMU_ATOMIC_STORE(&VfHasCallSites, TRUE, EMU_ORDER_NONE);
        BOOLEAN Fits = EMU_ATOMIC_LOAD(&Found->Site.Key, EMU_ORDER_NONE) == Key;
        Found->Image = Fits ? VfImageOf(Caller) : 0;
        Found->Caller = Fits ? Caller : NULL;
        Found->Routine = Fits ? Routine : "(more call sites than can be counted apart)";
        Found->PoolType = PoolType;
        KiWriteCallSite(&Found->Site);
    }
    return Found;
}

/* ---- What the pool and the lists tell ------------------------------------------------------------------------- */

static VOID VfNoteEarly(VF_CALL_SITE *Site, POOL_TYPE PoolType)
{
    if ((PoolType & (PagedPool | POOL_NX_ALLOCATION)) == 0) {
        EMU_ATOMIC_ADD(32, &Site->Early, 1u, EMU_ORDER_NONE);
    }
}

static BOOLEAN VfIsExecutable(ULONG_PTR Block)
{
    return MiAccessAt(Block) == HostReadWriteExecute;
}

static BOOLEAN VfIsCounting(VOID)
{
    return (EMU_ATOMIC_LOAD(&KiUnusual, EMU_ORDER_NONE) & KI_COUNTING_CALLS) != 0;
}

static VOID VfCountCall(VF_CALL_SITE *Site, BOOLEAN Executable)
{
    EMU_ATOMIC_ADD(64, &Site->Site.Count, (ULONG64)1, EMU_ORDER_NONE);
    if (Executable) {
        EMU_ATOMIC_ADD(64, &Site->Executable, (ULONG64)1, EMU_ORDER_NONE);
    }
}

VOID VfAuditRequest(PCSTR Routine, PVOID Caller, POOL_TYPE PoolType, PVOID Block)
{
    VF_CALL_SITE *Site = VfFindCallSite(VF_ALLOCATED, Routine, Caller, PoolType);

    VfNoteEarly(Site, PoolType);
    if (VfIsCounting()) {
        VfCountCall(Site, VfIsExecutable((ULONG_PTR)Block));
    }
}

VOID VfAuditMapping(PCSTR Routine, PVOID Caller, BOOLEAN Executable)
{
    if (VfIsCounting()) {
        VfCountCall(VfFindCallSite(VF_MAPPED, Routine, Caller, NonPagedPoolExecute), Executable);
    }
}

VOID VfAuditLookasideList(PCSTR Routine, PVOID Caller, POOL_TYPE PoolType)
{
    VfNoteEarly(VfFindCallSite(VF_MADE_LIST, Routine, Caller, PoolType), PoolType);
}

/* ---- What the driver tells ------------------------------------------------------------------------------------ */

VOID VfBeginLoad(PDRIVER_INITIALIZE Entry)
{
    ULONG_PTR Image = VfImageOf((PVOID)(ULONG_PTR)Entry);

    for (ULONG Index = 0; Index < KI_CALL_SITES; Index++) {
        VF_CALL_SITE *Site = VfCallSiteAt(Index);
        if (Site != NULL && Site->Image == Image) {
            EMU_ATOMIC_STORE(&Site->Early, 0u, EMU_ORDER_NONE);
        }
    }
    KiSetUnusual(KI_LOADING, TRUE);
}

VOID VfEndLoad(VOID)
{
    KiSetUnusual(KI_LOADING, FALSE);
}

static VOID VfCheckOrder(const VF_CALL_SITE *Site, PVOID Caller)
{
    CHAR Code[256];

    HostDescribeCall(Site->Caller, Code, sizeof(Code));
    KiRecordViolation(EmuViolationRuntimeTooLate, Caller,
                      "ExInitializeDriverRuntime was called after %s of executable nonpaged pool by %s; unless "
                      "NonPagedPoolExecute was meant, the call came too late for it",
                      Site->Routine, Code);
}

VOID EmuNoteDriverRuntime(const EMU_AUDIT_RECORD *Record, ULONG RuntimeFlags)
{
    PVOID Caller = EMU_RETURN_ADDRESS();

    if (Record->Mode != EMU_AUDIT_OPTIN) {
        return;
    }
    if ((RuntimeFlags & DrvRtPoolNxOptIn) == 0) {
        KiRecordViolation(EmuViolationRuntimeWithoutFlag, Caller,
                          "ExInitializeDriverRuntime(0x%X), in a file with POOL_NX_OPTIN and without DrvRtPoolNxOptIn: "
                          "NonPagedPool stays executable",
                          RuntimeFlags);
        return;
    }
    ULONG_PTR Image = VfImageOf(Caller);
    for (ULONG Index = 0; Index < KI_CALL_SITES; Index++) {
        const VF_CALL_SITE *Site = VfCallSiteAt(Index);
        if (Site != NULL && Site->Image == Image && EMU_ATOMIC_LOAD(&Site->Early, EMU_ORDER_NONE) != 0) {
            VfCheckOrder(Site, Caller);
        }
    }
}

/* ---- Counting ------------------------------------------------------------------------------------------------- */

VOID EmuCountCallSites(BOOLEAN Enable)
{
    KiSetUnusual(KI_COUNTING_CALLS, Enable);
}

VOID EmuForEachCallSite(EMU_CALL_SITE_CALLBACK *Callback, PVOID Context)
{
    if (Callback == NULL) {
        return;
    }
    for (ULONG Index = 0; Index < KI_CALL_SITES; Index++) {
        const VF_CALL_SITE *Counted = VfCallSiteAt(Index);
        EMU_CALL_SITE Site = {0};

        if (Counted == NULL || EMU_ATOMIC_LOAD(&Counted->Site.Count, EMU_ORDER_NONE) == 0) {
            continue;
        }
        Site.Caller = Counted->Caller;
        Site.Routine = Counted->Routine;
        Site.PoolType = Counted->PoolType;
        Site.Blocks = EMU_ATOMIC_LOAD(&Counted->Site.Count, EMU_ORDER_NONE);
        Site.Executable = EMU_ATOMIC_LOAD(&Counted->Executable, EMU_ORDER_NONE);
        if (!Callback(&Site, Context)) {
            return;
        }
    }
}

VOID VfResetAudit(VOID)
{
    KiSetUnusual(KI_LOADING | KI_COUNTING_CALLS, FALSE);
    if (VfHasCallSites) {
        memset(VfCallSites, 0, sizeof(VfCallSites));
        VfHasCallSites = FALSE;
    }
}

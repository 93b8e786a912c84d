/* audit.c: which code asks for executable pool, and whether it did so before its driver's ExInitializeDriverRuntime. A
 * call that comes too late changes nothing for what is allocated: blocks and lookaside lists stay executable. */
#include "ex/audit.h"

#include <string.h>

#include "host/host.h"
#include "host/image.h"
#include "ke/callsite.h"
#include "ke/violation.h"
#include "mm/arena.h"
#include "vf/special.h"

typedef struct EXP_CALL_SITE {
    KI_CALL_SITE Site; /* its Count: the blocks, as long as they are counted */
    ULONG64 Executable;
    ULONG_PTR Image; /* where the image begins that Caller lies in */
    PVOID Caller;
    PCSTR Routine;
    POOL_TYPE PoolType; /* of the first request */
    ULONG Early;        /* requests for executable nonpaged pool since its driver began to load */
} EXP_CALL_SITE;

static EXP_CALL_SITE ExpCallSites[KI_CALL_SITES];
static BOOLEAN ExpHasCallSites;

/* What a call site did, in the low bits of its key. */
enum {
    EXP_ALLOCATED = 1,
    EXP_MADE_LIST = 2,
    EXP_MAPPED = 3,
};

static EXP_CALL_SITE *ExpCallSiteAt(ULONG Index)
{
    return (EXP_CALL_SITE *)KiCallSiteAt(ExpCallSites, sizeof(EXP_CALL_SITE), Index);
}

static ULONG_PTR ExpImageOf(PVOID Code)
{
    HOST_IMAGE Image;

    return HostFindImage((ULONG_PTR)Code, &Image) ? Image.Start : 0;
}

static EXP_CALL_SITE *ExpFindCallSite(ULONG What, PCSTR Routine, PVOID Caller, POOL_TYPE PoolType)
{
    BOOLEAN IsNew;
    ULONG64 Key = (ULONG64)(ULONG_PTR)Caller << 4 | What;
    EXP_CALL_SITE *Found = (EXP_CALL_SITE *)KiFindCallSite(ExpCallSites, sizeof(EXP_CALL_SITE), Key, &IsNew);

    if (IsNew) {
        EMU_ATOMIC_STORE(&ExpHasCallSites, TRUE, EMU_ORDER_NONE);
        BOOLEAN Fits = EMU_ATOMIC_LOAD(&Found->Site.Key, EMU_ORDER_NONE) == Key;
        Found->Image = Fits ? ExpImageOf(Caller) : 0;
        Found->Caller = Fits ? Caller : NULL;
        Found->Routine = Fits ? Routine : "(more call sites than can be counted apart)";
        Found->PoolType = PoolType;
        KiWriteCallSite(&Found->Site);
    }
    return Found;
}

/* ---- What the pool and the lists tell ------------------------------------------------------------------------- */

static VOID ExpNoteEarly(EXP_CALL_SITE *Site, POOL_TYPE PoolType)
{
    if ((PoolType & (PagedPool | POOL_NX_ALLOCATION)) == 0) {
        EMU_ATOMIC_ADD(32, &Site->Early, 1u, EMU_ORDER_NONE);
    }
}

static BOOLEAN ExpIsExecutable(ULONG_PTR Block)
{
    return (MiIsPoolAddress(Block) ? MiAccessOf(MiArenaOf(Block)) : VfSpecialAccess(Block)) == HostReadWriteExecute;
}

static BOOLEAN ExpIsCounting(VOID)
{
    return (EMU_ATOMIC_LOAD(&KiUnusual, EMU_ORDER_NONE) & KI_COUNTING_CALLS) != 0;
}

static VOID ExpCountCall(EXP_CALL_SITE *Site, BOOLEAN Executable)
{
    EMU_ATOMIC_ADD(64, &Site->Site.Count, (ULONG64)1, EMU_ORDER_NONE);
    if (Executable) {
        EMU_ATOMIC_ADD(64, &Site->Executable, (ULONG64)1, EMU_ORDER_NONE);
    }
}

VOID ExpAuditRequest(PCSTR Routine, PVOID Caller, POOL_TYPE PoolType, PVOID Block)
{
    EXP_CALL_SITE *Site = ExpFindCallSite(EXP_ALLOCATED, Routine, Caller, PoolType);

    ExpNoteEarly(Site, PoolType);
    if (ExpIsCounting()) {
        ExpCountCall(Site, ExpIsExecutable((ULONG_PTR)Block));
    }
}

VOID ExpAuditMapping(PCSTR Routine, PVOID Caller, BOOLEAN Executable)
{
    if (ExpIsCounting()) {
        ExpCountCall(ExpFindCallSite(EXP_MAPPED, Routine, Caller, NonPagedPoolExecute), Executable);
    }
}

VOID ExpAuditLookasideList(PCSTR Routine, PVOID Caller, POOL_TYPE PoolType)
{
    ExpNoteEarly(ExpFindCallSite(EXP_MADE_LIST, Routine, Caller, PoolType), PoolType);
}

/* ---- What the driver tells ------------------------------------------------------------------------------------ */

VOID ExpBeginLoad(PDRIVER_INITIALIZE Entry)
{
    ULONG_PTR Image = ExpImageOf((PVOID)(ULONG_PTR)Entry);

    for (ULONG Index = 0; Index < KI_CALL_SITES; Index++) {
        EXP_CALL_SITE *Site = ExpCallSiteAt(Index);
        if (Site != NULL && Site->Image == Image) {
            EMU_ATOMIC_STORE(&Site->Early, 0u, EMU_ORDER_NONE);
        }
    }
    KiSetUnusual(KI_LOADING, TRUE);
}

VOID ExpEndLoad(VOID)
{
    KiSetUnusual(KI_LOADING, FALSE);
}

static VOID ExpCheckOrder(const EXP_CALL_SITE *Site, PVOID Caller)
{
    CHAR Code[256];

    HostDescribeCode((ULONG_PTR)Site->Caller - 1, Code, sizeof(Code));
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
    ULONG_PTR Image = ExpImageOf(Caller);
    for (ULONG Index = 0; Index < KI_CALL_SITES; Index++) {
        const EXP_CALL_SITE *Site = ExpCallSiteAt(Index);
        if (Site != NULL && Site->Image == Image && EMU_ATOMIC_LOAD(&Site->Early, EMU_ORDER_NONE) != 0) {
            ExpCheckOrder(Site, Caller);
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
    for (ULONG Index = 0; Index < KI_CALL_SITES; Index++) {
        const EXP_CALL_SITE *Counted = ExpCallSiteAt(Index);
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

VOID ExpResetAudit(VOID)
{
    KiSetUnusual(KI_LOADING | KI_COUNTING_CALLS, FALSE);
    if (ExpHasCallSites) {
        memset(ExpCallSites, 0, sizeof(ExpCallSites));
        ExpHasCallSites = FALSE;
    }
}

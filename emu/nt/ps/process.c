/* process.c: the current process, which is always the same one, and the pool that is charged to it. */
#include "nt/ps/process.h"

#include "core/bugcheck.h"
#include "core/export.h"
#include "core/exception.h"
#include "watch/irqllimit.h"
#include "ntifs.h"

typedef enum PSP_QUOTA_TYPE {
    PspNonPagedPool,
    PspPagedPool,
    PspQuotaTypes,
} PSP_QUOTA_TYPE;

struct _EPROCESS {
    ULONG64 References;
    EMU_QUOTA Quota[PspQuotaTypes];
};

static struct _EPROCESS PspProcess = {
    .References = 1,
    .Quota = {{.Limit = EMU_UNLIMITED}, {.Limit = EMU_UNLIMITED}},
};

static PSP_CHARGED PspCharged; /* by drivers themselves, without their blocks */

#undef PsGetCurrentProcess /* wdm.h gives it to IoGetCurrentProcess; the kernel exports both */
PEPROCESS PsGetCurrentProcess(VOID)
{
    return &PspProcess;
}

/* ---- Quota ---------------------------------------------------------------------------------------------------- */

static PSP_QUOTA_TYPE PspQuotaTypeOf(POOL_TYPE PoolType)
{
    return (PoolType & PagedPool) != 0 ? PspPagedPool : PspNonPagedPool;
}

static VOID PspRaisePeak(EMU_QUOTA *Quota, SIZE_T Usage)
{
    SIZE_T Peak = EMU_ATOMIC_LOAD(&Quota->Peak, EMU_ORDER_NONE);

    while (Peak < Usage) {
        SIZE_T Found = EMU_ATOMIC_COMPARE_EXCHANGE(EMU_WORD_BITS, &Quota->Peak, Usage, Peak, EMU_ORDER_FULL);
        if (Found == Peak) {
            return;
        }
        Peak = Found;
    }
}

static BOOLEAN PspCharge(EMU_QUOTA *Quota, SIZE_T Bytes)
{
    SIZE_T Limit = EMU_ATOMIC_LOAD(&Quota->Limit, EMU_ORDER_NONE);
    SIZE_T Usage = EMU_ATOMIC_LOAD(&Quota->Usage, EMU_ORDER_NONE);

    for (;;) {
        if (Usage > Limit || Bytes > Limit - Usage) {
            return FALSE;
        }
        SIZE_T Found = EMU_ATOMIC_COMPARE_EXCHANGE(EMU_WORD_BITS, &Quota->Usage, Usage + Bytes, Usage, EMU_ORDER_FULL);
        if (Found == Usage) {
            PspRaisePeak(Quota, Usage + Bytes);
            return TRUE;
        }
        Usage = Found;
    }
}

static VOID PspReturn(PEPROCESS Process, PSP_QUOTA_TYPE Type, SIZE_T Bytes, ULONG_PTR Caller)
{
    EMU_QUOTA *Quota = &Process->Quota[Type];
    SIZE_T Usage = EMU_ATOMIC_LOAD(&Quota->Usage, EMU_ORDER_NONE);

    for (;;) {
        if (Usage < Bytes) {
            KiStopF((PVOID)Caller, KiBugCheck(QUOTA_UNDERFLOW, (ULONG_PTR)Process, Type, Bytes, Bytes - Usage),
                    "more pool quota is returned than is charged to the process");
        }
        SIZE_T Found = EMU_ATOMIC_COMPARE_EXCHANGE(EMU_WORD_BITS, &Quota->Usage, Usage - Bytes, Usage, EMU_ORDER_FULL);
        if (Found == Usage) {
            return;
        }
        Usage = Found;
    }
}

/* ---- Blocks --------------------------------------------------------------------------------------------------- */

BOOLEAN PspChargeQuota(PEPROCESS Process, POOL_TYPE PoolType, SIZE_T Bytes)
{
    if (!PspCharge(&Process->Quota[PspQuotaTypeOf(PoolType)], Bytes)) {
        return FALSE;
    }
    EMU_ATOMIC_ADD(64, &Process->References, 1, EMU_ORDER_NONE);
    return TRUE;
}

VOID PspReturnQuota(PEPROCESS Process, POOL_TYPE PoolType, SIZE_T Bytes)
{
    EMU_ATOMIC_ADD(64, &Process->References, (ULONG64)-1, EMU_ORDER_NONE);
    PspReturn(Process, PspQuotaTypeOf(PoolType), Bytes, (ULONG_PTR)EMU_RETURN_ADDRESS());
}

/* ---- A driver's own charges ----------------------------------------------------------------------------------- */

static NTSTATUS PspChargeByDriver(PEPROCESS Process, PSP_QUOTA_TYPE Type, SIZE_T Amount)
{
    if (!PspCharge(&Process->Quota[Type], Amount)) {
        return STATUS_QUOTA_EXCEEDED;
    }
    EMU_ATOMIC_ADD(EMU_WORD_BITS, &PspCharged.Bytes[Type], Amount, EMU_ORDER_NONE);
    return STATUS_SUCCESS;
}

static VOID PspReturnByDriver(PEPROCESS Process, PSP_QUOTA_TYPE Type, SIZE_T Amount, PVOID Caller)
{
    PspReturn(Process, Type, Amount, (ULONG_PTR)Caller);
    EMU_ATOMIC_ADD(EMU_WORD_BITS, &PspCharged.Bytes[Type], (SIZE_T)0 - Amount, EMU_ORDER_NONE);
}

PSP_CHARGED PspQueryCharged(VOID)
{
    PSP_CHARGED Charged;

    for (ULONG Type = 0; Type < PspQuotaTypes; Type++) {
        Charged.Bytes[Type] = EMU_ATOMIC_LOAD(&PspCharged.Bytes[Type], EMU_ORDER_NONE);
    }
    return Charged;
}

NTSTATUS PsChargeProcessPoolQuota(PEPROCESS Process, POOL_TYPE PoolType, ULONG_PTR Amount)
{
    KiCheckExport(KiExportPsChargeProcessPoolQuota, EMU_RETURN_ADDRESS());
    VfCheckLimit(KiExportPsChargeProcessPoolQuota, EMU_RETURN_ADDRESS());
    return PspChargeByDriver(Process, PspQuotaTypeOf(PoolType), Amount);
}

NTSTATUS PsChargeProcessNonPagedPoolQuota(PEPROCESS Process, SIZE_T Amount)
{
    KiCheckExport(KiExportPsChargeProcessNonPagedPoolQuota, EMU_RETURN_ADDRESS());
    VfCheckLimit(KiExportPsChargeProcessNonPagedPoolQuota, EMU_RETURN_ADDRESS());
    return PspChargeByDriver(Process, PspNonPagedPool, Amount);
}

NTSTATUS PsChargeProcessPagedPoolQuota(PEPROCESS Process, SIZE_T Amount)
{
    KiCheckExport(KiExportPsChargeProcessPagedPoolQuota, EMU_RETURN_ADDRESS());
    VfCheckLimit(KiExportPsChargeProcessPagedPoolQuota, EMU_RETURN_ADDRESS());
    return PspChargeByDriver(Process, PspPagedPool, Amount);
}

VOID PsChargePoolQuota(PEPROCESS Process, POOL_TYPE PoolType, ULONG_PTR Amount)
{
    VfCheckLimit(KiExportPsChargePoolQuota, EMU_RETURN_ADDRESS());
    NTSTATUS Status = PspChargeByDriver(Process, PspQuotaTypeOf(PoolType), Amount);

    if (!NT_SUCCESS(Status)) {
        KiRaiseAt((ULONG_PTR)EMU_RETURN_ADDRESS(), Status, 0, 0, 0);
    }
}

VOID PsReturnPoolQuota(PEPROCESS Process, POOL_TYPE PoolType, ULONG_PTR Amount)
{
    VfCheckLimit(KiExportPsReturnPoolQuota, EMU_RETURN_ADDRESS());
    PspReturnByDriver(Process, PspQuotaTypeOf(PoolType), Amount, EMU_RETURN_ADDRESS());
}

VOID PsReturnProcessNonPagedPoolQuota(PEPROCESS Process, SIZE_T Amount)
{
    KiCheckExport(KiExportPsReturnProcessNonPagedPoolQuota, EMU_RETURN_ADDRESS());
    VfCheckLimit(KiExportPsReturnProcessNonPagedPoolQuota, EMU_RETURN_ADDRESS());
    PspReturnByDriver(Process, PspNonPagedPool, Amount, EMU_RETURN_ADDRESS());
}

VOID PsReturnProcessPagedPoolQuota(PEPROCESS Process, SIZE_T Amount)
{
    KiCheckExport(KiExportPsReturnProcessPagedPoolQuota, EMU_RETURN_ADDRESS());
    VfCheckLimit(KiExportPsReturnProcessPagedPoolQuota, EMU_RETURN_ADDRESS());
    PspReturnByDriver(Process, PspPagedPool, Amount, EMU_RETURN_ADDRESS());
}

/* ---- The test's side ------------------------------------------------------------------------------------------ */

VOID EmuSetQuotaLimit(POOL_TYPE PoolType, SIZE_T Bytes)
{
    EMU_ATOMIC_STORE(&PspProcess.Quota[PspQuotaTypeOf(PoolType)].Limit, Bytes, EMU_ORDER_NONE);
}

static EMU_QUOTA PspShowQuota(PSP_QUOTA_TYPE Type)
{
    const EMU_QUOTA *Quota = &PspProcess.Quota[Type];

    return (EMU_QUOTA){
        .Limit = EMU_ATOMIC_LOAD(&Quota->Limit, EMU_ORDER_NONE),
        .Usage = EMU_ATOMIC_LOAD(&Quota->Usage, EMU_ORDER_NONE),
        .Peak = EMU_ATOMIC_LOAD(&Quota->Peak, EMU_ORDER_NONE),
    };
}

VOID EmuQueryProcess(EMU_PROCESS *Process)
{
    if (Process == NULL) {
        return;
    }
    *Process = (EMU_PROCESS){
        .References = EMU_ATOMIC_LOAD(&PspProcess.References, EMU_ORDER_NONE),
        .NonPaged = PspShowQuota(PspNonPagedPool),
        .Paged = PspShowQuota(PspPagedPool),
    };
}

VOID PspReset(VOID)
{
    PspProcess.References = 1;
    for (ULONG Type = 0; Type < PspQuotaTypes; Type++) {
        PspProcess.Quota[Type] = (EMU_QUOTA){.Limit = EMU_UNLIMITED};
        PspCharged.Bytes[Type] = 0;
    }
}

/* process.c: the current process, which is always the same one, and the pool that is charged to it. */
#include "process.h"

#include "ke/bugcheck.h"
#include "ke/export.h"
#include "ntifs.h"

typedef enum PSP_QUOTA_TYPE {
    PspNonPagedPool,
    PspPagedPool,
    PspQuotaTypes,
} PSP_QUOTA_TYPE;

struct _EPROCESS {
    LONG References;
    SIZE_T Usage[PspQuotaTypes];
};

static struct _EPROCESS PspProcess = {.References = 1};

PEPROCESS IoGetCurrentProcess(VOID)
{
    return &PspProcess;
}

/* ---- Blocks --------------------------------------------------------------------------------------------------- */

static PSP_QUOTA_TYPE PspQuotaTypeOf(POOL_TYPE PoolType)
{
    return (PoolType & PagedPool) != 0 ? PspPagedPool : PspNonPagedPool;
}

BOOLEAN PspChargeQuota(PEPROCESS Process, POOL_TYPE PoolType, SIZE_T Bytes)
{
    EMU_ATOMIC_ADD(64, &Process->Usage[PspQuotaTypeOf(PoolType)], Bytes, EMU_ORDER_NONE);
    EMU_ATOMIC_ADD(32, &Process->References, 1, EMU_ORDER_NONE);
    return TRUE;
}

VOID PspReturnQuota(PEPROCESS Process, POOL_TYPE PoolType, SIZE_T Bytes)
{
    EMU_ATOMIC_ADD(64, &Process->Usage[PspQuotaTypeOf(PoolType)], 0 - Bytes, EMU_ORDER_NONE);
    EMU_ATOMIC_ADD(32, &Process->References, -1, EMU_ORDER_NONE);
}

VOID PspReset(VOID)
{
    PspProcess.References = 1;
    PspProcess.Usage[PspNonPagedPool] = 0;
    PspProcess.Usage[PspPagedPool] = 0;
}

/* ---- A driver's own charges ----------------------------------------------------------------------------------- */

static NTSTATUS PspChargeAmount(PEPROCESS Process, POOL_TYPE PoolType, ULONG_PTR Amount)
{
    EMU_ATOMIC_ADD(64, &Process->Usage[PspQuotaTypeOf(PoolType)], Amount, EMU_ORDER_NONE);
    return STATUS_SUCCESS;
}

NTSTATUS PsChargeProcessPoolQuota(PEPROCESS Process, POOL_TYPE PoolType, ULONG_PTR Amount)
{
    KiCheckExport(KiExportPsChargeProcessPoolQuota, EMU_RETURN_ADDRESS());
    return PspChargeAmount(Process, PoolType, Amount);
}

VOID PsChargePoolQuota(PEPROCESS Process, POOL_TYPE PoolType, ULONG_PTR Amount)
{
    NTSTATUS Status = PspChargeAmount(Process, PoolType, Amount);

    if (!NT_SUCCESS(Status)) {
        ExRaiseStatus(Status);
    }
}

VOID PsReturnPoolQuota(PEPROCESS Process, POOL_TYPE PoolType, ULONG_PTR Amount)
{
    PSP_QUOTA_TYPE Type = PspQuotaTypeOf(PoolType);
    SIZE_T Charged = EMU_ATOMIC_ADD(64, &Process->Usage[Type], 0 - Amount, EMU_ORDER_NONE);

    if (Charged < Amount) {
        EMU_ATOMIC_ADD(64, &Process->Usage[Type], Amount, EMU_ORDER_NONE);
        KiStop(QUOTA_UNDERFLOW, (ULONG_PTR)Process, Type, Amount, Amount - Charged,
               "PsReturnPoolQuota returns more than is charged");
    }
}

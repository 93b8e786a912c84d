/* limit.c: EmuSetPoolLimit. While a limit is set KiUnusual sends every request and every free through its slow path,
 * which keeps the sum of the bytes in use here; without one nothing is counted. */
#include "mem/limit.h"

#include "core/thread.h"
#include "mem/block.h"

typedef struct MI_LIMIT {
    SIZE_T Bytes;
    SIZE_T Used;
} MI_LIMIT;

enum {
    MiNonPagedLimit,
    MiPagedLimit,
    MiLimits,
};

static MI_LIMIT MiLimit[MiLimits] = {{EMU_UNLIMITED, 0}, {EMU_UNLIMITED, 0}};

static ULONG MiLimitIndex(POOL_TYPE PoolType)
{
    return (PoolType & PagedPool) != 0 ? MiPagedLimit : MiNonPagedLimit;
}

static MI_LIMIT *MiLimitOf(POOL_TYPE PoolType)
{
    return &MiLimit[MiLimitIndex(PoolType)];
}

VOID EmuSetPoolLimit(POOL_TYPE PoolType, SIZE_T Bytes)
{
    MI_LIMIT *Limit = MiLimitOf(PoolType);

    Limit->Bytes = Bytes;
    Limit->Used = Bytes == EMU_UNLIMITED ? 0 : (SIZE_T)MiSumAllLive().Bytes[MiLimitIndex(PoolType)];
    KiSetUnusual(KI_POOL_LIMIT,
                 MiLimit[MiNonPagedLimit].Bytes != EMU_UNLIMITED || MiLimit[MiPagedLimit].Bytes != EMU_UNLIMITED);
}

VOID MiResetLimits(VOID)
{
    EmuSetPoolLimit(NonPagedPoolBase, EMU_UNLIMITED);
    EmuSetPoolLimit(PagedPool, EMU_UNLIMITED);
}

/* Up to where requests of that priority are served. */
static SIZE_T MiCeiling(SIZE_T Limit, EX_POOL_PRIORITY Priority)
{
    if (Priority < NormalPoolPriority) {
        return Limit - Limit / 4;
    }
    return Priority < HighPoolPriority ? Limit - Limit / 8 : Limit;
}

BOOLEAN MiTakeFromLimit(POOL_TYPE PoolType, SIZE_T Bytes, EX_POOL_PRIORITY Priority)
{
    MI_LIMIT *Limit = MiLimitOf(PoolType);

    if (Limit->Bytes == EMU_UNLIMITED) {
        return TRUE;
    }
    SIZE_T Ceiling = MiCeiling(Limit->Bytes, Priority);
    SIZE_T Used = EMU_ATOMIC_LOAD(&Limit->Used, EMU_ORDER_NONE);
    for (;;) {
        if (Used > Ceiling || Bytes > Ceiling - Used) {
            return FALSE;
        }
        SIZE_T Found = EMU_ATOMIC_COMPARE_EXCHANGE(EMU_WORD_BITS, &Limit->Used, Used + Bytes, Used, EMU_ORDER_FULL);
        if (Found == Used) {
            return TRUE;
        }
        Used = Found;
    }
}

VOID MiGiveToLimit(POOL_TYPE PoolType, SIZE_T Bytes)
{
    MI_LIMIT *Limit = MiLimitOf(PoolType);

    if (Limit->Bytes != EMU_UNLIMITED) {
        EMU_ATOMIC_ADD(EMU_WORD_BITS, &Limit->Used, 0 - Bytes, EMU_ORDER_NONE);
    }
}

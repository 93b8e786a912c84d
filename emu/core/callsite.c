/* callsite.c: what is counted by call site. */
#include "core/callsite.h"

static KI_CALL_SITE *KiSlot(PVOID Table, SIZE_T Bytes, ULONG Index)
{
    return (KI_CALL_SITE *)((UCHAR *)Table + Index * Bytes);
}

/* TRUE when the slot is that of Key, from before or from now on. */
static BOOLEAN KiTakeSlot(KI_CALL_SITE *Site, ULONG64 Key, BOOLEAN *IsNew)
{
    ULONG64 Found = EMU_ATOMIC_LOAD(&Site->Key, EMU_ORDER_ACQUIRE);

    if (Found == 0) {
        Found = EMU_ATOMIC_COMPARE_EXCHANGE(64, &Site->Key, Key, (ULONG64)0, EMU_ORDER_FULL);
        *IsNew = Found == 0;
    }
    return Found == 0 || Found == Key;
}

KI_CALL_SITE *KiFindCallSite(PVOID Table, SIZE_T Bytes, ULONG64 Key, BOOLEAN *IsNew)
{
    ULONG First = (ULONG)(Key * 0x9E3779B97F4A7C15u >> 32) % KI_LAST_CALL_SITE;

    *IsNew = FALSE;
    for (ULONG Step = 0; Step < KI_LAST_CALL_SITE; Step++) {
        KI_CALL_SITE *Site = KiSlot(Table, Bytes, (First + Step) % KI_LAST_CALL_SITE);
        if (KiTakeSlot(Site, Key, IsNew)) {
            return Site;
        }
    }
    KI_CALL_SITE *Last = KiSlot(Table, Bytes, KI_LAST_CALL_SITE);
    KiTakeSlot(Last, KI_OVERFLOW_KEY, IsNew);
    return Last;
}

VOID KiWriteCallSite(KI_CALL_SITE *Site)
{
    EMU_ATOMIC_STORE(&Site->Written, 1u, EMU_ORDER_RELEASE);
}

KI_CALL_SITE *KiCallSiteAt(PVOID Table, SIZE_T Bytes, ULONG Index)
{
    KI_CALL_SITE *Site = KiSlot(Table, Bytes, Index);

    return EMU_ATOMIC_LOAD(&Site->Written, EMU_ORDER_ACQUIRE) != 0 ? Site : NULL;
}

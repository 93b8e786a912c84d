/* callsite.c: what is counted by call site. */
#include "core/callsite.h"

#include "host/table.h"

static KI_CALL_SITE *KiSlot(PVOID Table, SIZE_T Bytes, ULONG Index)
{
    return (KI_CALL_SITE *)((UCHAR *)Table + Index * Bytes);
}

KI_CALL_SITE *KiFindCallSite(PVOID Table, SIZE_T Bytes, ULONG64 Key, BOOLEAN *IsNew)
{
    HOST_TABLE Sites = {Table, Bytes, KI_LAST_CALL_SITE, KI_LAST_CALL_SITE};
    HOST_TABLE Last = {KiSlot(Table, Bytes, KI_LAST_CALL_SITE), Bytes, 1, 1};
    KI_CALL_SITE *Site = HostTakeElement(&Sites, Key, IsNew);

    return Site != NULL ? Site : HostTakeElement(&Last, KI_OVERFLOW_KEY, IsNew);
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

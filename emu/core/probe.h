/* probe.h: looks at the head of a sequenced list, for KI_PROBE. */
#ifndef EMU_CORE_PROBE_H
#define EMU_CORE_PROBE_H

#include "wdm.h"

/* The header. Its halves may stem from different moments; a compare-and-swap finds that out. */
EMU_INLINE SLIST_HEADER KiReadHead(const SLIST_HEADER *ListHead)
{
    SLIST_HEADER Head;

    Head.Alignment = EMU_ATOMIC_LOAD(&ListHead->Alignment, EMU_ORDER_ACQUIRE);
#if defined(_WIN64)
    Head.Region = EMU_ATOMIC_LOAD(&ListHead->Region, EMU_ORDER_ACQUIRE);
#endif
    return Head;
}

EMU_INLINE BOOLEAN KiIsHead(const SLIST_HEADER *ListHead, SLIST_HEADER Seen)
{
    SLIST_HEADER Head = KiReadHead(ListHead);

#if defined(_WIN64)
    return Head.Alignment == Seen.Alignment && Head.Region == Seen.Region;
#else
    return Head.Alignment == Seen.Alignment;
#endif
}

#endif

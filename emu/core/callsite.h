/* callsite.h: what is counted by call site. A table of fixed size without a lock, so that it can be used anywhere, also
 * around a fork; what does not fit into it is counted in its last slot. */
#ifndef EMU_CORE_CALLSITE_H
#define EMU_CORE_CALLSITE_H

#include "poolemu.h"

/* What each element of a table begins with; Key 0 is a free slot. */
typedef struct KI_CALL_SITE {
    ULONG64 Key;
    ULONG64 Count;
    ULONG Written; /* the one who took the slot has filled in the rest */
} KI_CALL_SITE;

enum {
    KI_CALL_SITES = 1024,
    KI_LAST_CALL_SITE = KI_CALL_SITES - 1, /* all that came when the others were taken */
};

#define KI_OVERFLOW_KEY (~(ULONG64)0)

/* The slot of Key in a table of KI_CALL_SITES elements of Bytes each. *IsNew: the caller has taken it, fills in the
 * rest and calls KiWriteCallSite. */
KI_CALL_SITE *KiFindCallSite(PVOID Table, SIZE_T Bytes, ULONG64 Key, BOOLEAN *IsNew);
VOID KiWriteCallSite(KI_CALL_SITE *Site);

/* NULL: the slot of that index is free, or not yet filled in. */
KI_CALL_SITE *KiCallSiteAt(PVOID Table, SIZE_T Bytes, ULONG Index);

#endif

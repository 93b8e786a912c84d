/* leak.h: the call sites that leaking blocks came from. */
#ifndef EMU_TEST_LEAK_H
#define EMU_TEST_LEAK_H

#include "mem/block.h"

/* What the driver that was unloaded last has left, site by site, the most bytes first; while the images that the sites
 * lie in are loaded. Then the total, and as much of the list as fits into Text. */
VOID EmupForgetLeakSites(VOID);
VOID EmupAddLeak(const MI_BLOCK *Block);
VOID EmupSortLeakSites(VOID);

typedef struct EMUP_LEAK_TOTAL {
    ULONG64 Blocks;
    ULONG64 Bytes[2]; /* [0] nonpaged, [1] paged */
} EMUP_LEAK_TOTAL;

EMUP_LEAK_TOTAL EmupLeakTotal(VOID);
VOID EmupDescribeLeakSites(PSTR Text, SIZE_T Bytes);

#endif

/* slist.h: the sequenced lists. */
#ifndef FUZZ_POOL_SLIST_H
#define FUZZ_POOL_SLIST_H

#include "pool/model.h"

VOID InitializeSLists(VOID);

#endif

/* lists.h: the lookaside lists. */
#ifndef FUZZ_POOL_LISTS_H
#define FUZZ_POOL_LISTS_H

#include "pool/model.h"

/* For a new beginning: none is initialized. */
VOID ForgetLists(VOID);
VOID CheckList(const LIST *List);

#endif

/* query.h: walks over all that is allocated. */
#ifndef FUZZ_POOL_QUERY_H
#define FUZZ_POOL_QUERY_H

#include "pool/model.h"

/* Stops after Most blocks. */
VOID WalkBlocks(ULONG Most);
VOID WalkTags(VOID);

#endif

/* free.h: what a free must do. */
#ifndef FUZZ_POOL_FREE_H
#define FUZZ_POOL_FREE_H

#include "pool/run.h"

VOID RemoveBlock(BLOCK *Block);
EXPECTED ExpectFreeOfBlock(const BLOCK *Block, ULONG Tag);
BOOLEAN IsPagedAddress(const VOID *Address);

/* An address that begins no block: inside one, in its header, far from all, or none of the pool's. *Expected gets the
 * stop that a free of it is, and that ExQueryPoolBlockSize is as well. */
PVOID ChooseBadAddress(EXPECTED *Expected);

#endif

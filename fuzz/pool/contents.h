/* contents.h: what stands in the blocks. */
#ifndef FUZZ_POOL_CONTENTS_H
#define FUZZ_POOL_CONTENTS_H

#include "pool/model.h"

VOID Fill(BLOCK *Block);

/* Paged pool must not be touched at DISPATCH_LEVEL and above. */
BOOLEAN IsTouchable(const BLOCK *Block);

VOID CheckContents(const BLOCK *Block);
BOOLEAN IsZero(const UCHAR *Start, SIZE_T Bytes);

#endif

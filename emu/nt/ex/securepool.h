/* securepool.h: secure pools, as far as the pool routines and the questions to the pool need them. */
#ifndef EMU_NT_EX_SECUREPOOL_H
#define EMU_NT_EX_SECUREPOOL_H

#include "mem/block.h"

/* Whether these parameters can be honoured: there is such a pool, and the flags are known. */
BOOLEAN ExpIsSecureRequest(const POOL_EXTENDED_PARAMS_SECURE_POOL *Parameters);

/* A block with the parameters' contents, or zeroed; NULL: no memory. */
PVOID ExpAllocateSecure(const POOL_EXTENDED_PARAMS_SECURE_POOL *Parameters, SIZE_T Bytes, ULONG Tag);

/* Frees a block, or stops for the code at Caller. */
VOID ExpFreeSecure(const POOL_EXTENDED_PARAMS_SECURE_POOL *Parameters, PVOID Address, ULONG Tag, PVOID Caller);

/* The live block that begins at Address; FALSE: none. */
BOOLEAN ExpFindSecureBlock(PVOID Address, MI_BLOCK *Block);

/* All that are live now, by address, until Callback returns FALSE. None when the host has no memory for the list. */
VOID ExpForEachSecureBlock(BOOLEAN (*Callback)(const MI_BLOCK *Block, PVOID Context), PVOID Context);

/* For EmuReset: destroys all secure pools. */
VOID ExpResetSecurePools(VOID);

/* Around a fork. */
VOID ExpAcquireSecure(VOID);
VOID ExpReleaseSecure(VOID);

#endif

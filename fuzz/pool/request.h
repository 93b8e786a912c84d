/* request.h: a request for a block, whichever routine makes it. */
#ifndef FUZZ_POOL_REQUEST_H
#define FUZZ_POOL_REQUEST_H

#include "pool/run.h"

typedef struct REQUEST {
    ULONG Type;
    SIZE_T Bytes;
    ULONG Tag;
    BOOLEAN Quota;
    BOOLEAN Raises;
    BOOLEAN Zeroed;
    BOOLEAN MayBeEmpty;
    BOOLEAN Invalid; /* STATUS_INVALID_PARAMETER, before any other rule */
} REQUEST;

BOOLEAN IsIrqlTooHigh(ULONG Type);

/* *Fails: it fails without a stop, by NULL or by an exception. */
EXPECTED ExpectAllocation(const REQUEST *Request, BOOLEAN *Fails);

/* FALSE: the operation is left out, the model's room or the input's budget does not allow it. */
BOOLEAN HasRoomFor(SIZE_T Bytes);

BLOCK *AddBlock(const REQUEST *Request, PVOID Address);
VOID RunAllocation(CALL *Call, const REQUEST *Request);

#endif

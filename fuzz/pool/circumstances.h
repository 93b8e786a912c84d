/* circumstances.h: the beginning of an input, and the check at its end. */
#ifndef FUZZ_POOL_CIRCUMSTANCES_H
#define FUZZ_POOL_CIRCUMSTANCES_H

#include "pool/model.h"

VOID Reset(VOID);
VOID CheckEverything(VOID);

#endif

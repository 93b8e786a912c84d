/* input.h: the bytes of the input, read as choices. At its end all of them are 0. */
#ifndef FUZZ_POOL_INPUT_H
#define FUZZ_POOL_INPUT_H

#include "ntifs.h"

VOID BeginInput(const UCHAR *Data, SIZE_T Bytes);
BOOLEAN HasInput(VOID);

ULONG Byte(VOID);
ULONG Choose(ULONG Count);
ULONG ChooseTag(VOID);
ULONG ChooseType(VOID);
SIZE_T ChooseSize(VOID);

#endif

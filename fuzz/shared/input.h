/* input.h: what a fuzzed program gives to a parser: an input as a text or as a file. libFuzzer calls the two routines.
 */
#ifndef FUZZ_SHARED_INPUT_H
#define FUZZ_SHARED_INPUT_H

#include <stddef.h>
#include <stdint.h>

#include "ntdef.h"

int LLVMFuzzerInitialize(int *Count, char ***Arguments);
int LLVMFuzzerTestOneInput(const uint8_t *Data, size_t Bytes);

/* The input with a 0 behind it, in memory of just that length, so that AddressSanitizer sees who reads on. To be freed.
 */
PSTR FuzzText(const uint8_t *Data, size_t Bytes);

/* A file in memory that has the input for contents; the same one each time. Its path. */
PCSTR FuzzFile(const uint8_t *Data, size_t Bytes);

/* How long that file is now. */
size_t FuzzFileBytes(void);

/* What a parser did is wrong: prints it and aborts, which is what libFuzzer reports. */
EMU_NORETURN EMU_FORMAT(1, 2) void FuzzFail(PCSTR Format, ...);

#endif

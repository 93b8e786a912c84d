/* verifier.c: fuzzes EmuFindVerifierFlags, the text of POOLEMU_VERIFIER and --verifier. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "poolemu.h"
#include "shared/input.h"

enum {
    ALL_FLAGS = EMU_VERIFIER_STANDARD | EMU_VERIFIER_LOW_RESOURCES | EMU_VERIFIER_SYSTEMATIC_LOW_RESOURCES |
                EMU_VERIFIER_CODE_INTEGRITY,
    UNTOUCHED = 0x5A5A5A5A,
};

static ULONG FindFlags(PCSTR Text)
{
    ULONG Flags = UNTOUCHED;
    NTSTATUS Status = EmuFindVerifierFlags(Text, &Flags);

    if (NT_SUCCESS(Status) ? Flags == 0 || (Flags & ~(ULONG)ALL_FLAGS) != 0
                           : Status != STATUS_NOT_FOUND || Flags != UNTOUCHED) {
        FuzzFail("'%s': status 0x%08X, flags 0x%X", Text, (unsigned)Status, (unsigned)Flags);
    }
    return NT_SUCCESS(Status) ? Flags : 0;
}

/* The bits of all words together, each read alone; 0 where one of them is none. */
static ULONG FindFlagsOfWords(PSTR Text)
{
    ULONG Flags = 0;

    for (PSTR Word = Text;;) {
        PSTR End = Word + strcspn(Word, ",");
        BOOLEAN IsLast = *End == 0;
        *End = 0;
        ULONG More = FindFlags(Word);
        if (More == 0) {
            return 0;
        }
        Flags |= More;
        if (IsLast) {
            return Flags;
        }
        Word = End + 1;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *Data, size_t Bytes)
{
    PSTR Text = FuzzText(Data, Bytes);
    ULONG Flags = FindFlags(Text);
    CHAR Number[16];

    snprintf(Number, sizeof(Number), "0x%X", (unsigned)Flags);
    if (Flags != 0 && FindFlags(Number) != Flags) {
        FuzzFail("'%s' is not the same as %s", Text, Number);
    }
    if (FindFlagsOfWords(Text) != Flags) {
        FuzzFail("the words of '%s' mean other options than the text, 0x%X", Text, (unsigned)Flags);
    }
    free(Text);
    return 0;
}

/* debug.c: fuzzes the formats of DbgPrint and its kin. Every argument is the address of the same memory, which is right
 * for whatever a format wants: a text, a wide text, a counted string. The address is small, so that it is a width, too.
 * The report of a crash goes where the text goes: run its input again with ASAN_OPTIONS=log_path=FILE. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ntifs.h"
#include "poolemu.h"
#include "shared/input.h"

enum {
    ARGUMENT_COUNT = 16,
    MOST_PRINTED = 512, /* by one call */
    ARGUMENT_ADDRESS = 0x20000,
};

typedef struct ARGUMENT {
    UNICODE_STRING String; /* and an ANSI_STRING, and a text of one character */
    WCHAR Text[8];
} ARGUMENT;

static PVOID MakeArgument(void)
{
    ARGUMENT *Argument = mmap((PVOID)ARGUMENT_ADDRESS, sizeof(*Argument), PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

    if (Argument == MAP_FAILED) {
        FuzzFail("no memory at a small address");
    }
    /* A character of each length in UTF-8, and half of one. */
    memcpy(Argument->Text, (const WCHAR[]){'a', 0xE4, 0x20AC, 0xD83D, 0xDE00, 0xD83D, 0}, 7 * sizeof(WCHAR));
    Argument->String = (UNICODE_STRING){6 * sizeof(WCHAR), sizeof(Argument->Text), Argument->Text};
    return Argument;
}

static void PrintArguments(PCSTR Format, ...)
{
    va_list Arguments;

    va_start(Arguments, Format);
    ULONG Status = vDbgPrintEx(0, 0, Format, Arguments);
    va_end(Arguments);
    if (Status != STATUS_SUCCESS) {
        FuzzFail("status 0x%08X", (unsigned)Status);
    }
}

/* Text gets what stderr gets; returns its length. */
static size_t Print(PCSTR Format, CHAR Text[MOST_PRINTED + 1])
{
    static PVOID A;
    static int Errors = -1, Pipe[2];

    if (Errors < 0) {
        A = MakeArgument();
        Errors = dup(STDERR_FILENO);
        if (Errors < 0 || pipe(Pipe) != 0) {
            FuzzFail("no pipe");
        }
    }
    dup2(Pipe[1], STDERR_FILENO);
    PrintArguments(Format, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A);
    dup2(Errors, STDERR_FILENO);
    if (write(Pipe[1], "", 1) != 1) { /* no text that is printed has a 0 in it */
        FuzzFail("no pipe");
    }
    ssize_t Bytes = read(Pipe[0], Text, MOST_PRINTED + 1);
    if (Bytes < 1 || Text[Bytes - 1] != 0) {
        FuzzFail("more than %u bytes are printed", (unsigned)MOST_PRINTED);
    }
    return strlen(Text);
}

int LLVMFuzzerTestOneInput(const uint8_t *Data, size_t Bytes)
{
    CHAR Text[MOST_PRINTED + 1];
    PSTR Format = FuzzText(Data, Bytes);
    size_t Length = strlen(Format);
    ULONG Arguments = 0;

    for (size_t Index = 0; Index < Length; Index++) {
        Arguments += Format[Index] == '%' || Format[Index] == '*';
    }
    if (Arguments <= ARGUMENT_COUNT) {
        size_t Printed = Print(Format, Text);
        BOOLEAN IsCut = Length > MOST_PRINTED;
        if (Arguments == 0 && (Printed != (IsCut ? (size_t)MOST_PRINTED : Length) ||
                               memcmp(Text, Format, Printed - IsCut) != 0 || (IsCut && Text[Printed - 1] != '\n'))) {
            FuzzFail("'%s' is printed as '%s'", Format, Text);
        }
    }
    free(Format);
    return 0;
}

/* json.h: writes JSON, value by value; commas, indentation and escapes come by themselves. For the library's reports,
 * and for bench/report.c, which is compiled with json.c: so json.c calls nothing but the C library. */
#ifndef EMU_TEST_JSON_H
#define EMU_TEST_JSON_H

#include <stdio.h>

#include "ntdef.h"

enum {
    EMUP_JSON_BYTES = 4096,
};

typedef struct EMUP_JSON {
    FILE *File; /* has everything when the outermost value is complete */
    ULONG Depth;
    BOOLEAN HasItems; /* the list or object that is open has */
    ULONG Length;
    CHAR Buffer[EMUP_JSON_BYTES]; /* what File does not have yet */
} EMUP_JSON;

/* Name is that of a member of the open object, NULL for an element of the open list and for the outermost value.
 * Bracket is { or [, and } or ] again. */
VOID EmupJsonOpen(EMUP_JSON *Json, PCSTR Name, CHAR Bracket);
VOID EmupJsonClose(EMUP_JSON *Json, CHAR Bracket);

/* What is not UTF-8 in it becomes U+FFFD. */
VOID EmupJsonString(EMUP_JSON *Json, PCSTR Name, PCSTR Text);
VOID EmupJsonNumber(EMUP_JSON *Json, PCSTR Name, ULONG64 Number);
VOID EmupJsonReal(EMUP_JSON *Json, PCSTR Name, double Number, ULONG Decimals); /* finite; in the benchmark's figures */
VOID EmupJsonBoolean(EMUP_JSON *Json, PCSTR Name, BOOLEAN Value);
VOID EmupJsonNull(EMUP_JSON *Json, PCSTR Name);

/* As a string: a number of JSON holds 53 bits only. */
VOID EmupJsonAddress(EMUP_JSON *Json, PCSTR Name, PVOID Address);

#endif

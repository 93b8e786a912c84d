/* json.h: writes JSON, value by value; commas, indentation and escapes come by themselves. */
#ifndef EMU_TEST_JSON_H
#define EMU_TEST_JSON_H

#include <stdio.h>

#include "ntdef.h"

typedef struct IOP_JSON {
    FILE *File;
    ULONG Depth;
    BOOLEAN HasItems; /* the list or object that is open has */
} IOP_JSON;

/* Name is that of a member of the open object, NULL for an element of the open list and for the outermost value.
 * Bracket is { or [, and } or ] again. */
VOID IopJsonOpen(IOP_JSON *Json, PCSTR Name, CHAR Bracket);
VOID IopJsonClose(IOP_JSON *Json, CHAR Bracket);

/* What is not UTF-8 in it becomes U+FFFD. */
VOID IopJsonString(IOP_JSON *Json, PCSTR Name, PCSTR Text);
VOID IopJsonNumber(IOP_JSON *Json, PCSTR Name, ULONG64 Number);
VOID IopJsonBoolean(IOP_JSON *Json, PCSTR Name, BOOLEAN Value);
VOID IopJsonNull(IOP_JSON *Json, PCSTR Name);

/* As a string: a number of JSON holds 53 bits only. */
VOID IopJsonAddress(IOP_JSON *Json, PCSTR Name, PVOID Address);

#endif

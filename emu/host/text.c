/* text.c: text for people, without control characters. */
#include "host/text.h"

#include <string.h>

VOID HostMakePrintable(PSTR Text, BOOLEAN Lines)
{
    for (UCHAR *At = (UCHAR *)Text; *At != 0; At++) {
        BOOLEAN IsControl = *At < 0x20 || *At == 0x7F;

        if (*At == 0xC2 && At[1] >= 0x80 && At[1] <= 0x9F) { /* U+0080 to U+009F; two characters, as it was */
            *At = '?';
            *++At = '?';
        } else if (IsControl && !(Lines && *At == '\n' && strncmp((PCSTR)At + 1, "    ", 4) == 0)) {
            *At = '?';
        }
    }
}

/* format.h: writes what a format says to a buffer of characters, or of wide ones. */
#ifndef EMU_NT_RTL_FORMAT_H
#define EMU_NT_RTL_FORMAT_H

#include <stdarg.h>

#include "poolemu.h"

/* Where it goes. WideText is NULL where the output is not wide: then UTF-16 becomes UTF-8. */
typedef struct RTLP_OUTPUT {
    PSTR Text;
    PWSTR WideText;
    SIZE_T Capacity;
    SIZE_T Length; /* what there is to say, even where it does not fit */
} RTLP_OUTPUT;

typedef struct RTLP_ARGUMENTS {
    va_list List;
} RTLP_ARGUMENTS;

VOID RtlpPut(RTLP_OUTPUT *Output, CHAR Character);

/* One conversion, which begins at Format with a %. Returns what stands behind it. */
PCSTR RtlpFormatOne(RTLP_OUTPUT *Output, PCSTR Format, RTLP_ARGUMENTS *Arguments);

VOID RtlpFormat(RTLP_OUTPUT *Output, PCSTR Format, RTLP_ARGUMENTS *Arguments);
VOID RtlpFormatWide(RTLP_OUTPUT *Output, PCWSTR Format, RTLP_ARGUMENTS *Arguments);

#endif

/* strsafe.c: what the inline routines of ntstrsafe.h call. */
#include <ntstrsafe.h>

#include "nt/rtl/format.h"

SIZE_T EmuFormatA(CHAR *Buffer, SIZE_T Count, PCSTR Format, va_list Arguments)
{
    RTLP_OUTPUT Output = {.Text = Buffer, .Capacity = Count};
    RTLP_ARGUMENTS List;

    va_copy(List.List, Arguments);
    RtlpFormat(&Output, Format, &List);
    va_end(List.List);
    return Output.Length;
}

SIZE_T EmuFormatW(WCHAR *Buffer, SIZE_T Count, PCWSTR Format, va_list Arguments)
{
    RTLP_OUTPUT Output = {.WideText = Buffer, .Capacity = Count};
    RTLP_ARGUMENTS List;

    va_copy(List.List, Arguments);
    RtlpFormatWide(&Output, Format, &List);
    va_end(List.List);
    return Output.Length;
}

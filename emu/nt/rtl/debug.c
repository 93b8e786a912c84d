/* debug.c: DbgPrint and its kin, which format as Windows does and write to stderr, and RtlAssert. Nothing is filtered
 * by component or level: this is what a kernel debugger shows with every mask open. */
#include <stdarg.h>

#include "host/host.h"
#include "core/bugcheck.h"
#include "core/export.h"
#include "nt/rtl/format.h"

/* One call transmits 512 bytes at most, as documented; what is longer is cut and ends with a new line. */
static ULONG RtlpPrint(PCCH Prefix, PCCH Format, va_list Arguments)
{
    CHAR Text[512 + 1];
    RTLP_OUTPUT Output = {.Text = Text, .Capacity = sizeof(Text) - 1};
    RTLP_ARGUMENTS List;

    while (*Prefix != 0) {
        RtlpPut(&Output, *Prefix++);
    }
    va_copy(List.List, Arguments);
    RtlpFormat(&Output, Format, &List);
    va_end(List.List);
    if (Output.Length > Output.Capacity) {
        Output.Length = Output.Capacity;
        Text[Output.Length - 1] = '\n';
    }
    Text[Output.Length] = 0;

    HostWriteError(Text);
    return STATUS_SUCCESS;
}

ULONG vDbgPrintExWithPrefix(PCCH Prefix, ULONG ComponentId, ULONG Level, PCCH Format, va_list Arguments)
{
    UNREFERENCED_PARAMETER(ComponentId);
    UNREFERENCED_PARAMETER(Level);
    KiCheckExport(KiExportvDbgPrintExWithPrefix, EMU_RETURN_ADDRESS());
    return RtlpPrint(Prefix, Format, Arguments);
}

ULONG vDbgPrintEx(ULONG ComponentId, ULONG Level, PCCH Format, va_list Arguments)
{
    UNREFERENCED_PARAMETER(ComponentId);
    UNREFERENCED_PARAMETER(Level);
    KiCheckExport(KiExportvDbgPrintEx, EMU_RETURN_ADDRESS());
    return RtlpPrint("", Format, Arguments);
}

ULONG DbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, ...)
{
    va_list Arguments;
    ULONG Status;

    UNREFERENCED_PARAMETER(ComponentId);
    UNREFERENCED_PARAMETER(Level);
    KiCheckExport(KiExportDbgPrintEx, EMU_RETURN_ADDRESS());
    va_start(Arguments, Format);
    Status = RtlpPrint("", Format, Arguments);
    va_end(Arguments);

    return Status;
}

ULONG DbgPrint(PCSTR Format, ...)
{
    va_list Arguments;
    ULONG Status;

    va_start(Arguments, Format);
    Status = RtlpPrint("", Format, Arguments);
    va_end(Arguments);

    return Status;
}

/* Without a kernel debugger an assertion that fails is the breakpoint that nobody handles: 0x1E with
 * STATUS_BREAKPOINT, as the page of that bug check says. */
VOID RtlAssert(PVOID FailedAssertion, PVOID FileName, ULONG LineNumber, PSTR Message)
{
    DbgPrint("\n*** Assertion failed: %s%s\n***   Source File: %s, line %u\n\n", Message == NULL ? "" : Message,
             (PCSTR)FailedAssertion, (PCSTR)FileName, LineNumber);
    KiStopF(
        NULL,
        KiBugCheck(KMODE_EXCEPTION_NOT_HANDLED, (ULONG_PTR)STATUS_BREAKPOINT, (ULONG_PTR)EMU_RETURN_ADDRESS(), 0, 0),
        "assertion failed: %s%s%s (%s, line %u)", Message == NULL ? "" : Message, Message == NULL ? "" : ": ",
        (PCSTR)FailedAssertion, (PCSTR)FileName, LineNumber);
}

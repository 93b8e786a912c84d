/* violation.c: the rules that a driver broke without being stopped, by kind and call site. */
#include "core/violation.h"

#include <stdarg.h>
#include <string.h>

#include "core/callsite.h"
#include "host/code.h"
#include "host/hash.h"
#include "host/text.h"

typedef struct KI_VIOLATION {
    KI_CALL_SITE Site;
    EMU_VIOLATION_KIND Kind;
    PVOID Caller;
    CHAR Text[sizeof(((EMU_VIOLATION *)0)->Text)];
} KI_VIOLATION;

static KI_VIOLATION KiViolations[KI_CALL_SITES];
static ULONG64 KiViolationCount;

/* Callers that are known to be a driver's code, each at the place of its hash: finding that out takes long. */
static PVOID KiDriverCallers[64];

static PVOID KiFindViolator(PVOID Caller)
{
    PVOID *Known = &KiDriverCallers[HostHash64((ULONG_PTR)Caller) % RTL_NUMBER_OF(KiDriverCallers)];

    if (Caller == NULL || EMU_ATOMIC_LOAD(Known, EMU_ORDER_NONE) == Caller) {
        return Caller;
    }
    PVOID Code = HostFindDriverCall(Caller);
    if (Code == Caller) { /* else it depends on the stack */
        EMU_ATOMIC_STORE(Known, Caller, EMU_ORDER_NONE);
    }
    return Code;
}

VOID KiRecordViolation(EMU_VIOLATION_KIND Kind, PVOID Caller, PCSTR Format, ...)
{
    BOOLEAN IsNew;
    va_list Arguments;
    PVOID Code = KiFindViolator(Caller);
    ULONG64 Key = (ULONG64)(ULONG_PTR)Code << 4 | (ULONG64)Kind;
    KI_VIOLATION *Violation = (KI_VIOLATION *)KiFindCallSite(KiViolations, sizeof(KI_VIOLATION), Key, &IsNew);

    EMU_ATOMIC_ADD(64, &KiViolationCount, (ULONG64)1, EMU_ORDER_NONE);
    EMU_ATOMIC_ADD(64, &Violation->Site.Count, (ULONG64)1, EMU_ORDER_NONE);
    if (!IsNew) {
        return;
    }
    if (EMU_ATOMIC_LOAD(&Violation->Site.Key, EMU_ORDER_NONE) == Key) {
        Violation->Kind = Kind;
        Violation->Caller = Code;
        va_start(Arguments, Format);
        vsnprintf(Violation->Text, sizeof(Violation->Text), Format, Arguments);
        HostMakePrintable(Violation->Text, FALSE);
        va_end(Arguments);
    } else {
        Violation->Kind = EmuViolationsElsewhere;
        snprintf(Violation->Text, sizeof(Violation->Text), "violations at more than %u call sites; this is the rest",
                 (unsigned)KI_LAST_CALL_SITE);
    }
    KiWriteCallSite(&Violation->Site);
}

ULONG64 EmuViolationCount(VOID)
{
    return EMU_ATOMIC_LOAD(&KiViolationCount, EMU_ORDER_NONE);
}

VOID EmuForEachViolation(EMU_VIOLATION_CALLBACK *Callback, PVOID Context)
{
    if (Callback == NULL) {
        return;
    }
    for (ULONG Index = 0; Index < KI_CALL_SITES; Index++) {
        const KI_VIOLATION *Recorded = (const KI_VIOLATION *)KiCallSiteAt(KiViolations, sizeof(KI_VIOLATION), Index);
        EMU_VIOLATION Violation = {0};

        if (Recorded == NULL) {
            continue;
        }
        Violation.Kind = Recorded->Kind;
        Violation.Count = EMU_ATOMIC_LOAD(&Recorded->Site.Count, EMU_ORDER_NONE);
        Violation.Caller = Recorded->Caller;
        memcpy(Violation.Text, Recorded->Text, sizeof(Violation.Text));
        if (!Callback(&Violation, Context)) {
            return;
        }
    }
}

static BOOLEAN KiPrintViolation(const EMU_VIOLATION *Violation, PVOID Stream)
{
    CHAR Code[512] = "the loader";

    if (Violation->Caller != NULL) {
        HostDescribeCall(Violation->Caller, Code, sizeof(Code));
    }
    fprintf(Stream, "violation: %s (%llu time%s, by %s)\n", Violation->Text, (ULONGLONG)Violation->Count,
            Violation->Count == 1 ? "" : "s", Code);
    return TRUE;
}

VOID EmuPrintViolations(FILE *Stream)
{
    if (Stream == NULL) {
        return;
    }
    EmuForEachViolation(KiPrintViolation, Stream);
}

VOID KiResetViolations(VOID)
{
    if (KiViolationCount != 0) {
        memset(KiViolations, 0, sizeof(KiViolations));
        memset(KiDriverCallers, 0, sizeof(KiDriverCallers)); /* another image may come to their addresses */
        KiViolationCount = 0;
    }
}

/* option.c: the table of the options, the rules that hold for all of them, and what is printed of them. */
#include "core/option.h"

#include <string.h>

#include "core/sanitizer.h"
#include "host/host.h"
#include "host/text.h"

typedef enum KI_OPTION_KIND {
    KiText,   /* whoever uses it knows which texts are right */
    KiNumber, /* decimal digits, with bounds */
    KiFlag,   /* 0 or 1 */
} KI_OPTION_KIND;

typedef struct KI_OPTION_ROW {
    PCSTR Name;
    PCSTR Meaning; /* a sentence */
    KI_OPTION_KIND Kind;
    PCSTR Wants; /* of a text: "want ..." */
    ULONG Least; /* the bounds of a number */
    ULONG Most;
    ULONG MostOnX86;
    ULONG Default;              /* of a number or a flag */
    ULONG (*FindDefault)(VOID); /* the same, where it differs between hosts; NULL where it does not */
    PCSTR DefaultText;          /* NULL: as Default says */
} KI_OPTION_ROW;

static ULONG KiDefaultArenaMib(VOID)
{
    if (HostMapTakesMemory()) {
        return 4096; /* the tables that grow with an arena take memory, too */
    }
    if (KiSanitizer() == KiMemcheck) {
        return 256; /* it goes through all that is mapped, and through what is protected */
    }
    return EMU_BY_WIDTH(KI_MOST_ARENA_MIB, 256);
}

static const KI_OPTION_ROW KiOptions[KiOptionCount] = {
    /* Text is checked in core/windows.c. */
    [KiOptionWindows] = {"POOLEMU_WINDOWS", "The Windows that is emulated. EmuSetWindows and --windows choose another.",
                         .Wants = "a name that `poolemu windows` lists", .DefaultText = "win11-25h2"},
    /* In watch/verifier.c. */
    [KiOptionVerifier] = {"POOLEMU_VERIFIER",
                          "The options of Driver Verifier that are on. EmuSetVerifier and --verifier choose others.",
                          .Wants = "words out of special, irql, lowres, tracking, io, deadlock, dma, security, misc, "
                                   "ddi, systematic, codeintegrity, standard, separated by commas, or the bits as a "
                                   "number",
                          .DefaultText = "none"},
    /* In watch/faults.c. */
    [KiOptionFaults] = {"POOLEMU_FAULTS",
                        "Which calls fail for want of memory. EmuSetLowResources and --faults choose others.",
                        .Wants = "what `poolemu run --help` says of --faults", .DefaultText = "none"},
    /* In test/pooltag.c. */
    [KiOptionPoolTag] = {"POOLEMU_POOLTAG", "Who owns which tag. EmuSetPoolTagFile chooses another file.",
                         .Wants = "the name of a file in the format of pooltag.txt", .DefaultText = "none"},
    [KiOptionFaultStops] = {"POOLEMU_FAULT_STOPS",
                            "Whether a driver's access to NULL or another wild address is a stop.", KiFlag,
                            .Default = 1},
    [KiOptionSanitize] = {"POOLEMU_SANITIZE",
                          "Whether AddressSanitizer, memcheck and MemorySanitizer are told of pool.", KiFlag,
                          .Default = 1},
    [KiOptionQuarantineMib] = {"POOLEMU_QUARANTINE_MIB",
                               "How many MiB of freed pool wait before they are used again, while a sanitizer watches.",
                               KiNumber, .Least = 0, .Most = KI_MOST_ARENA_MIB, .MostOnX86 = KI_MOST_ARENA_MIB_ON_X86,
                               .Default = 16},
    [KiOptionArenaMib] = {"POOLEMU_ARENA_MIB",
                          "How many MiB of addresses each of the three kinds of pool has. It is made a power of two.",
                          KiNumber, .Least = KI_LEAST_ARENA_MIB, .Most = KI_MOST_ARENA_MIB,
                          .MostOnX86 = KI_MOST_ARENA_MIB_ON_X86, .FindDefault = KiDefaultArenaMib,
                          .DefaultText = "16384 (Windows: 4096; x86, or under memcheck: 256)"},
    [KiOptionExecuteMib] = {"POOLEMU_EXECUTE_MIB",
                            "How many MiB of memory are set aside for executable pool, on Windows.", KiNumber,
                            .Least = KI_LEAST_ARENA_MIB, .Most = KI_MOST_ARENA_MIB,
                            .MostOnX86 = KI_MOST_ARENA_MIB_ON_X86, .Default = 512},
    [KiOptionSpinSeconds] = {"POOLEMU_SPIN_SECONDS",
                             "How many seconds a thread waits for the same owner of a spin lock before that is a stop.",
                             KiNumber, .Least = 1, .Most = 86400, .MostOnX86 = 86400, .Default = 60},
    /* Below. */
    [KiOptionOptions] = {"POOLEMU_OPTIONS", "With help=1 a program writes this list to stderr when it starts.",
                         .Wants = "help=0 or help=1", .DefaultText = "help=0"},
};

/* Variables of that beginning which others read: the fuzzers, the benchmark, CMake. */
static const PCSTR KiOthersVariables[] = {"POOLEMU_FUZZ_TRACE", "POOLEMU_BENCH_SVG", "POOLEMU_ROOT"};

/* ---- Words about an option ----------------------------------------------------------------------------------------
 */

enum {
    KI_LONGEST_WANTS = 256,
    KI_LONGEST_DEFAULT = 64,
    KI_LONGEST_SHOWN = 64, /* of a value */
};

static VOID KiFormatWants(const KI_OPTION_ROW *Row, CHAR Text[KI_LONGEST_WANTS])
{
    if (Row->Kind == KiNumber) {
        snprintf(Text, KI_LONGEST_WANTS, "a number from %u to %u (x86: %u)", (unsigned)Row->Least, (unsigned)Row->Most,
                 (unsigned)Row->MostOnX86);
    } else {
        snprintf(Text, KI_LONGEST_WANTS, "%s", Row->Kind == KiFlag ? "0 or 1" : Row->Wants);
    }
}

static VOID KiFormatDefault(const KI_OPTION_ROW *Row, CHAR Text[KI_LONGEST_DEFAULT])
{
    if (Row->DefaultText != NULL) {
        snprintf(Text, KI_LONGEST_DEFAULT, "%s", Row->DefaultText);
    } else {
        snprintf(Text, KI_LONGEST_DEFAULT, "%u", (unsigned)Row->Default);
    }
}

/* NULL where it is not set. */
static PCSTR KiValue(const KI_OPTION_ROW *Row)
{
    PCSTR Value = HostEnvironment(Row->Name);

    return Value == NULL || *Value == 0 ? NULL : Value;
}

static VOID KiEndLine(CHAR Text[KI_LONGEST_COMPLAINT])
{
    SIZE_T Length = min(strlen(Text), (SIZE_T)KI_LONGEST_COMPLAINT - 2);

    Text[Length] = 0;
    HostMakePrintable(Text, FALSE);
    Text[Length] = '\n';
    Text[Length + 1] = 0;
}

VOID KiFormatComplaint(KI_OPTION Option, PCSTR Value, PCSTR Why, CHAR Text[KI_LONGEST_COMPLAINT])
{
    const KI_OPTION_ROW *Row = &KiOptions[Option];
    CHAR Wants[KI_LONGEST_WANTS], Default[KI_LONGEST_DEFAULT];

    KiFormatWants(Row, Wants);
    KiFormatDefault(Row, Default);
    snprintf(Text, KI_LONGEST_COMPLAINT,
             "poolemu: the environment variable %s is \"%.*s%s\"%s%.768s; want %s; the default is %s.", Row->Name,
             KI_LONGEST_SHOWN, Value, strlen(Value) > KI_LONGEST_SHOWN ? "..." : "", Why == NULL ? "" : ": ",
             Why == NULL ? "" : Why, Wants, Default);
    KiEndLine(Text);
}

VOID KiComplainOfOption(KI_OPTION Option, PCSTR Why)
{
    PCSTR Value = KiValue(&KiOptions[Option]);
    CHAR Text[KI_LONGEST_COMPLAINT];

    KiFormatComplaint(Option, Value == NULL ? "" : Value, Why, Text);
    HostWriteError(Text);
}

VOID KiRefuseOption(KI_OPTION Option, PCSTR Why)
{
    KiComplainOfOption(Option, Why);
    HostAbort();
}

VOID EmuPrintOptions(FILE *Stream)
{
    if (Stream == NULL) {
        return;
    }
    for (ULONG Option = 0; Option < KiOptionCount; Option++) {
        const KI_OPTION_ROW *Row = &KiOptions[Option];
        PCSTR Value = KiValue(Row);
        CHAR Wants[KI_LONGEST_WANTS], Default[KI_LONGEST_DEFAULT], Shown[1024];

        KiFormatWants(Row, Wants);
        KiFormatDefault(Row, Default);
        fprintf(Stream, "%s\n    takes    %s\n    default  %s\n", Row->Name, Wants, Default);
        if (Value != NULL) {
            snprintf(Shown, sizeof(Shown), "%s", Value);
            HostMakePrintable(Shown, FALSE);
            fprintf(Stream, "    is       %s\n", Shown);
        }
        fprintf(Stream, "    %s\n", Row->Meaning);
    }
}

/* ---- Numbers ------------------------------------------------------------------------------------------------------
 */

BOOLEAN KiReadNumber(KI_OPTION Option, PCSTR Text, ULONG *Number)
{
    const KI_OPTION_ROW *Row = &KiOptions[Option];
    ULONG Most = Row->Kind == KiFlag ? 1 : EMU_BY_WIDTH(Row->Most, Row->MostOnX86);
    ULONG64 Read = 0;

    for (; *Text >= '0' && *Text <= '9' && Read <= Most; Text++) {
        Read = Read * 10 + (ULONG)(*Text - '0');
    }
    *Number = (ULONG)Read;
    return *Text == 0 && Read >= Row->Least && Read <= Most;
}

/* FALSE: it is not set. A wrong value ends the process. */
static BOOLEAN KiTakeNumber(KI_OPTION Option, ULONG *Number)
{
    PCSTR Text = KiValue(&KiOptions[Option]);

    if (Text != NULL && !KiReadNumber(Option, Text, Number)) {
        KiRefuseOption(Option, NULL);
    }
    return Text != NULL;
}

/* ---- At the start -------------------------------------------------------------------------------------------------
 */

static BOOLEAN KiIsNamed(PCSTR Name, PCSTR Assignment, SIZE_T Length)
{
    return strlen(Name) == Length && memcmp(Name, Assignment, Length) == 0;
}

BOOLEAN KiCheckVariable(PCSTR Assignment, CHAR Text[KI_LONGEST_COMPLAINT])
{
    SIZE_T Length = strcspn(Assignment, "=");

    if (strncmp(Assignment, "POOLEMU_", 8) != 0) {
        return TRUE;
    }
    for (ULONG Option = 0; Option < KiOptionCount; Option++) {
        if (KiIsNamed(KiOptions[Option].Name, Assignment, Length)) {
            return TRUE;
        }
    }
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(KiOthersVariables); Index++) {
        if (KiIsNamed(KiOthersVariables[Index], Assignment, Length)) {
            return TRUE;
        }
    }
    snprintf(Text, KI_LONGEST_COMPLAINT, "poolemu: there is no option %.*s; `poolemu options` lists them",
             (int)min(Length, (SIZE_T)KI_LONGEST_SHOWN), Assignment);
    KiEndLine(Text);
    return FALSE;
}

static VOID KiLookAtVariable(PCSTR Assignment)
{
    CHAR Text[KI_LONGEST_COMPLAINT];

    if (!KiCheckVariable(Assignment, Text)) {
        HostWriteError(Text);
    }
}

VOID KiCheckOptions(VOID)
{
    ULONG Number;

    HostForEachVariable(KiLookAtVariable);
    for (ULONG Option = 0; Option < KiOptionCount; Option++) {
        if (KiOptions[Option].Kind != KiText) {
            KiTakeNumber((KI_OPTION)Option, &Number);
        }
    }
    PCSTR Words = KiValue(&KiOptions[KiOptionOptions]);
    if (Words == NULL || strcmp(Words, "help=0") == 0) {
        return;
    }
    if (strcmp(Words, "help=1") != 0) {
        KiRefuseOption(KiOptionOptions, NULL);
    }
    EmuPrintOptions(stderr);
}

/* ---- Values -------------------------------------------------------------------------------------------------------
 */

PCSTR KiOptionText(KI_OPTION Option)
{
    return KiValue(&KiOptions[Option]);
}

ULONG KiOptionNumber(KI_OPTION Option)
{
    const KI_OPTION_ROW *Row = &KiOptions[Option];
    ULONG Number;

    if (!KiTakeNumber(Option, &Number)) {
        Number = Row->FindDefault != NULL ? Row->FindDefault() : Row->Default;
    }
    return Number;
}

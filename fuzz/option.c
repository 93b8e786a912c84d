/* option.c: fuzzes emu/core/option.c, which reads the environment variables: is the variable known, is its value right,
 * and what is said where it is not. Whoever reads a wrong value of a number ends the process, so this calls internal
 * routines; and the public way for the values that are right. */
#include <stdlib.h>
#include <string.h>

#include "core/option.h"
#include "shared/input.h"

enum {
    LONGEST_NAME = 64, /* in what is said of an unknown variable */
};

typedef struct OPTION {
    PCSTR Name;
    BOOLEAN IsNumber;
    ULONG Least;
    ULONG Most;
} OPTION;

static const OPTION Options[KiOptionCount] = {
    [KiOptionWindows] = {"POOLEMU_WINDOWS", FALSE, 0, 0},
    [KiOptionVerifier] = {"POOLEMU_VERIFIER", FALSE, 0, 0},
    [KiOptionFaults] = {"POOLEMU_FAULTS", FALSE, 0, 0},
    [KiOptionPoolTag] = {"POOLEMU_POOLTAG", FALSE, 0, 0},
    [KiOptionFaultStops] = {"POOLEMU_FAULT_STOPS", TRUE, 0, 1},
    [KiOptionSanitize] = {"POOLEMU_SANITIZE", TRUE, 0, 1},
    [KiOptionQuarantineMib] = {"POOLEMU_QUARANTINE_MIB", TRUE, 0, EMU_BY_WIDTH(16384, 1024)},
    [KiOptionArenaMib] = {"POOLEMU_ARENA_MIB", TRUE, 64, EMU_BY_WIDTH(16384, 1024)},
    [KiOptionExecuteMib] = {"POOLEMU_EXECUTE_MIB", TRUE, 64, EMU_BY_WIDTH(16384, 1024)},
    [KiOptionSpinSeconds] = {"POOLEMU_SPIN_SECONDS", TRUE, 1, 86400},
    [KiOptionOptions] = {"POOLEMU_OPTIONS", FALSE, 0, 0},
};

C_ASSERT(KiOptionCount == 11); /* a new option has a row above */

static const PCSTR OthersNames[] = {"POOLEMU_FUZZ_TRACE", "POOLEMU_BENCH_SVG", "POOLEMU_ROOT"};

/* ---- What is said --------------------------------------------------------------------------------------------- */

static void CheckWords(PCSTR Text, SIZE_T Bytes, PCSTR Beginning, PCSTR Name, PCSTR End)
{
    SIZE_T Length = memchr(Text, 0, Bytes) == NULL ? 0 : strlen(Text);

    if (Length < strlen(Beginning) + strlen(Name) + strlen(End) || strncmp(Text, Beginning, strlen(Beginning)) != 0 ||
        strncmp(Text + strlen(Beginning), Name, strlen(Name)) != 0 || strcmp(Text + Length - strlen(End), End) != 0) {
        FuzzFail("of %s is said: '%.*s'", Name, (int)Bytes, Text);
    }
}

static void CheckComplaint(KI_OPTION Option, PCSTR Value, PCSTR Why)
{
    CHAR Text[KI_LONGEST_COMPLAINT];

    memset(Text, 'x', sizeof(Text));
    KiFormatComplaint(Option, Value, Why, Text);
    CheckWords(Text, sizeof(Text), "poolemu: the environment variable ", Options[Option].Name, ".\n");
    if (strstr(Text, "; want ") == NULL || strstr(Text, "; the default is ") == NULL) {
        FuzzFail("it is not said what %s takes: '%s'", Options[Option].Name, Text);
    }
}

/* ---- The variable --------------------------------------------------------------------------------------------- */

static BOOLEAN IsKnown(PCSTR Name)
{
    for (ULONG Index = 0; Index < KiOptionCount; Index++) {
        if (strcmp(Options[Index].Name, Name) == 0) {
            return TRUE;
        }
    }
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(OthersNames); Index++) {
        if (strcmp(OthersNames[Index], Name) == 0) {
            return TRUE;
        }
    }
    return strncmp(Name, "POOLEMU_", 8) != 0;
}

/* Each control character is shown as a ?; in UTF-8 those from U+0080 to U+009F are C2 80 to C2 9F. */
static void ShowControls(PSTR Name)
{
    for (SIZE_T Index = 0; Name[Index] != 0; Index++) {
        UCHAR First = (UCHAR)Name[Index], Second = (UCHAR)Name[Index + 1];
        if (First < ' ' || First == 0x7F) {
            Name[Index] = '?';
        } else if (First == 0xC2 && Second >= 0x80 && Second < 0xA0) {
            Name[Index] = Name[Index + 1] = '?';
        }
    }
}

static void CheckVariable(PCSTR Assignment, PSTR Name)
{
    CHAR Text[KI_LONGEST_COMPLAINT];

    memset(Text, 'x', sizeof(Text));
    if (KiCheckVariable(Assignment, Text) != IsKnown(Name)) {
        FuzzFail("'%s' is known: %u", Name, IsKnown(Name));
    }
    if (!IsKnown(Name)) {
        Name[strlen(Name) < LONGEST_NAME ? strlen(Name) : LONGEST_NAME] = 0;
        ShowControls(Name);
        CheckWords(Text, sizeof(Text), "poolemu: there is no option ", Name, "; `poolemu options` lists them\n");
    }
}

/* ---- The value ------------------------------------------------------------------------------------------------ */

/* Zeros in front do not count, and what has more than nine digits is too large for all. */
static BOOLEAN IsRight(const OPTION *Option, PCSTR Value, ULONG *Number)
{
    PCSTR Digits = Value + strspn(Value, "0");

    *Number = 0;
    if (strspn(Value, "0123456789") != strlen(Value) || strlen(Digits) > 9) {
        return FALSE;
    }
    *Number = (ULONG)strtoul(Value, NULL, 10);
    return *Number >= Option->Least && *Number <= Option->Most;
}

static void CheckNumber(KI_OPTION Option, PCSTR Value)
{
    ULONG Number, Expected;
    BOOLEAN Right = IsRight(&Options[Option], Value, &Expected);

    if (KiReadNumber(Option, Value, &Number) != Right || (Right && Number != Expected)) {
        FuzzFail("%s=%s: right is %u, number %u", Options[Option].Name, Value, Right, (unsigned)Expected);
    }
    if (Right) {
        setenv(Options[Option].Name, Value, 1);
        Number = KiOptionNumber(Option);
        unsetenv(Options[Option].Name);
        if (Number != Expected) {
            FuzzFail("%s=%s is %u", Options[Option].Name, Value, (unsigned)Number);
        }
    }
}

/* An empty one is not set. */
static void CheckText(KI_OPTION Option, PCSTR Value)
{
    setenv(Options[Option].Name, Value, 1);
    PCSTR Text = KiOptionText(Option);
    if (*Value == 0 ? Text != NULL : Text == NULL || strcmp(Text, Value) != 0) {
        FuzzFail("%s=%s is %s", Options[Option].Name, Value, Text == NULL ? "not set" : Text);
    }
    unsetenv(Options[Option].Name);
}

/* The first question looks at all variables, and ends the process where a number is wrong. */
int LLVMFuzzerInitialize(int *Count, char ***Arguments)
{
    UNREFERENCED_PARAMETER(Count);
    UNREFERENCED_PARAMETER(Arguments);
    for (ULONG Index = 0; Index < KiOptionCount; Index++) {
        unsetenv(Options[Index].Name);
    }
    KiOptionText(KiOptionOptions);
    return 0;
}

/* "NAME=value"; the value is given to every option. */
int LLVMFuzzerTestOneInput(const uint8_t *Data, size_t Bytes)
{
    PSTR Assignment = FuzzText(Data, Bytes);
    PSTR Name = FuzzText(Data, strcspn(Assignment, "="));
    PCSTR Value = Assignment + strlen(Name) + (Assignment[strlen(Name)] != 0);

    CheckVariable(Assignment, Name);
    for (KI_OPTION Option = 0; Option < KiOptionCount; Option++) {
        if (!Options[Option].IsNumber) {
            CheckText(Option, Value);
        } else if (*Value != 0) {
            CheckNumber(Option, Value);
        }
        CheckComplaint(Option, Value, NULL);
        CheckComplaint(Option, Value, Value);
    }
    free(Name);
    free(Assignment);
    return 0;
}

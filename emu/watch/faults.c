/* faults.c: EmuParseLowResources, the text of POOLEMU_FAULTS: options with commas between them. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "host/host.h"
#include "poolemu.h"

enum {
    VF_LONGEST_VALUE = 1024,
};

EMU_FORMAT(2, 3) static BOOLEAN VfRefuse(EMU_LOW_RESOURCES *Settings, PCSTR Format, ...)
{
    va_list Arguments;

    va_start(Arguments, Format);
    vsnprintf(Settings->Error, sizeof(Settings->Error), Format, Arguments);
    va_end(Arguments);
    return FALSE;
}

/* ---- Values --------------------------------------------------------------------------------------------------- */

/* Decimal digits; returns what stands behind them, or NULL when there are none or too many. */
static PCSTR VfReadDigits(PCSTR Value, ULONG64 *Number)
{
    PCSTR Digit = Value;

    for (*Number = 0; *Digit >= '0' && *Digit <= '9'; Digit++) {
        ULONG Units = (ULONG)(*Digit - '0');
        if (*Number > (~(ULONG64)0 - Units) / 10) {
            return NULL;
        }
        *Number = *Number * 10 + Units;
    }
    return Digit == Value ? NULL : Digit;
}

static BOOLEAN VfTakeNumber(EMU_LOW_RESOURCES *Settings, PCSTR Name, PCSTR Value, ULONG64 Highest, ULONG64 *Number)
{
    PCSTR End = VfReadDigits(Value, Number);

    if (End == NULL || *End != 0 || *Number == 0 || *Number > Highest) {
        return VfRefuse(Settings, "%s=%.64s: a number from 1 to %llu is needed", Name, Value, (ULONGLONG)Highest);
    }
    return TRUE;
}

static BOOLEAN VfTakeText(EMU_LOW_RESOURCES *Settings, PCSTR Name, PCSTR Value, PSTR Text, SIZE_T Bytes)
{
    if (*Value == 0 || strlen(Value) >= Bytes) {
        return VfRefuse(Settings, "%s: from 1 to %zu characters are needed", Name, (size_t)Bytes - 1);
    }
    memcpy(Text, Value, strlen(Value) + 1);
    return TRUE;
}

/* ---- Options: each takes its value, "" where there is none ------------------------------------------------------ */

static BOOLEAN VfTakeRandom(EMU_LOW_RESOURCES *Settings, PCSTR Value)
{
    return *Value == 0 || VfRefuse(Settings, "random takes no value; write probability=%.64s", Value);
}

static BOOLEAN VfTakeProbability(EMU_LOW_RESOURCES *Settings, PCSTR Value)
{
    ULONG64 Number;

    if (!VfTakeNumber(Settings, "probability", Value, 10000, &Number)) {
        return FALSE;
    }
    Settings->Probability = (ULONG)Number;
    return TRUE;
}

static BOOLEAN VfTakeNth(EMU_LOW_RESOURCES *Settings, PCSTR Value)
{
    Settings->Mode = EmuFailNth;
    return VfTakeNumber(Settings, "nth", Value, ~(ULONG64)0, &Settings->Nth);
}

static BOOLEAN VfTakeFrom(EMU_LOW_RESOURCES *Settings, PCSTR Value)
{
    Settings->Mode = EmuFailFromNth;
    return VfTakeNumber(Settings, "from", Value, ~(ULONG64)0, &Settings->Nth);
}

static BOOLEAN VfTakeSystematic(EMU_LOW_RESOURCES *Settings, PCSTR Value)
{
    Settings->Mode = EmuFailSystematically;
    return VfTakeText(Settings, "systematic", Value, Settings->StateFile, sizeof(Settings->StateFile));
}

static BOOLEAN VfTakeRecord(EMU_LOW_RESOURCES *Settings, PCSTR Value)
{
    Settings->Mode = EmuRecordSystematically;
    return VfTakeText(Settings, "record", Value, Settings->StateFile, sizeof(Settings->StateFile));
}

/* A seed that nobody knows would be of no use, so it is told. */
static BOOLEAN VfTakeSeed(EMU_LOW_RESOURCES *Settings, PCSTR Value)
{
    CHAR Text[64];

    if (strcmp(Value, "random") == 0) {
        Settings->Seed = HostRandom();
        snprintf(Text, sizeof(Text), "poolemu: low resources: seed=%llu\n", (ULONGLONG)Settings->Seed);
        HostWriteError(Text);
        return TRUE;
    }
    PCSTR End = VfReadDigits(Value, &Settings->Seed);
    return (End != NULL && *End == 0) || VfRefuse(Settings, "seed=%.64s: a number or 'random' is needed", Value);
}

static BOOLEAN VfTakeTags(EMU_LOW_RESOURCES *Settings, PCSTR Value)
{
    return VfTakeText(Settings, "tags", Value, Settings->Tags, sizeof(Settings->Tags));
}

static BOOLEAN VfTakeInclude(EMU_LOW_RESOURCES *Settings, PCSTR Value)
{
    return VfTakeText(Settings, "include", Value, Settings->Include, sizeof(Settings->Include));
}

static BOOLEAN VfTakeExclude(EMU_LOW_RESOURCES *Settings, PCSTR Value)
{
    return VfTakeText(Settings, "exclude", Value, Settings->Exclude, sizeof(Settings->Exclude));
}

static BOOLEAN VfTakeDelay(EMU_LOW_RESOURCES *Settings, PCSTR Value)
{
    static const struct {
        PCSTR Name;
        ULONG Milliseconds;
    } Units[] = {{"ms", 1}, {"s", 1000}, {"min", 60000}};
    ULONG64 Number;
    PCSTR End = VfReadDigits(Value, &Number);

    for (ULONG Unit = 0; End != NULL && Unit < RTL_NUMBER_OF(Units); Unit++) {
        if (strcmp(End, Units[Unit].Name) == 0 && Number <= MAXULONG / Units[Unit].Milliseconds) {
            Settings->Delay = (ULONG)Number * Units[Unit].Milliseconds;
            return TRUE;
        }
    }
    return VfRefuse(Settings, "delay=%.64s: a number with a unit is needed: 500ms, 5s, 8min", Value);
}

static BOOLEAN VfTakePrint(EMU_LOW_RESOURCES *Settings, PCSTR Value)
{
    Settings->Print = TRUE;
    return *Value == 0 || VfRefuse(Settings, "print takes no value");
}

static const struct {
    PCSTR Name;
    BOOLEAN (*Take)(EMU_LOW_RESOURCES *Settings, PCSTR Value);
    BOOLEAN IsMode; /* only one of them makes sense */
} VfOptions[] = {
    {"random", VfTakeRandom, FALSE},   {"probability", VfTakeProbability, TRUE},
    {"nth", VfTakeNth, TRUE},          {"from", VfTakeFrom, TRUE},
    {"record", VfTakeRecord, TRUE},    {"systematic", VfTakeSystematic, TRUE},
    {"seed", VfTakeSeed, FALSE},       {"tags", VfTakeTags, FALSE},
    {"include", VfTakeInclude, FALSE}, {"exclude", VfTakeExclude, FALSE},
    {"delay", VfTakeDelay, FALSE},     {"print", VfTakePrint, FALSE},
};

/* ---- The text ------------------------------------------------------------------------------------------------- */

/* Name has Length characters; *Seen has a bit for each option that was there, and those of modes are one. */
static BOOLEAN VfTakeOption(EMU_LOW_RESOURCES *Settings, PCSTR Name, SIZE_T Length, PCSTR Value, ULONG *Seen)
{
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(VfOptions); Index++) {
        ULONG Bit = VfOptions[Index].IsMode ? 1u << 31 : 1u << Index;

        if (strlen(VfOptions[Index].Name) != Length || memcmp(VfOptions[Index].Name, Name, Length) != 0) {
            continue;
        }
        if ((*Seen & Bit) != 0) {
            return VfRefuse(Settings, "%s %s", VfOptions[Index].Name,
                            VfOptions[Index].IsMode
                                ? "cannot be: only one of probability, nth, from, systematic and record is possible"
                                : "is there twice");
        }
        *Seen |= Bit;
        return VfOptions[Index].Take(Settings, Value);
    }
    return VfRefuse(Settings,
                    "there is no option '%.*s'; there are random, probability=, seed=, nth=, from=, systematic=, "
                    "record=, tags=, include=, exclude=, delay= and print",
                    (int)min(Length, (SIZE_T)64), Name);
}

NTSTATUS EmuParseLowResources(PCSTR Text, EMU_LOW_RESOURCES *Settings)
{
    if (Settings == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    CHAR Option[VF_LONGEST_VALUE];
    ULONG Seen = 0;

    memset(Settings, 0, sizeof(*Settings));
    if (Text == NULL) {
        VfRefuse(Settings, "there is no text");
        return STATUS_INVALID_PARAMETER;
    }
    do {
        SIZE_T Length = strcspn(Text, ",");
        if (Length >= sizeof(Option)) {
            VfRefuse(Settings, "an option is longer than %u characters", (unsigned)sizeof(Option) - 1);
            return STATUS_INVALID_PARAMETER;
        }
        memcpy(Option, Text, Length);
        Option[Length] = 0;
        SIZE_T NameLength = strcspn(Option, "=");
        PCSTR Value = Option[NameLength] == 0 ? "" : Option + NameLength + 1;
        if (!VfTakeOption(Settings, Option, NameLength, Value, &Seen)) {
            return STATUS_INVALID_PARAMETER;
        }
        Text += Length;
    } while (*Text++ != 0);
    return STATUS_SUCCESS;
}

/* faults.c: fuzzes EmuParseLowResources, the text of POOLEMU_FAULTS and --faults. What it takes is written as text
 * again and means the same then; the calls that fail are those that the settings say. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ntifs.h"
#include "poolemu.h"
#include "shared/input.h"

enum {
    CALL_COUNT = 8,
};

static BOOLEAN HasEnd(PCSTR Text, SIZE_T Bytes)
{
    return memchr(Text, 0, Bytes) != NULL;
}

static BOOLEAN IsSystematic(const EMU_LOW_RESOURCES *Settings)
{
    return Settings->Mode == EmuFailSystematically || Settings->Mode == EmuRecordSystematically;
}

static BOOLEAN IsByNumber(const EMU_LOW_RESOURCES *Settings)
{
    return Settings->Mode == EmuFailNth || Settings->Mode == EmuFailFromNth;
}

static void CheckSettings(PCSTR Text, const EMU_LOW_RESOURCES *Settings)
{
    if (!HasEnd(Settings->StateFile, sizeof(Settings->StateFile)) || !HasEnd(Settings->Tags, sizeof(Settings->Tags)) ||
        !HasEnd(Settings->Include, sizeof(Settings->Include)) ||
        !HasEnd(Settings->Exclude, sizeof(Settings->Exclude)) || Settings->Error[0] != 0) {
        FuzzFail("'%s': a member is no text, or Error is there", Text);
    }
    if ((ULONG)Settings->Mode > EmuRecordSystematically || Settings->Mode == EmuFailByCallback ||
        Settings->Probability > 10000 || (Settings->StateFile[0] != 0) != IsSystematic(Settings) ||
        (Settings->Nth != 0) != IsByNumber(Settings) ||
        (Settings->Probability != 0 && Settings->Mode != EmuFailAtRandom)) {
        FuzzFail("'%s': mode %u, probability %u, nth %llu, file '%s'", Text, (unsigned)Settings->Mode,
                 (unsigned)Settings->Probability, (ULONGLONG)Settings->Nth, Settings->StateFile);
    }
}

/* ---- As text again -------------------------------------------------------------------------------------------- */

static void AddText(PSTR Text, SIZE_T Bytes, PCSTR Name, PCSTR Value)
{
    SIZE_T Length = strlen(Text);

    if (*Value != 0) {
        snprintf(Text + Length, Bytes - Length, ",%s=%s", Name, Value);
    }
}

static void AddNumber(PSTR Text, SIZE_T Bytes, PCSTR Name, ULONG64 Number, PCSTR Unit)
{
    CHAR Value[40];

    snprintf(Value, sizeof(Value), "%llu%s", (ULONGLONG)Number, Unit);
    AddText(Text, Bytes, Name, Number == 0 ? "" : Value);
}

static void CheckTextOfSettings(PCSTR Text, const EMU_LOW_RESOURCES *Settings)
{
    CHAR Again[2048] = "random";
    EMU_LOW_RESOURCES Same;

    AddNumber(Again, sizeof(Again), "probability", Settings->Probability, "");
    AddNumber(Again, sizeof(Again), Settings->Mode == EmuFailNth ? "nth" : "from", Settings->Nth, "");
    AddText(Again, sizeof(Again), Settings->Mode == EmuFailSystematically ? "systematic" : "record",
            Settings->StateFile);
    AddNumber(Again, sizeof(Again), "seed", Settings->Seed, "");
    AddNumber(Again, sizeof(Again), "delay", Settings->Delay, "ms");
    AddText(Again, sizeof(Again), "tags", Settings->Tags);
    AddText(Again, sizeof(Again), "include", Settings->Include);
    AddText(Again, sizeof(Again), "exclude", Settings->Exclude);
    if (Settings->Print) {
        strcat(Again, ",print");
    }
    if (!NT_SUCCESS(EmuParseLowResources(Again, &Same)) || memcmp(&Same, Settings, sizeof(Same)) != 0) {
        FuzzFail("'%s' is not the same as '%s': %s", Text, Again, Same.Error);
    }
}

/* ---- What they fail ------------------------------------------------------------------------------------------- */

static const ULONG Tags[] = {'tseT', 'derF', 'b', '1gaT'};
static const PCSTR TagTexts[] = {"Test", "Fred", "b", "Tag1"};
static const PCSTR PrintedTags[] = {"Test", "Fred", "b...", "Tag1"};

static BOOLEAN Matches(PCSTR Word, PCSTR End, PCSTR Text)
{
    while (Word < End && *Word == '*' && Word + 1 < End && Word[1] == '*') {
        Word++;
    }
    if (Word == End) {
        return *Text == 0;
    }
    if (*Word == '*') {
        return Matches(Word + 1, End, Text) || (*Text != 0 && Matches(Word, End, Text + 1));
    }
    return *Text != 0 && (*Word == '?' || *Word == *Text) && Matches(Word + 1, End, Text + 1);
}

static BOOLEAN IsTagWanted(PCSTR List, PCSTR Tag)
{
    PCSTR Word = List;

    if (*List == 0) {
        return TRUE;
    }
    while (*Word != 0) {
        SIZE_T Length = strcspn(Word, " ");
        if (Length != 0 && Matches(Word, Word + Length, Tag)) {
            return TRUE;
        }
        Word += Length + (Word[Length] != 0);
    }
    return FALSE;
}

/* A bit for each call that fails. */
static ULONG RunCalls(const EMU_LOW_RESOURCES *Settings)
{
    EMU_LOW_RESOURCES Used = *Settings;
    ULONG Failed = 0;

    Used.Print = FALSE;
    if (!NT_SUCCESS(EmuSetLowResources(&Used))) {
        FuzzFail("EmuSetLowResources refuses what EmuParseLowResources has made: %s", Used.Error);
    }
    for (ULONG Call = 0; Call < CALL_COUNT; Call++) {
        PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, 16, Tags[Call % RTL_NUMBER_OF(Tags)]);
        if (Block == NULL) {
            Failed |= 1u << Call;
        } else {
            ExFreePool(Block);
        }
    }
    EmuSetLowResources(NULL);
    return Failed;
}

static void CheckCalls(PCSTR Text, const EMU_LOW_RESOURCES *Settings)
{
    ULONG Failed = RunCalls(Settings);
    ULONG Wanted = 0, Expected = 0;
    ULONG64 Number = 0;

    for (ULONG Call = 0; Call < CALL_COUNT; Call++) {
        ULONG Tag = Call % RTL_NUMBER_OF(Tags);
        if (IsTagWanted(Settings->Tags, TagTexts[Tag]) || IsTagWanted(Settings->Tags, PrintedTags[Tag])) {
            Number++;
            Wanted |= 1u << Call;
            if (Number == Settings->Nth || (Number > Settings->Nth && Settings->Mode == EmuFailFromNth)) {
                Expected |= 1u << Call;
            }
        }
    }
    if (Settings->Mode != EmuFailAtRandom) {
        if (Failed != Expected) {
            FuzzFail("'%s': calls 0x%X failed, expected 0x%X", Text, (unsigned)Failed, (unsigned)Expected);
        }
    } else if ((Failed & ~Wanted) != 0 || (Settings->Probability == 10000 && Failed != Wanted) ||
               RunCalls(Settings) != Failed) {
        FuzzFail("'%s': calls 0x%X failed, of 0x%X that may", Text, (unsigned)Failed, (unsigned)Wanted);
    }
}

int LLVMFuzzerInitialize(int *Count, char ***Arguments)
{
    UNREFERENCED_PARAMETER(Count);
    UNREFERENCED_PARAMETER(Arguments);
    setenv("POOLEMU_ARENA_MIB", "64", 1);
    setenv("POOLEMU_SANITIZE", "0", 1);
    unsetenv("POOLEMU_FAULTS");
    return 0;
}

/* A seed that is random is printed, and differs the next time. A state file is what stacks.c fuzzes: no file of that
 * name shall be made. Stacks are not the same in all programs, so no call is made where they are asked for. */
int LLVMFuzzerTestOneInput(const uint8_t *Data, size_t Bytes)
{
    PSTR Text = FuzzText(Data, Bytes);
    EMU_LOW_RESOURCES Settings;

    if (strstr(Text, "seed=random") == NULL) {
        memset(&Settings, 0xA5, sizeof(Settings));
        if (NT_SUCCESS(EmuParseLowResources(Text, &Settings))) {
            CheckSettings(Text, &Settings);
            CheckTextOfSettings(Text, &Settings);
            if (!IsSystematic(&Settings) && Settings.Delay == 0 && Settings.Include[0] == 0 &&
                Settings.Exclude[0] == 0) {
                CheckCalls(Text, &Settings);
            }
        } else if (Settings.Error[0] == 0 || !HasEnd(Settings.Error, sizeof(Settings.Error))) {
            FuzzFail("'%s': refused without a reason", Text);
        }
    }
    free(Text);
    return 0;
}

/* demo.c: loads drivers on one Windows after the other and shows what became of their NonPagedPool: the pool type, the
 * page protection as the host reports it, and what happened when the block was executed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "poolemu.h"

#include "../answer.h"
#include "host.h"

enum {
    MAXIMUM_BLOCKS = 4
};

/* What became of a driver's blocks. */
typedef struct BLOCK_REPORT {
    ULONG Tag;
    ULONG PoolType;
    char Protection[4]; /* "rw-" */
    ULONG StopCode;     /* of executing the block, or 0 */
    ULONG Answer;       /* what executing it returned */
} BLOCK_REPORT;

typedef struct REPORT {
    ULONG Count;
    char Failure[64]; /* why there is nothing to report, or empty */
    BLOCK_REPORT Block[MAXIMUM_BLOCKS];
} REPORT;

/* ---- Loading a driver ----------------------------------------------------------------------------------------- */

static void ReportBlock(REPORT *Report, PVOID Address, ANSWER *Run)
{
    BLOCK_REPORT *Row = &Report->Block[Report->Count++];
    volatile ULONG Answer = 0;
    EMU_BLOCK Block;
    EMU_BUGCHECK Stop;

    if (!EmuQueryBlock(Address, &Block)) {
        strcpy(Report->Failure, "no such block");
        return;
    }
    EMU_CATCH_BUGCHECK(&Stop)
    {
        Answer = Run != NULL ? Run() : RunAnswerCode(Address);
    }
    Row->Tag = Block.Tag;
    Row->PoolType = Block.PoolType;
    DemoAskForProtection(Address, Row->Protection);
    Row->StopCode = Stop.Code;
    Row->Answer = Answer;
}

typedef struct BLOCK_LIST {
    ULONG Count;
    PVOID Address[MAXIMUM_BLOCKS];
} BLOCK_LIST;

static BOOLEAN CollectBlock(const EMU_BLOCK *Block, PVOID Context)
{
    BLOCK_LIST *List = Context;

    List->Address[List->Count++] = Block->Address;
    return List->Count < MAXIMUM_BLOCKS;
}

/* The driver's own routines where it has them, else the demo writes the code into each of the driver's blocks. */
static void ReportDriver(REPORT *Report, PVOID Library)
{
    PVOID (*GetBlock)(VOID) = (PVOID(*)(VOID))(ULONG_PTR)DemoFindRoutine(Library, "GetBlock");
    ANSWER *RunBlock = (ANSWER *)(ULONG_PTR)DemoFindRoutine(Library, "RunBlock");
    NTSTATUS(*QueuePacket)
    (PCVOID, ULONG) = (NTSTATUS(*)(PCVOID, ULONG))(ULONG_PTR)DemoFindRoutine(Library, "QueuePacket");
    BLOCK_LIST List = {0};

    if (GetBlock != NULL && RunBlock != NULL) {
        ReportBlock(Report, GetBlock(), RunBlock);
        return;
    }
    if (QueuePacket != NULL) {
        QueuePacket("packet", 6);
    }
    EmuForEachBlock(CollectBlock, &List);
    for (ULONG Index = 0; Index < List.Count; Index++) {
        WriteAnswerCode(List.Address[Index]);
        ReportBlock(Report, List.Address[Index], NULL);
    }
}

static void RunAndReport(REPORT *Report, PVOID Library)
{
    PDRIVER_OBJECT Driver;
    EMU_BUGCHECK Stop;
    volatile NTSTATUS Status = STATUS_SUCCESS;

    EMU_CATCH_BUGCHECK(&Stop)
    {
        PDRIVER_INITIALIZE Entry = (PDRIVER_INITIALIZE)(ULONG_PTR)DemoFindRoutine(Library, "DriverEntry");
        Status = EmuLoadDriver(Entry, "demo", &Driver);
    }
    if (Stop.Code != 0) {
        snprintf(Report->Failure, sizeof(Report->Failure), "stop 0x%X in DriverEntry", (unsigned)Stop.Code);
    } else if (!NT_SUCCESS(Status)) {
        snprintf(Report->Failure, sizeof(Report->Failure), "DriverEntry 0x%08X", (unsigned)Status);
    } else {
        ReportDriver(Report, Library);
    }
}

/* The library is loaded anew each time: a driver keeps in its image what it found out about Windows. */
static REPORT LoadAndReport(PCSTR Path, PCSTR Windows)
{
    REPORT Report = {0};

    EmuReset();
    EmuSetWindows(Windows);
    PVOID Library = DemoLoad(Path);
    if (Library == NULL) {
        strcpy(Report.Failure, "not loaded");
        return Report;
    }
    RunAndReport(&Report, Library);
    EmuReset();
    DemoUnload(Library);
    return Report;
}

/* ---- Printing ------------------------------------------------------------------------------------------------- */

static PCSTR PoolTypeName(ULONG PoolType)
{
    switch (PoolType) {
    case NonPagedPoolExecute:
        return "NonPagedPoolExecute";
    case PagedPool:
        return "PagedPool";
    case NonPagedPoolNx:
        return "NonPagedPoolNx";
    default:
        return "?";
    }
}

static void DescribeExecution(const BLOCK_REPORT *Block, char *Text, SIZE_T Bytes)
{
    if (Block->StopCode != 0) {
        snprintf(Text, Bytes, "stop 0x%X", (unsigned)Block->StopCode);
    } else {
        snprintf(Text, Bytes, "returned %u", (unsigned)Block->Answer);
    }
}

/* "folder/ring.so" is the driver "ring". */
static PCSTR DriverName(PCSTR Path)
{
    static char Name[64];
    PCSTR Slash = strrchr(Path, '/');

    snprintf(Name, sizeof(Name), "%s", Slash == NULL ? Path : Slash + 1);
    Name[strcspn(Name, ".")] = 0;
    return Name;
}

static BOOLEAN PrintEveryWindows(PCSTR Driver)
{
    SIZE_T Count;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Count);
    BOOLEAN Complete = TRUE;

    printf("%s on every Windows: what became of the NonPagedPool that it asked for,\n"
           "and what happened when it ran the code that it had written there.\n\n",
           DriverName(Driver));
    printf("%-38s %-24s %-5s %s\n", "WINDOWS", "NONPAGEDPOOL BECAME", "PAGE", "EXECUTED");
    for (SIZE_T Row = 0; Row < Count; Row++) {
        REPORT Report = LoadAndReport(Driver, Table[Row].Name);
        const BLOCK_REPORT *Block = &Report.Block[0];
        char Executed[32];

        if (Report.Failure[0] != 0) {
            printf("%-38s %s\n", Table[Row].Title, Report.Failure);
            Complete = FALSE;
            continue;
        }
        DescribeExecution(Block, Executed, sizeof(Executed));
        printf("%-38s %3u %-20s %-5s %s\n", Table[Row].Title, (unsigned)Block->PoolType, PoolTypeName(Block->PoolType),
               Block->Protection, Executed);
    }
    return Complete;
}

static BOOLEAN PrintOnThree(PCSTR Driver, const PCSTR *Windows)
{
    REPORT Report[3];
    ULONG Rows = 1;

    for (ULONG Column = 0; Column < 3; Column++) {
        Report[Column] = LoadAndReport(Driver, Windows[Column]);
        Rows = Report[Column].Count > Rows ? Report[Column].Count : Rows;
    }
    for (ULONG Row = 0; Row < Rows; Row++) {
        printf("%-25s %-6.4s", Row == 0 ? DriverName(Driver) : "", (PCSTR)&Report[2].Block[Row].Tag);
        for (ULONG Column = 0; Column < 3; Column++) {
            const BLOCK_REPORT *Block = &Report[Column].Block[Row];
            char Cell[80] = "", Executed[32];

            if (Report[Column].Failure[0] != 0) {
                snprintf(Cell, sizeof(Cell), "%s", Row == 0 ? Report[Column].Failure : "");
            } else if (Row < Report[Column].Count) {
                DescribeExecution(Block, Executed, sizeof(Executed));
                snprintf(Cell, sizeof(Cell), "%3u %s %s", (unsigned)Block->PoolType, Block->Protection, Executed);
            }
            printf(Column == 2 ? " %s\n" : " %-21s", Cell);
        }
    }
    return Report[0].Failure[0] == 0 && Report[1].Failure[0] == 0 && Report[2].Failure[0] == 0;
}

int main(int ArgumentCount, char **Arguments)
{
    SIZE_T Count;
    const EMU_WINDOWS *Table = EmuWindowsTable(&Count);
    const PCSTR Windows[3] = {"win7", "win8", Table[Count - 1].Name};
    BOOLEAN Complete;

    if (ArgumentCount < 2) {
        fprintf(stderr, "Usage: poolemu_demo SINGLE-BINARY-OPTIN [DRIVER]...\n");
        return 2;
    }
    for (int Argument = 1; Argument < ArgumentCount; Argument++) {
        FILE *File = fopen(Arguments[Argument], "rb");
        if (File == NULL) {
            fprintf(stderr, "poolemu_demo: %s: %s\n", Arguments[Argument], strerror(errno));
            return 2;
        }
        fclose(File);
    }
    Complete = PrintEveryWindows(Arguments[1]);
    if (ArgumentCount > 2) {
        printf("\nThe other examples: each block's tag, pool type, page protection and execution.\n\n");
        printf("%-25s %-6s %-21s %-21s %s\n", "DRIVER", "TAG", Windows[0], Windows[1], Windows[2]);
    }
    for (int Argument = 2; Argument < ArgumentCount; Argument++) {
        Complete &= PrintOnThree(Arguments[Argument], Windows);
    }
    return Complete ? 0 : 1;
}

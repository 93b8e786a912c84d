/* poolemu.c: the poolemu command: its subcommands, options and help. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "host/process.h"
#include "tool/audit.h"
#include "tool/print.h"
#include "tool/run.h"
#include "tool/versions.h"

#ifndef POOLEMU_VERSION
#define POOLEMU_VERSION "(built without a version)"
#endif

typedef struct TOOL_COMMAND {
    PCSTR Name;
    PCSTR Purpose; /* one line */
    PCSTR Help;    /* what `poolemu Name --help` prints */
    int (*Run)(int ArgumentCount, char **Arguments);
} TOOL_COMMAND;

static int ToolAudit(int ArgumentCount, char **Arguments);
static int ToolOptions(int ArgumentCount, char **Arguments);
static int ToolRun(int ArgumentCount, char **Arguments);
static int ToolWindows(int ArgumentCount, char **Arguments);

static const TOOL_COMMAND ToolCommands[] = {
    {"audit", "say how a driver opts in to no-execute pool, file by file, and what is wrong with it",
     "Usage: poolemu audit [OPTION]... DRIVER.so\n"
     "\n"
     "Prints for each source file of a driver how it opts in to no-execute pool (POOL_NX_OPTIN, POOL_NX_OPTIN_AUTO,\n"
     "POOL_NX_OPTOUT), whether POOL_ZERO_DOWN_LEVEL_SUPPORT is defined, its NTDDI_VERSION and whether it calls\n"
     "ExInitializeDriverRuntime; then the mistakes. Without --run the driver is only read. A call that comes too late\n"
     "and, on Windows before 8, a NonPagedPoolNx next to POOL_NX_OPTIN show in a run only.\n"
     "\n"
     "Options:\n"
     "  -r, --run           run the driver as `poolemu run` does, and add the mistakes of the run and, for each call\n"
     "                      that allocated, how many of its blocks were executable\n"
     "  -w, --windows NAME  on this Windows (`poolemu windows` lists the names); with --run also `all`\n"
     "  -h, --help          print this text\n"
     "\n"
     "Exit status: 0 when there are no mistakes (and with --run the driver ran well); 1 when there are; 2 when the\n"
     "file cannot be read or nothing in it was compiled with poolemu's headers, or standard output cannot be "
     "written.\n",
     ToolAudit},
    {"options", "list the environment variables that set poolemu",
     "Usage: poolemu options\n"
     "\n"
     "Lists the environment variables that set poolemu, in this command and in every program that uses it: what each\n"
     "takes, its default, its value where it is set, and its meaning. A program that runs with POOLEMU_OPTIONS=help=1\n"
     "prints the same list to stderr when it starts.\n"
     "\n"
     "Options:\n"
     "  -h, --help  print this text\n",
     ToolOptions},
    {"run", "load a driver, call its DriverEntry and its Unload, report what it left in the pool",
     "Usage: poolemu run [OPTION]... DRIVER.so\n"
     "\n"
     "Loads a driver built with poolemu_add_driver, calls its DriverEntry, then its DriverUnload, and lists\n"
     "the pool that it leaked.\n"
     "\n"
     "Options:\n"
     "  -w, --windows NAME  emulate this Windows (`poolemu windows` lists the names), or `all`: each one in turn,\n"
     "                      each in a process of its own; the default is $POOLEMU_WINDOWS, else the newest Windows 11\n"
     "  -v, --verifier OPTIONS\n"
     "                      with Driver Verifier: `standard`, or words separated by commas: special, irql, lowres,\n"
     "                      tracking, io, deadlock, dma, security, misc, ddi, systematic, codeintegrity; or the bits\n"
     "                      as a number; the default is $POOLEMU_VERIFIER, else none\n"
     "  -p, --pool          print the pool by tag between DriverEntry and DriverUnload\n"
     "  -f, --faults WHICH  fail calls that can fail for want of memory, and list them: options with commas between\n"
     "                      them, as $POOLEMU_FAULTS takes them, too:\n"
     "                        random or probability=N   each with N chances in 10,000 (600); seed=N, seed=random\n"
     "                        nth=N, from=N             the Nth; the Nth and all that follow\n"
     "                        systematic=FILE           the first of each call stack of the driver, remembered in "
     "FILE\n"
     "                        record=FILE               none, but note the stacks in FILE\n"
     "                        tags=LIST                 only with these tags: \"Tag1 Fred*\"\n"
     "                        include=LIST exclude=LIST only, or not, from these functions, images, stacks\n"
     "                        delay=5s                  none so soon after the start (ms, s, min)\n"
     "                        print                     to stderr, at once\n"
     "                      A DriverEntry that then fails and leaves nothing is well\n"
     "  -h, --help          print this text\n"
     "\n"
     "Exit status: 0 when the driver loaded and left nothing; 1 when DriverEntry failed, pool leaked or a bug check\n"
     "happened, or the driver ended or crashed the process; 2 when nothing could be run, or standard output could not "
     "be\n"
     "written. The driver runs in a process of its own: a debugger has to follow forks.\n",
     ToolRun},
    {"windows", "list the Windows versions that can be emulated",
     "Usage: poolemu windows\n"
     "\n"
     "Lists every Windows that can be emulated, oldest first: the name that --windows, EmuSetWindows and the\n"
     "environment variable POOLEMU_WINDOWS take, version and build, NTDDI value, whether it has NX pool, and whether\n"
     "its pool understands POOL_ZERO_ALLOCATION.\n"
     "\n"
     "Options:\n"
     "  -h, --help  print this text\n",
     ToolWindows},
};

enum {
    TOOL_COMMAND_COUNT = sizeof(ToolCommands) / sizeof(ToolCommands[0])
};

static const TOOL_COMMAND *ToolFindCommand(PCSTR Name)
{
    for (ULONG Index = 0; Index < TOOL_COMMAND_COUNT; Index++) {
        if (strcmp(ToolCommands[Index].Name, Name) == 0) {
            return &ToolCommands[Index];
        }
    }
    return NULL;
}

static void ToolPrintHelp(void)
{
    printf("Usage: poolemu COMMAND [ARGUMENT]...\n"
           "\n"
           "Runs Windows kernel driver code as an ordinary process, on an emulated kernel pool.\n"
           "\n"
           "Commands:\n");
    for (ULONG Index = 0; Index < TOOL_COMMAND_COUNT; Index++) {
        printf("  %-8s  %s\n", ToolCommands[Index].Name, ToolCommands[Index].Purpose);
    }
    printf("\n"
           "Options:\n"
           "  -h, --help     print this text; `poolemu COMMAND --help` tells more of a command\n"
           "  -V, --version  print the version\n"
           "\n"
           "`poolemu options` lists the environment variables.\n");
}

static int ToolRefuse(PCSTR Command)
{
    fprintf(stderr, "Try `poolemu%s%s --help`.\n", *Command != 0 ? " " : "", Command);
    return TOOL_USAGE;
}

/* What getopt_long says when it is told to be silent, with the name that the user wrote. */
static int ToolRefuseOption(PCSTR Command, char **Arguments, int Option)
{
    PCSTR Colon = *Command != 0 ? ": " : "";
    PCSTR Written = Arguments[optind - 1];

    if (Option == ':') {
        ToolComplain("%s%soption '%s' requires an argument", Command, Colon, Written);
    } else if (optopt == 0) {
        ToolComplain("%s%sunrecognized option '%s'", Command, Colon, Written);
    } else if (strncmp(Written, "--", 2) == 0) {
        ToolComplain("%s%soption '%s' takes no argument", Command, Colon, Written);
    } else {
        ToolComplain("%s%sinvalid option '-%c'", Command, Colon, optopt);
    }
    return ToolRefuse(Command);
}

/* What stands behind the options: one driver. NULL, and a message, when it is another number. */
static PCSTR ToolTakeDriver(PCSTR Command, int ArgumentCount, char **Arguments)
{
    if (optind == ArgumentCount) {
        ToolComplain("%s: no driver named", Command);
        return NULL;
    }
    if (optind + 1 < ArgumentCount) {
        ToolComplain("%s: one driver at a time: '%s' is one too many", Command, Arguments[optind + 1]);
        return NULL;
    }
    return Arguments[optind];
}

static int ToolAudit(int ArgumentCount, char **Arguments)
{
    static const struct option Options[] = {
        {"run", no_argument, NULL, 'r'},
        {"windows", required_argument, NULL, 'w'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    TOOL_RUN_OPTIONS Run = {0};
    int Option;

    while ((Option = getopt_long(ArgumentCount, Arguments, ":rw:h", Options, NULL)) != -1) {
        switch (Option) {
        case 'r':
            Run.Audit = TRUE;
            break;
        case 'w':
            Run.Windows = optarg;
            break;
        case 'h':
            printf("%s", ToolFindCommand("audit")->Help);
            return TOOL_OK;
        default:
            return ToolRefuseOption("audit", Arguments, Option);
        }
    }
    Run.Driver = ToolTakeDriver("audit", ArgumentCount, Arguments);
    if (Run.Driver == NULL) {
        return ToolRefuse("audit");
    }
    if (Run.Audit) {
        return ToolRunDriver(&Run);
    }
    if (Run.Windows != NULL && strcmp(Run.Windows, "all") == 0) {
        ToolComplain("audit: all Windows take a run: add --run");
        return TOOL_USAGE;
    }
    if (Run.Windows != NULL && !NT_SUCCESS(EmuSetWindows(Run.Windows))) {
        ToolComplain("audit: there is no Windows '%s'; `poolemu windows` lists the names", Run.Windows);
        return TOOL_USAGE;
    }
    return ToolAuditDriver(Run.Driver);
}

static int ToolRun(int ArgumentCount, char **Arguments)
{
    static const struct option Options[] = {
        {"windows", required_argument, NULL, 'w'}, {"verifier", required_argument, NULL, 'v'},
        {"pool", no_argument, NULL, 'p'},          {"faults", required_argument, NULL, 'f'},
        {"help", no_argument, NULL, 'h'},          {0},
    };
    TOOL_RUN_OPTIONS Run = {0};
    int Option;

    while ((Option = getopt_long(ArgumentCount, Arguments, ":w:v:pf:h", Options, NULL)) != -1) {
        switch (Option) {
        case 'w':
            Run.Windows = optarg;
            break;
        case 'v':
            Run.Verifier = optarg;
            break;
        case 'p':
            Run.PrintPool = TRUE;
            break;
        case 'f':
            Run.Faults = optarg;
            break;
        case 'h':
            printf("%s", ToolFindCommand("run")->Help);
            return TOOL_OK;
        default:
            return ToolRefuseOption("run", Arguments, Option);
        }
    }
    Run.Driver = ToolTakeDriver("run", ArgumentCount, Arguments);
    if (Run.Driver == NULL) {
        return ToolRefuse("run");
    }
    return ToolRunDriver(&Run);
}

/* A command that takes no more than --help. FALSE: it was that, or wrong, and *Status is the command's. */
static BOOLEAN ToolTakesNothing(PCSTR Command, int ArgumentCount, char **Arguments, int *Status)
{
    static const struct option Options[] = {{"help", no_argument, NULL, 'h'}, {0}};
    int Option = getopt_long(ArgumentCount, Arguments, ":h", Options, NULL);

    if (Option == 'h') {
        printf("%s", ToolFindCommand(Command)->Help);
        *Status = TOOL_OK;
    } else if (Option != -1) {
        *Status = ToolRefuseOption(Command, Arguments, Option);
    } else if (optind < ArgumentCount) {
        ToolComplain("%s: takes no argument: '%s'", Command, Arguments[optind]);
        *Status = ToolRefuse(Command);
    } else {
        return TRUE;
    }
    return FALSE;
}

static int ToolOptions(int ArgumentCount, char **Arguments)
{
    int Status = TOOL_OK;

    if (ToolTakesNothing("options", ArgumentCount, Arguments, &Status)) {
        EmuPrintOptions(stdout);
    }
    return Status;
}

static int ToolWindows(int ArgumentCount, char **Arguments)
{
    int Status = TOOL_OK;

    if (ToolTakesNothing("windows", ArgumentCount, Arguments, &Status)) {
        ToolPrintWindows();
    }
    return Status;
}

static int ToolRunCommand(int ArgumentCount, char **Arguments)
{
    static const struct option Options[] = {
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},
        {0},
    };
    int Option;

    if (ArgumentCount == 0) {
        return ToolRefuse("");
    }
    opterr = 0;
    while ((Option = getopt_long(ArgumentCount, Arguments, "+:hV", Options, NULL)) != -1) {
        switch (Option) {
        case 'h':
            ToolPrintHelp();
            return TOOL_OK;
        case 'V':
            printf("poolemu %s\n", POOLEMU_VERSION);
            return TOOL_OK;
        default:
            return ToolRefuseOption("", Arguments, Option);
        }
    }
    if (optind == ArgumentCount) {
        ToolComplain("no command");
        return ToolRefuse("");
    }
    const TOOL_COMMAND *Command = ToolFindCommand(Arguments[optind]);
    if (Command == NULL) {
        ToolComplain("'%s' is no command", Arguments[optind]);
        return ToolRefuse("");
    }
    ArgumentCount -= optind;
    Arguments += optind;
    optind = 0; /* getopt_long begins anew */
    return Command->Run(ArgumentCount, Arguments);
}

int main(int ArgumentCount, char **Arguments)
{
    HostOpenStreams();
    int Status = ToolRunCommand(ArgumentCount, Arguments);

    return ToolIsWritten() ? Status : TOOL_USAGE;
}

/* Sequenced lists whose entries lie in special pool: a pop is stopped after each of its instructions in turn, and
 * another thread pops and frees the entry that it may be about to look at. */
#define _GNU_SOURCE /* REG_EFL */
#include <criterion/criterion.h>

#if defined(__x86_64__)

#include <pthread.h>
#include <semaphore.h>
#include <time.h>
#if !defined(_WIN32)
#include <signal.h>
#include <ucontext.h>
#endif

#include "child.h"
#include "support.h"

typedef struct LINKED {
    SLIST_ENTRY Entry;
    ULONG64 Value;
} LINKED;

static DECLSPEC_ALIGN(16) SLIST_HEADER List;
static sem_t Go, Done;
static volatile ULONG StepsLeft;
static volatile BOOLEAN HadItsTurn;
static volatile BOOLEAN IsStepping; /* the flag is set, or was before a step took it away */

enum {
    TRAP_FLAG = 0x100,
    TOO_LATE = 0x40, /* the pop was over before */
    FALSE_REPORT = 1,
    LOST_ENTRY = 2,
};

static void OtherThreadsTurn(void)
{
    struct timespec Until;

    sem_post(&Go);
    clock_gettime(CLOCK_REALTIME, &Until);
    Until.tv_nsec += 100000000; /* where it has to wait for this thread it goes on later */
    if (Until.tv_nsec >= 1000000000) {
        Until.tv_sec++;
        Until.tv_nsec -= 1000000000;
    }
    sem_timedwait(&Done, &Until);
}

/* TRUE: no further step. */
static BOOLEAN TakeStep(void)
{
    if (StepsLeft-- != 0) {
        return FALSE;
    }
    HadItsTurn = TRUE;
    OtherThreadsTurn();
    return TRUE;
}

#if defined(_WIN32)

/* What a vectored handler gets, under names that do not clash with those of windows.h. */
typedef struct HOSTS_EXCEPTION {
    const ULONG *Code;
    struct {
        UCHAR Before[0x44];
        ULONG EFlags;
    } * Context;
} HOSTS_EXCEPTION;

__declspec(dllimport) PVOID AddVectoredExceptionHandler(ULONG First, LONG (*Handler)(HOSTS_EXCEPTION *Exception));

/* Windows takes the flag away at each step, also at the last one. */
static LONG OnStep(HOSTS_EXCEPTION *Exception)
{
    enum {
        SINGLE_STEP = 0x80000004
    };

    if (*Exception->Code != (ULONG)SINGLE_STEP) {
        return 0; /* EXCEPTION_CONTINUE_SEARCH */
    }
    Exception->Context->EFlags &= ~(ULONG)TRAP_FLAG;
    if (IsStepping && !TakeStep()) {
        Exception->Context->EFlags |= TRAP_FLAG;
    }
    return -1; /* EXCEPTION_CONTINUE_EXECUTION */
}

static void CatchSteps(void)
{
    AddVectoredExceptionHandler(TRUE, OnStep);
}

#else

static void OnStep(int Signal, siginfo_t *Info, void *Context)
{
    greg_t *Flags = &((ucontext_t *)Context)->uc_mcontext.gregs[REG_EFL];

    UNREFERENCED_PARAMETER(Signal);
    UNREFERENCED_PARAMETER(Info);
    if (TakeStep()) {
        *Flags &= ~(greg_t)TRAP_FLAG;
    }
}

static void CatchSteps(void)
{
    struct sigaction Action = {.sa_sigaction = OnStep, .sa_flags = SA_SIGINFO};

    sigaction(SIGTRAP, &Action, NULL);
}

#endif

/* Only instructions of this thread from here on are counted. */
static void SetTrapFlag(BOOLEAN Set)
{
    IsStepping = Set;
    if (Set) {
        __asm__ volatile("pushfq; orq $0x100, (%%rsp); popfq" ::: "memory", "cc");
    } else {
        __asm__ volatile("pushfq; andq $~0x100, (%%rsp); popfq" ::: "memory", "cc");
    }
}

static LINKED *PushOne(void)
{
    LINKED *New = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(LINKED), TAG);

    InterlockedPushEntrySList(&List, &New->Entry);
    return New;
}

static void *PopAndFree(void *Unused)
{
    UNREFERENCED_PARAMETER(Unused);
    sem_wait(&Go);
    PSLIST_ENTRY Entry = InterlockedPopEntrySList(&List);
    if (Entry != NULL) {
        ExFreePoolWithTag(Entry, TAG);
    }
    sem_post(&Done);
    return NULL;
}

/* The pop, with the other thread's turn after that many of its instructions. */
EMU_NOINLINE static EMU_BUGCHECK PopWithStep(ULONG Step, PSLIST_ENTRY *Entry)
{
    EMU_BUGCHECK Stop;

    StepsLeft = Step;
    EMU_CATCH_BUGCHECK(&Stop)
    {
        SetTrapFlag(TRUE);
        *Entry = InterlockedPopEntrySList(&List);
        SetTrapFlag(FALSE);
    }
    return Stop;
}

static int PopOnce(ULONG Step)
{
    PSLIST_ENTRY Popped = NULL;
    pthread_t Other;

    CatchSteps();
    sem_init(&Go, 0, 0);
    sem_init(&Done, 0, 0);
    PushOne();
    PushOne();
    if (pthread_create(&Other, NULL, PopAndFree, NULL) != 0) {
        return LOST_ENTRY;
    }
    EMU_BUGCHECK Stop = PopWithStep(Step, &Popped);
    sem_post(&Go);
    pthread_join(Other, NULL);
    if (Stop.Code != 0) {
        fprintf(stderr, "step %u: bug check 0x%X: %s\n", Step, Stop.Code, Stop.Text);
        return FALSE_REPORT;
    }
    if (Popped == NULL || InterlockedPopEntrySList(&List) != NULL) {
        return LOST_ENTRY;
    }
    ExFreePoolWithTag(Popped, TAG);
    return 0;
}

static ULONG CurrentStep;

/* This thread uses lists for the first time when it pops. */
static void PopSharedLists(void)
{
    InitializeSListHead(&List);
    EmuSetVerifier(EMU_VERIFIER_SPECIAL_POOL);
    _exit(PopOnce(CurrentStep) | (HadItsTurn ? 0 : TOO_LATE));
}

static void *PushFromElsewhere(void *Unused)
{
    UNREFERENCED_PARAMETER(Unused);
    EmuSetVerifier(EMU_VERIFIER_SPECIAL_POOL);
    PushOne();
    PushOne();
    return NULL;
}

/* This thread owned all lists, and has not noticed that it does no more. */
static void PopAsFormerOwner(void)
{
    DECLSPEC_ALIGN(16) SLIST_HEADER Own;
    PSLIST_ENTRY Popped = NULL;
    LINKED Entry;
    pthread_t Other;

    InitializeSListHead(&List);
    InitializeSListHead(&Own);
    InterlockedPushEntrySList(&Own, &Entry.Entry);
    InterlockedPopEntrySList(&Own);
    pthread_create(&Other, NULL, PushFromElsewhere, NULL);
    pthread_join(Other, NULL);
    CatchSteps();
    sem_init(&Go, 0, 0);
    sem_init(&Done, 0, 0);
    pthread_create(&Other, NULL, PopAndFree, NULL);
    EMU_BUGCHECK Stop = PopWithStep(CurrentStep, &Popped);
    sem_post(&Go);
    pthread_join(Other, NULL);
    if (Stop.Code != 0) {
        fprintf(stderr, "step %u: bug check 0x%X: %s\n", CurrentStep, Stop.Code, Stop.Text);
    }
    _exit((Stop.Code != 0 ? FALSE_REPORT : Popped == NULL ? LOST_ENTRY : 0) | (HadItsTurn ? 0 : TOO_LATE));
}

/* Until the pop is over before its turn comes. */
static void AtEveryStep(void (*Pop)(void))
{
    char Errors[2048];
    ULONG Last = 0;

    for (CurrentStep = 0; CurrentStep < 2000; CurrentStep++) {
        int Status = RunChild(Pop, Errors, sizeof(Errors));
        cr_assert(WIFEXITED(Status), "step %u: %s", CurrentStep, Errors);
        cr_expect_eq(WEXITSTATUS(Status) & ~TOO_LATE, 0, "%s", Errors);
        if ((WEXITSTATUS(Status) & TOO_LATE) != 0) {
            Last = CurrentStep;
            break;
        }
    }
    cr_expect_gt(Last, 20);
}

Test(verifier_slist, no_interleaving_of_two_pops_and_a_free_is_a_false_report)
{
    AtEveryStep(PopSharedLists);
}

Test(verifier_slist, none_is_where_the_first_thread_owned_the_lists)
{
    AtEveryStep(PopAsFormerOwner);
}

#endif

/* linux_fault.c: faults of the program on Linux: SIGSEGV and SIGBUS, decoded, handled on a stack with room enough, or
 * passed on to whoever would have had them. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <ucontext.h>

#include "host/host.h"

#undef __reserved /* an annotation there, and a member's name in Linux's headers */

#if defined(__x86_64__)
enum {
    HOST_REG_CODE = REG_RIP,
    HOST_REG_STACK = REG_RSP,
};
#elif defined(__i386__)
enum {
    HOST_REG_CODE = REG_EIP,
    HOST_REG_STACK = REG_ESP,
};
#endif

static BOOLEAN (*HostFaultHandler)(const HOST_FAULT *Fault);
static struct sigaction HostPreviousAction[2]; /* SIGSEGV, SIGBUS */
static BOOLEAN HostIsWanted[2];                /* by somebody who had a handler, even one for a single time */

static ULONG_PTR HostStackOf(const ucontext_t *Context)
{
#if defined(__x86_64__) || defined(__i386__)
    return (ULONG_PTR)Context->uc_mcontext.gregs[HOST_REG_STACK];
#else
    return (ULONG_PTR)Context->uc_mcontext.sp;
#endif
}

static HOST_FAULT HostDecodeFault(const siginfo_t *Info, const ucontext_t *Context)
{
    /* Of an address that has no upper half and no lower one the processor says nothing; Windows says -1. */
    HOST_FAULT Fault = {.Kind = HostFaultRead,
                        .Address = Info->si_code == SI_KERNEL ? MAXULONG_PTR : (ULONG_PTR)Info->si_addr};
#if defined(__x86_64__) || defined(__i386__)
    ULONG_PTR Error = (ULONG_PTR)Context->uc_mcontext.gregs[REG_ERR];
    Fault.Instruction = (ULONG_PTR)Context->uc_mcontext.gregs[HOST_REG_CODE];
    Fault.Kind = (Error & 0x10) != 0 || Fault.Instruction == Fault.Address ? HostFaultExecute
                 : (Error & 2) != 0                                        ? HostFaultWrite
                                                                           : HostFaultRead;
    if (Fault.Kind == HostFaultExecute && HostStackOf(Context) % sizeof(ULONG_PTR) == 0) {
        Fault.Caller = *(PVOID const *)HostStackOf(Context); /* the call has just pushed it */
    }
#elif defined(__aarch64__)
    Fault.Instruction = (ULONG_PTR)Context->uc_mcontext.pc;
    if (Fault.Instruction == Fault.Address) {
        Fault.Kind = HostFaultExecute;
    } else {
        /* The syndrome register follows in a record of its own; bit 6 is "write, not read". */
        const struct _aarch64_ctx *Record = (const struct _aarch64_ctx *)Context->uc_mcontext.__reserved;
        while (Record->magic != 0 && Record->magic != ESR_MAGIC) {
            Record = (const struct _aarch64_ctx *)((const char *)Record + Record->size);
        }
        if (Record->magic == ESR_MAGIC && (((const struct esr_context *)Record)->esr & 0x40) != 0) {
            Fault.Kind = HostFaultWrite;
        }
    }
    Fault.Caller = (PVOID)Context->uc_mcontext.regs[30];
#else
#error "linux.c: teach HostDecodeFault this processor"
#endif
    return Fault;
}

/* Does what would have happened without this handler. */
static VOID HostPassOn(int Signal, siginfo_t *Info, void *Context)
{
    struct sigaction *Previous = &HostPreviousAction[Signal == SIGBUS];
    struct sigaction Action = *Previous;
    BOOLEAN IsFault = Info->si_code > 0;
    sigset_t Before;

    if (Action.sa_handler == SIG_IGN && !IsFault) {
        return;
    }
    if (Action.sa_handler == SIG_DFL || Action.sa_handler == SIG_IGN) {
        signal(Signal, SIG_DFL);
        if (!IsFault) {
            raise(Signal);
        } /* else the instruction faults again, now for good */
        return;
    }
    if ((Action.sa_flags & SA_RESETHAND) != 0) {
        Previous->sa_handler = SIG_DFL;
        Previous->sa_flags = 0;
    }
    if ((Action.sa_flags & SA_NODEFER) == 0) {
        sigaddset(&Action.sa_mask, Signal);
    }
    pthread_sigmask(SIG_BLOCK, &Action.sa_mask, &Before);
    if ((Action.sa_flags & SA_SIGINFO) != 0) {
        Action.sa_sigaction(Signal, Info, Context);
    } else {
        Action.sa_handler(Signal);
    }
    pthread_sigmask(SIG_SETMASK, &Before, NULL);
}

/* ---- On which stack ------------------------------------------------------------------------------------------ */

enum {
    HOST_RED_ZONE = 128,
    HOST_ROOM_FOR_STOPS = 128 << 10,
    HOST_NEAR_THE_STACK = 64 << 10,
    HOST_STACK_SLACK = 1024, /* below a frame: the rest of it, and what it has called last */
};

/* An alternate signal stack, AddressSanitizer's say, may be too small for what a stop has to say. Then the fault is
 * handled on the stack that it interrupted. Another signal may come meanwhile and begin at the top of the alternate
 * stack; so what lies there is saved, for the way back. */
typedef struct HOST_DETOUR {
    HOST_FAULT Fault;
    ULONG64 *Frames; /* on the alternate stack */
    SIZE_T Count;
    ULONG64 *Saved; /* above the new stack's top */
    BOOLEAN Handled;
} HOST_DETOUR;

EMU_NO_SANITIZE static VOID HostCopyFrames(volatile ULONG64 *To, const volatile ULONG64 *From, SIZE_T Count)
{
    for (SIZE_T Index = 0; Index < Count; Index++) {
        To[Index] = From[Index];
    }
}

EMU_NO_SANITIZE static VOID HostTakeDetour(HOST_DETOUR *Detour)
{
    HOST_DETOUR Own = *Detour;

    HostCopyFrames(Own.Saved, Own.Frames, Own.Count);
    BOOLEAN Handled = HostFaultHandler(&Own.Fault);
    HostCopyFrames(Own.Frames, Own.Saved, Own.Count);
    Detour->Handled = Handled;
}

EMU_NO_SANITIZE EMU_NOINLINE static VOID HostCallOnStack(HOST_DETOUR *Detour)
{
#if defined(__x86_64__)
    __asm__ volatile("movq %%rsp, %%r12\n\t"
                     "movq %[Top], %%rsp\n\t"
                     "callq *%[Routine]\n\t"
                     "movq %%r12, %%rsp"
                     : "+D"(Detour)
                     : [Top] "r"(Detour->Saved), [Routine] "r"(HostTakeDetour)
                     : "rax", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "r12", "cc", "memory", "xmm0", "xmm1",
                       "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12",
                       "xmm13", "xmm14", "xmm15");
#elif defined(__i386__)
    PVOID Top = Detour->Saved;
    VOID (*Routine)(HOST_DETOUR * Detour) = HostTakeDetour;
    __asm__ volatile("movl %%esp, %%esi\n\t"
                     "leal -12(%[Top]), %%esp\n\t" /* with the argument it is a multiple of 16 */
                     "pushl %[Detour]\n\t"
                     "calll *%[Routine]\n\t"
                     "movl %%esi, %%esp"
                     : [Detour] "+a"(Detour), [Top] "+c"(Top), [Routine] "+d"(Routine)
                     :
                     : "esi", "cc", "memory");
#else
    register HOST_DETOUR *Argument __asm__("x0") = Detour;
    __asm__ volatile("mov x19, sp\n\t"
                     "mov sp, %[Top]\n\t"
                     "blr %[Routine]\n\t"
                     "mov sp, x19"
                     : "+r"(Argument)
                     : [Top] "r"(Detour->Saved), [Routine] "r"(HostTakeDetour)
                     : "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15",
                       "x16", "x17", "x18", "x19", "x30", "cc", "memory", "v0", "v1", "v2", "v3", "v4", "v5", "v6",
                       "v7", "v8", "v9", "v10", "v11", "v12", "v13", "v14", "v15", "v16", "v17", "v18", "v19", "v20",
                       "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31");
#endif
}

/* The stack that overflows is no place to go. */
static BOOLEAN HostNeedsDetour(const HOST_FAULT *Fault, ULONG_PTR Stack, stack_t *Alternate)
{
    return sigaltstack(NULL, Alternate) == 0 && (Alternate->ss_flags & SS_ONSTACK) != 0 &&
           Alternate->ss_size < HOST_ROOM_FOR_STOPS &&
           Fault->Address - (Stack - HOST_NEAR_THE_STACK) >= 2 * (ULONG_PTR)HOST_NEAR_THE_STACK;
}

static BOOLEAN HostHandleFault(const HOST_FAULT *Fault, const ucontext_t *Context)
{
    ULONG_PTR Stack = HostStackOf(Context);
    stack_t Alternate;

    if (!HostNeedsDetour(Fault, Stack, &Alternate)) {
        return HostFaultHandler(Fault);
    }
    HOST_DETOUR Detour = {.Fault = *Fault, .Handled = FALSE};
    ULONG_PTR End = (ULONG_PTR)Alternate.ss_sp + Alternate.ss_size;
    ULONG_PTR Lowest = (ULONG_PTR)__builtin_frame_address(0) - sizeof(Detour) - HOST_STACK_SLACK;

    Lowest = max(Lowest, (ULONG_PTR)Alternate.ss_sp) & ~(ULONG_PTR)15;
    Detour.Frames = (ULONG64 *)Lowest;
    Detour.Count = (End - Lowest) / sizeof(ULONG64);
    Detour.Saved = (ULONG64 *)((Stack - HOST_RED_ZONE - (End - Lowest)) & ~(ULONG_PTR)15);
    HostCallOnStack(&Detour);
    return Detour.Handled;
}

/* ---- The signals ------------------------------------------------------------------------------------------------ */

static VOID HostOnSignal(int Signal, siginfo_t *Info, void *Context)
{
    if (Info->si_code > 0) { /* from the processor, not from kill() */
        HOST_FAULT Fault = HostDecodeFault(Info, Context);
        Fault.IsWanted = HostIsWanted[Signal == SIGBUS];
        /* The handler may leave with longjmp, which does not give the signal mask back: do it before. SA_NODEFER would
         * not be enough, since ThreadSanitizer puts a handler of its own, with a full mask, in front of this one. */
        pthread_sigmask(SIG_SETMASK, &((const ucontext_t *)Context)->uc_sigmask, NULL);
        if (HostHandleFault(&Fault, Context)) {
            return;
        }
    }
    HostPassOn(Signal, Info, Context);
}

/* A handler of this host is a signal's. */
BOOLEAN HostHasHandlerInside(const HOST_FAULT *Fault, PVOID Limit)
{
    UNREFERENCED_PARAMETER(Fault);
    UNREFERENCED_PARAMETER(Limit);
    return FALSE;
}

VOID HostCatchFaults(BOOLEAN (*Handler)(const HOST_FAULT *Fault))
{
    struct sigaction Action = {.sa_sigaction = HostOnSignal, .sa_flags = SA_SIGINFO | SA_ONSTACK};

    HostFaultHandler = Handler;
    sigemptyset(&Action.sa_mask);
    sigaction(SIGSEGV, &Action, &HostPreviousAction[0]);
    sigaction(SIGBUS, &Action, &HostPreviousAction[1]);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(HostPreviousAction); Index++) {
        const struct sigaction *Previous = &HostPreviousAction[Index];
        HostIsWanted[Index] = Previous->sa_handler != SIG_DFL && Previous->sa_handler != SIG_IGN;
    }
}

VOID HostRaise(const HOST_EXCEPTION *Exception, PVOID Limit)
{
    (VOID) Exception;
    (VOID) Limit;
}

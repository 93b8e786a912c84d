/* sanitize.c: the sanitizers behind sanitize.h, and what poolemu adds to a report of AddressSanitizer's. */
#include "watch/sanitize.h"

#include <stdio.h>
#include <string.h>

#include "nt/ex/slist.h"
#include "host/host.h"
#include "watch/quarantine.h"
#include "watch/track.h"

#if defined(POOLEMU_MEMCHECK)
#include <valgrind/memcheck.h>
#endif

/* ---- AddressSanitizer, LeakSanitizer and MemorySanitizer, as their documentation names the routines -------------- */

#if defined(EMU_WEAK_IMPORT)
EMU_WEAK_IMPORT void __asan_poison_memory_region(void const volatile *Address, size_t Bytes);
EMU_WEAK_IMPORT void __asan_unpoison_memory_region(void const volatile *Address, size_t Bytes);
EMU_WEAK_IMPORT void __asan_set_error_report_callback(void (*Callback)(const char *Report));
EMU_WEAK_IMPORT int __asan_report_present(void);
EMU_WEAK_IMPORT void *__asan_get_report_address(void);
EMU_WEAK_IMPORT void __lsan_register_root_region(const void *Address, size_t Bytes);
EMU_WEAK_IMPORT void __msan_allocated_memory(const volatile void *Address, size_t Bytes);
EMU_WEAK_IMPORT void __msan_unpoison(const volatile void *Address, size_t Bytes);
#else
/* No such host: nobody calls these. */
static void (*const __asan_poison_memory_region)(void const volatile *, size_t) = NULL;
static void (*const __asan_unpoison_memory_region)(void const volatile *, size_t) = NULL;
static void (*const __asan_set_error_report_callback)(void (*)(const char *)) = NULL;
static int (*const __asan_report_present)(void) = NULL;
static void *(*const __asan_get_report_address)(void) = NULL;
static void (*const __lsan_register_root_region)(const void *, size_t) = NULL;
static void (*const __msan_allocated_memory)(const volatile void *, size_t) = NULL;
static void (*const __msan_unpoison)(const volatile void *, size_t) = NULL;
#endif

/* ---- memcheck ---------------------------------------------------------------------------------------------------- */

enum {
    VF_REDZONE = 16, /* what memcheck takes for beside a block */
};

#if defined(POOLEMU_MEMCHECK)

/* Other tools of valgrind's do not know the request, and answer 0. */
static BOOLEAN VfIsMemcheck(VOID)
{
    ULONG Defined = 0;

    return VALGRIND_MAKE_MEM_DEFINED(&Defined, sizeof(Defined)) != 0;
}

static VOID VfMemcheckHide(BOOLEAN Hide)
{
    if (Hide) {
        VALGRIND_DISABLE_ERROR_REPORTING;
    } else {
        VALGRIND_ENABLE_ERROR_REPORTING;
    }
}

static VOID VfMemcheckClose(PVOID Address, SIZE_T Bytes)
{
    VALGRIND_MAKE_MEM_NOACCESS(Address, Bytes);
}

static VOID VfMemcheckOpen(PVOID Address, SIZE_T Bytes)
{
    VALGRIND_MAKE_MEM_UNDEFINED(Address, Bytes);
}

static VOID VfMemcheckFree(PVOID Address)
{
    VALGRIND_FREELIKE_BLOCK(Address, VF_REDZONE);
}

/* memcheck has no room for a pool type in what it says of a block, but shows the stack of the allocation: so the type
 * is a function on it. Each notes another value, so that the compiler does not make one of them. */
static ULONG VfLastType;

static EMU_NOINLINE VOID VfInNonPagedPool(PVOID Address, SIZE_T Bytes, BOOLEAN IsZeroed)
{
    VALGRIND_MALLOCLIKE_BLOCK(Address, Bytes, VF_REDZONE, IsZeroed);
    EMU_ATOMIC_STORE(&VfLastType, NonPagedPoolBase, EMU_ORDER_NONE);
}

static EMU_NOINLINE VOID VfInNonPagedPoolNx(PVOID Address, SIZE_T Bytes, BOOLEAN IsZeroed)
{
    VALGRIND_MALLOCLIKE_BLOCK(Address, Bytes, VF_REDZONE, IsZeroed);
    EMU_ATOMIC_STORE(&VfLastType, NonPagedPoolNx, EMU_ORDER_NONE);
}

static EMU_NOINLINE VOID VfInPagedPool(PVOID Address, SIZE_T Bytes, BOOLEAN IsZeroed)
{
    VALGRIND_MALLOCLIKE_BLOCK(Address, Bytes, VF_REDZONE, IsZeroed);
    EMU_ATOMIC_STORE(&VfLastType, PagedPool, EMU_ORDER_NONE);
}

static VOID VfMemcheckAllocate(PVOID Address, SIZE_T Bytes, POOL_TYPE PoolType, BOOLEAN IsZeroed)
{
    if ((PoolType & PagedPool) != 0) {
        VfInPagedPool(Address, Bytes, IsZeroed);
    } else if ((PoolType & POOL_NX_ALLOCATION) != 0) {
        VfInNonPagedPoolNx(Address, Bytes, IsZeroed);
    } else {
        VfInNonPagedPool(Address, Bytes, IsZeroed);
    }
}

#else

static BOOLEAN VfIsMemcheck(VOID)
{
    return FALSE;
}

static VOID VfMemcheckHide(BOOLEAN Hide)
{
    UNREFERENCED_PARAMETER(Hide);
}

static VOID VfMemcheckClose(PVOID Address, SIZE_T Bytes)
{
    UNREFERENCED_PARAMETER(Address);
    UNREFERENCED_PARAMETER(Bytes);
}

static VOID VfMemcheckOpen(PVOID Address, SIZE_T Bytes)
{
    VfMemcheckClose(Address, Bytes);
}

static VOID VfMemcheckFree(PVOID Address)
{
    VfMemcheckClose(Address, 0);
}

static VOID VfMemcheckAllocate(PVOID Address, SIZE_T Bytes, POOL_TYPE PoolType, BOOLEAN IsZeroed)
{
    UNREFERENCED_PARAMETER(PoolType);
    UNREFERENCED_PARAMETER(IsZeroed);
    VfMemcheckClose(Address, Bytes);
}

#endif

/* ---- Which one --------------------------------------------------------------------------------------------------- */

static ULONG VfWatcher; /* a VF_SANITIZER; 0: nobody looked yet */

static BOOLEAN VfIsWanted(VOID)
{
    PCSTR Text = HostEnvironment("POOLEMU_SANITIZE");
    CHAR Complaint[256];

    if (Text == NULL || strcmp(Text, "1") == 0) {
        return TRUE;
    }
    if (strcmp(Text, "0") != 0) {
        snprintf(
            Complaint, sizeof(Complaint),
            "poolemu: the environment variable POOLEMU_SANITIZE is \"%.96s\"; want 1 (tell sanitizers of the pool, "
            "the default) or 0.\n",
            Text);
        HostWriteError(Complaint);
        HostAbort();
    }
    return FALSE;
}

static VF_SANITIZER VfFindSanitizer(VOID)
{
    if (!VfIsWanted()) {
        return VfNoSanitizer;
    }
    if (__asan_poison_memory_region != NULL && __asan_get_report_address != NULL) {
        return VfAddressSanitizer;
    }
    if (__msan_allocated_memory != NULL) {
        return VfMemorySanitizer;
    }
    return VfIsMemcheck() ? VfMemcheck : VfNoSanitizer;
}

VF_SANITIZER VfSanitizer(VOID)
{
    ULONG Found = EMU_ATOMIC_LOAD(&VfWatcher, EMU_ORDER_NONE);

    if (Found == 0) {
        Found = (ULONG)VfFindSanitizer();
        EMU_ATOMIC_STORE(&VfWatcher, Found, EMU_ORDER_NONE);
    }
    return (VF_SANITIZER)Found;
}

PCSTR EmuSanitizer(VOID)
{
    static const PCSTR Names[] = {
        [VfNoSanitizer] = "",
        [VfAddressSanitizer] = "AddressSanitizer",
        [VfMemorySanitizer] = "MemorySanitizer",
        [VfMemcheck] = "memcheck",
    };

    return Names[VfSanitizer()];
}

/* ---- Blocks ------------------------------------------------------------------------------------------------------ */

VOID VfHideTouches(BOOLEAN Hide)
{
    if (VfSanitizer() == VfMemcheck) {
        VfMemcheckHide(Hide);
    }
}

/* Whoever watches is there; only the compiler cannot know it. */
static VOID VfTell(VOID (*Routine)(const volatile VOID *Address, SIZE_T Bytes), PVOID Address, SIZE_T Bytes)
{
    if (Routine != NULL) {
        Routine(Address, Bytes);
    }
}

static VOID VfClose(PVOID Address, SIZE_T Bytes)
{
    switch (VfSanitizer()) {
    case VfAddressSanitizer:
        VfTell(__asan_poison_memory_region, Address, Bytes);
        break;
    case VfMemorySanitizer:
        VfTell(__msan_allocated_memory, Address, Bytes);
        break;
    case VfMemcheck:
        VfMemcheckClose(Address, Bytes);
        break;
    case VfNoSanitizer:
        break;
    }
}

/* LeakSanitizer looks through it for what is reachable; in steps, as it keeps a list. */
static VOID VfRegisterRoots(ULONG_PTR Base, SIZE_T Bytes)
{
    enum {
        Step = 1 << 20
    };
    static ULONG_PTR Ends[MiArenaCount]; /* the engine takes the lowest pages, so what it has taken has one end */
    static HOST_LOCK Lock;
    ULONG_PTR *End = &Ends[MiArenaOf(Base)];

    HostAcquireFloor(HostForkRoots, &Lock);
    *End = max(*End, MiArenaBase(MiArenaOf(Base)));
    while (*End < Base + Bytes) {
        __lsan_register_root_region((PVOID)*End, Step);
        *End += Step;
    }
    HostRelease(&Lock);
}

/* memcheck looks through all that may be touched for pointers, when the process ends. (AddressSanitizer's notes of
 * memory that nobody uses would take memory.) */
VOID VfWatchArena(PVOID Base, SIZE_T Bytes)
{
    if (VfSanitizer() == VfMemcheck) {
        VfMemcheckClose(Base, Bytes);
    }
}

VOID VfWatchMemory(PVOID Base, SIZE_T Bytes)
{
    VfClose(Base, Bytes);
    if (__lsan_register_root_region != NULL && VfSanitizer() == VfAddressSanitizer) {
        VfRegisterRoots((ULONG_PTR)Base, Bytes);
    }
}

VOID VfOpenBytes(PVOID Address, SIZE_T Bytes)
{
    switch (VfSanitizer()) {
    case VfAddressSanitizer:
        VfTell(__asan_unpoison_memory_region, Address, Bytes);
        break;
    case VfMemorySanitizer:
        VfTell(__msan_allocated_memory, Address, Bytes);
        break;
    case VfMemcheck:
        VfMemcheckOpen(Address, Bytes);
        break;
    case VfNoSanitizer:
        break;
    }
}

VOID VfOpenBlock(PVOID Address, SIZE_T Bytes, POOL_TYPE PoolType, BOOLEAN IsZeroed)
{
    if (!VfIsSanitizing()) {
        return;
    }
    if (VfSanitizer() == VfMemcheck) {
        VfMemcheckAllocate(Address, Bytes, PoolType, IsZeroed);
        return;
    }
    VfOpenBytes(Address, Bytes);
    if (VfSanitizer() == VfMemorySanitizer && IsZeroed) {
        VfTell(__msan_unpoison, Address, Bytes);
    }
}

VOID VfCloseBytes(PVOID Address, SIZE_T Bytes)
{
    VfClose(Address, Bytes);
}

VOID VfCloseBlock(const MI_BLOCK *Block)
{
    if (VfSanitizer() == VfMemcheck) {
        VfMemcheckFree(Block->Address);
    } else {
        VfClose(Block->Address, Block->Size);
    }
}

/* ---- Pages that move -------------------------------------------------------------------------------------------- */

/* AddressSanitizer has a memcpy of its own, which looks at what it reads. */
EMU_NO_SANITIZE static VOID VfCopyUnseen(volatile ULONG64 *To, const volatile ULONG64 *From, SIZE_T Words)
{
    for (SIZE_T Index = 0; Index < Words; Index++) {
        To[Index] = From[Index];
    }
}

VOID VfCopyMemory(PVOID To, PVOID From, SIZE_T Bytes)
{
    VfBeginOwnTouches();
    if (VfSanitizer() == VfAddressSanitizer) {
        VfCopyUnseen(To, From, Bytes / sizeof(ULONG64));
    } else {
        memcpy(To, From, Bytes);
    }
    if (VfSanitizer() == VfMemorySanitizer) {
        VfTell(__msan_unpoison, To, Bytes); /* the host writes them elsewhere, and is asked what it writes */
    }
    VfEndOwnTouches();
}

/* What of a slot is not its block. */
static VOID VfCloseRest(ULONG_PTR Start, SIZE_T Room)
{
    MI_BLOCK Block = {.Size = 0};

    VfClose((PVOID)(Start - MI_HEADER_BYTES), MI_HEADER_BYTES);
    if (MiFindBlock((PVOID)Start, &Block) != MiFoundLive) {
        Block.Size = 0;
    }
    VfClose((PVOID)(Start + Block.Size), Room - Block.Size);
}

/* Behind the last slot there may be a rest, which nobody is given. */
static VOID VfRestoreSmall(ULONG_PTR Page)
{
    const MI_CLASS *Class = &MiClasses[MiPageOf(Page)->Class];

    for (ULONG Slot = 0; Slot < Class->PerPage; Slot++) {
        VfCloseRest(Page + Class->First + (ULONG_PTR)Slot * Class->SlotBytes + MI_HEADER_BYTES,
                    Class->SlotBytes - MI_HEADER_BYTES);
    }
}

static VOID VfRestoreLarge(ULONG_PTR Page)
{
    MI_BLOCK Block;

    if (MiFindBlockAround(Page, &Block)) {
        ULONG_PTR End = (ULONG_PTR)Block.Address + Block.Size;
        VfClose((PVOID)min(End, Page + PAGE_SIZE), Page + PAGE_SIZE - min(End, Page + PAGE_SIZE));
    }
}

/* All of the pages is in reach. Another thread could be given a slot that is free here, or touch its block; so where
 * one may, slots stay in reach until they are used again. */
VOID VfRestoreMemory(PVOID Base, SIZE_T Bytes)
{
    BOOLEAN IsNeeded = VfIsSanitizing() && VfSanitizer() != VfMemorySanitizer && MiIsPoolAddress((ULONG_PTR)Base);

    for (ULONG_PTR Page = (ULONG_PTR)Base; IsNeeded && Page < (ULONG_PTR)Base + Bytes; Page += PAGE_SIZE) {
        if (MiKindOf(MiPageOf(Page)) != MiPageSlab) {
            VfRestoreLarge(Page);
        } else if (MiIsOnlyThreadEver()) {
            VfRestoreSmall(Page);
        }
    }
}

/* ---- Reports of AddressSanitizer's ------------------------------------------------------------------------------- */

/* The block that an address is said to belong to: live, or the last that was freed there. */
typedef struct VF_SUSPECT {
    MI_BLOCK Block;
    BOOLEAN IsLive;
} VF_SUSPECT;

static ULONG_PTR VfStart(const VF_SUSPECT *Suspect)
{
    return (ULONG_PTR)Suspect->Block.Address;
}

static ULONG_PTR VfEnd(const VF_SUSPECT *Suspect)
{
    return VfStart(Suspect) + Suspect->Block.Size;
}

static BOOLEAN VfIsInside(const VF_SUSPECT *Suspect, ULONG_PTR Address)
{
    return Address - VfStart(Suspect) < Suspect->Block.Size;
}

/* The block whose memory begins there. */
static BOOLEAN VfLookAt(ULONG_PTR Start, VF_SUSPECT *Suspect)
{
    Suspect->IsLive = MiFindBlock((PVOID)Start, &Suspect->Block) == MiFoundLive;
    return Suspect->IsLive || (VfFindRetired(Start, 0, &Suspect->Block) && VfStart(Suspect) == Start);
}

/* An address in a slot is inside its block or behind it; one in a header is the nearer neighbour's. */
static BOOLEAN VfSuspectSmall(ULONG_PTR Address, VF_SUSPECT *Suspect)
{
    const MI_CLASS *Class = &MiClasses[MiPageOf(Address)->Class];
    ULONG_PTR Offset = BYTE_OFFSET(Address) > Class->First ? BYTE_OFFSET(Address) - Class->First : 0;
    ULONG_PTR Slot = min(Offset / Class->SlotBytes, Class->PerPage - 1u);
    ULONG_PTR Start = (ULONG_PTR)PAGE_ALIGN(Address) + Class->First + Slot * Class->SlotBytes + MI_HEADER_BYTES;
    VF_SUSPECT Before;

    BOOLEAN Found = VfLookAt(Start, Suspect);
    if (Address >= Start || Slot == 0 || !VfLookAt(Start - Class->SlotBytes, &Before)) {
        return Found;
    }
    if (!Found || Address - VfEnd(&Before) < Start - Address) {
        *Suspect = Before;
    }
    return TRUE;
}

/* There is a page without a block on both sides. */
static BOOLEAN VfSuspectLarge(ULONG_PTR Address, VF_SUSPECT *Suspect)
{
    ULONG_PTR Page = (ULONG_PTR)PAGE_ALIGN(Address);

    Suspect->IsLive = MiFindBlockAround(Address, &Suspect->Block) ||
                      (MiIsPoolAddress(Page - PAGE_SIZE) && MiKindOf(MiPageOf(Page - PAGE_SIZE)) != MiPageSlab &&
                       MiFindBlockAround(Page - PAGE_SIZE, &Suspect->Block)) ||
                      MiFindBlock((PVOID)(Page + PAGE_SIZE), &Suspect->Block) == MiFoundLive;
    return Suspect->IsLive || VfFindRetired(Address, PAGE_SIZE, &Suspect->Block);
}

static BOOLEAN VfSuspectAt(ULONG_PTR Address, VF_SUSPECT *Suspect)
{
    if (!MiIsPoolAddress(Address)) {
        Suspect->IsLive = MiFindBlockAround(Address, &Suspect->Block);
        return Suspect->IsLive;
    }
    return MiKindOf(MiPageOf(Address)) == MiPageSlab ? VfSuspectSmall(Address, Suspect)
                                                     : VfSuspectLarge(Address, Suspect);
}

/* "1 byte behind", "2 bytes in front of", "8 bytes into": of the nearest byte of the block. */
static VOID VfDescribePlace(ULONG_PTR Address, const VF_SUSPECT *Suspect, PSTR Text, SIZE_T Bytes)
{
    ULONG_PTR Distance = Address - VfStart(Suspect);
    PCSTR Where = "into";

    if (Address < VfStart(Suspect)) {
        Distance = VfStart(Suspect) - Address;
        Where = "in front of";
    } else if (!VfIsInside(Suspect, Address)) {
        Distance = Address - VfEnd(Suspect) + 1;
        Where = "behind";
    }
    snprintf(Text, Bytes, "%zu byte%s %s", (size_t)Distance, Distance == 1 ? "" : "s", Where);
}

static VOID VfPrintStack(PCSTR Verb, ULONG Name)
{
    EMU_STACK Stack = VfStackOf(Name);
    CHAR Call[384], Line[512];

    for (ULONG Frame = 0; Frame < Stack.Count; Frame++) {
        VfDescribeCall(Stack.Frames[Frame], Call, sizeof(Call));
        snprintf(Line, sizeof(Line), Frame == 0 ? "    %s by %s\n" : "        %s by %s\n", Frame == 0 ? Verb : "called",
                 Call);
        HostWriteError(Line);
    }
}

static VOID VfExplain(const char *Report)
{
    ULONG_PTR Address = (ULONG_PTR)__asan_get_report_address();
    VF_SUSPECT Suspect;
    VF_RECORD Record;
    CHAR Place[64], Tag[5], Line[512];

    UNREFERENCED_PARAMETER(Report);
    if (!__asan_report_present() || !VfSuspectAt(Address, &Suspect)) {
        return;
    }
    BOOLEAN IsEntry = Suspect.IsLive && VfIsInside(&Suspect, Address);
    VfDescribePlace(Address, &Suspect, Place, sizeof(Place));
    MiTagText(Suspect.Block.Tag, Tag);
    snprintf(Line, sizeof(Line), "poolemu: 0x%zx is %s the %s%zu-byte block '%s' of %s at 0x%zx%s\n", (size_t)Address,
             Place, Suspect.IsLive ? "" : "freed ", (size_t)Suspect.Block.Size, Tag,
             MiPoolTypeName(Suspect.Block.PoolType), (size_t)Suspect.Block.Address,
             IsEntry ? ", an entry that lies on a lookaside list" : "");
    HostWriteError(Line);
    if (VfFindRecord(Suspect.Block.Address, &Record)) {
        VfPrintStack("allocated", Record.Allocation);
        VfPrintStack("freed", Record.Free);
    }
}

/* ---- Starting ---------------------------------------------------------------------------------------------------- */

VOID VfStartSanitizing(VOID)
{
    if (VfSanitizer() == VfNoSanitizer || VfIsSanitizing()) {
        return;
    }
    if (VfSanitizer() == VfAddressSanitizer) {
        VfReadyRecords();
        __asan_set_error_report_callback(VfExplain);
    }
    ExpWatchLists();
    KiSetUnusual(KI_SANITIZE, TRUE);
}

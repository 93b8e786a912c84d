/* sanitizer.c: the sanitizers behind sanitizer.h. */
#include "core/sanitizer.h"

#include <stddef.h>
#include <string.h>

#include "core/option.h"
#include "core/start.h"

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
EMU_UNUSED static void (*const __asan_poison_memory_region)(void const volatile *, size_t) = NULL;
EMU_UNUSED static void (*const __asan_unpoison_memory_region)(void const volatile *, size_t) = NULL;
EMU_UNUSED static void (*const __asan_set_error_report_callback)(void (*)(const char *)) = NULL;
EMU_UNUSED static int (*const __asan_report_present)(void) = NULL;
static void *(*const __asan_get_report_address)(void) = NULL;
EMU_UNUSED static void (*const __lsan_register_root_region)(const void *, size_t) = NULL;
EMU_UNUSED static void (*const __msan_allocated_memory)(const volatile void *, size_t) = NULL;
EMU_UNUSED static void (*const __msan_unpoison)(const volatile void *, size_t) = NULL;
#endif

/* ---- memcheck ---------------------------------------------------------------------------------------------------- */

enum {
    KI_REDZONE = 16, /* what memcheck takes for beside a block */
};

#if defined(POOLEMU_MEMCHECK)

/* Other tools of valgrind's do not know the request, and answer 0. */
static BOOLEAN KiIsMemcheck(VOID)
{
    ULONG Defined = 0;

    return VALGRIND_MAKE_MEM_DEFINED(&Defined, sizeof(Defined)) != 0;
}

static VOID KiMemcheckHide(BOOLEAN Hide)
{
    if (Hide) {
        VALGRIND_DISABLE_ERROR_REPORTING;
    } else {
        VALGRIND_ENABLE_ERROR_REPORTING;
    }
}

static VOID KiMemcheckClose(PVOID Address, SIZE_T Bytes)
{
    VALGRIND_MAKE_MEM_NOACCESS(Address, Bytes);
}

static VOID KiMemcheckOpen(PVOID Address, SIZE_T Bytes)
{
    VALGRIND_MAKE_MEM_UNDEFINED(Address, Bytes);
}

static VOID KiMemcheckFree(PVOID Address)
{
    VALGRIND_FREELIKE_BLOCK(Address, KI_REDZONE);
}

/* memcheck has no room for a pool type in what it says of a block, but shows the stack of the allocation: so the type
 * is a function on it. Each notes another value, so that the compiler does not make one of them. */
static ULONG KiLastType;

static EMU_NOINLINE VOID KiInNonPagedPool(PVOID Address, SIZE_T Bytes, BOOLEAN IsZeroed)
{
    VALGRIND_MALLOCLIKE_BLOCK(Address, Bytes, KI_REDZONE, IsZeroed);
    EMU_ATOMIC_STORE(&KiLastType, NonPagedPoolBase, EMU_ORDER_NONE);
}

static EMU_NOINLINE VOID KiInNonPagedPoolNx(PVOID Address, SIZE_T Bytes, BOOLEAN IsZeroed)
{
    VALGRIND_MALLOCLIKE_BLOCK(Address, Bytes, KI_REDZONE, IsZeroed);
    EMU_ATOMIC_STORE(&KiLastType, NonPagedPoolNx, EMU_ORDER_NONE);
}

static EMU_NOINLINE VOID KiInPagedPool(PVOID Address, SIZE_T Bytes, BOOLEAN IsZeroed)
{
    VALGRIND_MALLOCLIKE_BLOCK(Address, Bytes, KI_REDZONE, IsZeroed);
    EMU_ATOMIC_STORE(&KiLastType, PagedPool, EMU_ORDER_NONE);
}

static VOID KiMemcheckAllocate(PVOID Address, SIZE_T Bytes, POOL_TYPE PoolType, BOOLEAN IsZeroed)
{
    if ((PoolType & PagedPool) != 0) {
        KiInPagedPool(Address, Bytes, IsZeroed);
    } else if ((PoolType & POOL_NX_ALLOCATION) != 0) {
        KiInNonPagedPoolNx(Address, Bytes, IsZeroed);
    } else {
        KiInNonPagedPool(Address, Bytes, IsZeroed);
    }
}

#else

static BOOLEAN KiIsMemcheck(VOID)
{
    return FALSE;
}

static VOID KiMemcheckHide(BOOLEAN Hide)
{
    UNREFERENCED_PARAMETER(Hide);
}

static VOID KiMemcheckClose(PVOID Address, SIZE_T Bytes)
{
    UNREFERENCED_PARAMETER(Address);
    UNREFERENCED_PARAMETER(Bytes);
}

static VOID KiMemcheckOpen(PVOID Address, SIZE_T Bytes)
{
    KiMemcheckClose(Address, Bytes);
}

static VOID KiMemcheckFree(PVOID Address)
{
    KiMemcheckClose(Address, 0);
}

static VOID KiMemcheckAllocate(PVOID Address, SIZE_T Bytes, POOL_TYPE PoolType, BOOLEAN IsZeroed)
{
    UNREFERENCED_PARAMETER(PoolType);
    UNREFERENCED_PARAMETER(IsZeroed);
    KiMemcheckClose(Address, Bytes);
}

#endif

/* ---- Which one --------------------------------------------------------------------------------------------------- */

static ULONG KiWatcher; /* a KI_SANITIZER; 0: nobody looked yet */

static KI_SANITIZER KiFindSanitizer(VOID)
{
    if (KiOptionNumber(KiOptionSanitize) == 0) {
        return KiNoSanitizer;
    }
    if (__asan_poison_memory_region != NULL && __asan_get_report_address != NULL) {
        return KiAddressSanitizer;
    }
    if (__msan_allocated_memory != NULL) {
        return KiMemorySanitizer;
    }
    return KiIsMemcheck() ? KiMemcheck : KiNoSanitizer;
}

KI_SANITIZER KiSanitizer(VOID)
{
    ULONG Found = EMU_ATOMIC_LOAD(&KiWatcher, EMU_ORDER_NONE);

    if (Found == 0) {
        Found = (ULONG)KiFindSanitizer();
        EMU_ATOMIC_STORE(&KiWatcher, Found, EMU_ORDER_NONE);
    }
    return (KI_SANITIZER)Found;
}

PCSTR EmuSanitizer(VOID)
{
    static const PCSTR Names[] = {
        [KiNoSanitizer] = "",
        [KiAddressSanitizer] = "AddressSanitizer",
        [KiMemorySanitizer] = "MemorySanitizer",
        [KiMemcheck] = "memcheck",
    };

    KiStart();
    return Names[KiSanitizer()];
}

/* ---- Blocks ------------------------------------------------------------------------------------------------------ */

VOID KiHideTouches(BOOLEAN Hide)
{
    if (KiSanitizer() == KiMemcheck) {
        KiMemcheckHide(Hide);
    }
}

/* Whoever watches is there; only the compiler cannot know it. */
static VOID KiTell(VOID (*Routine)(const volatile VOID *Address, SIZE_T Bytes), PVOID Address, SIZE_T Bytes)
{
    if (Routine != NULL) {
        Routine(Address, Bytes);
    }
}

VOID KiCloseBytes(PVOID Address, SIZE_T Bytes)
{
    switch (KiSanitizer()) {
    case KiAddressSanitizer:
        KiTell(__asan_poison_memory_region, Address, Bytes);
        break;
    case KiMemorySanitizer:
        KiTell(__msan_allocated_memory, Address, Bytes);
        break;
    case KiMemcheck:
        KiMemcheckClose(Address, Bytes);
        break;
    case KiNoSanitizer:
        break;
    }
}

VOID KiAddRoots(PVOID Base, SIZE_T Bytes)
{
    if (__lsan_register_root_region != NULL && KiSanitizer() == KiAddressSanitizer) {
        __lsan_register_root_region(Base, Bytes);
    }
}

/* memcheck looks through all that may be touched for pointers, when the process ends. (AddressSanitizer's notes of
 * memory that nobody uses would take memory.) */
VOID KiWatchArena(PVOID Base, SIZE_T Bytes)
{
    if (KiSanitizer() == KiMemcheck) {
        KiMemcheckClose(Base, Bytes);
    }
}

VOID KiOpenBytes(PVOID Address, SIZE_T Bytes)
{
    switch (KiSanitizer()) {
    case KiAddressSanitizer:
        KiTell(__asan_unpoison_memory_region, Address, Bytes);
        break;
    case KiMemorySanitizer:
        KiTell(__msan_allocated_memory, Address, Bytes);
        break;
    case KiMemcheck:
        KiMemcheckOpen(Address, Bytes);
        break;
    case KiNoSanitizer:
        break;
    }
}

VOID KiOpenBlock(PVOID Address, SIZE_T Bytes, POOL_TYPE PoolType, BOOLEAN IsZeroed)
{
    if (!KiIsSanitizing()) {
        return;
    }
    if (KiSanitizer() == KiMemcheck) {
        KiMemcheckAllocate(Address, Bytes, PoolType, IsZeroed);
        return;
    }
    KiOpenBytes(Address, Bytes);
    if (KiSanitizer() == KiMemorySanitizer && IsZeroed) {
        KiTell(__msan_unpoison, Address, Bytes);
    }
}

VOID KiCloseBlock(PVOID Address, SIZE_T Bytes)
{
    if (KiSanitizer() == KiMemcheck) {
        KiMemcheckFree(Address);
    } else {
        KiCloseBytes(Address, Bytes);
    }
}

/* ---- Pages that move -------------------------------------------------------------------------------------------- */

/* AddressSanitizer has a memcpy of its own, which looks at what it reads. */
EMU_NO_SANITIZE static VOID KiCopyUnseen(volatile ULONG64 *To, const volatile ULONG64 *From, SIZE_T Words)
{
    for (SIZE_T Index = 0; Index < Words; Index++) {
        To[Index] = From[Index];
    }
}

VOID KiCopyMemory(PVOID To, PVOID From, SIZE_T Bytes)
{
    KiBeginOwnTouches();
    if (KiSanitizer() == KiAddressSanitizer) {
        KiCopyUnseen(To, From, Bytes / sizeof(ULONG64));
    } else {
        memcpy(To, From, Bytes);
    }
    if (KiSanitizer() == KiMemorySanitizer) {
        KiTell(__msan_unpoison, To, Bytes); /* the host writes them elsewhere, and is asked what it writes */
    }
    KiEndOwnTouches();
}

/* ---- Reports of AddressSanitizer's ------------------------------------------------------------------------------- */

VOID KiExplainReports(VOID (*Explain)(const CHAR *Report))
{
    __asan_set_error_report_callback(Explain);
}

BOOLEAN KiReportedAddress(ULONG_PTR *Address)
{
    *Address = (ULONG_PTR)__asan_get_report_address();
    return __asan_report_present() != 0;
}

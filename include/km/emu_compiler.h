// What differs between compilers, and only that: attributes, calling conventions, builtins and atomics.
// The other headers use these names and never ask which compiler runs.

#ifndef EMU_COMPILER_H
#define EMU_COMPILER_H

#ifdef __cplusplus
#define EMU_EXTERN_C_BEGIN extern "C" {
#define EMU_EXTERN_C_END }
#define EMU_STATIC_ASSERT(Expression, Text) static_assert(Expression, Text)
#define EMU_ALIGN_OF(Type) alignof(Type)
#define EMU_ZERO_INITIALISER                                                                                           \
    {                                                                                                                  \
    }
#else
#define EMU_EXTERN_C_BEGIN
#define EMU_EXTERN_C_END
#define EMU_STATIC_ASSERT(Expression, Text) _Static_assert(Expression, Text)
#define EMU_ALIGN_OF(Type) _Alignof(Type)
#define EMU_ZERO_INITIALISER                                                                                           \
    {                                                                                                                  \
        0                                                                                                              \
    }
#endif

#define EMU_PASTE_EXPANDED(First, Second) First##Second
#define EMU_PASTE(First, Second) EMU_PASTE_EXPANDED(First, Second)

// A routine that no header declares would return an int, which cuts a pointer to 32 bits; and so would a pointer that
// becomes an integer by itself.
#if !defined(__cplusplus) && (defined(__GNUC__) || defined(__clang__))
#pragma GCC diagnostic error "-Wimplicit-function-declaration"
#pragma GCC diagnostic error "-Wint-conversion"
#elif !defined(__cplusplus) && defined(_MSC_VER)
#pragma warning(error : 4013 4047)
#endif

// The processor, under the names that driver source asks for.

#if defined(__x86_64__) || defined(_M_X64)
#define EMU_ARCH_X64 1
#ifndef _AMD64_
#define _AMD64_ 1
#endif
#elif defined(__aarch64__) || defined(_M_ARM64)
#define EMU_ARCH_ARM64 1
#ifndef _ARM64_
#define _ARM64_ 1
#endif
#elif defined(__i386__) && !defined(_WIN32)
#define EMU_ARCH_X86 1
#ifndef _X86_
#define _X86_ 1
#endif
#else
#error poolemu supports x86-64, AArch64 and, on Linux, 32-bit x86.
#endif

// One of two values: for processors with addresses of 64 bits, and for those of 32. And of two string literals, which
// is one still. EMU_WORD_BITS is how wide an address, a SIZE_T and a ULONG_PTR are.
#if defined(EMU_ARCH_X86)
#define EMU_BY_WIDTH(Of64, Of32) (Of32)
#define EMU_TEXT_BY_WIDTH(Of64, Of32) Of32
#define EMU_WORD_BITS 32
#else
#define EMU_BY_WIDTH(Of64, Of32) (Of64)
#define EMU_TEXT_BY_WIDTH(Of64, Of32) Of64
#define EMU_WORD_BITS 64
#endif

#if defined(_MSC_VER)

#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN 1
#endif
#include <intrin.h>

#define EMU_STRING_H <string.h>
#define EMU_INLINE static __forceinline
#define EMU_VARIADIC_INLINE static __inline
#define EMU_FORCEINLINE __forceinline
#define EMU_NOINLINE __declspec(noinline)
#define EMU_NORETURN __declspec(noreturn)
#define EMU_ALIGN(Bytes) __declspec(align(Bytes))
#define EMU_DEPRECATED __declspec(deprecated)
#define EMU_UNUSED
#define EMU_MALLOC __declspec(restrict)
#define EMU_THREAD_LOCAL __declspec(thread)
#define EMU_SELECTANY __declspec(selectany)
#define EMU_EXPORT __declspec(dllexport)
#define EMU_IMPORT __declspec(dllimport)
#define EMU_LOCAL
#define EMU_NO_SANITIZE
#define EMU_NO_SANITIZE_DATA
#define EMU_LIKELY(Expression) (Expression)
#define EMU_UNLIKELY(Expression) (Expression)
#define EMU_ASSUME(Expression) __assume(Expression)
#define EMU_UNREACHABLE() __assume(0)
#define EMU_RETURN_ADDRESS() _ReturnAddress()
#define EMU_FRAME_ADDRESS() _AddressOfReturnAddress()
#define EMU_DEBUG_BREAK() __debugbreak()
#define EMU_HOT
#define EMU_IN_REGISTER(Pointer) ((void)0)
#define EMU_ADD_ALONE(Pointer, Value) ((void)(*(Pointer) += (Value)))
#define EMU_SETJMP(Context) /* without a frame longjmp restores registers and unwinds nothing */                       \
    (_setjmp(Context) != 0 || (((_JUMP_BUFFER *)(Context))->Frame = 0) != 0)
#define EMU_CLEANUP(Function)
#define EMU_CONSTRUCTOR(Function)                                                                                      \
    void Function(void);                                                                                               \
    __pragma(section(".CRT$XCB", read)) __declspec(allocate(".CRT$XCB")) void (*const Function##Entry)(void) = Function
#define EMU_FORMAT(FormatIndex, FirstArgument)
#define EMU_STDCALL __stdcall
#define EMU_CDECL __cdecl
#define EMU_FASTCALL __fastcall
#define EMU_UNALIGNED __unaligned
#define EMU_INT64 __int64
#define EMU_UINTPTR unsigned __int64
#define EMU_INTPTR __int64
#define EMU_WCHAR_BITS 16
#define EMU_NATIVE_SEH 1
#define EMU_HAS_ALLOC_PRAGMA 1

// For constants that EmuAuditImage finds in the image: in a section of that name, which the linker leaves in the image,
// or drops with the function that uses it. EMU_SOURCE_FILE is the file that is compiled, not a header that it includes;
// this compiler cannot tell.
#pragma section("emuaudit", read)
#pragma section("emucalls", read)
#if defined(__clang__)
#define EMU_AUDIT_KEPT __declspec(allocate("emuaudit")) __attribute__((__used__))
#else
#define EMU_AUDIT_KEPT __declspec(allocate("emuaudit"))
#endif
#define EMU_AUDIT_DROPPED_WITH_USER __declspec(allocate("emucalls"))
#define EMU_SOURCE_FILE ""

// Atomics. Bits is 8, 16, 32, 64 or EMU_WORD_BITS and Order one of the EMU_ORDER_ names; the compiler's intrinsics are
// full barriers.

#define EMU_ORDER_NONE 0
#define EMU_ORDER_ACQUIRE 1
#define EMU_ORDER_RELEASE 2
#define EMU_ORDER_FULL 3
#define EMU_MS_8(Name) Name##8
#define EMU_MS_16(Name) Name##16
#define EMU_MS_32(Name) Name
#define EMU_MS_64(Name) Name##64
#define EMU_MS_TYPE_8 char
#define EMU_MS_TYPE_16 short
#define EMU_MS_TYPE_32 long
#define EMU_MS_TYPE_64 __int64
#define EMU_MS_CHECK(Bits, Pointer) (0 * sizeof(char[sizeof(*(Pointer)) * 8 == (Bits) ? 1 : -1])) // Bits is that size
#define EMU_MS_POINTER(Bits, Pointer)                                                                                  \
    ((EMU_PASTE(EMU_MS_TYPE_, Bits) volatile *)((Pointer) + EMU_MS_CHECK(Bits, Pointer)))
#define EMU_MS_VALUE(Bits, Value) ((EMU_PASTE(EMU_MS_TYPE_, Bits))(Value))
#define EMU_ATOMIC_EXCHANGE(Bits, Pointer, Value, Order)                                                               \
    EMU_PASTE(EMU_MS_, Bits)(_InterlockedExchange)(EMU_MS_POINTER(Bits, Pointer), EMU_MS_VALUE(Bits, Value))
#define EMU_ATOMIC_ADD(Bits, Pointer, Value, Order)                                                                    \
    EMU_PASTE(EMU_MS_, Bits)(_InterlockedExchangeAdd)(EMU_MS_POINTER(Bits, Pointer), EMU_MS_VALUE(Bits, Value))
#define EMU_ATOMIC_AND(Bits, Pointer, Value, Order)                                                                    \
    EMU_PASTE(EMU_MS_, Bits)(_InterlockedAnd)(EMU_MS_POINTER(Bits, Pointer), EMU_MS_VALUE(Bits, Value))
#define EMU_ATOMIC_OR(Bits, Pointer, Value, Order)                                                                     \
    EMU_PASTE(EMU_MS_, Bits)(_InterlockedOr)(EMU_MS_POINTER(Bits, Pointer), EMU_MS_VALUE(Bits, Value))
#define EMU_ATOMIC_XOR(Bits, Pointer, Value, Order)                                                                    \
    EMU_PASTE(EMU_MS_, Bits)(_InterlockedXor)(EMU_MS_POINTER(Bits, Pointer), EMU_MS_VALUE(Bits, Value))
#define EMU_ATOMIC_COMPARE_EXCHANGE(Bits, Pointer, Value, Comparand, Order)                                            \
    EMU_PASTE(EMU_MS_, Bits)                                                                                           \
    (_InterlockedCompareExchange)(EMU_MS_POINTER(Bits, Pointer), EMU_MS_VALUE(Bits, Value),                            \
                                  EMU_MS_VALUE(Bits, Comparand))
#define EMU_ATOMIC_EXCHANGE_POINTER(Pointer, Value, Order) _InterlockedExchangePointer((Pointer), (Value))
#define EMU_ATOMIC_COMPARE_EXCHANGE_POINTER(Pointer, Value, Comparand, Order)                                          \
    _InterlockedCompareExchangePointer((Pointer), (Value), (Comparand))
#define EMU_ATOMIC_LOAD(Pointer, Order) (*(Pointer))
#define EMU_ATOMIC_STORE(Pointer, Value, Order) ((void)(*(Pointer) = (Value)))
#define EMU_MEMORY_BARRIER() __faststorefence()
#define EMU_COMPILER_BARRIER() _ReadWriteBarrier()
#define EMU_YIELD_PROCESSOR() YieldProcessor()
#define EMU_COMPARE_EXCHANGE_128(Destination, High, Low, Comparand)                                                    \
    _InterlockedCompareExchange128((Destination), (High), (Low), (Comparand))

#else

#define EMU_STRING_H "crt/string.h" // which includes the library's with #include_next
#define EMU_INLINE static __inline__ __attribute__((__always_inline__, __unused__))
#define EMU_VARIADIC_INLINE static __inline__ __attribute__((__unused__)) // gcc inlines none of them
#define EMU_FORCEINLINE EMU_INLINE
#define EMU_NOINLINE __attribute__((__noinline__))
#define EMU_NORETURN __attribute__((__noreturn__))
#define EMU_ALIGN(Bytes) __attribute__((__aligned__(Bytes)))
#define EMU_DEPRECATED __attribute__((__deprecated__))
#define EMU_UNUSED __attribute__((__unused__))
#define EMU_MALLOC __attribute__((__malloc__))
#define EMU_THREAD_LOCAL __thread
#if defined(__MINGW32__) && defined(__x86_64__)
// A thread variable takes four loads, and with mingw-w64's gcc a call. What TlsAlloc gives out lies in the thread's own
// block, the first 64 words from 0x1480 on: one load leads there, in a page that is in use anyway.
#define EMU_THREAD_SLOT_OFFSET(Index) ((Index) < 64 ? 0x1480 + 8 * (Index) : 0)
#define EMU_READ_THREAD_SLOT(Offset)                                                                                   \
    __extension__({                                                                                                    \
        void *EmuValue_;                                                                                               \
        __asm__ __volatile__("movq %%gs:(%1), %0" : "=r"(EmuValue_) : "r"((unsigned long long)(Offset)));              \
        EmuValue_;                                                                                                     \
    })
#define EMU_WRITE_THREAD_SLOT(Offset, Value)                                                                           \
    __asm__ __volatile__("movq %0, %%gs:(%1)" : : "r"((void *)(Value)), "r"((unsigned long long)(Offset)) : "memory")
#endif
#if defined(__MINGW32__)
#define EMU_WINNT_MAY_BE_A_DEFAULT 1 // mingw's C library defines _WIN32_WINNT as Windows 10 where nobody did
#endif
#if defined(_WIN32)
#define EMU_SELECTANY __attribute__((__selectany__))
#define EMU_EXPORT __attribute__((__dllexport__))
#if defined(__clang__)
#define EMU_LOCAL __attribute__((__visibility__("hidden"))) // of this module: no detour through a pointer to it
#else
#define EMU_LOCAL
#endif
#if defined(POOLEMU_DLL)
#define EMU_IMPORT __attribute__((__dllimport__))
#else
#define EMU_IMPORT // the import library has a jump under the plain name, the static library the routine itself
#endif
#else
#define EMU_SELECTANY __attribute__((__weak__, __visibility__("hidden")))
#define EMU_EXPORT __attribute__((__visibility__("default")))
#define EMU_IMPORT __attribute__((__visibility__("default")))
#define EMU_LOCAL __attribute__((__visibility__("hidden")))
#endif
#if defined(__clang__)
#define EMU_NO_SANITIZE __attribute__((no_sanitize("address", "thread", "coverage")))
#define EMU_NO_SANITIZE_DATA __attribute__((no_sanitize("address")))
#else
#define EMU_NO_SANITIZE_DATA __attribute__((__section__(".data.emu"))) // what lies in a section is no sanitizer's
#define EMU_NO_SANITIZE __attribute__((__no_sanitize_address__, __no_sanitize_thread__))
#endif
#if defined(__ELF__)
#if !defined(_WIN32)
// Declares a routine without parameters whose symbol is a string, and which gives way to any other of that symbol.
#define EMU_WEAK_ROUTINE(Name, Symbol)                                                                                 \
    void Name(void) __asm__(Symbol) __attribute__((__weak__, __visibility__("default")))
#endif
#define EMU_WEAK_IMPORT __attribute__((__weak__)) // a routine whose address is null where nobody has it
#endif
#define EMU_CLEANUP(Function) __attribute__((__cleanup__(Function)))
#define EMU_CONSTRUCTOR(Function) /* runs before a program's own constructors */                                       \
    __attribute__((__constructor__(101))) void Function(void)
#define EMU_LIKELY(Expression) __builtin_expect(!!(Expression), 1)
#define EMU_UNLIKELY(Expression) __builtin_expect(!!(Expression), 0)
#define EMU_ASSUME(Expression) ((Expression) ? (void)0 : __builtin_unreachable())
#define EMU_UNREACHABLE() __builtin_unreachable()
#define EMU_RETURN_ADDRESS() __builtin_return_address(0)
#define EMU_FRAME_ADDRESS() __builtin_frame_address(0) // what lies below it on the stack is no caller's
#define EMU_DEBUG_BREAK() __builtin_trap()
#define EMU_HOT __attribute__((__section__("emuhot"))) // variables that every call reads: side by side, in one page
#define EMU_IN_REGISTER(Pointer) __asm__("" : "+r"(Pointer)) // computed once, and not anew in each address
#if defined(_WIN32)
#define EMU_SETJMP(Context) _setjmp((Context), 0) // no frame: longjmp restores registers and unwinds nothing
#else
#define EMU_SETJMP(Context) _setjmp(Context)
#endif
#if defined(__MINGW32__) &&                                                                                            \
    !defined(__clang__) // where "printf" is the C library's, which __USE_MINGW_ANSI_STDIO replaces
#define EMU_FORMAT(FormatIndex, FirstArgument) __attribute__((__format__(__gnu_printf__, FormatIndex, FirstArgument)))
#else
#define EMU_FORMAT(FormatIndex, FirstArgument) __attribute__((__format__(__printf__, FormatIndex, FirstArgument)))
#endif
#define EMU_STDCALL
#define EMU_CDECL
#define EMU_FASTCALL
#define EMU_UNALIGNED
#define EMU_INT64 long long
#define EMU_UINTPTR __UINTPTR_TYPE__
#define EMU_INTPTR __INTPTR_TYPE__
#define EMU_WCHAR_BITS (__SIZEOF_WCHAR_T__ * 8)

// For constants that EmuAuditImage finds in the image: in a section of that name, which the linker leaves in the image,
// or drops with the function that uses it. EMU_SOURCE_FILE is the file that is compiled, not a header that it includes.
#if defined(__ELF__) && defined(__has_attribute)
#if __has_attribute(__retain__)
#define EMU_AUDIT_KEPT __attribute__((__section__("emuaudit"), __used__, __retain__))
#endif
#endif
#ifndef EMU_AUDIT_KEPT
#define EMU_AUDIT_KEPT __attribute__((__section__("emuaudit"), __used__))
#endif
#define EMU_AUDIT_DROPPED_WITH_USER __attribute__((__section__("emucalls")))
#define EMU_SOURCE_FILE __BASE_FILE__

// Microsoft's keywords for compilers and targets that lack them. __forceinline carries no "static", so that source may
// write it; the functions of these headers use EMU_INLINE, which does.

#if !defined(_WIN64) && !defined(EMU_ARCH_X86)
#define _WIN64 1
#endif
#if defined(EMU_ARCH_X86) && !defined(_M_IX86)
#define _M_IX86 600
#endif
#if defined(EMU_ARCH_X64) && !defined(_M_AMD64)
#define _M_AMD64 100
#define _M_X64 100
#endif
#if defined(EMU_ARCH_ARM64) && !defined(_M_ARM64)
#define _M_ARM64 1
#endif

#ifndef _WIN32
#undef __cdecl
#undef __stdcall
#undef __fastcall
#undef __thiscall
#undef __vectorcall
#undef __int8
#undef __int16
#undef __int32
#undef __int64
#undef __forceinline
#undef __declspec
#define __cdecl
#define __stdcall
#define __fastcall
#define __thiscall
#define __vectorcall
#define __unaligned
#define __ptr32
#define __ptr64
#define __w64
#define __int8 char
#define __int16 short
#define __int32 int
#define __int64 long long
#define __forceinline __inline__ __attribute__((__always_inline__))
#define __declspec(Modifier) __attribute__((EMU_DECLSPEC_##Modifier))
#define EMU_DECLSPEC_align __aligned__
#define EMU_DECLSPEC_allocate __section__
#define EMU_DECLSPEC_code_seg(Name)
#define EMU_DECLSPEC_deprecated __deprecated__
#define EMU_DECLSPEC_dllexport __visibility__("default")
#define EMU_DECLSPEC_dllimport
#define EMU_DECLSPEC_guard(Name)
#define EMU_DECLSPEC_naked __naked__
#define EMU_DECLSPEC_noalias
#define EMU_DECLSPEC_noinline __noinline__
#define EMU_DECLSPEC_noreturn __noreturn__
#define EMU_DECLSPEC_nothrow __nothrow__
#define EMU_DECLSPEC_novtable
#define EMU_DECLSPEC_restrict __malloc__
#define EMU_DECLSPEC_safebuffers
#define EMU_DECLSPEC_selectany __weak__, __visibility__("hidden")
#define EMU_DECLSPEC_uuid(Name)
#endif

#if defined(__SANITIZE_THREAD__)
#define EMU_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define EMU_THREAD_SANITIZER 1
#endif
#endif

// Atomics. Bits is 8, 16, 32, 64 or EMU_WORD_BITS and Order one of the EMU_ORDER_ names.

#define EMU_ORDER_NONE __ATOMIC_RELAXED
#define EMU_ORDER_ACQUIRE __ATOMIC_ACQUIRE
#define EMU_ORDER_RELEASE __ATOMIC_RELEASE
#define EMU_ORDER_FULL __ATOMIC_SEQ_CST
#define EMU_FAILURE_ORDER(Order)                                                                                       \
    ((Order) == __ATOMIC_SEQ_CST ? __ATOMIC_SEQ_CST : (Order) == __ATOMIC_ACQUIRE ? __ATOMIC_ACQUIRE : __ATOMIC_RELAXED)
// Only Microsoft's compiler needs Bits. With all of them a wrong one does not compile.
#define EMU_ATOMIC_OF(Bits, Pointer, Expression)                                                                       \
    __extension__({                                                                                                    \
        EMU_STATIC_ASSERT(sizeof(*(Pointer)) * 8 == (Bits), "Bits is not the size of what Pointer points to");         \
        Expression;                                                                                                    \
    })
#define EMU_ATOMIC_EXCHANGE(Bits, Pointer, Value, Order)                                                               \
    EMU_ATOMIC_OF(Bits, Pointer, __atomic_exchange_n((Pointer), (Value), Order))
#define EMU_ATOMIC_ADD(Bits, Pointer, Value, Order)                                                                    \
    EMU_ATOMIC_OF(Bits, Pointer, __atomic_fetch_add((Pointer), (Value), Order))
#define EMU_ATOMIC_AND(Bits, Pointer, Value, Order)                                                                    \
    EMU_ATOMIC_OF(Bits, Pointer, __atomic_fetch_and((Pointer), (Value), Order))
#define EMU_ATOMIC_OR(Bits, Pointer, Value, Order)                                                                     \
    EMU_ATOMIC_OF(Bits, Pointer, __atomic_fetch_or((Pointer), (Value), Order))
#define EMU_ATOMIC_XOR(Bits, Pointer, Value, Order)                                                                    \
    EMU_ATOMIC_OF(Bits, Pointer, __atomic_fetch_xor((Pointer), (Value), Order))
#define EMU_ATOMIC_COMPARE_EXCHANGE(Bits, Pointer, Value, Comparand, Order)                                            \
    __extension__({                                                                                                    \
        EMU_STATIC_ASSERT(sizeof(*(Pointer)) * 8 == (Bits), "Bits is not the size of what Pointer points to");         \
        __typeof__(Value) EmuExpected = (Comparand);                                                                   \
        __atomic_compare_exchange_n((Pointer), &EmuExpected, (Value), 0, Order, EMU_FAILURE_ORDER(Order));             \
        EmuExpected;                                                                                                   \
    })
#define EMU_ATOMIC_EXCHANGE_POINTER(Pointer, Value, Order) EMU_ATOMIC_EXCHANGE(EMU_WORD_BITS, Pointer, Value, Order)
#define EMU_ATOMIC_COMPARE_EXCHANGE_POINTER(Pointer, Value, Comparand, Order)                                          \
    EMU_ATOMIC_COMPARE_EXCHANGE(EMU_WORD_BITS, Pointer, Value, Comparand, Order)
#if defined(__clang__) && !defined(EMU_THREAD_SANITIZER) && !defined(__cplusplus)
// clang makes a volatile access part of the instruction that uses it, but never an atomic one. It takes two of them for
// what is wider than a pointer.
#define EMU_VOLATILE(Pointer) (*(__typeof__(*(Pointer)) volatile *)(Pointer))
#define EMU_IS_VOLATILE_ENOUGH(Pointer, Order) ((Order) == EMU_ORDER_NONE && sizeof(*(Pointer)) <= sizeof(void *))
#define EMU_ATOMIC_LOAD(Pointer, Order)                                                                                \
    __builtin_choose_expr(EMU_IS_VOLATILE_ENOUGH(Pointer, Order), EMU_VOLATILE(Pointer),                               \
                          __atomic_load_n((Pointer), Order))
#define EMU_ATOMIC_STORE(Pointer, Value, Order)                                                                        \
    __builtin_choose_expr(EMU_IS_VOLATILE_ENOUGH(Pointer, Order), (void)(EMU_VOLATILE(Pointer) = (Value)),             \
                          __atomic_store_n((Pointer), (Value), Order))
#else
#define EMU_ATOMIC_LOAD(Pointer, Order) __atomic_load_n((Pointer), Order)
#define EMU_ATOMIC_STORE(Pointer, Value, Order) __atomic_store_n((Pointer), (Value), Order)
#endif
// Adds to what only this thread writes to, while others may read it.
#if defined(EMU_ARCH_X64) && !defined(EMU_THREAD_SANITIZER)
#define EMU_ADD_ALONE(Pointer, Value) __asm__("addq %1, %0" : "+m"(*(Pointer)) : "re"((EMU_INT64)(Value)) : "cc")
#else
#define EMU_ADD_ALONE(Pointer, Value)                                                                                  \
    EMU_ATOMIC_STORE(Pointer, EMU_ATOMIC_LOAD(Pointer, EMU_ORDER_NONE) + (Value), EMU_ORDER_NONE)
#endif
#define EMU_MEMORY_BARRIER() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define EMU_COMPILER_BARRIER() __atomic_signal_fence(__ATOMIC_SEQ_CST)

#if defined(EMU_ARCH_ARM64)
#define EMU_YIELD_PROCESSOR() __asm__ __volatile__("yield" ::: "memory")
#else
#define EMU_YIELD_PROCESSOR() __builtin_ia32_pause()
#endif

// Compares the 16 aligned bytes at Destination with Comparand[0] (low) and Comparand[1] (high). Equal: stores Low and
// High there and returns 1. In any case Comparand receives what was there. A full barrier. 32-bit x86 has none.

#if defined(EMU_ARCH_X64) && defined(EMU_THREAD_SANITIZER)
// ThreadSanitizer sees the builtin, and nothing of the assembler below. The builtin needs -mcx16.
EMU_INLINE unsigned char EmuCompareExchange128(long long volatile *Destination, long long High, long long Low,
                                               long long *Comparand)
{
    __int128 Old = (__int128)Comparand[1] << 64 | (unsigned long long)Comparand[0];
    __int128 New = (__int128)High << 64 | (unsigned long long)Low;
    __int128 Found = __sync_val_compare_and_swap((__int128 volatile *)Destination, Old, New);
    Comparand[0] = (long long)Found;
    Comparand[1] = (long long)(Found >> 64);
    return Found == Old;
}
#elif defined(EMU_ARCH_X64)
EMU_INLINE unsigned char EmuCompareExchange128(long long volatile *Destination, long long High, long long Low,
                                               long long *Comparand)
{
    unsigned char Equal;
    __asm__ __volatile__("lock cmpxchg16b %1"
                         : "=@ccz"(Equal), "+m"(*(__int128 volatile *)Destination), "+a"(Comparand[0]),
                           "+d"(Comparand[1])
                         : "b"(Low), "c"(High)
                         : "memory");
    return Equal;
}
#elif defined(EMU_ARCH_ARM64)
EMU_INLINE unsigned char EmuCompareExchange128(long long volatile *Destination, long long High, long long Low,
                                               long long *Comparand)
{
    long long OldLow, OldHigh, NewLow, NewHigh;
    unsigned int Failed;
    unsigned char Equal;
    do {
        __asm__ __volatile__("ldaxp %0, %1, [%2]" : "=&r"(OldLow), "=&r"(OldHigh) : "r"(Destination) : "memory");
        Equal = OldLow == Comparand[0] && OldHigh == Comparand[1];
        NewLow = Equal ? Low : OldLow;
        NewHigh = Equal ? High : OldHigh;
        __asm__ __volatile__("stlxp %w0, %1, %2, [%3]"
                             : "=&r"(Failed)
                             : "r"(NewLow), "r"(NewHigh), "r"(Destination)
                             : "memory");
    } while (Failed);
    EMU_MEMORY_BARRIER();
    Comparand[0] = OldLow;
    Comparand[1] = OldHigh;
    return Equal;
}
#endif
#define EMU_COMPARE_EXCHANGE_128(Destination, High, Low, Comparand)                                                    \
    EmuCompareExchange128((Destination), (High), (Low), (Comparand))

#endif

// What the library exports, as it sees it and as its users do.

#if defined(POOLEMU_BUILDING_LIBRARY)
#define EMU_API EMU_EXPORT
#else
#define EMU_API EMU_IMPORT
#endif

#endif

// What driver source tests before its first #include is defined by the flags, and the headers agree with it.

#if !defined(_WIN64) && !defined(_M_IX86)
#error no processor
#endif
#if !defined(_MSC_VER)
#if !defined(_KERNEL_MODE) || !_KERNEL_MODE
#error no kernel mode
#endif
#if defined(__x86_64__) && (_M_AMD64 != 100 || _M_X64 != 100 || _AMD64_ != 1 || _WIN64 != 1)
#error not as for x64
#endif
#if defined(__i386__) && (_M_IX86 != 600 || _X86_ != 1 || defined(_WIN64))
#error not as for x86
#endif
#if defined(__aarch64__) && (_M_ARM64 != 1 || _ARM64_ != 1 || _WIN64 != 1)
#error not as for ARM64
#endif
#endif

#if defined(_WIN64)
#define BYTES 8
#else
#define BYTES 4
#endif

#include <ntddk.h>

C_ASSERT(sizeof(PVOID) == BYTES);

// A project that defines them once more gets no message.
#if defined(_AMD64_)
#define _AMD64_ 1
#endif

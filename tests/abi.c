// The structures have the sizes, alignments and field offsets of Windows, the constants the values.

#include <ntifs.h>
#include <ntintsafe.h>

#include <criterion/criterion.h>
#include <stdio.h>

/* Each is a static assertion, too, and printed. */
#define SAME(What, Is, Wanted)                                                                                         \
    do {                                                                                                               \
        EMU_STATIC_ASSERT((Is) == (Wanted), What);                                                                     \
        printf("%-64s 0x%zx\n", What, (size_t)(Is));                                                                   \
        cr_assert_eq(Is, Wanted, What " is 0x%zx", (size_t)(Is));                                                      \
    } while (0)
#define SIZE(Type, Bytes) SAME("sizeof(" #Type ")", sizeof(Type), Bytes)
#define ALIGNMENT(Type, Bytes) SAME("_Alignof(" #Type ")", _Alignof(Type), Bytes)
#define OFFSET(Type, Field, Bytes) SAME(#Type "." #Field, offsetof(Type, Field), Bytes)

Test(abi, list_entry)
{
    SIZE(LIST_ENTRY, EMU_BY_WIDTH(0x10, 0x8));
    ALIGNMENT(LIST_ENTRY, EMU_BY_WIDTH(8, 4));
    OFFSET(LIST_ENTRY, Flink, 0x0);
    OFFSET(LIST_ENTRY, Blink, EMU_BY_WIDTH(0x8, 0x4));
}

Test(abi, single_list_entry)
{
    SIZE(SINGLE_LIST_ENTRY, EMU_BY_WIDTH(0x8, 0x4));
    ALIGNMENT(SINGLE_LIST_ENTRY, EMU_BY_WIDTH(8, 4));
    OFFSET(SINGLE_LIST_ENTRY, Next, 0x0);
}

Test(abi, unicode_string)
{
    SIZE(UNICODE_STRING, EMU_BY_WIDTH(0x10, 0x8));
    ALIGNMENT(UNICODE_STRING, EMU_BY_WIDTH(8, 4));
    OFFSET(UNICODE_STRING, Length, 0x0);
    OFFSET(UNICODE_STRING, MaximumLength, 0x2);
    OFFSET(UNICODE_STRING, Buffer, EMU_BY_WIDTH(0x8, 0x4));
}

Test(abi, string)
{
    SIZE(STRING, EMU_BY_WIDTH(0x10, 0x8));
    ALIGNMENT(STRING, EMU_BY_WIDTH(8, 4));
    OFFSET(STRING, Length, 0x0);
    OFFSET(STRING, MaximumLength, 0x2);
    OFFSET(STRING, Buffer, EMU_BY_WIDTH(0x8, 0x4));
}

Test(abi, cstring)
{
    SIZE(CSTRING, EMU_BY_WIDTH(0x10, 0x8));
    ALIGNMENT(CSTRING, EMU_BY_WIDTH(8, 4));
    OFFSET(CSTRING, Length, 0x0);
    OFFSET(CSTRING, MaximumLength, 0x2);
    OFFSET(CSTRING, Buffer, EMU_BY_WIDTH(0x8, 0x4));
}

Test(abi, large_integer)
{
    SIZE(LARGE_INTEGER, 0x8);
    ALIGNMENT(LARGE_INTEGER, 8);
    OFFSET(LARGE_INTEGER, LowPart, 0x0);
    OFFSET(LARGE_INTEGER, HighPart, 0x4);
    OFFSET(LARGE_INTEGER, QuadPart, 0x0);
    OFFSET(LARGE_INTEGER, u.LowPart, 0x0);
    OFFSET(LARGE_INTEGER, u.HighPart, 0x4);
    SIZE(PHYSICAL_ADDRESS, 0x8);
    SIZE(ULARGE_INTEGER, 0x8);
    ALIGNMENT(ULARGE_INTEGER, 8);
    OFFSET(ULARGE_INTEGER, LowPart, 0x0);
    OFFSET(ULARGE_INTEGER, HighPart, 0x4);
    OFFSET(ULARGE_INTEGER, QuadPart, 0x0);
}

Test(abi, guid)
{
    SIZE(GUID, 0x10);
    ALIGNMENT(GUID, 4);
    OFFSET(GUID, Data1, 0x0);
    OFFSET(GUID, Data2, 0x4);
    OFFSET(GUID, Data3, 0x6);
    OFFSET(GUID, Data4, 0x8);
}

Test(abi, luid)
{
    SIZE(LUID, 0x8);
    ALIGNMENT(LUID, 4);
    OFFSET(LUID, LowPart, 0x0);
    OFFSET(LUID, HighPart, 0x4);
}

Test(abi, processor_number)
{
    SIZE(PROCESSOR_NUMBER, 0x4);
    ALIGNMENT(PROCESSOR_NUMBER, 2);
    OFFSET(PROCESSOR_NUMBER, Group, 0x0);
    OFFSET(PROCESSOR_NUMBER, Number, 0x2);
    OFFSET(PROCESSOR_NUMBER, Reserved, 0x3);
}

Test(abi, exception_record)
{
    SIZE(EXCEPTION_RECORD, EMU_BY_WIDTH(0x98, 0x50));
    ALIGNMENT(EXCEPTION_RECORD, EMU_BY_WIDTH(8, 4));
    OFFSET(EXCEPTION_RECORD, ExceptionCode, 0x0);
    OFFSET(EXCEPTION_RECORD, ExceptionFlags, 0x4);
    OFFSET(EXCEPTION_RECORD, ExceptionRecord, 0x8);
    OFFSET(EXCEPTION_RECORD, ExceptionAddress, EMU_BY_WIDTH(0x10, 0xC));
    OFFSET(EXCEPTION_RECORD, NumberParameters, EMU_BY_WIDTH(0x18, 0x10));
    OFFSET(EXCEPTION_RECORD, ExceptionInformation, EMU_BY_WIDTH(0x20, 0x14));
}

Test(abi, exception_pointers)
{
    SIZE(EXCEPTION_POINTERS, EMU_BY_WIDTH(0x10, 0x8));
    ALIGNMENT(EXCEPTION_POINTERS, EMU_BY_WIDTH(8, 4));
    OFFSET(EXCEPTION_POINTERS, ExceptionRecord, 0x0);
    OFFSET(EXCEPTION_POINTERS, ContextRecord, EMU_BY_WIDTH(0x8, 0x4));
}

Test(abi, slist_entry)
{
    SIZE(SLIST_ENTRY, EMU_BY_WIDTH(0x10, 0x4));
    ALIGNMENT(SLIST_ENTRY, EMU_BY_WIDTH(16, 4));
    OFFSET(SLIST_ENTRY, Next, 0x0);
}

Test(abi, slist_header)
{
    SIZE(SLIST_HEADER, EMU_BY_WIDTH(0x10, 0x8));
    ALIGNMENT(SLIST_HEADER, EMU_BY_WIDTH(16, 8));
    OFFSET(SLIST_HEADER, Alignment, 0x0);
#if defined(_WIN64)
    OFFSET(SLIST_HEADER, Region, 0x8);
#else
    OFFSET(SLIST_HEADER, Next, 0x0);
    OFFSET(SLIST_HEADER, Depth, 0x4);
    OFFSET(SLIST_HEADER, Sequence, 0x6);
#endif
}

Test(abi, general_lookaside)
{
    SIZE(GENERAL_LOOKASIDE, EMU_BY_WIDTH(0x80, 0x48));
    ALIGNMENT(GENERAL_LOOKASIDE, EMU_BY_WIDTH(64, 8));
    OFFSET(GENERAL_LOOKASIDE, ListHead, 0x0);
    OFFSET(GENERAL_LOOKASIDE, SingleListHead, 0x0);
    OFFSET(GENERAL_LOOKASIDE, Depth, EMU_BY_WIDTH(0x10, 0x8));
    OFFSET(GENERAL_LOOKASIDE, MaximumDepth, EMU_BY_WIDTH(0x12, 0xA));
    OFFSET(GENERAL_LOOKASIDE, TotalAllocates, EMU_BY_WIDTH(0x14, 0xC));
    OFFSET(GENERAL_LOOKASIDE, AllocateMisses, EMU_BY_WIDTH(0x18, 0x10));
    OFFSET(GENERAL_LOOKASIDE, AllocateHits, EMU_BY_WIDTH(0x18, 0x10));
    OFFSET(GENERAL_LOOKASIDE, TotalFrees, EMU_BY_WIDTH(0x1C, 0x14));
    OFFSET(GENERAL_LOOKASIDE, FreeMisses, EMU_BY_WIDTH(0x20, 0x18));
    OFFSET(GENERAL_LOOKASIDE, FreeHits, EMU_BY_WIDTH(0x20, 0x18));
    OFFSET(GENERAL_LOOKASIDE, Type, EMU_BY_WIDTH(0x24, 0x1C));
    OFFSET(GENERAL_LOOKASIDE, Tag, EMU_BY_WIDTH(0x28, 0x20));
    OFFSET(GENERAL_LOOKASIDE, Size, EMU_BY_WIDTH(0x2C, 0x24));
    OFFSET(GENERAL_LOOKASIDE, Allocate, EMU_BY_WIDTH(0x30, 0x28));
    OFFSET(GENERAL_LOOKASIDE, AllocateEx, EMU_BY_WIDTH(0x30, 0x28));
    OFFSET(GENERAL_LOOKASIDE, Free, EMU_BY_WIDTH(0x38, 0x2C));
    OFFSET(GENERAL_LOOKASIDE, FreeEx, EMU_BY_WIDTH(0x38, 0x2C));
    OFFSET(GENERAL_LOOKASIDE, ListEntry, EMU_BY_WIDTH(0x40, 0x30));
    OFFSET(GENERAL_LOOKASIDE, LastTotalAllocates, EMU_BY_WIDTH(0x50, 0x38));
    OFFSET(GENERAL_LOOKASIDE, LastAllocateMisses, EMU_BY_WIDTH(0x54, 0x3C));
    OFFSET(GENERAL_LOOKASIDE, LastAllocateHits, EMU_BY_WIDTH(0x54, 0x3C));
    OFFSET(GENERAL_LOOKASIDE, Future, EMU_BY_WIDTH(0x58, 0x40));
}

Test(abi, general_lookaside_pool)
{
    SIZE(GENERAL_LOOKASIDE_POOL, EMU_BY_WIDTH(0x60, 0x48));
    ALIGNMENT(GENERAL_LOOKASIDE_POOL, EMU_BY_WIDTH(16, 8));
    OFFSET(GENERAL_LOOKASIDE_POOL, ListHead, 0x0);
    OFFSET(GENERAL_LOOKASIDE_POOL, SingleListHead, 0x0);
    OFFSET(GENERAL_LOOKASIDE_POOL, Depth, EMU_BY_WIDTH(0x10, 0x8));
    OFFSET(GENERAL_LOOKASIDE_POOL, MaximumDepth, EMU_BY_WIDTH(0x12, 0xA));
    OFFSET(GENERAL_LOOKASIDE_POOL, TotalAllocates, EMU_BY_WIDTH(0x14, 0xC));
    OFFSET(GENERAL_LOOKASIDE_POOL, AllocateMisses, EMU_BY_WIDTH(0x18, 0x10));
    OFFSET(GENERAL_LOOKASIDE_POOL, AllocateHits, EMU_BY_WIDTH(0x18, 0x10));
    OFFSET(GENERAL_LOOKASIDE_POOL, TotalFrees, EMU_BY_WIDTH(0x1C, 0x14));
    OFFSET(GENERAL_LOOKASIDE_POOL, FreeMisses, EMU_BY_WIDTH(0x20, 0x18));
    OFFSET(GENERAL_LOOKASIDE_POOL, FreeHits, EMU_BY_WIDTH(0x20, 0x18));
    OFFSET(GENERAL_LOOKASIDE_POOL, Type, EMU_BY_WIDTH(0x24, 0x1C));
    OFFSET(GENERAL_LOOKASIDE_POOL, Tag, EMU_BY_WIDTH(0x28, 0x20));
    OFFSET(GENERAL_LOOKASIDE_POOL, Size, EMU_BY_WIDTH(0x2C, 0x24));
    OFFSET(GENERAL_LOOKASIDE_POOL, Allocate, EMU_BY_WIDTH(0x30, 0x28));
    OFFSET(GENERAL_LOOKASIDE_POOL, AllocateEx, EMU_BY_WIDTH(0x30, 0x28));
    OFFSET(GENERAL_LOOKASIDE_POOL, Free, EMU_BY_WIDTH(0x38, 0x2C));
    OFFSET(GENERAL_LOOKASIDE_POOL, FreeEx, EMU_BY_WIDTH(0x38, 0x2C));
    OFFSET(GENERAL_LOOKASIDE_POOL, ListEntry, EMU_BY_WIDTH(0x40, 0x30));
    OFFSET(GENERAL_LOOKASIDE_POOL, LastTotalAllocates, EMU_BY_WIDTH(0x50, 0x38));
    OFFSET(GENERAL_LOOKASIDE_POOL, LastAllocateMisses, EMU_BY_WIDTH(0x54, 0x3C));
    OFFSET(GENERAL_LOOKASIDE_POOL, LastAllocateHits, EMU_BY_WIDTH(0x54, 0x3C));
    OFFSET(GENERAL_LOOKASIDE_POOL, Future, EMU_BY_WIDTH(0x58, 0x40));
}

Test(abi, npaged_lookaside_list)
{
    SIZE(NPAGED_LOOKASIDE_LIST, EMU_BY_WIDTH(0x80, 0x50));
    ALIGNMENT(NPAGED_LOOKASIDE_LIST, EMU_BY_WIDTH(64, 8));
    OFFSET(NPAGED_LOOKASIDE_LIST, L, 0x0);
    OFFSET(NPAGED_LOOKASIDE_LIST, L.Depth, EMU_BY_WIDTH(0x10, 0x8));
    OFFSET(NPAGED_LOOKASIDE_LIST, L.ListEntry, EMU_BY_WIDTH(0x40, 0x30));
#if defined(EMU_ARCH_X86)
    OFFSET(NPAGED_LOOKASIDE_LIST, Lock__ObsoleteButDoNotDelete, 0x48);
#endif
}

Test(abi, paged_lookaside_list)
{
    SIZE(PAGED_LOOKASIDE_LIST, EMU_BY_WIDTH(0x80, 0x68));
    ALIGNMENT(PAGED_LOOKASIDE_LIST, EMU_BY_WIDTH(64, 8));
    OFFSET(PAGED_LOOKASIDE_LIST, L, 0x0);
    OFFSET(PAGED_LOOKASIDE_LIST, L.Depth, EMU_BY_WIDTH(0x10, 0x8));
    OFFSET(PAGED_LOOKASIDE_LIST, L.ListEntry, EMU_BY_WIDTH(0x40, 0x30));
#if defined(EMU_ARCH_X86)
    OFFSET(PAGED_LOOKASIDE_LIST, Lock__ObsoleteButDoNotDelete, 0x48);
#endif
}

Test(abi, lookaside_list_ex)
{
    SIZE(LOOKASIDE_LIST_EX, EMU_BY_WIDTH(0x60, 0x48));
    ALIGNMENT(LOOKASIDE_LIST_EX, EMU_BY_WIDTH(16, 8));
    OFFSET(LOOKASIDE_LIST_EX, L, 0x0);
    OFFSET(LOOKASIDE_LIST_EX, L.Depth, EMU_BY_WIDTH(0x10, 0x8));
    OFFSET(LOOKASIDE_LIST_EX, L.ListEntry, EMU_BY_WIDTH(0x40, 0x30));
}

Test(abi, pool_extended_parameter)
{
    SIZE(POOL_EXTENDED_PARAMETER, 0x10);
    ALIGNMENT(POOL_EXTENDED_PARAMETER, 8);
    OFFSET(POOL_EXTENDED_PARAMETER, Reserved2, 0x8);
    OFFSET(POOL_EXTENDED_PARAMETER, Priority, 0x8);
    OFFSET(POOL_EXTENDED_PARAMETER, SecurePoolParams, 0x8);
    OFFSET(POOL_EXTENDED_PARAMETER, PreferredNode, 0x8);
    OFFSET(POOL_EXTENDED_PARAMETER, Reserved3, 0x8);
}

Test(abi, pool_extended_params_secure_pool)
{
    SIZE(POOL_EXTENDED_PARAMS_SECURE_POOL, EMU_BY_WIDTH(0x20, 0x10));
    ALIGNMENT(POOL_EXTENDED_PARAMS_SECURE_POOL, EMU_BY_WIDTH(8, 4));
    OFFSET(POOL_EXTENDED_PARAMS_SECURE_POOL, SecurePoolHandle, 0x0);
    OFFSET(POOL_EXTENDED_PARAMS_SECURE_POOL, Buffer, EMU_BY_WIDTH(0x8, 0x4));
    OFFSET(POOL_EXTENDED_PARAMS_SECURE_POOL, Cookie, EMU_BY_WIDTH(0x10, 0x8));
    OFFSET(POOL_EXTENDED_PARAMS_SECURE_POOL, SecurePoolFlags, EMU_BY_WIDTH(0x18, 0xC));
}

Test(abi, pool_create_extended_params)
{
    SIZE(POOL_CREATE_EXTENDED_PARAMS, 0x4);
    ALIGNMENT(POOL_CREATE_EXTENDED_PARAMS, 4);
    OFFSET(POOL_CREATE_EXTENDED_PARAMS, Version, 0x0);
}

Test(abi, kspin_lock)
{
    SIZE(KSPIN_LOCK, EMU_BY_WIDTH(0x8, 0x4));
    ALIGNMENT(KSPIN_LOCK, EMU_BY_WIDTH(8, 4));
}

Test(abi, kspin_lock_queue)
{
    SIZE(KSPIN_LOCK_QUEUE, EMU_BY_WIDTH(0x10, 0x8));
    ALIGNMENT(KSPIN_LOCK_QUEUE, EMU_BY_WIDTH(8, 4));
    OFFSET(KSPIN_LOCK_QUEUE, Next, 0x0);
    OFFSET(KSPIN_LOCK_QUEUE, Lock, EMU_BY_WIDTH(0x8, 0x4));
}

Test(abi, klock_queue_handle)
{
    SIZE(KLOCK_QUEUE_HANDLE, EMU_BY_WIDTH(0x18, 0xC));
    ALIGNMENT(KLOCK_QUEUE_HANDLE, EMU_BY_WIDTH(8, 4));
    OFFSET(KLOCK_QUEUE_HANDLE, LockQueue, 0x0);
    OFFSET(KLOCK_QUEUE_HANDLE, OldIrql, EMU_BY_WIDTH(0x10, 0x8));
    OFFSET(KLOCK_QUEUE_HANDLE, LockQueue.Lock, EMU_BY_WIDTH(0x8, 0x4));
}

Test(abi, dispatcher_header)
{
    SIZE(DISPATCHER_HEADER, EMU_BY_WIDTH(0x18, 0x10));
    ALIGNMENT(DISPATCHER_HEADER, EMU_BY_WIDTH(8, 4));
    OFFSET(DISPATCHER_HEADER, Lock, 0x0);
    OFFSET(DISPATCHER_HEADER, Type, 0x0);
    OFFSET(DISPATCHER_HEADER, Size, 0x2);
    OFFSET(DISPATCHER_HEADER, SignalState, 0x4);
    OFFSET(DISPATCHER_HEADER, WaitListHead, 0x8);
    OFFSET(DISPATCHER_HEADER, Signalling, 0x1);
}

Test(abi, kevent)
{
    SIZE(KEVENT, EMU_BY_WIDTH(0x18, 0x10));
    ALIGNMENT(KEVENT, EMU_BY_WIDTH(8, 4));
    OFFSET(KEVENT, Header, 0x0);
}

Test(abi, ktimer)
{
    SIZE(KTIMER, EMU_BY_WIDTH(0x40, 0x28));
    ALIGNMENT(KTIMER, 8);
    OFFSET(KTIMER, Header, 0x0);
    OFFSET(KTIMER, DueTime, EMU_BY_WIDTH(0x18, 0x10));
    OFFSET(KTIMER, TimerListEntry, EMU_BY_WIDTH(0x20, 0x18));
    OFFSET(KTIMER, Dpc, EMU_BY_WIDTH(0x30, 0x20));
#if defined(_WIN64)
    OFFSET(KTIMER, Processor, 0x38);
#endif
    OFFSET(KTIMER, Period, EMU_BY_WIDTH(0x3C, 0x24));
}

Test(abi, owner_entry)
{
    SIZE(OWNER_ENTRY, EMU_BY_WIDTH(0x10, 0x8));
    ALIGNMENT(OWNER_ENTRY, EMU_BY_WIDTH(8, 4));
    OFFSET(OWNER_ENTRY, OwnerThread, 0x0);
    OFFSET(OWNER_ENTRY, TableSize, EMU_BY_WIDTH(0x8, 0x4));
}

Test(abi, eresource)
{
    SIZE(ERESOURCE, EMU_BY_WIDTH(0x68, 0x38));
    ALIGNMENT(ERESOURCE, EMU_BY_WIDTH(8, 4));
    OFFSET(ERESOURCE, SystemResourcesList, 0x0);
    OFFSET(ERESOURCE, OwnerTable, EMU_BY_WIDTH(0x10, 0x8));
    OFFSET(ERESOURCE, ActiveCount, EMU_BY_WIDTH(0x18, 0xC));
    OFFSET(ERESOURCE, Flag, EMU_BY_WIDTH(0x1A, 0xE));
    OFFSET(ERESOURCE, WaiterPriority, EMU_BY_WIDTH(0x1B, 0xF));
    OFFSET(ERESOURCE, SharedWaiters, EMU_BY_WIDTH(0x20, 0x10));
    OFFSET(ERESOURCE, ExclusiveWaiters, EMU_BY_WIDTH(0x28, 0x14));
    OFFSET(ERESOURCE, OwnerEntry, EMU_BY_WIDTH(0x30, 0x18));
    OFFSET(ERESOURCE, ActiveEntries, EMU_BY_WIDTH(0x40, 0x20));
    OFFSET(ERESOURCE, ContentionCount, EMU_BY_WIDTH(0x44, 0x24));
    OFFSET(ERESOURCE, NumberOfSharedWaiters, EMU_BY_WIDTH(0x48, 0x28));
    OFFSET(ERESOURCE, NumberOfExclusiveWaiters, EMU_BY_WIDTH(0x4C, 0x2C));
#if defined(_WIN64)
    OFFSET(ERESOURCE, Reserved2, 0x50);
#endif
    OFFSET(ERESOURCE, Address, EMU_BY_WIDTH(0x58, 0x30));
    OFFSET(ERESOURCE, SpinLock, EMU_BY_WIDTH(0x60, 0x34));
}

Test(abi, kgate)
{
    SIZE(KGATE, EMU_BY_WIDTH(0x18, 0x10));
    ALIGNMENT(KGATE, EMU_BY_WIDTH(8, 4));
    OFFSET(KGATE, Header, 0x0);
}

Test(abi, fast_mutex)
{
    SIZE(FAST_MUTEX, EMU_BY_WIDTH(0x38, 0x20));
    ALIGNMENT(FAST_MUTEX, EMU_BY_WIDTH(8, 4));
    OFFSET(FAST_MUTEX, Count, 0x0);
    OFFSET(FAST_MUTEX, Owner, EMU_BY_WIDTH(0x8, 0x4));
    OFFSET(FAST_MUTEX, Contention, EMU_BY_WIDTH(0x10, 0x8));
    OFFSET(FAST_MUTEX, Event, EMU_BY_WIDTH(0x18, 0xC));
    OFFSET(FAST_MUTEX, OldIrql, EMU_BY_WIDTH(0x30, 0x1C));
}

Test(abi, kguarded_mutex)
{
    SIZE(KGUARDED_MUTEX, EMU_BY_WIDTH(0x38, 0x20));
    ALIGNMENT(KGUARDED_MUTEX, EMU_BY_WIDTH(8, 4));
    OFFSET(KGUARDED_MUTEX, Count, 0x0);
    OFFSET(KGUARDED_MUTEX, Owner, EMU_BY_WIDTH(0x8, 0x4));
    OFFSET(KGUARDED_MUTEX, Contention, EMU_BY_WIDTH(0x10, 0x8));
    OFFSET(KGUARDED_MUTEX, Event, EMU_BY_WIDTH(0x18, 0xC));
    OFFSET(KGUARDED_MUTEX, OldIrql, EMU_BY_WIDTH(0x30, 0x1C));
}

Test(abi, mdl)
{
    SIZE(MDL, EMU_BY_WIDTH(0x30, 0x1C));
    ALIGNMENT(MDL, EMU_BY_WIDTH(8, 4));
    OFFSET(MDL, Next, 0x0);
    OFFSET(MDL, Size, EMU_BY_WIDTH(0x8, 0x4));
    OFFSET(MDL, MdlFlags, EMU_BY_WIDTH(0xA, 0x6));
#if defined(_WIN64)
    OFFSET(MDL, AllocationProcessorNumber, 0xC);
    OFFSET(MDL, Reserved, 0xE);
#endif
    OFFSET(MDL, Process, EMU_BY_WIDTH(0x10, 0x8));
    OFFSET(MDL, MappedSystemVa, EMU_BY_WIDTH(0x18, 0xC));
    OFFSET(MDL, StartVa, EMU_BY_WIDTH(0x20, 0x10));
    OFFSET(MDL, ByteCount, EMU_BY_WIDTH(0x28, 0x14));
    OFFSET(MDL, ByteOffset, EMU_BY_WIDTH(0x2C, 0x18));
}

Test(abi, rtl_osversioninfow)
{
    SIZE(RTL_OSVERSIONINFOW, 0x114);
    ALIGNMENT(RTL_OSVERSIONINFOW, 4);
    OFFSET(RTL_OSVERSIONINFOW, dwOSVersionInfoSize, 0x0);
    OFFSET(RTL_OSVERSIONINFOW, dwMajorVersion, 0x4);
    OFFSET(RTL_OSVERSIONINFOW, dwMinorVersion, 0x8);
    OFFSET(RTL_OSVERSIONINFOW, dwBuildNumber, 0xC);
    OFFSET(RTL_OSVERSIONINFOW, dwPlatformId, 0x10);
    OFFSET(RTL_OSVERSIONINFOW, szCSDVersion, 0x14);
}

Test(abi, rtl_osversioninfoexw)
{
    SIZE(RTL_OSVERSIONINFOEXW, 0x11C);
    ALIGNMENT(RTL_OSVERSIONINFOEXW, 4);
    OFFSET(RTL_OSVERSIONINFOEXW, dwOSVersionInfoSize, 0x0);
    OFFSET(RTL_OSVERSIONINFOEXW, dwMajorVersion, 0x4);
    OFFSET(RTL_OSVERSIONINFOEXW, dwMinorVersion, 0x8);
    OFFSET(RTL_OSVERSIONINFOEXW, dwBuildNumber, 0xC);
    OFFSET(RTL_OSVERSIONINFOEXW, dwPlatformId, 0x10);
    OFFSET(RTL_OSVERSIONINFOEXW, szCSDVersion, 0x14);
    OFFSET(RTL_OSVERSIONINFOEXW, wServicePackMajor, 0x114);
    OFFSET(RTL_OSVERSIONINFOEXW, wServicePackMinor, 0x116);
    OFFSET(RTL_OSVERSIONINFOEXW, wSuiteMask, 0x118);
    OFFSET(RTL_OSVERSIONINFOEXW, wProductType, 0x11A);
    OFFSET(RTL_OSVERSIONINFOEXW, wReserved, 0x11B);
}

Test(abi, system_pool_zeroing_information)
{
    SIZE(SYSTEM_POOL_ZEROING_INFORMATION, 0x1);
    ALIGNMENT(SYSTEM_POOL_ZEROING_INFORMATION, 1);
    OFFSET(SYSTEM_POOL_ZEROING_INFORMATION, PoolZeroingSupportPresent, 0x0);
}

Test(abi, object_attributes)
{
    SIZE(OBJECT_ATTRIBUTES, EMU_BY_WIDTH(0x30, 0x18));
    ALIGNMENT(OBJECT_ATTRIBUTES, EMU_BY_WIDTH(8, 4));
    OFFSET(OBJECT_ATTRIBUTES, Length, 0x0);
    OFFSET(OBJECT_ATTRIBUTES, RootDirectory, EMU_BY_WIDTH(0x8, 0x4));
    OFFSET(OBJECT_ATTRIBUTES, ObjectName, EMU_BY_WIDTH(0x10, 0x8));
    OFFSET(OBJECT_ATTRIBUTES, Attributes, EMU_BY_WIDTH(0x18, 0xC));
    OFFSET(OBJECT_ATTRIBUTES, SecurityDescriptor, EMU_BY_WIDTH(0x20, 0x10));
    OFFSET(OBJECT_ATTRIBUTES, SecurityQualityOfService, EMU_BY_WIDTH(0x28, 0x14));
}

Test(abi, io_status_block)
{
    SIZE(IO_STATUS_BLOCK, EMU_BY_WIDTH(0x10, 0x8));
    ALIGNMENT(IO_STATUS_BLOCK, EMU_BY_WIDTH(8, 4));
    OFFSET(IO_STATUS_BLOCK, Status, 0x0);
    OFFSET(IO_STATUS_BLOCK, Pointer, 0x0);
    OFFSET(IO_STATUS_BLOCK, Information, EMU_BY_WIDTH(0x8, 0x4));
}

Test(abi, kdpc)
{
    SIZE(KDPC, EMU_BY_WIDTH(0x40, 0x20));
    ALIGNMENT(KDPC, EMU_BY_WIDTH(8, 4));
    OFFSET(KDPC, Type, 0x0);
    OFFSET(KDPC, Importance, 0x1);
    OFFSET(KDPC, Number, 0x2);
    OFFSET(KDPC, DpcListEntry, EMU_BY_WIDTH(0x8, 0x4));
    OFFSET(KDPC, ProcessorHistory, EMU_BY_WIDTH(0x10, 0x8));
    OFFSET(KDPC, DeferredRoutine, EMU_BY_WIDTH(0x18, 0xC));
    OFFSET(KDPC, DeferredContext, EMU_BY_WIDTH(0x20, 0x10));
    OFFSET(KDPC, SystemArgument1, EMU_BY_WIDTH(0x28, 0x14));
    OFFSET(KDPC, SystemArgument2, EMU_BY_WIDTH(0x30, 0x18));
    OFFSET(KDPC, DpcData, EMU_BY_WIDTH(0x38, 0x1C));
    OFFSET(KDPC, TargetInfoAsUlong, 0x0);
}

Test(abi, kapc)
{
    SIZE(KAPC, EMU_BY_WIDTH(0x58, 0x30));
    ALIGNMENT(KAPC, EMU_BY_WIDTH(8, 4));
    OFFSET(KAPC, Thread, 0x8);
    OFFSET(KAPC, ApcListEntry, EMU_BY_WIDTH(0x10, 0xC));
    OFFSET(KAPC, NormalContext, EMU_BY_WIDTH(0x38, 0x20));
    OFFSET(KAPC, SystemArgument1, EMU_BY_WIDTH(0x40, 0x24));
    OFFSET(KAPC, SystemArgument2, EMU_BY_WIDTH(0x48, 0x28));
    OFFSET(KAPC, ApcStateIndex, EMU_BY_WIDTH(0x50, 0x2C));
    OFFSET(KAPC, ApcMode, EMU_BY_WIDTH(0x51, 0x2D));
    OFFSET(KAPC, Inserted, EMU_BY_WIDTH(0x52, 0x2E));
    OFFSET(KAPC, Type, 0x0);
    OFFSET(KAPC, Size, 0x2);
    OFFSET(KAPC, Reserved, EMU_BY_WIDTH(0x20, 0x14));
}

Test(abi, kdevice_queue)
{
    SIZE(KDEVICE_QUEUE, EMU_BY_WIDTH(0x28, 0x14));
    ALIGNMENT(KDEVICE_QUEUE, EMU_BY_WIDTH(8, 4));
    OFFSET(KDEVICE_QUEUE, Type, 0x0);
    OFFSET(KDEVICE_QUEUE, Size, 0x2);
    OFFSET(KDEVICE_QUEUE, DeviceListHead, EMU_BY_WIDTH(0x8, 0x4));
    OFFSET(KDEVICE_QUEUE, Lock, EMU_BY_WIDTH(0x18, 0xC));
    OFFSET(KDEVICE_QUEUE, Busy, EMU_BY_WIDTH(0x20, 0x10));
}

Test(abi, kdevice_queue_entry)
{
    SIZE(KDEVICE_QUEUE_ENTRY, EMU_BY_WIDTH(0x18, 0x10));
    ALIGNMENT(KDEVICE_QUEUE_ENTRY, EMU_BY_WIDTH(8, 4));
    OFFSET(KDEVICE_QUEUE_ENTRY, DeviceListEntry, 0x0);
    OFFSET(KDEVICE_QUEUE_ENTRY, SortKey, EMU_BY_WIDTH(0x10, 0x8));
    OFFSET(KDEVICE_QUEUE_ENTRY, Inserted, EMU_BY_WIDTH(0x14, 0xC));
}

Test(abi, wait_context_block)
{
    SIZE(WAIT_CONTEXT_BLOCK, EMU_BY_WIDTH(0x48, 0x28));
    ALIGNMENT(WAIT_CONTEXT_BLOCK, EMU_BY_WIDTH(8, 4));
    OFFSET(WAIT_CONTEXT_BLOCK, WaitQueueEntry, 0x0);
    OFFSET(WAIT_CONTEXT_BLOCK, DeviceRoutine, EMU_BY_WIDTH(0x18, 0x10));
    OFFSET(WAIT_CONTEXT_BLOCK, DeviceContext, EMU_BY_WIDTH(0x20, 0x14));
    OFFSET(WAIT_CONTEXT_BLOCK, NumberOfMapRegisters, EMU_BY_WIDTH(0x28, 0x18));
    OFFSET(WAIT_CONTEXT_BLOCK, DeviceObject, EMU_BY_WIDTH(0x30, 0x1C));
    OFFSET(WAIT_CONTEXT_BLOCK, CurrentIrp, EMU_BY_WIDTH(0x38, 0x20));
    OFFSET(WAIT_CONTEXT_BLOCK, BufferChainingDpc, EMU_BY_WIDTH(0x40, 0x24));
    OFFSET(WAIT_CONTEXT_BLOCK, DmaWaitEntry, 0x0);
    OFFSET(WAIT_CONTEXT_BLOCK, NumberOfChannels, EMU_BY_WIDTH(0x10, 0x8));
}

Test(abi, driver_extension)
{
    SIZE(DRIVER_EXTENSION, EMU_BY_WIDTH(0x28, 0x14));
    ALIGNMENT(DRIVER_EXTENSION, EMU_BY_WIDTH(8, 4));
    OFFSET(DRIVER_EXTENSION, DriverObject, 0x0);
    OFFSET(DRIVER_EXTENSION, AddDevice, EMU_BY_WIDTH(0x8, 0x4));
    OFFSET(DRIVER_EXTENSION, Count, EMU_BY_WIDTH(0x10, 0x8));
    OFFSET(DRIVER_EXTENSION, ServiceKeyName, EMU_BY_WIDTH(0x18, 0xC));
}

Test(abi, driver_object)
{
    SIZE(DRIVER_OBJECT, EMU_BY_WIDTH(0x150, 0xA8));
    ALIGNMENT(DRIVER_OBJECT, EMU_BY_WIDTH(8, 4));
    OFFSET(DRIVER_OBJECT, Type, 0x0);
    OFFSET(DRIVER_OBJECT, Size, 0x2);
    OFFSET(DRIVER_OBJECT, DeviceObject, EMU_BY_WIDTH(0x8, 0x4));
    OFFSET(DRIVER_OBJECT, Flags, EMU_BY_WIDTH(0x10, 0x8));
    OFFSET(DRIVER_OBJECT, DriverStart, EMU_BY_WIDTH(0x18, 0xC));
    OFFSET(DRIVER_OBJECT, DriverSize, EMU_BY_WIDTH(0x20, 0x10));
    OFFSET(DRIVER_OBJECT, DriverSection, EMU_BY_WIDTH(0x28, 0x14));
    OFFSET(DRIVER_OBJECT, DriverExtension, EMU_BY_WIDTH(0x30, 0x18));
    OFFSET(DRIVER_OBJECT, DriverName, EMU_BY_WIDTH(0x38, 0x1C));
    OFFSET(DRIVER_OBJECT, HardwareDatabase, EMU_BY_WIDTH(0x48, 0x24));
    OFFSET(DRIVER_OBJECT, FastIoDispatch, EMU_BY_WIDTH(0x50, 0x28));
    OFFSET(DRIVER_OBJECT, DriverInit, EMU_BY_WIDTH(0x58, 0x2C));
    OFFSET(DRIVER_OBJECT, DriverStartIo, EMU_BY_WIDTH(0x60, 0x30));
    OFFSET(DRIVER_OBJECT, DriverUnload, EMU_BY_WIDTH(0x68, 0x34));
    OFFSET(DRIVER_OBJECT, MajorFunction, EMU_BY_WIDTH(0x70, 0x38));
    OFFSET(DRIVER_OBJECT, MajorFunction[IRP_MJ_MAXIMUM_FUNCTION], EMU_BY_WIDTH(0x148, 0xA4));
}

Test(abi, device_object)
{
    SIZE(DEVICE_OBJECT, EMU_BY_WIDTH(0x150, 0xB8));
    ALIGNMENT(DEVICE_OBJECT, EMU_BY_WIDTH(16, 8));
    OFFSET(DEVICE_OBJECT, Type, 0x0);
    OFFSET(DEVICE_OBJECT, Size, 0x2);
    OFFSET(DEVICE_OBJECT, ReferenceCount, 0x4);
    OFFSET(DEVICE_OBJECT, DriverObject, 0x8);
    OFFSET(DEVICE_OBJECT, NextDevice, EMU_BY_WIDTH(0x10, 0xC));
    OFFSET(DEVICE_OBJECT, AttachedDevice, EMU_BY_WIDTH(0x18, 0x10));
    OFFSET(DEVICE_OBJECT, CurrentIrp, EMU_BY_WIDTH(0x20, 0x14));
    OFFSET(DEVICE_OBJECT, Timer, EMU_BY_WIDTH(0x28, 0x18));
    OFFSET(DEVICE_OBJECT, Flags, EMU_BY_WIDTH(0x30, 0x1C));
    OFFSET(DEVICE_OBJECT, Characteristics, EMU_BY_WIDTH(0x34, 0x20));
    OFFSET(DEVICE_OBJECT, Vpb, EMU_BY_WIDTH(0x38, 0x24));
    OFFSET(DEVICE_OBJECT, DeviceExtension, EMU_BY_WIDTH(0x40, 0x28));
    OFFSET(DEVICE_OBJECT, DeviceType, EMU_BY_WIDTH(0x48, 0x2C));
    OFFSET(DEVICE_OBJECT, StackSize, EMU_BY_WIDTH(0x4C, 0x30));
    OFFSET(DEVICE_OBJECT, Queue, EMU_BY_WIDTH(0x50, 0x34));
    OFFSET(DEVICE_OBJECT, AlignmentRequirement, EMU_BY_WIDTH(0x98, 0x5C));
    OFFSET(DEVICE_OBJECT, DeviceQueue, EMU_BY_WIDTH(0xA0, 0x60));
    OFFSET(DEVICE_OBJECT, Dpc, EMU_BY_WIDTH(0xC8, 0x74));
    OFFSET(DEVICE_OBJECT, ActiveThreadCount, EMU_BY_WIDTH(0x108, 0x94));
    OFFSET(DEVICE_OBJECT, SecurityDescriptor, EMU_BY_WIDTH(0x110, 0x98));
    OFFSET(DEVICE_OBJECT, DeviceLock, EMU_BY_WIDTH(0x118, 0x9C));
    OFFSET(DEVICE_OBJECT, SectorSize, EMU_BY_WIDTH(0x130, 0xAC));
    OFFSET(DEVICE_OBJECT, DeviceObjectExtension, EMU_BY_WIDTH(0x138, 0xB0));
    OFFSET(DEVICE_OBJECT, Reserved, EMU_BY_WIDTH(0x140, 0xB4));
    OFFSET(DEVICE_OBJECT, Queue.Wcb, EMU_BY_WIDTH(0x50, 0x34));
    OFFSET(DEVICE_OBJECT, Spare1, EMU_BY_WIDTH(0x132, 0xAE));
}

Test(abi, irp)
{
    SIZE(IRP, EMU_BY_WIDTH(0xD0, 0x70));
    ALIGNMENT(IRP, EMU_BY_WIDTH(16, 8));
    OFFSET(IRP, Type, 0x0);
    OFFSET(IRP, Size, 0x2);
    OFFSET(IRP, MdlAddress, EMU_BY_WIDTH(0x8, 0x4));
    OFFSET(IRP, Flags, EMU_BY_WIDTH(0x10, 0x8));
    OFFSET(IRP, AssociatedIrp, EMU_BY_WIDTH(0x18, 0xC));
    OFFSET(IRP, ThreadListEntry, EMU_BY_WIDTH(0x20, 0x10));
    OFFSET(IRP, IoStatus, EMU_BY_WIDTH(0x30, 0x18));
    OFFSET(IRP, RequestorMode, EMU_BY_WIDTH(0x40, 0x20));
    OFFSET(IRP, PendingReturned, EMU_BY_WIDTH(0x41, 0x21));
    OFFSET(IRP, StackCount, EMU_BY_WIDTH(0x42, 0x22));
    OFFSET(IRP, CurrentLocation, EMU_BY_WIDTH(0x43, 0x23));
    OFFSET(IRP, Cancel, EMU_BY_WIDTH(0x44, 0x24));
    OFFSET(IRP, CancelIrql, EMU_BY_WIDTH(0x45, 0x25));
    OFFSET(IRP, ApcEnvironment, EMU_BY_WIDTH(0x46, 0x26));
    OFFSET(IRP, AllocationFlags, EMU_BY_WIDTH(0x47, 0x27));
    OFFSET(IRP, UserIosb, EMU_BY_WIDTH(0x48, 0x28));
    OFFSET(IRP, UserEvent, EMU_BY_WIDTH(0x50, 0x2C));
    OFFSET(IRP, Overlay, EMU_BY_WIDTH(0x58, 0x30));
    OFFSET(IRP, CancelRoutine, EMU_BY_WIDTH(0x68, 0x38));
    OFFSET(IRP, UserBuffer, EMU_BY_WIDTH(0x70, 0x3C));
    OFFSET(IRP, Tail, EMU_BY_WIDTH(0x78, 0x40));
    OFFSET(IRP, Tail.Overlay.DriverContext, EMU_BY_WIDTH(0x78, 0x40));
    OFFSET(IRP, Tail.Overlay.Thread, EMU_BY_WIDTH(0x98, 0x50));
    OFFSET(IRP, Tail.Overlay.AuxiliaryBuffer, EMU_BY_WIDTH(0xA0, 0x54));
    OFFSET(IRP, Tail.Overlay.ListEntry, EMU_BY_WIDTH(0xA8, 0x58));
    OFFSET(IRP, Tail.Overlay.CurrentStackLocation, EMU_BY_WIDTH(0xB8, 0x60));
    OFFSET(IRP, Tail.Overlay.OriginalFileObject, EMU_BY_WIDTH(0xC0, 0x64));
    OFFSET(IRP, Tail.Overlay.IrpExtension, EMU_BY_WIDTH(0xC8, 0x68));
#if defined(_WIN64)
    OFFSET(IRP, AllocationProcessorNumber, 0x4);
    OFFSET(IRP, Reserved, 0x6);
#endif
    OFFSET(IRP, AssociatedIrp.SystemBuffer, EMU_BY_WIDTH(0x18, 0xC));
    OFFSET(IRP, IoRingContext, EMU_BY_WIDTH(0x48, 0x28));
    OFFSET(IRP, Overlay.AsynchronousParameters.UserApcRoutine, EMU_BY_WIDTH(0x58, 0x30));
    OFFSET(IRP, Overlay.AsynchronousParameters.UserApcContext, EMU_BY_WIDTH(0x60, 0x34));
    OFFSET(IRP, Overlay.AllocationSize, EMU_BY_WIDTH(0x58, 0x30));
    OFFSET(IRP, Tail.Overlay.DeviceQueueEntry, EMU_BY_WIDTH(0x78, 0x40));
    OFFSET(IRP, Tail.Overlay.PacketType, EMU_BY_WIDTH(0xB8, 0x60));
    OFFSET(IRP, Tail.Apc, EMU_BY_WIDTH(0x78, 0x40));
    OFFSET(IRP, Tail.CompletionKey, EMU_BY_WIDTH(0x78, 0x40));
}

Test(abi, io_stack_location)
{
    SIZE(IO_STACK_LOCATION, EMU_BY_WIDTH(0x48, 0x24));
    ALIGNMENT(IO_STACK_LOCATION, EMU_BY_WIDTH(8, 4));
    OFFSET(IO_STACK_LOCATION, MajorFunction, 0x0);
    OFFSET(IO_STACK_LOCATION, MinorFunction, 0x1);
    OFFSET(IO_STACK_LOCATION, Flags, 0x2);
    OFFSET(IO_STACK_LOCATION, Control, 0x3);
    OFFSET(IO_STACK_LOCATION, Parameters, EMU_BY_WIDTH(0x8, 0x4));
    OFFSET(IO_STACK_LOCATION, Parameters.Create.Options, EMU_BY_WIDTH(0x10, 0x8));
    OFFSET(IO_STACK_LOCATION, Parameters.Create.FileAttributes, EMU_BY_WIDTH(0x18, 0xC));
    OFFSET(IO_STACK_LOCATION, Parameters.Create.ShareAccess, EMU_BY_WIDTH(0x1A, 0xE));
    OFFSET(IO_STACK_LOCATION, Parameters.Create.EaLength, EMU_BY_WIDTH(0x20, 0x10));
    OFFSET(IO_STACK_LOCATION, Parameters.Read.Length, EMU_BY_WIDTH(0x8, 0x4));
    OFFSET(IO_STACK_LOCATION, Parameters.Read.Key, EMU_BY_WIDTH(0x10, 0x8));
    OFFSET(IO_STACK_LOCATION, Parameters.Read.ByteOffset, EMU_BY_WIDTH(0x18, 0xC));
    OFFSET(IO_STACK_LOCATION, Parameters.Write.Key, EMU_BY_WIDTH(0x10, 0x8));
    OFFSET(IO_STACK_LOCATION, Parameters.DeviceIoControl.OutputBufferLength, EMU_BY_WIDTH(0x8, 0x4));
    OFFSET(IO_STACK_LOCATION, Parameters.DeviceIoControl.InputBufferLength, EMU_BY_WIDTH(0x10, 0x8));
    OFFSET(IO_STACK_LOCATION, Parameters.DeviceIoControl.IoControlCode, EMU_BY_WIDTH(0x18, 0xC));
    OFFSET(IO_STACK_LOCATION, Parameters.DeviceIoControl.Type3InputBuffer, EMU_BY_WIDTH(0x20, 0x10));
    OFFSET(IO_STACK_LOCATION, Parameters.Others.Argument4, EMU_BY_WIDTH(0x20, 0x10));
    OFFSET(IO_STACK_LOCATION, DeviceObject, EMU_BY_WIDTH(0x28, 0x14));
    OFFSET(IO_STACK_LOCATION, FileObject, EMU_BY_WIDTH(0x30, 0x18));
    OFFSET(IO_STACK_LOCATION, CompletionRoutine, EMU_BY_WIDTH(0x38, 0x1C));
    OFFSET(IO_STACK_LOCATION, Context, EMU_BY_WIDTH(0x40, 0x20));
    OFFSET(IO_STACK_LOCATION, Parameters.Create.SecurityContext, EMU_BY_WIDTH(0x8, 0x4));
    OFFSET(IO_STACK_LOCATION, Parameters.Write.Length, EMU_BY_WIDTH(0x8, 0x4));
    OFFSET(IO_STACK_LOCATION, Parameters.Write.ByteOffset, EMU_BY_WIDTH(0x18, 0xC));
    OFFSET(IO_STACK_LOCATION, Parameters.Others.Argument1, EMU_BY_WIDTH(0x8, 0x4));
    OFFSET(IO_STACK_LOCATION, Parameters.Others.Argument2, EMU_BY_WIDTH(0x10, 0x8));
    OFFSET(IO_STACK_LOCATION, Parameters.Others.Argument3, EMU_BY_WIDTH(0x18, 0xC));
}

Test(abi, slist_header_bits)
{
#if defined(_WIN64)
    SLIST_HEADER Header = {{0, 0}};
    Header.HeaderX64.Depth = 0xFFFF;
    cr_assert_eq(Header.Alignment, 0xFFFFULL);
    Header.Alignment = 0;
    Header.HeaderX64.Sequence = 1;
    cr_assert_eq(Header.Alignment, 0x10000ULL);
    Header.HeaderX64.Sequence = 0xFFFFFFFFFFFF;
    cr_assert_eq(Header.Alignment, 0xFFFFFFFFFFFF0000ULL);
    Header.HeaderX64.NextEntry = 1;
    cr_assert_eq(Header.Region, 0x10ULL);
    cr_assert_eq(Header.HeaderX64.Reserved, 0);
    Header.HeaderX64.Reserved = 0xF;
    cr_assert_eq(Header.Region, 0x1FULL);
#else
    SLIST_HEADER Header = {0};
    Header.Next.Next = (PSLIST_ENTRY)(ULONG_PTR)0x12345678;
    cr_assert_eq(Header.Alignment, 0x12345678ULL);
    Header.Alignment = 0;
    Header.Depth = 0xFFFF;
    cr_assert_eq(Header.Alignment, 0xFFFF00000000ULL);
    Header.Alignment = 0;
    Header.Sequence = 0xFFFF;
    cr_assert_eq(Header.Alignment, 0xFFFF000000000000ULL);
#endif
}

Test(abi, pool_extended_parameter_bits)
{
    union {
        POOL_EXTENDED_PARAMETER Parameter;
        ULONG64 Word[2];
    } Both = {.Word = {0, 0}};
    Both.Parameter.Type = PoolExtendedParameterNumaNode;
    Both.Parameter.Optional = 1;
    cr_assert_eq(Both.Word[0], 0x103ULL);
    Both.Parameter.PreferredNode = 7;
    cr_assert_eq(Both.Word[1] & 0xFFFFFFFF, 7);
}

Test(abi, integers)
{
    SIZE(BOOLEAN, 1);
    SIZE(KIRQL, 1);
    SIZE(WCHAR, 2);
    SIZE(LONG, 4);
    SIZE(ULONG, 4);
    SIZE(NTSTATUS, 4);
    SIZE(POOL_TYPE, 4);
    SIZE(LONGLONG, 8);
    SIZE(POOL_FLAGS, 8);
    SIZE(SIZE_T, EMU_BY_WIDTH(8, 4));
    SIZE(HANDLE, EMU_BY_WIDTH(8, 4));
    SIZE(L"12", 6);
    cr_assert(_Generic((SIZE_T *)0, size_t * : 1, default : 0), "SIZE_T is size_t");
    cr_assert(_Generic((WCHAR *)0, wchar_t * : 1, default : 0), "WCHAR is wchar_t");
}

Test(abi, pool_types)
{
    cr_assert_eq(NonPagedPool, 0);
    cr_assert_eq(NonPagedPoolExecute, 0);
    cr_assert_eq(PagedPool, 1);
    cr_assert_eq(NonPagedPoolMustSucceed, 2);
    cr_assert_eq(DontUseThisType, 3);
    cr_assert_eq(NonPagedPoolCacheAligned, 4);
    cr_assert_eq(PagedPoolCacheAligned, 5);
    cr_assert_eq(NonPagedPoolCacheAlignedMustS, 6);
    cr_assert_eq(MaxPoolType, 7);
    cr_assert_eq(NonPagedPoolBase, 0);
    cr_assert_eq(NonPagedPoolBaseMustSucceed, 2);
    cr_assert_eq(NonPagedPoolBaseCacheAligned, 4);
    cr_assert_eq(NonPagedPoolBaseCacheAlignedMustS, 6);
    cr_assert_eq(NonPagedPoolSession, 32);
    cr_assert_eq(PagedPoolSession, 33);
    cr_assert_eq(NonPagedPoolMustSucceedSession, 34);
    cr_assert_eq(DontUseThisTypeSession, 35);
    cr_assert_eq(NonPagedPoolCacheAlignedSession, 36);
    cr_assert_eq(PagedPoolCacheAlignedSession, 37);
    cr_assert_eq(NonPagedPoolCacheAlignedMustSSession, 38);
    cr_assert_eq(NonPagedPoolNx, 512);
    cr_assert_eq(NonPagedPoolNxCacheAligned, 516);
    cr_assert_eq(NonPagedPoolSessionNx, 544);
    cr_assert_eq(POOL_QUOTA_FAIL_INSTEAD_OF_RAISE, 8);
    cr_assert_eq(POOL_RAISE_IF_ALLOCATION_FAILURE, 16);
    cr_assert_eq(POOL_COLD_ALLOCATION, 256);
    cr_assert_eq(POOL_NX_ALLOCATION, 512);
    cr_assert_eq(POOL_ZERO_ALLOCATION, 1024);
    cr_assert_eq(PROTECTED_POOL, 0x80000000);
    ALIGNMENT(POOL_TYPE, 4);
}

Test(abi, pool_flags)
{
    cr_assert_eq(POOL_FLAG_USE_QUOTA, 0x1);
    cr_assert_eq(POOL_FLAG_UNINITIALIZED, 0x2);
    cr_assert_eq(POOL_FLAG_SESSION, 0x4);
    cr_assert_eq(POOL_FLAG_CACHE_ALIGNED, 0x8);
    cr_assert_eq(POOL_FLAG_RESERVED1, 0x10);
    cr_assert_eq(POOL_FLAG_RAISE_ON_FAILURE, 0x20);
    cr_assert_eq(POOL_FLAG_NON_PAGED, 0x40);
    cr_assert_eq(POOL_FLAG_NON_PAGED_EXECUTE, 0x80);
    cr_assert_eq(POOL_FLAG_PAGED, 0x100);
    cr_assert_eq(POOL_FLAG_RESERVED2, 0x200);
    cr_assert_eq(POOL_FLAG_RESERVED3, 0x400);
    cr_assert_eq(POOL_FLAG_REQUIRED_START, 0x1);
    cr_assert_eq(POOL_FLAG_LAST_KNOWN_REQUIRED, 0x400);
    cr_assert_eq(POOL_FLAG_REQUIRED_END, 0x80000000);
    cr_assert_eq(POOL_FLAG_REQUIRED_MASK, 0xFFFFFFFF);
    cr_assert_eq(POOL_FLAG_UNUSED_REQUIRED_BITS, 0xFFFFF800);
    cr_assert_eq(POOL_FLAG_OPTIONAL_START, 0x100000000);
    cr_assert_eq(POOL_FLAG_SPECIAL_POOL, 0x100000000);
    cr_assert_eq(POOL_FLAG_OPTIONAL_END, 0x8000000000000000);
}

Test(abi, pool_priorities)
{
    cr_assert_eq(LowPoolPriority, 0);
    cr_assert_eq(LowPoolPrioritySpecialPoolOverrun, 8);
    cr_assert_eq(LowPoolPrioritySpecialPoolUnderrun, 9);
    cr_assert_eq(NormalPoolPriority, 16);
    cr_assert_eq(NormalPoolPrioritySpecialPoolOverrun, 24);
    cr_assert_eq(NormalPoolPrioritySpecialPoolUnderrun, 25);
    cr_assert_eq(HighPoolPriority, 32);
    cr_assert_eq(HighPoolPrioritySpecialPoolOverrun, 40);
    cr_assert_eq(HighPoolPrioritySpecialPoolUnderrun, 41);
}

Test(abi, pool_extended_parameter_constants)
{
    cr_assert_eq(PoolExtendedParameterInvalidType, 0);
    cr_assert_eq(PoolExtendedParameterPriority, 1);
    cr_assert_eq(PoolExtendedParameterSecurePool, 2);
    cr_assert_eq(PoolExtendedParameterNumaNode, 3);
    cr_assert_eq(PoolExtendedParameterMax, 4);
    cr_assert_eq(POOL_EXTENDED_PARAMETER_TYPE_BITS, 8);
    cr_assert_eq(POOL_EXTENDED_PARAMETER_REQUIRED_FIELD_BITS, 1);
    cr_assert_eq(POOL_EXTENDED_PARAMETER_RESERVED_BITS, 55);
    cr_assert_eq(POOL_CREATE_FLG_SECURE_POOL, 1);
    cr_assert_eq(POOL_CREATE_FLG_USE_GLOBAL_POOL, 2);
    cr_assert_eq(POOL_CREATE_PARAMS_VERSION, 1);
    cr_assert_eq(SECURE_POOL_FLAGS_NONE, 0);
    cr_assert_eq(SECURE_POOL_FLAGS_FREEABLE, 1);
    cr_assert_eq(SECURE_POOL_FLAGS_MODIFIABLE, 2);
}

Test(abi, lookaside_constants)
{
    cr_assert_eq(EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL, 1);
    cr_assert_eq(EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE, 2);
    cr_assert_eq(EX_MAXIMUM_LOOKASIDE_DEPTH_BASE, 256);
    cr_assert_eq(EX_MAXIMUM_LOOKASIDE_DEPTH_LIMIT, 1024);
    cr_assert_eq(LOOKASIDE_MINIMUM_BLOCK_SIZE, EMU_BY_WIDTH(8, 4));
}

Test(abi, driver_runtime_constants)
{
    cr_assert_eq(DrvRtPoolNxOptIn, 1);
    cr_assert_eq(LastDrvRtFlag, 2);
    cr_assert_eq(PROTECTED_POOL, 0x80000000);
}

Test(abi, mapping_constants)
{
    cr_assert_eq(LowPagePriority, 0);
    cr_assert_eq(NormalPagePriority, 16);
    cr_assert_eq(HighPagePriority, 32);
    cr_assert_eq(MdlMappingNoWrite, 0x80000000);
    cr_assert_eq(MdlMappingNoExecute, 0x40000000);
    cr_assert_eq(MdlMappingWithGuardPtes, 0x20000000);
    cr_assert_eq(MM_ANY_NODE_OK, 0x80000000);
    cr_assert_eq(MmNonCached, 0);
    cr_assert_eq(MmCached, 1);
    cr_assert_eq(MmWriteCombined, 2);
    cr_assert_eq(MmHardwareCoherentCached, 3);
    cr_assert_eq(MmNonCachedUnordered, 4);
    cr_assert_eq(MmUSWCCached, 5);
    cr_assert_eq(MmMaximumCacheType, 6);
    cr_assert_eq(MmNotMapped, -1);
}

Test(abi, ntddi_values)
{
    cr_assert_eq(NTDDI_WIN2K, 0x05000000);
    cr_assert_eq(NTDDI_WIN2KSP4, 0x05000400);
    cr_assert_eq(NTDDI_WINXP, 0x05010000);
    cr_assert_eq(NTDDI_WINXPSP3, 0x05010300);
    cr_assert_eq(NTDDI_WS03, 0x05020000);
    cr_assert_eq(NTDDI_WS03SP2, 0x05020200);
    cr_assert_eq(NTDDI_VISTA, 0x06000000);
    cr_assert_eq(NTDDI_LONGHORN, 0x06000000);
    cr_assert_eq(NTDDI_VISTASP1, 0x06000100);
    cr_assert_eq(NTDDI_WS08, 0x06000100);
    cr_assert_eq(NTDDI_VISTASP2, 0x06000200);
    cr_assert_eq(NTDDI_WS08SP2, 0x06000200);
    cr_assert_eq(NTDDI_WIN7, 0x06010000);
    cr_assert_eq(NTDDI_WIN8, 0x06020000);
    cr_assert_eq(NTDDI_WINBLUE, 0x06030000);
    cr_assert_eq(NTDDI_WINTHRESHOLD, 0x0A000000);
    cr_assert_eq(NTDDI_WIN10, 0x0A000000);
    cr_assert_eq(NTDDI_WIN10_TH2, 0x0A000001);
    cr_assert_eq(NTDDI_WIN10_RS1, 0x0A000002);
    cr_assert_eq(NTDDI_WIN10_RS2, 0x0A000003);
    cr_assert_eq(NTDDI_WIN10_RS3, 0x0A000004);
    cr_assert_eq(NTDDI_WIN10_RS4, 0x0A000005);
    cr_assert_eq(NTDDI_WIN10_RS5, 0x0A000006);
    cr_assert_eq(NTDDI_WIN10_19H1, 0x0A000007);
    cr_assert_eq(NTDDI_WIN10_VB, 0x0A000008);
    cr_assert_eq(NTDDI_WIN10_MN, 0x0A000009);
    cr_assert_eq(NTDDI_WIN10_FE, 0x0A00000A);
    cr_assert_eq(NTDDI_WIN10_CO, 0x0A00000B);
    cr_assert_eq(NTDDI_WIN11_CO, 0x0A00000B);
    cr_assert_eq(OSVER(0x06010203), 0x06010000);
    cr_assert_eq(SPVER(0x06010203), 0x02);
    cr_assert_eq(SUBVER(0x06010203), 0x03);
}

Test(abi, ntddi_values_from_third_parties)
{
    cr_assert_eq(NTDDI_WIN11_NI, 0x0A00000C);
    cr_assert_eq(NTDDI_WIN11_CU, 0x0A00000D);
    cr_assert_eq(NTDDI_WIN11_ZN, 0x0A00000E);
    cr_assert_eq(NTDDI_WIN11_GA, 0x0A00000F);
    cr_assert_eq(NTDDI_WIN11_GE, 0x0A000010);
}

Test(abi, version_constants)
{
    cr_assert_eq(SystemPoolZeroingInformation, 227);
    cr_assert_eq(VER_MINORVERSION, 0x1);
    cr_assert_eq(VER_MAJORVERSION, 0x2);
    cr_assert_eq(VER_BUILDNUMBER, 0x4);
    cr_assert_eq(VER_PLATFORMID, 0x8);
    cr_assert_eq(VER_SERVICEPACKMINOR, 0x10);
    cr_assert_eq(VER_SERVICEPACKMAJOR, 0x20);
    cr_assert_eq(VER_SUITENAME, 0x40);
    cr_assert_eq(VER_PRODUCT_TYPE, 0x80);
    cr_assert_eq(VER_EQUAL, 1);
    cr_assert_eq(VER_GREATER, 2);
    cr_assert_eq(VER_GREATER_EQUAL, 3);
    cr_assert_eq(VER_LESS, 4);
    cr_assert_eq(VER_LESS_EQUAL, 5);
    cr_assert_eq(VER_AND, 6);
    cr_assert_eq(VER_OR, 7);
    cr_assert_eq(VER_NUM_BITS_PER_CONDITION_MASK, 3);
    cr_assert_eq(VER_CONDITION_MASK, 7);
    cr_assert_eq(PASSIVE_LEVEL, 0);
    cr_assert_eq(APC_LEVEL, 1);
    cr_assert_eq(DISPATCH_LEVEL, 2);
    cr_assert_eq(PROFILE_LEVEL, EMU_BY_WIDTH(15, 27));
    cr_assert_eq(CLOCK_LEVEL, EMU_BY_WIDTH(13, 28));
    cr_assert_eq(IPI_LEVEL, EMU_BY_WIDTH(14, 29));
    cr_assert_eq(POWER_LEVEL, EMU_BY_WIDTH(14, 30));
    cr_assert_eq(HIGH_LEVEL, EMU_BY_WIDTH(15, 31));
    cr_assert_eq(PAGE_SIZE, 0x1000);
    cr_assert_eq(MEMORY_ALLOCATION_ALIGNMENT, EMU_BY_WIDTH(16, 8));
    cr_assert_eq(MAXIMUM_PROC_PER_GROUP, 8 * sizeof(KAFFINITY));
}

Test(abi, statuses)
{
    cr_assert_eq((ULONG)STATUS_DATATYPE_MISALIGNMENT, 0x80000002);
    cr_assert_eq((ULONG)STATUS_INVALID_PARAMETER, 0xC000000D);
    cr_assert_eq((ULONG)STATUS_NO_MEMORY, 0xC0000017);
    cr_assert_eq((ULONG)STATUS_QUOTA_EXCEEDED, 0xC0000044);
    cr_assert_eq((ULONG)STATUS_REVISION_MISMATCH, 0xC0000059);
    cr_assert_eq((ULONG)STATUS_INSUFFICIENT_RESOURCES, 0xC000009A);
    cr_assert_eq((ULONG)STATUS_INVALID_PARAMETER_4, 0xC00000F2);
    cr_assert_eq((ULONG)STATUS_INVALID_PARAMETER_5, 0xC00000F3);
    cr_assert(NT_SUCCESS(STATUS_SUCCESS) && NT_SUCCESS(STATUS_PENDING) && NT_ERROR(STATUS_NO_MEMORY));
    cr_assert(NT_WARNING(STATUS_DATATYPE_MISALIGNMENT) && !NT_INFORMATION(STATUS_DATATYPE_MISALIGNMENT));
}

Test(abi, lists)
{
    LIST_ENTRY Head, First, Second;
    InitializeListHead(&Head);
    cr_assert(IsListEmpty(&Head));
    InsertTailList(&Head, &Second);
    InsertHeadList(&Head, &First);
    cr_assert_eq(Head.Flink, &First);
    cr_assert_eq(Head.Blink, &Second);
    cr_assert_not(RemoveEntryList(&First));
    cr_assert_eq(RemoveTailList(&Head), &Second);
    cr_assert(IsListEmpty(&Head));
}

Test(abi, interlocked)
{
    LONG Value = 5;
    PVOID Pointer = &Value;
    cr_assert_eq(InterlockedIncrement(&Value), 6);
    cr_assert_eq(InterlockedDecrement(&Value), 5);
    cr_assert_eq(InterlockedExchangeAdd(&Value, 3), 5);
    cr_assert_eq(InterlockedAdd(&Value, 2), 10);
    cr_assert_eq(InterlockedAnd(&Value, 6), 10);
    cr_assert_eq(InterlockedCompareExchange(&Value, 40, 2), 2);
    cr_assert_eq(InterlockedCompareExchange(&Value, 50, 2), 40);
    cr_assert(InterlockedBitTestAndSet(&Value, 3));
    cr_assert_not(InterlockedBitTestAndSet(&Value, 0));
    cr_assert_eq(Value, 41);
    cr_assert_eq(InterlockedExchangePointer(&Pointer, NULL), &Value);
#if defined(_WIN64)
    EMU_ALIGN(16) LONG64 Pair[2] = {1, 2};
    LONG64 Comparand[2] = {1, 2};
    cr_assert(InterlockedCompareExchange128(Pair, 4, 3, Comparand));
    cr_assert(Pair[0] == 3 && Pair[1] == 4);
    cr_assert_not(InterlockedCompareExchange128(Pair, 9, 9, Comparand));
    cr_assert(Comparand[0] == 3 && Comparand[1] == 4);
#endif
    LONG64 Quad = 0x100000002LL;
    cr_assert_eq(InterlockedCompareExchange64(&Quad, 0x300000004LL, 2), 0x100000002LL);
    cr_assert_eq(InterlockedCompareExchange64(&Quad, 0x300000004LL, 0x100000002LL), 0x100000002LL);
    cr_assert_eq(Quad, 0x300000004LL);
}

/* The sums of the largest and the smallest value. volatile: the compiler shall not know them. */
#define CHECK_WRAP(Type, Width, Suffix)                                                                                \
    do {                                                                                                               \
        const Type Highest = (Type)(~0ull >> (65 - 8 * sizeof(Type))), Lowest = (Type)(-Highest - 1);                  \
        volatile Type Value = Highest;                                                                                 \
        cr_assert_eq(InterlockedIncrement##Width##Suffix(&Value), Lowest);                                             \
        cr_assert_eq(InterlockedDecrement##Width##Suffix(&Value), Highest);                                            \
        cr_assert_eq(InterlockedAdd##Width##Suffix(&Value, 2), (Type)(Lowest + 1));                                    \
        cr_assert_eq(InterlockedAdd##Width##Suffix(&Value, -2), Highest);                                              \
        cr_assert_eq(InterlockedExchangeAdd##Width##Suffix(&Value, Highest), Highest);                                 \
        cr_assert_eq(Value, -2);                                                                                       \
    } while (0)
#define CHECK_WRAP_OF_ALL(Type, Width)                                                                                 \
    CHECK_WRAP(Type, Width, );                                                                                         \
    CHECK_WRAP(Type, Width, Acquire);                                                                                  \
    CHECK_WRAP(Type, Width, Release);                                                                                  \
    CHECK_WRAP(Type, Width, NoFence)

Test(abi, interlocked_sums_wrap)
{
    CHECK_WRAP_OF_ALL(CHAR, 8);
    CHECK_WRAP_OF_ALL(SHORT, 16);
    CHECK_WRAP_OF_ALL(LONG, );
    CHECK_WRAP_OF_ALL(LONG64, 64);
    SIZE_T Size = MAXSIZE_T / 2;
    cr_assert_eq(InterlockedIncrementSizeT(&Size), MINSSIZE_T);
    cr_assert_eq(InterlockedDecrementSizeT(&Size), MAXSSIZE_T);
}

Test(abi, checked_integers)
{
    ULONG Long = 0;
    const SIZE_T Half = (SIZE_T)1 << sizeof(SIZE_T) * 4;
    SIZE_T Size = 0;
    INT_PTR IntPtr = 0;
    LONGLONG LongLong = 0;
    UCHAR Byte = 0;
    cr_assert_eq(RtlULongAdd(0xFFFFFFFE, 1, &Long), STATUS_SUCCESS);
    cr_assert_eq(Long, 0xFFFFFFFF);
    cr_assert_eq(RtlULongAdd(0xFFFFFFFF, 1, &Long), STATUS_INTEGER_OVERFLOW);
    cr_assert_eq(Long, ULONG_ERROR);
    cr_assert_eq(RtlULongMult(0x10000, 0x10000, &Long), STATUS_INTEGER_OVERFLOW);
    cr_assert_eq(RtlULongSub(1, 2, &Long), STATUS_INTEGER_OVERFLOW);
    cr_assert_eq(RtlSizeTMult(Half, Half, &Size), STATUS_INTEGER_OVERFLOW);
    cr_assert_eq(Size, MAXSIZE_T);
    cr_assert_eq(Size, SIZE_T_ERROR);
    cr_assert_eq(RtlSizeTMult(Half, Half - 1, &Size), STATUS_SUCCESS);
    cr_assert_eq(Size, MAXSIZE_T - Half + 1);
    cr_assert_eq(RtlSizeTAdd(MAXSIZE_T, 1, &Size), STATUS_INTEGER_OVERFLOW);
    cr_assert_eq(RtlSizeTAdd(MAXSIZE_T - 1, 1, &Size), STATUS_SUCCESS);
    cr_assert_eq(Size, MAXSIZE_T);
    cr_assert_eq(RtlIntPtrAdd(MAXINT_PTR, 1, &IntPtr), STATUS_INTEGER_OVERFLOW);
    cr_assert_eq(IntPtr, -1);
    cr_assert_eq(RtlIntPtrSub(MININT_PTR, 1, &IntPtr), STATUS_INTEGER_OVERFLOW);
    cr_assert_eq(RtlIntPtrMult(MININT_PTR, -1, &IntPtr), STATUS_INTEGER_OVERFLOW);
    cr_assert_eq(RtlIntPtrMult(MAXINT_PTR, -1, &IntPtr), STATUS_SUCCESS);
    cr_assert_eq(IntPtr, MININT_PTR + 1);
    cr_assert_eq(RtlSizeTToIntPtr(MAXSIZE_T / 2 + 1, &IntPtr), STATUS_INTEGER_OVERFLOW);
    cr_assert_eq(RtlSizeTToIntPtr(MAXSIZE_T / 2, &IntPtr), STATUS_SUCCESS);
    cr_assert_eq(IntPtr, MAXINT_PTR);
    cr_assert_eq(RtlULongLongToIntPtr((ULONGLONG)MAXINT_PTR + 1, &IntPtr), STATUS_INTEGER_OVERFLOW);
    cr_assert_eq(RtlLongLongToSizeT(-1, &Size), STATUS_INTEGER_OVERFLOW);
    cr_assert_eq(RtlLongLongToSizeT(0x7FFFFFFFFFFFFFFF, &Size), EMU_BY_WIDTH(STATUS_SUCCESS, STATUS_INTEGER_OVERFLOW));
    cr_assert_eq(RtlLongLongToSizeT(0xFFFFFFFF, &Size), STATUS_SUCCESS);
    cr_assert_eq(Size, 0xFFFFFFFF);
    cr_assert_eq(RtlLongLongMult(-1, -0x7FFFFFFFFFFFFFFF - 1, &LongLong), STATUS_INTEGER_OVERFLOW);
    cr_assert_eq(RtlLongLongMult(1, -0x7FFFFFFFFFFFFFFF - 1, &LongLong), STATUS_SUCCESS);
    cr_assert_eq(RtlLongLongSub(-2, 0x7FFFFFFFFFFFFFFF, &LongLong), STATUS_INTEGER_OVERFLOW);
    cr_assert_eq(RtlULongLongToSizeT(0x100000000, &Size), EMU_BY_WIDTH(STATUS_SUCCESS, STATUS_INTEGER_OVERFLOW));
    cr_assert_eq(Size, EMU_BY_WIDTH(0x100000000, 0xFFFFFFFF));
    cr_assert_eq(RtlLongLongToIntPtr(-0x80000001LL, &IntPtr), EMU_BY_WIDTH(STATUS_SUCCESS, STATUS_INTEGER_OVERFLOW));
    cr_assert_eq(IntPtr, EMU_BY_WIDTH(-0x80000001LL, -1));
    cr_assert_eq(RtlULongToIntPtr(0x80000000, &IntPtr), EMU_BY_WIDTH(STATUS_SUCCESS, STATUS_INTEGER_OVERFLOW));
    cr_assert_eq(IntPtr, EMU_BY_WIDTH(0x80000000, -1));
    cr_assert_eq(RtlULongToUChar(256, &Byte), STATUS_INTEGER_OVERFLOW);
#if defined(_WIN64)
    cr_assert_eq(RtlSizeTToULong(0x100000000, &Long), STATUS_INTEGER_OVERFLOW);
#else
    cr_assert_eq(RtlSizeTToULong(MAXSIZE_T, &Long), STATUS_SUCCESS);
    cr_assert_eq(Long, 0xFFFFFFFF);
#endif
    cr_assert_eq(RtlLongToULong(-1, &Long), STATUS_INTEGER_OVERFLOW);
}

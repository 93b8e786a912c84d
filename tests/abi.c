// The structures have the sizes, alignments and field offsets of 64-bit Windows, the constants the values.

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
    SIZE(LIST_ENTRY, 0x10);
    ALIGNMENT(LIST_ENTRY, 8);
    OFFSET(LIST_ENTRY, Flink, 0x0);
    OFFSET(LIST_ENTRY, Blink, 0x8);
}

Test(abi, single_list_entry)
{
    SIZE(SINGLE_LIST_ENTRY, 0x8);
    ALIGNMENT(SINGLE_LIST_ENTRY, 8);
    OFFSET(SINGLE_LIST_ENTRY, Next, 0x0);
}

Test(abi, unicode_string)
{
    SIZE(UNICODE_STRING, 0x10);
    ALIGNMENT(UNICODE_STRING, 8);
    OFFSET(UNICODE_STRING, Length, 0x0);
    OFFSET(UNICODE_STRING, MaximumLength, 0x2);
    OFFSET(UNICODE_STRING, Buffer, 0x8);
}

Test(abi, string)
{
    SIZE(STRING, 0x10);
    ALIGNMENT(STRING, 8);
    OFFSET(STRING, Length, 0x0);
    OFFSET(STRING, MaximumLength, 0x2);
    OFFSET(STRING, Buffer, 0x8);
}

Test(abi, cstring)
{
    SIZE(CSTRING, 0x10);
    ALIGNMENT(CSTRING, 8);
    OFFSET(CSTRING, Length, 0x0);
    OFFSET(CSTRING, MaximumLength, 0x2);
    OFFSET(CSTRING, Buffer, 0x8);
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
    SIZE(EXCEPTION_RECORD, 0x98);
    ALIGNMENT(EXCEPTION_RECORD, 8);
    OFFSET(EXCEPTION_RECORD, ExceptionCode, 0x0);
    OFFSET(EXCEPTION_RECORD, ExceptionFlags, 0x4);
    OFFSET(EXCEPTION_RECORD, ExceptionRecord, 0x8);
    OFFSET(EXCEPTION_RECORD, ExceptionAddress, 0x10);
    OFFSET(EXCEPTION_RECORD, NumberParameters, 0x18);
    OFFSET(EXCEPTION_RECORD, ExceptionInformation, 0x20);
}

Test(abi, exception_pointers)
{
    SIZE(EXCEPTION_POINTERS, 0x10);
    ALIGNMENT(EXCEPTION_POINTERS, 8);
    OFFSET(EXCEPTION_POINTERS, ExceptionRecord, 0x0);
    OFFSET(EXCEPTION_POINTERS, ContextRecord, 0x8);
}

Test(abi, slist_entry)
{
    SIZE(SLIST_ENTRY, 0x10);
    ALIGNMENT(SLIST_ENTRY, 16);
    OFFSET(SLIST_ENTRY, Next, 0x0);
}

Test(abi, slist_header)
{
    SIZE(SLIST_HEADER, 0x10);
    ALIGNMENT(SLIST_HEADER, 16);
    OFFSET(SLIST_HEADER, Alignment, 0x0);
    OFFSET(SLIST_HEADER, Region, 0x8);
}

Test(abi, general_lookaside)
{
    SIZE(GENERAL_LOOKASIDE, 0x80);
    ALIGNMENT(GENERAL_LOOKASIDE, 64);
    OFFSET(GENERAL_LOOKASIDE, ListHead, 0x0);
    OFFSET(GENERAL_LOOKASIDE, SingleListHead, 0x0);
    OFFSET(GENERAL_LOOKASIDE, Depth, 0x10);
    OFFSET(GENERAL_LOOKASIDE, MaximumDepth, 0x12);
    OFFSET(GENERAL_LOOKASIDE, TotalAllocates, 0x14);
    OFFSET(GENERAL_LOOKASIDE, AllocateMisses, 0x18);
    OFFSET(GENERAL_LOOKASIDE, AllocateHits, 0x18);
    OFFSET(GENERAL_LOOKASIDE, TotalFrees, 0x1C);
    OFFSET(GENERAL_LOOKASIDE, FreeMisses, 0x20);
    OFFSET(GENERAL_LOOKASIDE, FreeHits, 0x20);
    OFFSET(GENERAL_LOOKASIDE, Type, 0x24);
    OFFSET(GENERAL_LOOKASIDE, Tag, 0x28);
    OFFSET(GENERAL_LOOKASIDE, Size, 0x2C);
    OFFSET(GENERAL_LOOKASIDE, Allocate, 0x30);
    OFFSET(GENERAL_LOOKASIDE, AllocateEx, 0x30);
    OFFSET(GENERAL_LOOKASIDE, Free, 0x38);
    OFFSET(GENERAL_LOOKASIDE, FreeEx, 0x38);
    OFFSET(GENERAL_LOOKASIDE, ListEntry, 0x40);
    OFFSET(GENERAL_LOOKASIDE, LastTotalAllocates, 0x50);
    OFFSET(GENERAL_LOOKASIDE, LastAllocateMisses, 0x54);
    OFFSET(GENERAL_LOOKASIDE, LastAllocateHits, 0x54);
    OFFSET(GENERAL_LOOKASIDE, Future, 0x58);
}

Test(abi, general_lookaside_pool)
{
    SIZE(GENERAL_LOOKASIDE_POOL, 0x60);
    ALIGNMENT(GENERAL_LOOKASIDE_POOL, 16);
    OFFSET(GENERAL_LOOKASIDE_POOL, ListHead, 0x0);
    OFFSET(GENERAL_LOOKASIDE_POOL, SingleListHead, 0x0);
    OFFSET(GENERAL_LOOKASIDE_POOL, Depth, 0x10);
    OFFSET(GENERAL_LOOKASIDE_POOL, MaximumDepth, 0x12);
    OFFSET(GENERAL_LOOKASIDE_POOL, TotalAllocates, 0x14);
    OFFSET(GENERAL_LOOKASIDE_POOL, AllocateMisses, 0x18);
    OFFSET(GENERAL_LOOKASIDE_POOL, AllocateHits, 0x18);
    OFFSET(GENERAL_LOOKASIDE_POOL, TotalFrees, 0x1C);
    OFFSET(GENERAL_LOOKASIDE_POOL, FreeMisses, 0x20);
    OFFSET(GENERAL_LOOKASIDE_POOL, FreeHits, 0x20);
    OFFSET(GENERAL_LOOKASIDE_POOL, Type, 0x24);
    OFFSET(GENERAL_LOOKASIDE_POOL, Tag, 0x28);
    OFFSET(GENERAL_LOOKASIDE_POOL, Size, 0x2C);
    OFFSET(GENERAL_LOOKASIDE_POOL, Allocate, 0x30);
    OFFSET(GENERAL_LOOKASIDE_POOL, AllocateEx, 0x30);
    OFFSET(GENERAL_LOOKASIDE_POOL, Free, 0x38);
    OFFSET(GENERAL_LOOKASIDE_POOL, FreeEx, 0x38);
    OFFSET(GENERAL_LOOKASIDE_POOL, ListEntry, 0x40);
    OFFSET(GENERAL_LOOKASIDE_POOL, LastTotalAllocates, 0x50);
    OFFSET(GENERAL_LOOKASIDE_POOL, LastAllocateMisses, 0x54);
    OFFSET(GENERAL_LOOKASIDE_POOL, LastAllocateHits, 0x54);
    OFFSET(GENERAL_LOOKASIDE_POOL, Future, 0x58);
}

Test(abi, npaged_lookaside_list)
{
    SIZE(NPAGED_LOOKASIDE_LIST, 0x80);
    ALIGNMENT(NPAGED_LOOKASIDE_LIST, 64);
    OFFSET(NPAGED_LOOKASIDE_LIST, L, 0x0);
    OFFSET(NPAGED_LOOKASIDE_LIST, L.Depth, 0x10);
    OFFSET(NPAGED_LOOKASIDE_LIST, L.ListEntry, 0x40);
}

Test(abi, paged_lookaside_list)
{
    SIZE(PAGED_LOOKASIDE_LIST, 0x80);
    ALIGNMENT(PAGED_LOOKASIDE_LIST, 64);
    OFFSET(PAGED_LOOKASIDE_LIST, L, 0x0);
    OFFSET(PAGED_LOOKASIDE_LIST, L.Depth, 0x10);
    OFFSET(PAGED_LOOKASIDE_LIST, L.ListEntry, 0x40);
}

Test(abi, lookaside_list_ex)
{
    SIZE(LOOKASIDE_LIST_EX, 0x60);
    ALIGNMENT(LOOKASIDE_LIST_EX, 16);
    OFFSET(LOOKASIDE_LIST_EX, L, 0x0);
    OFFSET(LOOKASIDE_LIST_EX, L.Depth, 0x10);
    OFFSET(LOOKASIDE_LIST_EX, L.ListEntry, 0x40);
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
    SIZE(POOL_EXTENDED_PARAMS_SECURE_POOL, 0x20);
    ALIGNMENT(POOL_EXTENDED_PARAMS_SECURE_POOL, 8);
    OFFSET(POOL_EXTENDED_PARAMS_SECURE_POOL, SecurePoolHandle, 0x0);
    OFFSET(POOL_EXTENDED_PARAMS_SECURE_POOL, Buffer, 0x8);
    OFFSET(POOL_EXTENDED_PARAMS_SECURE_POOL, Cookie, 0x10);
    OFFSET(POOL_EXTENDED_PARAMS_SECURE_POOL, SecurePoolFlags, 0x18);
}

Test(abi, pool_create_extended_params)
{
    SIZE(POOL_CREATE_EXTENDED_PARAMS, 0x4);
    ALIGNMENT(POOL_CREATE_EXTENDED_PARAMS, 4);
    OFFSET(POOL_CREATE_EXTENDED_PARAMS, Version, 0x0);
}

Test(abi, kspin_lock)
{
    SIZE(KSPIN_LOCK, 0x8);
    ALIGNMENT(KSPIN_LOCK, 8);
}

Test(abi, kspin_lock_queue)
{
    SIZE(KSPIN_LOCK_QUEUE, 0x10);
    ALIGNMENT(KSPIN_LOCK_QUEUE, 8);
    OFFSET(KSPIN_LOCK_QUEUE, Next, 0x0);
    OFFSET(KSPIN_LOCK_QUEUE, Lock, 0x8);
}

Test(abi, klock_queue_handle)
{
    SIZE(KLOCK_QUEUE_HANDLE, 0x18);
    ALIGNMENT(KLOCK_QUEUE_HANDLE, 8);
    OFFSET(KLOCK_QUEUE_HANDLE, LockQueue, 0x0);
    OFFSET(KLOCK_QUEUE_HANDLE, OldIrql, 0x10);
    OFFSET(KLOCK_QUEUE_HANDLE, LockQueue.Lock, 0x8);
}

Test(abi, dispatcher_header)
{
    SIZE(DISPATCHER_HEADER, 0x18);
    ALIGNMENT(DISPATCHER_HEADER, 8);
    OFFSET(DISPATCHER_HEADER, Lock, 0x0);
    OFFSET(DISPATCHER_HEADER, Type, 0x0);
    OFFSET(DISPATCHER_HEADER, Size, 0x2);
    OFFSET(DISPATCHER_HEADER, SignalState, 0x4);
    OFFSET(DISPATCHER_HEADER, WaitListHead, 0x8);
    OFFSET(DISPATCHER_HEADER, Signalling, 0x1);
}

Test(abi, kevent)
{
    SIZE(KEVENT, 0x18);
    ALIGNMENT(KEVENT, 8);
    OFFSET(KEVENT, Header, 0x0);
}

Test(abi, ktimer)
{
    SIZE(KTIMER, 0x40);
    ALIGNMENT(KTIMER, 8);
    OFFSET(KTIMER, Header, 0x0);
    OFFSET(KTIMER, DueTime, 0x18);
    OFFSET(KTIMER, TimerListEntry, 0x20);
    OFFSET(KTIMER, Dpc, 0x30);
    OFFSET(KTIMER, Processor, 0x38);
    OFFSET(KTIMER, Period, 0x3C);
}

Test(abi, owner_entry)
{
    SIZE(OWNER_ENTRY, 0x10);
    ALIGNMENT(OWNER_ENTRY, 8);
    OFFSET(OWNER_ENTRY, OwnerThread, 0x0);
    OFFSET(OWNER_ENTRY, TableSize, 0x8);
}

Test(abi, eresource)
{
    SIZE(ERESOURCE, 0x68);
    ALIGNMENT(ERESOURCE, 8);
    OFFSET(ERESOURCE, SystemResourcesList, 0x0);
    OFFSET(ERESOURCE, OwnerTable, 0x10);
    OFFSET(ERESOURCE, ActiveCount, 0x18);
    OFFSET(ERESOURCE, Flag, 0x1A);
    OFFSET(ERESOURCE, WaiterPriority, 0x1B);
    OFFSET(ERESOURCE, SharedWaiters, 0x20);
    OFFSET(ERESOURCE, ExclusiveWaiters, 0x28);
    OFFSET(ERESOURCE, OwnerEntry, 0x30);
    OFFSET(ERESOURCE, ActiveEntries, 0x40);
    OFFSET(ERESOURCE, ContentionCount, 0x44);
    OFFSET(ERESOURCE, NumberOfSharedWaiters, 0x48);
    OFFSET(ERESOURCE, NumberOfExclusiveWaiters, 0x4C);
    OFFSET(ERESOURCE, Reserved2, 0x50);
    OFFSET(ERESOURCE, Address, 0x58);
    OFFSET(ERESOURCE, SpinLock, 0x60);
}

Test(abi, kgate)
{
    SIZE(KGATE, 0x18);
    ALIGNMENT(KGATE, 8);
    OFFSET(KGATE, Header, 0x0);
}

Test(abi, fast_mutex)
{
    SIZE(FAST_MUTEX, 0x38);
    ALIGNMENT(FAST_MUTEX, 8);
    OFFSET(FAST_MUTEX, Count, 0x0);
    OFFSET(FAST_MUTEX, Owner, 0x8);
    OFFSET(FAST_MUTEX, Contention, 0x10);
    OFFSET(FAST_MUTEX, Event, 0x18);
    OFFSET(FAST_MUTEX, OldIrql, 0x30);
}

Test(abi, kguarded_mutex)
{
    SIZE(KGUARDED_MUTEX, 0x38);
    ALIGNMENT(KGUARDED_MUTEX, 8);
    OFFSET(KGUARDED_MUTEX, Count, 0x0);
    OFFSET(KGUARDED_MUTEX, Owner, 0x8);
    OFFSET(KGUARDED_MUTEX, Contention, 0x10);
    OFFSET(KGUARDED_MUTEX, Event, 0x18);
    OFFSET(KGUARDED_MUTEX, OldIrql, 0x30);
}

Test(abi, mdl)
{
    SIZE(MDL, 0x30);
    ALIGNMENT(MDL, 8);
    OFFSET(MDL, Next, 0x0);
    OFFSET(MDL, Size, 0x8);
    OFFSET(MDL, MdlFlags, 0xA);
    OFFSET(MDL, AllocationProcessorNumber, 0xC);
    OFFSET(MDL, Reserved, 0xE);
    OFFSET(MDL, Process, 0x10);
    OFFSET(MDL, MappedSystemVa, 0x18);
    OFFSET(MDL, StartVa, 0x20);
    OFFSET(MDL, ByteCount, 0x28);
    OFFSET(MDL, ByteOffset, 0x2C);
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
    SIZE(OBJECT_ATTRIBUTES, 0x30);
    ALIGNMENT(OBJECT_ATTRIBUTES, 8);
    OFFSET(OBJECT_ATTRIBUTES, Length, 0x0);
    OFFSET(OBJECT_ATTRIBUTES, RootDirectory, 0x8);
    OFFSET(OBJECT_ATTRIBUTES, ObjectName, 0x10);
    OFFSET(OBJECT_ATTRIBUTES, Attributes, 0x18);
    OFFSET(OBJECT_ATTRIBUTES, SecurityDescriptor, 0x20);
    OFFSET(OBJECT_ATTRIBUTES, SecurityQualityOfService, 0x28);
}

Test(abi, io_status_block)
{
    SIZE(IO_STATUS_BLOCK, 0x10);
    ALIGNMENT(IO_STATUS_BLOCK, 8);
    OFFSET(IO_STATUS_BLOCK, Status, 0x0);
    OFFSET(IO_STATUS_BLOCK, Pointer, 0x0);
    OFFSET(IO_STATUS_BLOCK, Information, 0x8);
}

Test(abi, kdpc)
{
    SIZE(KDPC, 0x40);
    ALIGNMENT(KDPC, 8);
    OFFSET(KDPC, Type, 0x0);
    OFFSET(KDPC, Importance, 0x1);
    OFFSET(KDPC, Number, 0x2);
    OFFSET(KDPC, DpcListEntry, 0x8);
    OFFSET(KDPC, ProcessorHistory, 0x10);
    OFFSET(KDPC, DeferredRoutine, 0x18);
    OFFSET(KDPC, DeferredContext, 0x20);
    OFFSET(KDPC, SystemArgument1, 0x28);
    OFFSET(KDPC, SystemArgument2, 0x30);
    OFFSET(KDPC, DpcData, 0x38);
    OFFSET(KDPC, TargetInfoAsUlong, 0x0);
}

Test(abi, kapc)
{
    SIZE(KAPC, 0x58);
    ALIGNMENT(KAPC, 8);
    OFFSET(KAPC, Thread, 0x8);
    OFFSET(KAPC, ApcListEntry, 0x10);
    OFFSET(KAPC, NormalContext, 0x38);
    OFFSET(KAPC, SystemArgument1, 0x40);
    OFFSET(KAPC, SystemArgument2, 0x48);
    OFFSET(KAPC, ApcStateIndex, 0x50);
    OFFSET(KAPC, ApcMode, 0x51);
    OFFSET(KAPC, Inserted, 0x52);
    OFFSET(KAPC, Type, 0x0);
    OFFSET(KAPC, Size, 0x2);
    OFFSET(KAPC, Reserved, 0x20);
}

Test(abi, kdevice_queue)
{
    SIZE(KDEVICE_QUEUE, 0x28);
    ALIGNMENT(KDEVICE_QUEUE, 8);
    OFFSET(KDEVICE_QUEUE, Type, 0x0);
    OFFSET(KDEVICE_QUEUE, Size, 0x2);
    OFFSET(KDEVICE_QUEUE, DeviceListHead, 0x8);
    OFFSET(KDEVICE_QUEUE, Lock, 0x18);
    OFFSET(KDEVICE_QUEUE, Busy, 0x20);
}

Test(abi, kdevice_queue_entry)
{
    SIZE(KDEVICE_QUEUE_ENTRY, 0x18);
    ALIGNMENT(KDEVICE_QUEUE_ENTRY, 8);
    OFFSET(KDEVICE_QUEUE_ENTRY, DeviceListEntry, 0x0);
    OFFSET(KDEVICE_QUEUE_ENTRY, SortKey, 0x10);
    OFFSET(KDEVICE_QUEUE_ENTRY, Inserted, 0x14);
}

Test(abi, wait_context_block)
{
    SIZE(WAIT_CONTEXT_BLOCK, 0x48);
    ALIGNMENT(WAIT_CONTEXT_BLOCK, 8);
    OFFSET(WAIT_CONTEXT_BLOCK, WaitQueueEntry, 0x0);
    OFFSET(WAIT_CONTEXT_BLOCK, DeviceRoutine, 0x18);
    OFFSET(WAIT_CONTEXT_BLOCK, DeviceContext, 0x20);
    OFFSET(WAIT_CONTEXT_BLOCK, NumberOfMapRegisters, 0x28);
    OFFSET(WAIT_CONTEXT_BLOCK, DeviceObject, 0x30);
    OFFSET(WAIT_CONTEXT_BLOCK, CurrentIrp, 0x38);
    OFFSET(WAIT_CONTEXT_BLOCK, BufferChainingDpc, 0x40);
    OFFSET(WAIT_CONTEXT_BLOCK, DmaWaitEntry, 0x0);
    OFFSET(WAIT_CONTEXT_BLOCK, NumberOfChannels, 0x10);
}

Test(abi, driver_extension)
{
    SIZE(DRIVER_EXTENSION, 0x28);
    ALIGNMENT(DRIVER_EXTENSION, 8);
    OFFSET(DRIVER_EXTENSION, DriverObject, 0x0);
    OFFSET(DRIVER_EXTENSION, AddDevice, 0x8);
    OFFSET(DRIVER_EXTENSION, Count, 0x10);
    OFFSET(DRIVER_EXTENSION, ServiceKeyName, 0x18);
}

Test(abi, driver_object)
{
    SIZE(DRIVER_OBJECT, 0x150);
    ALIGNMENT(DRIVER_OBJECT, 8);
    OFFSET(DRIVER_OBJECT, Type, 0x0);
    OFFSET(DRIVER_OBJECT, Size, 0x2);
    OFFSET(DRIVER_OBJECT, DeviceObject, 0x8);
    OFFSET(DRIVER_OBJECT, Flags, 0x10);
    OFFSET(DRIVER_OBJECT, DriverStart, 0x18);
    OFFSET(DRIVER_OBJECT, DriverSize, 0x20);
    OFFSET(DRIVER_OBJECT, DriverSection, 0x28);
    OFFSET(DRIVER_OBJECT, DriverExtension, 0x30);
    OFFSET(DRIVER_OBJECT, DriverName, 0x38);
    OFFSET(DRIVER_OBJECT, HardwareDatabase, 0x48);
    OFFSET(DRIVER_OBJECT, FastIoDispatch, 0x50);
    OFFSET(DRIVER_OBJECT, DriverInit, 0x58);
    OFFSET(DRIVER_OBJECT, DriverStartIo, 0x60);
    OFFSET(DRIVER_OBJECT, DriverUnload, 0x68);
    OFFSET(DRIVER_OBJECT, MajorFunction, 0x70);
    OFFSET(DRIVER_OBJECT, MajorFunction[IRP_MJ_MAXIMUM_FUNCTION], 0x148);
}

Test(abi, device_object)
{
    SIZE(DEVICE_OBJECT, 0x150);
    ALIGNMENT(DEVICE_OBJECT, 16);
    OFFSET(DEVICE_OBJECT, Type, 0x0);
    OFFSET(DEVICE_OBJECT, Size, 0x2);
    OFFSET(DEVICE_OBJECT, ReferenceCount, 0x4);
    OFFSET(DEVICE_OBJECT, DriverObject, 0x8);
    OFFSET(DEVICE_OBJECT, NextDevice, 0x10);
    OFFSET(DEVICE_OBJECT, AttachedDevice, 0x18);
    OFFSET(DEVICE_OBJECT, CurrentIrp, 0x20);
    OFFSET(DEVICE_OBJECT, Timer, 0x28);
    OFFSET(DEVICE_OBJECT, Flags, 0x30);
    OFFSET(DEVICE_OBJECT, Characteristics, 0x34);
    OFFSET(DEVICE_OBJECT, Vpb, 0x38);
    OFFSET(DEVICE_OBJECT, DeviceExtension, 0x40);
    OFFSET(DEVICE_OBJECT, DeviceType, 0x48);
    OFFSET(DEVICE_OBJECT, StackSize, 0x4C);
    OFFSET(DEVICE_OBJECT, Queue, 0x50);
    OFFSET(DEVICE_OBJECT, AlignmentRequirement, 0x98);
    OFFSET(DEVICE_OBJECT, DeviceQueue, 0xA0);
    OFFSET(DEVICE_OBJECT, Dpc, 0xC8);
    OFFSET(DEVICE_OBJECT, ActiveThreadCount, 0x108);
    OFFSET(DEVICE_OBJECT, SecurityDescriptor, 0x110);
    OFFSET(DEVICE_OBJECT, DeviceLock, 0x118);
    OFFSET(DEVICE_OBJECT, SectorSize, 0x130);
    OFFSET(DEVICE_OBJECT, DeviceObjectExtension, 0x138);
    OFFSET(DEVICE_OBJECT, Reserved, 0x140);
    OFFSET(DEVICE_OBJECT, Queue.Wcb, 0x50);
    OFFSET(DEVICE_OBJECT, Spare1, 0x132);
}

Test(abi, irp)
{
    SIZE(IRP, 0xD0);
    ALIGNMENT(IRP, 16);
    OFFSET(IRP, Type, 0x0);
    OFFSET(IRP, Size, 0x2);
    OFFSET(IRP, MdlAddress, 0x8);
    OFFSET(IRP, Flags, 0x10);
    OFFSET(IRP, AssociatedIrp, 0x18);
    OFFSET(IRP, ThreadListEntry, 0x20);
    OFFSET(IRP, IoStatus, 0x30);
    OFFSET(IRP, RequestorMode, 0x40);
    OFFSET(IRP, PendingReturned, 0x41);
    OFFSET(IRP, StackCount, 0x42);
    OFFSET(IRP, CurrentLocation, 0x43);
    OFFSET(IRP, Cancel, 0x44);
    OFFSET(IRP, CancelIrql, 0x45);
    OFFSET(IRP, ApcEnvironment, 0x46);
    OFFSET(IRP, AllocationFlags, 0x47);
    OFFSET(IRP, UserIosb, 0x48);
    OFFSET(IRP, UserEvent, 0x50);
    OFFSET(IRP, Overlay, 0x58);
    OFFSET(IRP, CancelRoutine, 0x68);
    OFFSET(IRP, UserBuffer, 0x70);
    OFFSET(IRP, Tail, 0x78);
    OFFSET(IRP, Tail.Overlay.DriverContext, 0x78);
    OFFSET(IRP, Tail.Overlay.Thread, 0x98);
    OFFSET(IRP, Tail.Overlay.AuxiliaryBuffer, 0xA0);
    OFFSET(IRP, Tail.Overlay.ListEntry, 0xA8);
    OFFSET(IRP, Tail.Overlay.CurrentStackLocation, 0xB8);
    OFFSET(IRP, Tail.Overlay.OriginalFileObject, 0xC0);
    OFFSET(IRP, Tail.Overlay.IrpExtension, 0xC8);
    OFFSET(IRP, AllocationProcessorNumber, 0x4);
    OFFSET(IRP, Reserved, 0x6);
    OFFSET(IRP, AssociatedIrp.SystemBuffer, 0x18);
    OFFSET(IRP, IoRingContext, 0x48);
    OFFSET(IRP, Overlay.AsynchronousParameters.UserApcRoutine, 0x58);
    OFFSET(IRP, Overlay.AsynchronousParameters.UserApcContext, 0x60);
    OFFSET(IRP, Overlay.AllocationSize, 0x58);
    OFFSET(IRP, Tail.Overlay.DeviceQueueEntry, 0x78);
    OFFSET(IRP, Tail.Overlay.PacketType, 0xB8);
    OFFSET(IRP, Tail.Apc, 0x78);
    OFFSET(IRP, Tail.CompletionKey, 0x78);
}

Test(abi, io_stack_location)
{
    SIZE(IO_STACK_LOCATION, 0x48);
    ALIGNMENT(IO_STACK_LOCATION, 8);
    OFFSET(IO_STACK_LOCATION, MajorFunction, 0x0);
    OFFSET(IO_STACK_LOCATION, MinorFunction, 0x1);
    OFFSET(IO_STACK_LOCATION, Flags, 0x2);
    OFFSET(IO_STACK_LOCATION, Control, 0x3);
    OFFSET(IO_STACK_LOCATION, Parameters, 0x8);
    OFFSET(IO_STACK_LOCATION, Parameters.Create.Options, 0x10);
    OFFSET(IO_STACK_LOCATION, Parameters.Create.FileAttributes, 0x18);
    OFFSET(IO_STACK_LOCATION, Parameters.Create.ShareAccess, 0x1A);
    OFFSET(IO_STACK_LOCATION, Parameters.Create.EaLength, 0x20);
    OFFSET(IO_STACK_LOCATION, Parameters.Read.Length, 0x8);
    OFFSET(IO_STACK_LOCATION, Parameters.Read.Key, 0x10);
    OFFSET(IO_STACK_LOCATION, Parameters.Read.ByteOffset, 0x18);
    OFFSET(IO_STACK_LOCATION, Parameters.Write.Key, 0x10);
    OFFSET(IO_STACK_LOCATION, Parameters.DeviceIoControl.OutputBufferLength, 0x8);
    OFFSET(IO_STACK_LOCATION, Parameters.DeviceIoControl.InputBufferLength, 0x10);
    OFFSET(IO_STACK_LOCATION, Parameters.DeviceIoControl.IoControlCode, 0x18);
    OFFSET(IO_STACK_LOCATION, Parameters.DeviceIoControl.Type3InputBuffer, 0x20);
    OFFSET(IO_STACK_LOCATION, Parameters.Others.Argument4, 0x20);
    OFFSET(IO_STACK_LOCATION, DeviceObject, 0x28);
    OFFSET(IO_STACK_LOCATION, FileObject, 0x30);
    OFFSET(IO_STACK_LOCATION, CompletionRoutine, 0x38);
    OFFSET(IO_STACK_LOCATION, Context, 0x40);
    OFFSET(IO_STACK_LOCATION, Parameters.Create.SecurityContext, 0x8);
    OFFSET(IO_STACK_LOCATION, Parameters.Write.Length, 0x8);
    OFFSET(IO_STACK_LOCATION, Parameters.Write.ByteOffset, 0x18);
    OFFSET(IO_STACK_LOCATION, Parameters.Others.Argument1, 0x8);
    OFFSET(IO_STACK_LOCATION, Parameters.Others.Argument2, 0x10);
    OFFSET(IO_STACK_LOCATION, Parameters.Others.Argument3, 0x18);
}

Test(abi, slist_header_bits)
{
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
    SIZE(SIZE_T, 8);
    SIZE(HANDLE, 8);
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
    cr_assert_eq(LOOKASIDE_MINIMUM_BLOCK_SIZE, 8);
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
    cr_assert_eq(PAGE_SIZE, 0x1000);
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
    EMU_ALIGN(16) LONG64 Pair[2] = {1, 2};
    LONG64 Comparand[2] = {1, 2};
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
    cr_assert(InterlockedCompareExchange128(Pair, 4, 3, Comparand));
    cr_assert(Pair[0] == 3 && Pair[1] == 4);
    cr_assert_not(InterlockedCompareExchange128(Pair, 9, 9, Comparand));
    cr_assert(Comparand[0] == 3 && Comparand[1] == 4);
}

Test(abi, checked_integers)
{
    ULONG Long = 0;
    SIZE_T Size = 0;
    LONGLONG LongLong = 0;
    UCHAR Byte = 0;
    cr_assert_eq(RtlULongAdd(0xFFFFFFFE, 1, &Long), STATUS_SUCCESS);
    cr_assert_eq(Long, 0xFFFFFFFF);
    cr_assert_eq(RtlULongAdd(0xFFFFFFFF, 1, &Long), STATUS_INTEGER_OVERFLOW);
    cr_assert_eq(Long, ULONG_ERROR);
    cr_assert_eq(RtlULongMult(0x10000, 0x10000, &Long), STATUS_INTEGER_OVERFLOW);
    cr_assert_eq(RtlULongSub(1, 2, &Long), STATUS_INTEGER_OVERFLOW);
    cr_assert_eq(RtlSizeTMult(1ULL << 32, 1ULL << 32, &Size), STATUS_INTEGER_OVERFLOW);
    cr_assert_eq(RtlSizeTMult(1ULL << 32, (1ULL << 32) - 1, &Size), STATUS_SUCCESS);
    cr_assert_eq(RtlSizeTAdd(~0ULL, 1, &Size), STATUS_INTEGER_OVERFLOW);
    cr_assert_eq(RtlLongLongMult(-1, -0x7FFFFFFFFFFFFFFF - 1, &LongLong), STATUS_INTEGER_OVERFLOW);
    cr_assert_eq(RtlLongLongMult(1, -0x7FFFFFFFFFFFFFFF - 1, &LongLong), STATUS_SUCCESS);
    cr_assert_eq(RtlLongLongSub(-2, 0x7FFFFFFFFFFFFFFF, &LongLong), STATUS_INTEGER_OVERFLOW);
    cr_assert_eq(RtlULongToUChar(256, &Byte), STATUS_INTEGER_OVERFLOW);
    cr_assert_eq(RtlSizeTToULong(0x100000000, &Long), STATUS_INTEGER_OVERFLOW);
    cr_assert_eq(RtlLongToULong(-1, &Long), STATUS_INTEGER_OVERFLOW);
}

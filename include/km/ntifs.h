// The header of file systems and filters: ntddk.h plus quota, file-system pool routines and system information.
// Declares what this project implements.

#ifndef _NTIFS_
#define _NTIFS_

#include "ntddk.h"

EMU_EXTERN_C_BEGIN

#include "emu_fs.h"

// ---------------------------------------------------------------------------------------------------------------------
// System information

typedef enum _SYSTEM_INFORMATION_CLASS {
    SystemBasicInformation = 0,
    SystemPerformanceInformation = 2,
    SystemTimeOfDayInformation = 3,
    SystemProcessInformation = 5,
    SystemProcessorPerformanceInformation = 8,
    SystemPoolTagInformation = 22,
    SystemInterruptInformation = 23,
    SystemExceptionInformation = 33,
    SystemRegistryQuotaInformation = 37,
    SystemLookasideInformation = 45,
    SystemBigPoolInformation = 66,
    SystemCodeIntegrityInformation = 103,
    SystemPolicyInformation = 134,
    SystemPoolZeroingInformation = 227
} SYSTEM_INFORMATION_CLASS;

EMU_STATIC_ASSERT(SystemPoolZeroingInformation == EMU_SYSTEM_POOL_ZEROING_INFORMATION, "the class that wdm.h asks for");

typedef struct _SYSTEM_POOL_ZEROING_INFORMATION {
    BOOLEAN PoolZeroingSupportPresent;
} SYSTEM_POOL_ZEROING_INFORMATION, *PSYSTEM_POOL_ZEROING_INFORMATION;

EMU_STATIC_ASSERT(sizeof(SYSTEM_POOL_ZEROING_INFORMATION) == 1, "SYSTEM_POOL_ZEROING_INFORMATION");

// Fill a buffer of SystemInformationLength bytes with one class of information; ReturnLength receives the bytes written
// or needed. STATUS_SUCCESS, STATUS_INFO_LENGTH_MISMATCH, STATUS_INVALID_INFO_CLASS. IRQL: PASSIVE_LEVEL. Since Windows
// 2000; SystemPoolZeroingInformation since Windows 10 version 2004. Source: ns-wdm-system_pool_zeroing_information, the
// Win32 page of NtQuerySystemInformation.
NTSYSAPI NTSTATUS NTAPI NtQuerySystemInformation(_In_ SYSTEM_INFORMATION_CLASS SystemInformationClass,
                                                 _Out_writes_bytes_opt_(SystemInformationLength)
                                                     PVOID SystemInformation,
                                                 _In_ ULONG SystemInformationLength, _Out_opt_ PULONG ReturnLength);
NTSYSAPI NTSTATUS NTAPI ZwQuerySystemInformation(_In_ SYSTEM_INFORMATION_CLASS SystemInformationClass,
                                                 _Out_writes_bytes_opt_(SystemInformationLength)
                                                     PVOID SystemInformation,
                                                 _In_ ULONG SystemInformationLength, _Out_opt_ PULONG ReturnLength);

// ---------------------------------------------------------------------------------------------------------------------
// Run-time library

// Fill memory with a pattern of 32 bits; and the number of bytes, from the start, that have it. Length is a multiple of
// 4. IRQL: any, if the memory is resident. Since Windows 2000. Source: nf-ntifs-rtlfillmemoryulong,
// nf-ntifs-rtlcomparememoryulong.
NTSYSAPI VOID NTAPI RtlFillMemoryUlong(_Out_writes_bytes_all_(Length) PVOID Destination, _In_ SIZE_T Length,
                                       _In_ ULONG Pattern);
NTSYSAPI SIZE_T NTAPI RtlCompareMemoryUlong(_In_reads_bytes_(Length) PVOID Source, _In_ SIZE_T Length,
                                            _In_ ULONG Pattern);

// ---------------------------------------------------------------------------------------------------------------------
// Pool

// Allocate pool as the ExAllocatePool routine of the same ending does, but raise STATUS_INSUFFICIENT_RESOURCES where
// there is no memory; never NULL. WithQuota also charges the current process. IRQL: <= DISPATCH_LEVEL, paged pool
// <= APC_LEVEL. Since Windows 2000. Freed with ExFreePool. Source: nf-ntifs-fsrtlallocatepool,
// nf-ntifs-fsrtlallocatepoolwithquota, nf-ntifs-fsrtlallocatepoolwithtag, nf-ntifs-fsrtlallocatepoolwithquotatag.
NTKERNELAPI PVOID NTAPI FsRtlAllocatePool(_In_ POOL_TYPE PoolType, _In_ ULONG NumberOfBytes);
NTKERNELAPI PVOID NTAPI FsRtlAllocatePoolWithQuota(_In_ POOL_TYPE PoolType, _In_ ULONG NumberOfBytes);
NTKERNELAPI PVOID NTAPI FsRtlAllocatePoolWithTag(_In_ POOL_TYPE PoolType, _In_ ULONG NumberOfBytes, _In_ ULONG Tag);
NTKERNELAPI PVOID NTAPI FsRtlAllocatePoolWithQuotaTag(_In_ POOL_TYPE PoolType, _In_ ULONG NumberOfBytes,
                                                      _In_ ULONG Tag);

// The size in bytes of the block at PoolBlock, rounded up as the allocator did, and whether it is charged to a quota.
// IRQL: <= DISPATCH_LEVEL. Since Windows 2000. Source: nf-ntifs-exquerypoolblocksize.
NTKERNELAPI SIZE_T NTAPI ExQueryPoolBlockSize(_In_ PVOID PoolBlock, _Out_ PBOOLEAN QuotaCharged);

// Charge Amount bytes of pool quota to a process, and return them. Where the process's limit leaves no room nothing is
// charged: PsChargePoolQuota raises STATUS_QUOTA_EXCEEDED, the others return it, or STATUS_SUCCESS. Of PoolType only
// paged or nonpaged matters. Returning more than is charged: QUOTA_UNDERFLOW (process, 0 nonpaged or 1 paged, Amount,
// the part that was not charged). IRQL: < DISPATCH_LEVEL. Since Windows 2000 (the routines with Process in their names:
// XP). Source: nf-ntifs-pschargepoolquota, nf-ntifs-psreturnpoolquota; the others are exports without a page.
NTKERNELAPI VOID NTAPI PsChargePoolQuota(_In_ PEPROCESS Process, _In_ POOL_TYPE PoolType, _In_ ULONG_PTR Amount);
NTKERNELAPI NTSTATUS NTAPI PsChargeProcessPoolQuota(_In_ PEPROCESS Process, _In_ POOL_TYPE PoolType,
                                                    _In_ ULONG_PTR Amount);
NTKERNELAPI NTSTATUS NTAPI PsChargeProcessNonPagedPoolQuota(_In_ PEPROCESS Process, _In_ SIZE_T Amount);
NTKERNELAPI NTSTATUS NTAPI PsChargeProcessPagedPoolQuota(_In_ PEPROCESS Process, _In_ SIZE_T Amount);
NTKERNELAPI VOID NTAPI PsReturnPoolQuota(_In_ PEPROCESS Process, _In_ POOL_TYPE PoolType, _In_ ULONG_PTR Amount);
NTKERNELAPI VOID NTAPI PsReturnProcessNonPagedPoolQuota(_In_ PEPROCESS Process, _In_ SIZE_T Amount);
NTKERNELAPI VOID NTAPI PsReturnProcessPagedPoolQuota(_In_ PEPROCESS Process, _In_ SIZE_T Amount);

#include "emu_ntifs_stubs.h"

EMU_EXTERN_C_END

#endif

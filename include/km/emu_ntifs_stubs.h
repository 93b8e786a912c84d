// Routines of ntifs.h that poolemu declares and does not implement; see emu_wdm_stubs.h. Source: each routine's page.

#include "ntifs.h" // which includes this file

#ifndef EMU_NTIFS_STUBS_H
#define EMU_NTIFS_STUBS_H

#if defined(_WIN32) // nothing to import: they are the test's own
#pragma push_macro("NTKERNELAPI")
#pragma push_macro("NTSYSAPI")
#undef NTKERNELAPI
#undef NTSYSAPI
#define NTKERNELAPI
#define NTSYSAPI
#endif

#define FsRtlEnterFileSystem() KeEnterCriticalRegion()
#define FsRtlExitFileSystem() KeLeaveCriticalRegion()
#define FsRtlSetupAdvancedHeader(Header, Mutex)                                                                        \
    do {                                                                                                               \
        PFSRTL_ADVANCED_FCB_HEADER Header_ = (PFSRTL_ADVANCED_FCB_HEADER)(Header);                                     \
        Header_->Flags |= FSRTL_FLAG_ADVANCED_HEADER;                                                                  \
        Header_->Flags2 |= FSRTL_FLAG2_SUPPORTS_FILTER_CONTEXTS;                                                       \
        Header_->Version = FSRTL_FCB_HEADER_V0;                                                                        \
        InitializeListHead(&Header_->FilterContexts);                                                                  \
        if ((Mutex) != NULL) {                                                                                         \
            Header_->FastMutex = (Mutex);                                                                              \
        }                                                                                                              \
    } while (0)
#define FsRtlCompleteRequest(Irp, Status)                                                                              \
    do {                                                                                                               \
        (Irp)->IoStatus.Status = (Status);                                                                             \
        IoCompleteRequest((Irp), IO_DISK_INCREMENT);                                                                   \
    } while (0)
#define CcIsFileCached(FileObject)                                                                                     \
    ((FileObject)->SectionObjectPointer != NULL && (FileObject)->SectionObjectPointer->SharedCacheMap != NULL)
#define FsRtlAreThereCurrentFileLocks(FileLock) ((FileLock)->FastIoIsQuestionable)
#define FsRtlAreThereCurrentOrInProgressFileLocks(FileLock)                                                            \
    ((FileLock)->FastIoIsQuestionable || (FileLock)->LockRequestsInProgress != 0)

// ---- Cc
NTKERNELAPI VOID NTAPI CcInitializeCacheMap(_In_ PFILE_OBJECT FileObject, _In_ PCC_FILE_SIZES FileSizes,
                                            _In_ BOOLEAN PinAccess, _In_ PCACHE_MANAGER_CALLBACKS Callbacks,
                                            _In_ PVOID LazyWriteContext);
NTKERNELAPI BOOLEAN NTAPI CcUninitializeCacheMap(_In_ PFILE_OBJECT FileObject, _In_opt_ PLARGE_INTEGER TruncateSize,
                                                 _In_opt_ PCACHE_UNINITIALIZE_EVENT UninitializeEvent);
NTKERNELAPI VOID NTAPI CcFlushCache(_In_ PSECTION_OBJECT_POINTERS SectionObjectPointer,
                                    _In_opt_ PLARGE_INTEGER FileOffset, _In_ ULONG Length,
                                    _Out_opt_ PIO_STATUS_BLOCK IoStatus);
NTKERNELAPI BOOLEAN NTAPI CcPurgeCacheSection(_In_ PSECTION_OBJECT_POINTERS SectionObjectPointer,
                                              _In_opt_ PLARGE_INTEGER FileOffset, _In_ ULONG Length, _In_ ULONG Flags);
NTKERNELAPI VOID NTAPI CcCoherencyFlushAndPurgeCache(_In_ PSECTION_OBJECT_POINTERS SectionObjectPointer,
                                                     _In_opt_ PLARGE_INTEGER FileOffset, _In_ ULONG Length,
                                                     _Out_ PIO_STATUS_BLOCK IoStatus, _In_opt_ ULONG Flags);
NTKERNELAPI VOID NTAPI CcSetFileSizes(_In_ PFILE_OBJECT FileObject, _In_ PCC_FILE_SIZES FileSizes);
NTKERNELAPI BOOLEAN NTAPI CcCopyRead(_In_ PFILE_OBJECT FileObject, _In_ PLARGE_INTEGER FileOffset, _In_ ULONG Length,
                                     _In_ BOOLEAN Wait, _Out_ PVOID Buffer, _Out_ PIO_STATUS_BLOCK IoStatus);
NTKERNELAPI BOOLEAN NTAPI CcCopyReadEx(_In_ PFILE_OBJECT FileObject, _In_ PLARGE_INTEGER FileOffset, _In_ ULONG Length,
                                       _In_ BOOLEAN Wait, _Out_ PVOID Buffer, _Out_ PIO_STATUS_BLOCK IoStatus,
                                       _In_ PETHREAD IoIssuerThread);
NTKERNELAPI BOOLEAN NTAPI CcCopyWrite(_In_ PFILE_OBJECT FileObject, _In_ PLARGE_INTEGER FileOffset, _In_ ULONG Length,
                                      _In_ BOOLEAN Wait, _In_ PVOID Buffer);
NTKERNELAPI BOOLEAN NTAPI CcCopyWriteEx(_In_ PFILE_OBJECT FileObject, _In_ PLARGE_INTEGER FileOffset, _In_ ULONG Length,
                                        _In_ BOOLEAN Wait, _In_ PVOID Buffer, _In_ PETHREAD IoIssuerThread);
NTKERNELAPI BOOLEAN NTAPI CcCanIWrite(_In_opt_ PFILE_OBJECT FileObject, _In_ ULONG BytesToWrite, _In_ BOOLEAN Wait,
                                      _In_ UCHAR Retrying);
NTKERNELAPI VOID NTAPI CcDeferWrite(_In_ PFILE_OBJECT FileObject, _In_ PCC_POST_DEFERRED_WRITE PostRoutine,
                                    _In_ PVOID Context1, _In_ PVOID Context2, _In_ ULONG BytesToWrite,
                                    _In_ BOOLEAN Retrying);
NTKERNELAPI VOID NTAPI CcMdlRead(_In_ PFILE_OBJECT FileObject, _In_ PLARGE_INTEGER FileOffset, _In_ ULONG Length,
                                 _Out_ PMDL *MdlChain, _Out_ PIO_STATUS_BLOCK IoStatus);
NTKERNELAPI VOID NTAPI CcMdlReadComplete(_In_ PFILE_OBJECT FileObject, _In_ PMDL MdlChain);
NTKERNELAPI VOID NTAPI CcPrepareMdlWrite(_In_ PFILE_OBJECT FileObject, _In_ PLARGE_INTEGER FileOffset,
                                         _In_ ULONG Length, _Out_ PMDL *MdlChain, _Out_ PIO_STATUS_BLOCK IoStatus);
NTKERNELAPI VOID NTAPI CcMdlWriteComplete(_In_ PFILE_OBJECT FileObject, _In_ PLARGE_INTEGER FileOffset,
                                          _In_ PMDL MdlChain);
NTKERNELAPI VOID NTAPI CcMdlWriteAbort(_In_ PFILE_OBJECT FileObject, _In_ PMDL MdlChain);
NTKERNELAPI BOOLEAN NTAPI CcMapData(_In_ PFILE_OBJECT FileObject, _In_ PLARGE_INTEGER FileOffset, _In_ ULONG Length,
                                    _In_ ULONG Flags, _Out_ PVOID *Bcb, _Out_ PVOID *Buffer);
NTKERNELAPI BOOLEAN NTAPI CcPinRead(_In_ PFILE_OBJECT FileObject, _In_ PLARGE_INTEGER FileOffset, _In_ ULONG Length,
                                    _In_ ULONG Flags, _Out_ PVOID *Bcb, _Out_ PVOID *Buffer);
NTKERNELAPI BOOLEAN NTAPI CcPinMappedData(_In_ PFILE_OBJECT FileObject, _In_ PLARGE_INTEGER FileOffset,
                                          _In_ ULONG Length, _In_ ULONG Flags, _Inout_ PVOID *Bcb);
NTKERNELAPI BOOLEAN NTAPI CcPreparePinWrite(_In_ PFILE_OBJECT FileObject, _In_ PLARGE_INTEGER FileOffset,
                                            _In_ ULONG Length, _In_ BOOLEAN Zero, _In_ ULONG Flags, _Out_ PVOID *Bcb,
                                            _Out_ PVOID *Buffer);
NTKERNELAPI VOID NTAPI CcSetDirtyPinnedData(_In_ PVOID BcbVoid, _In_opt_ PLARGE_INTEGER Lsn);
NTKERNELAPI VOID NTAPI CcUnpinData(_In_ PVOID Bcb);
NTKERNELAPI VOID NTAPI CcUnpinDataForThread(_In_ PVOID Bcb, _In_ ERESOURCE_THREAD ResourceThreadId);
NTKERNELAPI VOID NTAPI CcSetBcbOwnerPointer(_In_ PVOID Bcb, _In_ PVOID OwnerPointer);
NTKERNELAPI VOID NTAPI CcRepinBcb(_In_ PVOID Bcb);
NTKERNELAPI VOID NTAPI CcUnpinRepinnedBcb(_In_ PVOID Bcb, _In_ BOOLEAN WriteThrough, _Out_ PIO_STATUS_BLOCK IoStatus);
NTKERNELAPI PFILE_OBJECT NTAPI CcGetFileObjectFromBcb(_In_ PVOID Bcb);
NTKERNELAPI VOID NTAPI CcSetReadAheadGranularity(_In_ PFILE_OBJECT FileObject, _In_ ULONG Granularity);
NTKERNELAPI VOID NTAPI CcSetAdditionalCacheAttributes(_In_ PFILE_OBJECT FileObject, _In_ BOOLEAN DisableReadAhead,
                                                      _In_ BOOLEAN DisableWriteBehind);
NTKERNELAPI VOID NTAPI CcSetAdditionalCacheAttributesEx(_In_ PFILE_OBJECT FileObject, _In_ ULONG Flags);
NTKERNELAPI NTSTATUS NTAPI CcWaitForCurrentLazyWriterActivity(VOID);
NTKERNELAPI BOOLEAN NTAPI CcIsThereDirtyData(_In_ PVPB Vpb);
NTKERNELAPI BOOLEAN NTAPI CcZeroData(_In_ PFILE_OBJECT FileObject, _In_ PLARGE_INTEGER StartOffset,
                                     _In_ PLARGE_INTEGER EndOffset, _In_ BOOLEAN Wait);

// ---- FsRtl
NTKERNELAPI NTSTATUS NTAPI FsRtlNormalizeNtstatus(_In_ NTSTATUS Exception, _In_ NTSTATUS GenericException);
NTKERNELAPI BOOLEAN NTAPI FsRtlIsNtstatusExpected(_In_ NTSTATUS Exception);
NTKERNELAPI NTSTATUS NTAPI FsRtlCheckOplock(_In_ POPLOCK Oplock, _In_ PIRP Irp, _In_opt_ PVOID Context,
                                            _In_opt_ POPLOCK_WAIT_COMPLETE_ROUTINE CompletionRoutine,
                                            _In_opt_ POPLOCK_FS_PREPOST_IRP PostIrpRoutine);
NTKERNELAPI NTSTATUS NTAPI FsRtlCheckOplockEx(_In_ POPLOCK Oplock, _In_ PIRP Irp, _In_ ULONG Flags,
                                              _In_opt_ PVOID Context,
                                              _In_opt_ POPLOCK_WAIT_COMPLETE_ROUTINE CompletionRoutine,
                                              _In_opt_ POPLOCK_FS_PREPOST_IRP PostIrpRoutine);
NTKERNELAPI NTSTATUS NTAPI FsRtlOplockBreakH(_In_ POPLOCK Oplock, _In_ PIRP Irp, _In_ ULONG Flags,
                                             _In_opt_ PVOID Context,
                                             _In_opt_ POPLOCK_WAIT_COMPLETE_ROUTINE CompletionRoutine,
                                             _In_opt_ POPLOCK_FS_PREPOST_IRP PostIrpRoutine);
NTKERNELAPI NTSTATUS NTAPI FsRtlOplockFsctrl(_In_ POPLOCK Oplock, _In_ PIRP Irp, _In_ ULONG OpenCount);
NTKERNELAPI BOOLEAN NTAPI FsRtlOplockIsFastIoPossible(_In_ POPLOCK Oplock);
NTKERNELAPI BOOLEAN NTAPI FsRtlOplockIsSharedRequest(_In_ PIRP Irp);
NTKERNELAPI BOOLEAN NTAPI FsRtlCurrentBatchOplock(_In_ POPLOCK Oplock);
NTKERNELAPI BOOLEAN NTAPI FsRtlCurrentOplockH(_In_ POPLOCK Oplock);
NTKERNELAPI VOID NTAPI FsRtlInitializeOplock(_Inout_ POPLOCK Oplock);
NTKERNELAPI VOID NTAPI FsRtlUninitializeOplock(_Inout_ POPLOCK Oplock);
NTKERNELAPI VOID NTAPI FsRtlInitializeFileLock(_Inout_ PFILE_LOCK FileLock,
                                               _In_opt_ PCOMPLETE_LOCK_IRP_ROUTINE CompleteLockIrpRoutine,
                                               _In_opt_ PUNLOCK_ROUTINE UnlockRoutine);
NTKERNELAPI VOID NTAPI FsRtlUninitializeFileLock(_Inout_ PFILE_LOCK FileLock);
NTKERNELAPI PFILE_LOCK NTAPI FsRtlAllocateFileLock(_In_opt_ PCOMPLETE_LOCK_IRP_ROUTINE CompleteLockIrpRoutine,
                                                   _In_opt_ PUNLOCK_ROUTINE UnlockRoutine);
NTKERNELAPI VOID NTAPI FsRtlFreeFileLock(_In_ PFILE_LOCK FileLock);
NTKERNELAPI NTSTATUS NTAPI FsRtlProcessFileLock(_In_ PFILE_LOCK FileLock, _In_ PIRP Irp, _In_opt_ PVOID Context);
NTKERNELAPI BOOLEAN NTAPI FsRtlCheckLockForReadAccess(_In_ PFILE_LOCK FileLock, _In_ PIRP Irp);
NTKERNELAPI BOOLEAN NTAPI FsRtlCheckLockForWriteAccess(_In_ PFILE_LOCK FileLock, _In_ PIRP Irp);
NTKERNELAPI BOOLEAN NTAPI FsRtlCheckLockForOplockRequest(_In_ PFILE_LOCK FileLock, _In_ PLARGE_INTEGER AllocationSize);
NTKERNELAPI BOOLEAN NTAPI FsRtlFastCheckLockForRead(_In_ PFILE_LOCK FileLock, _In_ PLARGE_INTEGER StartingByte,
                                                    _In_ PLARGE_INTEGER Length, _In_ ULONG Key,
                                                    _In_ PFILE_OBJECT FileObject, _In_ PVOID ProcessId);
NTKERNELAPI BOOLEAN NTAPI FsRtlFastCheckLockForWrite(_In_ PFILE_LOCK FileLock, _In_ PLARGE_INTEGER StartingByte,
                                                     _In_ PLARGE_INTEGER Length, _In_ ULONG Key,
                                                     _In_ PFILE_OBJECT FileObject, _In_ PVOID ProcessId);
NTKERNELAPI NTSTATUS NTAPI FsRtlFastUnlockSingle(_In_ PFILE_LOCK FileLock, _In_ PFILE_OBJECT FileObject,
                                                 _In_ PLARGE_INTEGER FileOffset, _In_ PLARGE_INTEGER Length,
                                                 _In_ PEPROCESS Process, _In_ ULONG Key, _In_opt_ PVOID Context,
                                                 _In_ BOOLEAN AlreadySynchronized);
NTKERNELAPI NTSTATUS NTAPI FsRtlFastUnlockAll(_In_ PFILE_LOCK FileLock, _In_ PFILE_OBJECT FileObject,
                                              _In_ PEPROCESS Process, _In_opt_ PVOID Context);
NTKERNELAPI NTSTATUS NTAPI FsRtlFastUnlockAllByKey(_In_ PFILE_LOCK FileLock, _In_ PFILE_OBJECT FileObject,
                                                   _In_ PEPROCESS Process, _In_ ULONG Key, _In_opt_ PVOID Context);
NTKERNELAPI VOID NTAPI FsRtlNotifyInitializeSync(_In_ PNOTIFY_SYNC *NotifySync);
NTKERNELAPI VOID NTAPI FsRtlNotifyUninitializeSync(_In_ PNOTIFY_SYNC *NotifySync);
NTKERNELAPI VOID NTAPI FsRtlNotifyFullChangeDirectory(_In_ PNOTIFY_SYNC NotifySync, _In_ PLIST_ENTRY NotifyList,
                                                      _In_ PVOID FsContext, _In_ PSTRING FullDirectoryName,
                                                      _In_ BOOLEAN WatchTree, _In_ BOOLEAN IgnoreBuffer,
                                                      _In_ ULONG CompletionFilter, _In_opt_ PIRP NotifyIrp,
                                                      _In_opt_ PCHECK_FOR_TRAVERSE_ACCESS TraverseCallback,
                                                      _In_opt_ PSECURITY_SUBJECT_CONTEXT SubjectContext);
NTKERNELAPI VOID NTAPI FsRtlNotifyFilterChangeDirectory(_In_ PNOTIFY_SYNC NotifySync, _In_ PLIST_ENTRY NotifyList,
                                                        _In_ PVOID FsContext, _In_ PSTRING FullDirectoryName,
                                                        _In_ BOOLEAN WatchTree, _In_ BOOLEAN IgnoreBuffer,
                                                        _In_ ULONG CompletionFilter, _In_opt_ PIRP NotifyIrp,
                                                        _In_opt_ PCHECK_FOR_TRAVERSE_ACCESS TraverseCallback,
                                                        _In_opt_ PSECURITY_SUBJECT_CONTEXT SubjectContext,
                                                        _In_opt_ PFILTER_REPORT_CHANGE FilterCallback);
NTKERNELAPI VOID NTAPI FsRtlNotifyFullReportChange(_In_ PNOTIFY_SYNC NotifySync, _In_ PLIST_ENTRY NotifyList,
                                                   _In_ PSTRING FullTargetName, _In_ USHORT TargetNameOffset,
                                                   _In_opt_ PSTRING StreamName, _In_opt_ PSTRING NormalizedParentName,
                                                   _In_ ULONG FilterMatch, _In_ ULONG Action,
                                                   _In_opt_ PVOID TargetContext);
NTKERNELAPI VOID NTAPI FsRtlNotifyFilterReportChange(_In_ PNOTIFY_SYNC NotifySync, _In_ PLIST_ENTRY NotifyList,
                                                     _In_ PSTRING FullTargetName, _In_ USHORT TargetNameOffset,
                                                     _In_opt_ PSTRING StreamName, _In_opt_ PSTRING NormalizedParentName,
                                                     _In_ ULONG FilterMatch, _In_ ULONG Action,
                                                     _In_opt_ PVOID TargetContext, _In_opt_ PVOID FilterContext);
NTKERNELAPI VOID NTAPI FsRtlNotifyCleanup(_In_ PNOTIFY_SYNC NotifySync, _In_ PLIST_ENTRY NotifyList,
                                          _In_ PVOID FsContext);
NTKERNELAPI VOID NTAPI FsRtlNotifyCleanupAll(_In_ PNOTIFY_SYNC NotifySync, _In_ PLIST_ENTRY NotifyList);
NTKERNELAPI NTSTATUS NTAPI FsRtlNotifyVolumeEvent(_In_ PFILE_OBJECT FileObject, _In_ ULONG EventCode);
NTKERNELAPI VOID NTAPI FsRtlInitializeLargeMcb(_Out_ PLARGE_MCB Mcb, _In_ POOL_TYPE PoolType);
NTKERNELAPI VOID NTAPI FsRtlUninitializeLargeMcb(_Inout_ PLARGE_MCB Mcb);
NTKERNELAPI VOID NTAPI FsRtlTruncateLargeMcb(_Inout_ PLARGE_MCB Mcb, _In_ LONGLONG Vbn);
NTKERNELAPI BOOLEAN NTAPI FsRtlAddLargeMcbEntry(_Inout_ PLARGE_MCB Mcb, _In_ LONGLONG Vbn, _In_ LONGLONG Lbn,
                                                _In_ LONGLONG SectorCount);
NTKERNELAPI VOID NTAPI FsRtlRemoveLargeMcbEntry(_Inout_ PLARGE_MCB Mcb, _In_ LONGLONG Vbn, _In_ LONGLONG SectorCount);
NTKERNELAPI BOOLEAN NTAPI FsRtlLookupLargeMcbEntry(_In_ PLARGE_MCB Mcb, _In_ LONGLONG Vbn, _Out_opt_ PLONGLONG Lbn,
                                                   _Out_opt_ PLONGLONG SectorCountFromLbn,
                                                   _Out_opt_ PLONGLONG StartingLbn,
                                                   _Out_opt_ PLONGLONG SectorCountFromStartingLbn,
                                                   _Out_opt_ PULONG Index);
NTKERNELAPI BOOLEAN NTAPI FsRtlLookupLastLargeMcbEntryAndIndex(_In_ PLARGE_MCB OpaqueMcb, _Out_ PLONGLONG LargeVbn,
                                                               _Out_ PLONGLONG LargeLbn, _Out_ PULONG Index);
NTKERNELAPI ULONG NTAPI FsRtlNumberOfRunsInLargeMcb(_In_ PLARGE_MCB Mcb);
NTKERNELAPI BOOLEAN NTAPI FsRtlGetNextLargeMcbEntry(_In_ PLARGE_MCB Mcb, _In_ ULONG RunIndex, _Out_ PLONGLONG Vbn,
                                                    _Out_ PLONGLONG Lbn, _Out_ PLONGLONG SectorCount);
NTKERNELAPI BOOLEAN NTAPI FsRtlDoesNameContainWildCards(_In_ PUNICODE_STRING Name);
NTKERNELAPI BOOLEAN NTAPI FsRtlAreNamesEqual(_In_ PCUNICODE_STRING ConstantNameA, _In_ PCUNICODE_STRING ConstantNameB,
                                             _In_ BOOLEAN IgnoreCase, _In_opt_ PCWCH UpcaseTable);
NTKERNELAPI BOOLEAN NTAPI FsRtlIsNameInExpression(_In_ PUNICODE_STRING Expression, _In_ PUNICODE_STRING Name,
                                                  _In_ BOOLEAN IgnoreCase, _In_opt_ PWCH UpcaseTable);
NTKERNELAPI BOOLEAN NTAPI FsRtlIsDbcsInExpression(_In_ PANSI_STRING Expression, _In_ PANSI_STRING Name);
NTKERNELAPI BOOLEAN NTAPI FsRtlIsFatDbcsLegal(_In_ ANSI_STRING DbcsName, _In_ BOOLEAN WildCardsPermissible,
                                              _In_ BOOLEAN PathNamePermissible,
                                              _In_ BOOLEAN LeadingBackslashPermissible);
NTKERNELAPI VOID NTAPI FsRtlDissectName(_In_ UNICODE_STRING Path, _Out_ PUNICODE_STRING FirstName,
                                        _Out_ PUNICODE_STRING RemainingName);
NTKERNELAPI VOID NTAPI FsRtlTeardownPerStreamContexts(_In_ PFSRTL_ADVANCED_FCB_HEADER AdvancedHeader);
NTKERNELAPI NTSTATUS NTAPI FsRtlRegisterFileSystemFilterCallbacks(_In_ PDRIVER_OBJECT FilterDriverObject,
                                                                  _In_ PFS_FILTER_CALLBACKS Callbacks);
NTKERNELAPI BOOLEAN NTAPI FsRtlCopyRead(_In_ PFILE_OBJECT FileObject, _In_ PLARGE_INTEGER FileOffset, _In_ ULONG Length,
                                        _In_ BOOLEAN Wait, _In_ ULONG LockKey, _Out_ PVOID Buffer,
                                        _Out_ PIO_STATUS_BLOCK IoStatus, _In_ PDEVICE_OBJECT DeviceObject);
NTKERNELAPI BOOLEAN NTAPI FsRtlCopyWrite(_In_ PFILE_OBJECT FileObject, _In_ PLARGE_INTEGER FileOffset,
                                         _In_ ULONG Length, _In_ BOOLEAN Wait, _In_ ULONG LockKey, _In_ PVOID Buffer,
                                         _Out_ PIO_STATUS_BLOCK IoStatus, _In_ PDEVICE_OBJECT DeviceObject);
NTKERNELAPI BOOLEAN NTAPI FsRtlMdlReadDev(_In_ PFILE_OBJECT FileObject, _In_ PLARGE_INTEGER FileOffset,
                                          _In_ ULONG Length, _In_ ULONG LockKey, _Out_ PMDL *MdlChain,
                                          _Out_ PIO_STATUS_BLOCK IoStatus, _In_opt_ PDEVICE_OBJECT DeviceObject);
NTKERNELAPI BOOLEAN NTAPI FsRtlMdlReadCompleteDev(_In_ PFILE_OBJECT FileObject, _In_ PMDL MdlChain,
                                                  _In_opt_ PDEVICE_OBJECT DeviceObject);
NTKERNELAPI BOOLEAN NTAPI FsRtlPrepareMdlWriteDev(_In_ PFILE_OBJECT FileObject, _In_ PLARGE_INTEGER FileOffset,
                                                  _In_ ULONG Length, _In_ ULONG LockKey, _Out_ PMDL *MdlChain,
                                                  _Out_ PIO_STATUS_BLOCK IoStatus, _In_ PDEVICE_OBJECT DeviceObject);
NTKERNELAPI BOOLEAN NTAPI FsRtlMdlWriteCompleteDev(_In_ PFILE_OBJECT FileObject, _In_ PLARGE_INTEGER FileOffset,
                                                   _In_ PMDL MdlChain, _In_opt_ PDEVICE_OBJECT DeviceObject);
NTKERNELAPI NTSTATUS NTAPI FsRtlRegisterUncProvider(_Out_ PHANDLE MupHandle, _In_ PCUNICODE_STRING RedirectorDeviceName,
                                                    _In_ BOOLEAN MailslotsSupported);
NTKERNELAPI NTSTATUS NTAPI FsRtlRegisterUncProviderEx(_Out_ PHANDLE MupHandle, _In_ PCUNICODE_STRING RedirDevName,
                                                      _In_ PDEVICE_OBJECT DeviceObject, _In_ ULONG Flags);
NTKERNELAPI VOID NTAPI FsRtlDeregisterUncProvider(_In_ HANDLE Handle);
NTKERNELAPI NTSTATUS NTAPI FsRtlGetEcpListFromIrp(_In_ PIRP Irp, _Out_ PECP_LIST *EcpList);
NTKERNELAPI NTSTATUS NTAPI FsRtlFindExtraCreateParameter(_In_ PECP_LIST EcpList, _In_ const GUID *EcpType,
                                                         _Out_opt_ PVOID *EcpContext, _Out_opt_ ULONG *EcpContextSize);
NTKERNELAPI BOOLEAN NTAPI FsRtlIsEcpFromUserMode(_In_ PVOID EcpContext);
NTKERNELAPI NTSTATUS NTAPI FsRtlValidateReparsePointBuffer(_In_ ULONG BufferLength,
                                                           _In_ PREPARSE_DATA_BUFFER ReparseBuffer);
NTKERNELAPI VOID NTAPI FsRtlInitializeTunnelCache(_In_ PTUNNEL Cache);
NTKERNELAPI VOID NTAPI FsRtlDeleteTunnelCache(_In_ PTUNNEL Cache);
NTKERNELAPI VOID NTAPI FsRtlDeleteKeyFromTunnelCache(_In_ PTUNNEL Cache, _In_ ULONGLONG DirectoryKey);
NTKERNELAPI VOID NTAPI FsRtlPostStackOverflow(_In_ PVOID Context, _In_ PKEVENT Event,
                                              _In_ VOID(NTAPI *StackOverflowRoutine)(PVOID, PKEVENT));
NTKERNELAPI VOID NTAPI FsRtlPostPagingFileStackOverflow(_In_ PVOID Context, _In_ PKEVENT Event,
                                                        _In_ VOID(NTAPI *StackOverflowRoutine)(PVOID, PKEVENT));
NTKERNELAPI NTSTATUS NTAPI FsRtlBalanceReads(_In_ PDEVICE_OBJECT TargetDevice);
NTKERNELAPI BOOLEAN NTAPI FsRtlAreVolumeStartupApplicationsComplete(VOID);

// ---- Io, Mm, Ob, Ps, Ke, Ex
NTKERNELAPI PIRP NTAPI IoGetTopLevelIrp(VOID);
NTKERNELAPI VOID NTAPI IoSetTopLevelIrp(_In_opt_ PIRP Irp);
NTKERNELAPI BOOLEAN NTAPI IoIsOperationSynchronous(_In_ PIRP Irp);
NTKERNELAPI BOOLEAN NTAPI IoIsSystemThread(_In_ PETHREAD Thread);
NTKERNELAPI VOID NTAPI IoAcquireVpbSpinLock(_Out_ PKIRQL Irql);
NTKERNELAPI VOID NTAPI IoReleaseVpbSpinLock(_In_ KIRQL Irql);
NTKERNELAPI NTSTATUS NTAPI IoCheckEaBufferValidity(_In_ PFILE_FULL_EA_INFORMATION EaBuffer, _In_ ULONG EaLength,
                                                   _Out_ PULONG ErrorOffset);
NTKERNELAPI VOID NTAPI IoRegisterFileSystem(_Inout_ PDEVICE_OBJECT DeviceObject);
NTKERNELAPI VOID NTAPI IoUnregisterFileSystem(_Inout_ PDEVICE_OBJECT DeviceObject);
NTKERNELAPI PFILE_OBJECT NTAPI IoCreateStreamFileObject(_In_opt_ PFILE_OBJECT FileObject,
                                                        _In_opt_ PDEVICE_OBJECT DeviceObject);
NTKERNELAPI PFILE_OBJECT NTAPI IoCreateStreamFileObjectLite(_In_opt_ PFILE_OBJECT FileObject,
                                                            _In_opt_ PDEVICE_OBJECT DeviceObject);
NTKERNELAPI NTSTATUS NTAPI IoVerifyVolume(_In_ PDEVICE_OBJECT DeviceObject, _In_ BOOLEAN AllowRawMount);
NTKERNELAPI VOID NTAPI IoSetDeviceToVerify(_In_ PETHREAD Thread, _In_opt_ PDEVICE_OBJECT DeviceObject);
NTKERNELAPI ULONG NTAPI IoGetRequestorProcessId(_In_ PIRP Irp);
NTKERNELAPI PEPROCESS NTAPI IoGetRequestorProcess(_In_ PIRP Irp);
NTKERNELAPI NTSTATUS NTAPI IoGetRequestorSessionId(_In_ PIRP Irp, _Out_ PULONG pSessionId);
NTKERNELAPI PDEVICE_OBJECT NTAPI IoGetLowerDeviceObject(_In_ PDEVICE_OBJECT DeviceObject);
NTKERNELAPI PDEVICE_OBJECT NTAPI IoGetAttachedDevice(_In_ PDEVICE_OBJECT DeviceObject);
NTKERNELAPI NTSTATUS NTAPI IoEnumerateDeviceObjectList(_In_ PDRIVER_OBJECT DriverObject,
                                                       _Out_opt_ PDEVICE_OBJECT *DeviceObjectList,
                                                       _In_ ULONG DeviceObjectListSize,
                                                       _Out_ PULONG ActualNumberDeviceObjects);
NTKERNELAPI VOID NTAPI IoInitializePriorityInfo(_In_ PIO_PRIORITY_INFO PriorityInfo);
NTKERNELAPI BOOLEAN NTAPI MmFlushImageSection(_In_ PSECTION_OBJECT_POINTERS SectionObjectPointer,
                                              _In_ MMFLUSH_TYPE FlushType);
NTKERNELAPI BOOLEAN NTAPI MmForceSectionClosed(_In_ PSECTION_OBJECT_POINTERS SectionObjectPointer,
                                               _In_ BOOLEAN DelayClose);
NTKERNELAPI BOOLEAN NTAPI MmCanFileBeTruncated(_In_ PSECTION_OBJECT_POINTERS SectionPointer,
                                               _In_opt_ PLARGE_INTEGER NewFileSize);
NTKERNELAPI ULONG NTAPI MmDoesFileHaveUserWritableReferences(_In_ PSECTION_OBJECT_POINTERS SectionPointer);
NTKERNELAPI NTSTATUS NTAPI MmPrefetchPages(_In_ ULONG NumberOfLists, _In_ PREAD_LIST *ReadLists);
NTKERNELAPI NTSTATUS NTAPI ObOpenObjectByPointer(_In_ PVOID Object, _In_ ULONG HandleAttributes,
                                                 _In_opt_ PACCESS_STATE PassedAccessState,
                                                 _In_ ACCESS_MASK DesiredAccess, _In_opt_ POBJECT_TYPE ObjectType,
                                                 _In_ KPROCESSOR_MODE AccessMode, _Out_ PHANDLE Handle);
NTKERNELAPI NTSTATUS NTAPI ObQueryNameString(_In_ PVOID Object, _Out_opt_ POBJECT_NAME_INFORMATION ObjectNameInfo,
                                             _In_ ULONG Length, _Out_ PULONG ReturnLength);
NTKERNELAPI NTSTATUS NTAPI PsLookupProcessByProcessId(_In_ HANDLE ProcessId, _Out_ PEPROCESS *Process);
NTKERNELAPI NTSTATUS NTAPI PsLookupThreadByThreadId(_In_ HANDLE ThreadId, _Out_ PETHREAD *Thread);
NTKERNELAPI BOOLEAN NTAPI PsIsThreadTerminating(_In_ PETHREAD Thread);
NTKERNELAPI BOOLEAN NTAPI PsIsSystemThread(_In_ PETHREAD Thread);
NTKERNELAPI PACCESS_TOKEN NTAPI PsReferencePrimaryToken(_Inout_ PEPROCESS Process);
NTKERNELAPI VOID NTAPI PsDereferencePrimaryToken(_In_ PACCESS_TOKEN PrimaryToken);
NTKERNELAPI BOOLEAN NTAPI PsIsDiskCountersEnabled(VOID);
NTKERNELAPI VOID NTAPI PsUpdateDiskCounters(_Inout_ PEPROCESS Process, _In_ ULONG64 BytesRead,
                                            _In_ ULONG64 BytesWritten, _In_ ULONG ReadOperationCount,
                                            _In_ ULONG WriteOperationCount, _In_ ULONG FlushOperationCount);
NTKERNELAPI PEPROCESS NTAPI PsGetThreadProcess(_In_ PETHREAD Thread);
NTKERNELAPI VOID NTAPI KeStackAttachProcess(_Inout_ PKPROCESS Process, _Out_ PKAPC_STATE ApcState);
NTKERNELAPI VOID NTAPI KeUnstackDetachProcess(_In_ PKAPC_STATE ApcState);
NTKERNELAPI VOID NTAPI KeInitializeQueue(_Out_ PRKQUEUE Queue, _In_ ULONG Count);
NTKERNELAPI LONG NTAPI KeReadStateQueue(_In_ PRKQUEUE Queue);
NTKERNELAPI LONG NTAPI KeInsertQueue(_Inout_ PRKQUEUE Queue, _Inout_ PLIST_ENTRY Entry);
NTKERNELAPI LONG NTAPI KeInsertHeadQueue(_Inout_ PRKQUEUE Queue, _Inout_ PLIST_ENTRY Entry);
NTKERNELAPI PLIST_ENTRY NTAPI KeRemoveQueue(_Inout_ PRKQUEUE Queue, _In_ KPROCESSOR_MODE WaitMode,
                                            _In_opt_ PLARGE_INTEGER Timeout);
NTKERNELAPI ULONG NTAPI KeRemoveQueueEx(_Inout_ PKQUEUE Queue, _In_ KPROCESSOR_MODE WaitMode, _In_ BOOLEAN Alertable,
                                        _In_opt_ PLARGE_INTEGER Timeout, _Out_ PLIST_ENTRY *EntryArray,
                                        _In_ ULONG Count);
NTKERNELAPI PLIST_ENTRY NTAPI KeRundownQueue(_Inout_ PRKQUEUE Queue);
NTKERNELAPI VOID NTAPI ExInitializePushLock(_Out_ PEX_PUSH_LOCK PushLock);
NTKERNELAPI VOID FASTCALL ExfAcquirePushLockExclusive(_Inout_ PEX_PUSH_LOCK PushLock);
NTKERNELAPI VOID FASTCALL ExfAcquirePushLockShared(_Inout_ PEX_PUSH_LOCK PushLock);
NTKERNELAPI VOID FASTCALL ExfReleasePushLockExclusive(_Inout_ PEX_PUSH_LOCK PushLock);
NTKERNELAPI VOID FASTCALL ExfReleasePushLockShared(_Inout_ PEX_PUSH_LOCK PushLock);

// ---- Rtl
NTSYSAPI NTSTATUS NTAPI RtlDowncaseUnicodeString(_Inout_ PUNICODE_STRING DestinationString,
                                                 _In_ PCUNICODE_STRING SourceString,
                                                 _In_ BOOLEAN AllocateDestinationString);
NTSYSAPI BOOLEAN NTAPI RtlCreateUnicodeString(_Out_ PUNICODE_STRING DestinationString, _In_ PCWSTR SourceString);
NTSYSAPI NTSTATUS NTAPI RtlOemStringToCountedUnicodeString(_Inout_ PUNICODE_STRING DestinationString,
                                                           _In_ PCOEM_STRING SourceString,
                                                           _In_ BOOLEAN AllocateDestinationString);
NTSYSAPI NTSTATUS NTAPI RtlUpcaseUnicodeStringToCountedOemString(_Inout_ POEM_STRING DestinationString,
                                                                 _In_ PCUNICODE_STRING SourceString,
                                                                 _In_ BOOLEAN AllocateDestinationString);
NTSYSAPI NTSTATUS NTAPI RtlUnicodeStringToCountedOemString(_Inout_ POEM_STRING DestinationString,
                                                           _In_ PCUNICODE_STRING SourceString,
                                                           _In_ BOOLEAN AllocateDestinationString);
NTSYSAPI VOID NTAPI RtlFreeOemString(_Inout_ POEM_STRING OemString);
NTSYSAPI NTSTATUS NTAPI RtlOemToUnicodeN(_Out_ PWCH UnicodeString, _In_ ULONG MaxBytesInUnicodeString,
                                         _Out_opt_ PULONG BytesInUnicodeString, _In_ PCCH OemString,
                                         _In_ ULONG BytesInOemString);
NTSYSAPI ULONG NTAPI RtlRandomEx(_Inout_ PULONG Seed);
NTSYSAPI BOOLEAN NTAPI RtlIsNameLegalDOS8Dot3(_In_ PCUNICODE_STRING Name, _Inout_opt_ POEM_STRING OemName,
                                              _Out_opt_ PBOOLEAN NameContainsSpaces);
NTSYSAPI NTSTATUS NTAPI RtlGenerate8dot3Name(_In_ PCUNICODE_STRING Name, _In_ BOOLEAN AllowExtendedCharacters,
                                             _Inout_ PGENERATE_NAME_CONTEXT Context, _Inout_ PUNICODE_STRING Name8dot3);
NTSYSAPI VOID NTAPI RtlInitializeUnicodePrefix(_Out_ PUNICODE_PREFIX_TABLE PrefixTable);
NTSYSAPI BOOLEAN NTAPI RtlInsertUnicodePrefix(_In_ PUNICODE_PREFIX_TABLE PrefixTable, _In_ PUNICODE_STRING Prefix,
                                              _Out_ PUNICODE_PREFIX_TABLE_ENTRY PrefixTableEntry);
NTSYSAPI VOID NTAPI RtlRemoveUnicodePrefix(_In_ PUNICODE_PREFIX_TABLE PrefixTable,
                                           _In_ PUNICODE_PREFIX_TABLE_ENTRY PrefixTableEntry);
NTSYSAPI PUNICODE_PREFIX_TABLE_ENTRY NTAPI RtlFindUnicodePrefix(_In_ PUNICODE_PREFIX_TABLE PrefixTable,
                                                                _In_ PUNICODE_STRING FullName,
                                                                _In_ ULONG CaseInsensitiveIndex);
NTSYSAPI PUNICODE_PREFIX_TABLE_ENTRY NTAPI RtlNextUnicodePrefix(_In_ PUNICODE_PREFIX_TABLE PrefixTable,
                                                                _In_ BOOLEAN Restart);
NTSYSAPI USHORT NTAPI RtlCaptureStackBackTrace(_In_ ULONG FramesToSkip, _In_ ULONG FramesToCapture,
                                               _Out_ PVOID *BackTrace, _Out_opt_ PULONG BackTraceHash);
NTSYSAPI ULONG NTAPI RtlLengthSid(_In_ PSID Sid);
NTSYSAPI BOOLEAN NTAPI RtlValidSid(_In_ PSID Sid);
NTSYSAPI BOOLEAN NTAPI RtlEqualSid(_In_ PSID Sid1, _In_ PSID Sid2);
NTSYSAPI ULONG NTAPI RtlLengthRequiredSid(_In_ ULONG SubAuthorityCount);
NTSYSAPI NTSTATUS NTAPI RtlCopySid(_In_ ULONG DestinationSidLength, _Out_ PSID DestinationSid, _In_ PSID SourceSid);
NTSYSAPI NTSTATUS NTAPI RtlInitializeSid(_Out_ PSID Sid, _In_ PSID_IDENTIFIER_AUTHORITY IdentifierAuthority,
                                         _In_ UCHAR SubAuthorityCount);
NTSYSAPI PULONG NTAPI RtlSubAuthoritySid(_In_ PSID Sid, _In_ ULONG SubAuthority);
NTSYSAPI NTSTATUS NTAPI RtlConvertSidToUnicodeString(_Inout_ PUNICODE_STRING UnicodeString, _In_ PSID Sid,
                                                     _In_ BOOLEAN AllocateDestinationString);
NTSYSAPI NTSTATUS NTAPI RtlCreateAcl(_Out_ PACL Acl, _In_ ULONG AclLength, _In_ ULONG AclRevision);
NTSYSAPI NTSTATUS NTAPI RtlAddAccessAllowedAce(_Inout_ PACL Acl, _In_ ULONG AceRevision, _In_ ACCESS_MASK AccessMask,
                                               _In_ PSID Sid);
NTSYSAPI NTSTATUS NTAPI RtlGetOwnerSecurityDescriptor(_In_ PSECURITY_DESCRIPTOR SecurityDescriptor, _Out_ PSID *Owner,
                                                      _Out_ PBOOLEAN OwnerDefaulted);
NTSYSAPI NTSTATUS NTAPI RtlSetOwnerSecurityDescriptor(_Inout_ PSECURITY_DESCRIPTOR SecurityDescriptor,
                                                      _In_opt_ PSID Owner, _In_opt_ BOOLEAN OwnerDefaulted);
NTSYSAPI NTSTATUS NTAPI RtlSetGroupSecurityDescriptor(_Inout_ PSECURITY_DESCRIPTOR SecurityDescriptor,
                                                      _In_opt_ PSID Group, _In_opt_ BOOLEAN GroupDefaulted);
NTSYSAPI NTSTATUS NTAPI RtlAbsoluteToSelfRelativeSD(_In_ PSECURITY_DESCRIPTOR AbsoluteSecurityDescriptor,
                                                    _Out_opt_ PSECURITY_DESCRIPTOR SelfRelativeSecurityDescriptor,
                                                    _Inout_ PULONG BufferLength);

// ---- Se
NTKERNELAPI NTSTATUS NTAPI SeQuerySecurityDescriptorInfo(_In_ PSECURITY_INFORMATION SecurityInformation,
                                                         _Out_ PSECURITY_DESCRIPTOR SecurityDescriptor,
                                                         _Inout_ PULONG Length,
                                                         _Inout_ PSECURITY_DESCRIPTOR *ObjectsSecurityDescriptor);
NTKERNELAPI NTSTATUS NTAPI SeSetSecurityDescriptorInfo(_In_opt_ PVOID Object,
                                                       _In_ PSECURITY_INFORMATION SecurityInformation,
                                                       _In_ PSECURITY_DESCRIPTOR SecurityDescriptor,
                                                       _Inout_ PSECURITY_DESCRIPTOR *ObjectsSecurityDescriptor,
                                                       _In_ POOL_TYPE PoolType, _In_ PGENERIC_MAPPING GenericMapping);
NTKERNELAPI NTSTATUS NTAPI SeQueryInformationToken(_In_ PACCESS_TOKEN Token,
                                                   _In_ TOKEN_INFORMATION_CLASS TokenInformationClass,
                                                   _Out_ PVOID *TokenInformation);
NTKERNELAPI BOOLEAN NTAPI SePrivilegeCheck(_Inout_ PPRIVILEGE_SET RequiredPrivileges,
                                           _In_ PSECURITY_SUBJECT_CONTEXT SubjectSecurityContext,
                                           _In_ KPROCESSOR_MODE AccessMode);
NTKERNELAPI TOKEN_TYPE NTAPI SeTokenType(_In_ PACCESS_TOKEN Token);
NTKERNELAPI NTSTATUS NTAPI SeLocateProcessImageName(_Inout_ PEPROCESS Process, _Out_ PUNICODE_STRING *pImageFileName);
NTKERNELAPI NTSTATUS NTAPI SeCreateClientSecurityFromSubjectContext(_In_ PSECURITY_SUBJECT_CONTEXT SubjectContext,
                                                                    _In_ PSECURITY_QUALITY_OF_SERVICE ClientSecurityQos,
                                                                    _In_ BOOLEAN ServerIsRemote,
                                                                    _Out_ PSECURITY_CLIENT_CONTEXT ClientContext);
#define SeQuerySubjectContextToken(SubjectContext)                                                                     \
    ((SubjectContext)->ClientToken != NULL ? (SubjectContext)->ClientToken : (SubjectContext)->PrimaryToken)

// ---- Zw
NTSYSAPI NTSTATUS NTAPI NtClose(_In_ HANDLE Handle);
NTSYSAPI NTSTATUS NTAPI ZwQueryInformationProcess(_In_ HANDLE ProcessHandle,
                                                  _In_ PROCESSINFOCLASS ProcessInformationClass,
                                                  _Out_ PVOID ProcessInformation, _In_ ULONG ProcessInformationLength,
                                                  _Out_opt_ PULONG ReturnLength);
NTSYSAPI NTSTATUS NTAPI ZwAllocateVirtualMemory(_In_ HANDLE ProcessHandle, _Inout_ PVOID *BaseAddress,
                                                _In_ ULONG_PTR ZeroBits, _Inout_ PSIZE_T RegionSize,
                                                _In_ ULONG AllocationType, _In_ ULONG Protect);
NTSYSAPI NTSTATUS NTAPI ZwFreeVirtualMemory(_In_ HANDLE ProcessHandle, _Inout_ PVOID *BaseAddress,
                                            _Inout_ PSIZE_T RegionSize, _In_ ULONG FreeType);
NTSYSAPI NTSTATUS NTAPI ZwWaitForSingleObject(_In_ HANDLE Handle, _In_ BOOLEAN Alertable,
                                              _In_opt_ PLARGE_INTEGER Timeout);
NTSYSAPI NTSTATUS NTAPI ZwCreateEvent(_Out_ PHANDLE EventHandle, _In_ ACCESS_MASK DesiredAccess,
                                      _In_opt_ POBJECT_ATTRIBUTES ObjectAttributes, _In_ EVENT_TYPE EventType,
                                      _In_ BOOLEAN InitialState);
NTSYSAPI NTSTATUS NTAPI ZwSetEvent(_In_ HANDLE EventHandle, _Out_opt_ PLONG PreviousState);
NTSYSAPI NTSTATUS NTAPI ZwDeleteFile(_In_ POBJECT_ATTRIBUTES ObjectAttributes);
NTSYSAPI NTSTATUS NTAPI ZwFsControlFile(_In_ HANDLE FileHandle, _In_opt_ HANDLE Event,
                                        _In_opt_ PIO_APC_ROUTINE ApcRoutine, _In_opt_ PVOID ApcContext,
                                        _Out_ PIO_STATUS_BLOCK IoStatusBlock, _In_ ULONG FsControlCode,
                                        _In_opt_ PVOID InputBuffer, _In_ ULONG InputBufferLength,
                                        _Out_opt_ PVOID OutputBuffer, _In_ ULONG OutputBufferLength);
NTSYSAPI NTSTATUS NTAPI ZwQueryDirectoryFile(_In_ HANDLE FileHandle, _In_opt_ HANDLE Event,
                                             _In_opt_ PIO_APC_ROUTINE ApcRoutine, _In_opt_ PVOID ApcContext,
                                             _Out_ PIO_STATUS_BLOCK IoStatusBlock, _Out_ PVOID FileInformation,
                                             _In_ ULONG Length, _In_ FILE_INFORMATION_CLASS FileInformationClass,
                                             _In_ BOOLEAN ReturnSingleEntry, _In_opt_ PUNICODE_STRING FileName,
                                             _In_ BOOLEAN RestartScan);
NTSYSAPI NTSTATUS NTAPI ZwQueryVolumeInformationFile(_In_ HANDLE FileHandle, _Out_ PIO_STATUS_BLOCK IoStatusBlock,
                                                     _Out_ PVOID FsInformation, _In_ ULONG Length,
                                                     _In_ FS_INFORMATION_CLASS FsInformationClass);
NTSYSAPI NTSTATUS NTAPI ZwNotifyChangeKey(_In_ HANDLE KeyHandle, _In_opt_ HANDLE Event,
                                          _In_opt_ PIO_APC_ROUTINE ApcRoutine, _In_opt_ PVOID ApcContext,
                                          _Out_ PIO_STATUS_BLOCK IoStatusBlock, _In_ ULONG CompletionFilter,
                                          _In_ BOOLEAN WatchTree, _Out_opt_ PVOID Buffer, _In_ ULONG BufferSize,
                                          _In_ BOOLEAN Asynchronous);
NTSYSAPI NTSTATUS NTAPI ZwOpenDirectoryObject(_Out_ PHANDLE DirectoryHandle, _In_ ACCESS_MASK DesiredAccess,
                                              _In_ POBJECT_ATTRIBUTES ObjectAttributes);
NTSYSAPI NTSTATUS NTAPI ZwQuerySecurityObject(_In_ HANDLE Handle, _In_ SECURITY_INFORMATION SecurityInformation,
                                              _Out_ PSECURITY_DESCRIPTOR SecurityDescriptor, _In_ ULONG Length,
                                              _Out_ PULONG LengthNeeded);
NTSYSAPI NTSTATUS NTAPI ZwSetSecurityObject(_In_ HANDLE Handle, _In_ SECURITY_INFORMATION SecurityInformation,
                                            _In_ PSECURITY_DESCRIPTOR SecurityDescriptor);

#if defined(_WIN32)
#pragma pop_macro("NTSYSAPI")
#pragma pop_macro("NTKERNELAPI")
#endif

#endif

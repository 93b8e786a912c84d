// The kernel's interface for drivers: pool, lookaside lists, IRQL, spin locks, run-time library, versions.
// Declares what this project implements, under the kernel's names, prototypes, constants and structure layouts.

#ifndef _WDMDDK_
#define _WDMDDK_
#define _WDM_INCLUDED_
#define _NTDDK_COMMON_

#include "emu_compiler.h"

#include "bugcodes.h"
#include "devioctl.h"
#include "emu_audit.h"
#include "excpt.h"
#include "ntdef.h"
#include "ntstatus.h"

// Which NonPagedPool this file gets: POOL_NX_OPTIN, POOL_NX_OPTIN_AUTO, POOL_NX_OPTOUT, tested by value, in this order:
// a processor other than x86 and x64 forces AUTO; OPTOUT beats both; AUTO beats OPTIN. A macro defined without a value
// is an error here as it is in Microsoft's header.

#if !defined(EMU_ARCH_X64) && !defined(EMU_ARCH_X86)
#undef POOL_NX_OPTIN
#undef POOL_NX_OPTIN_AUTO
#define POOL_NX_OPTIN_AUTO 1
#endif

#if defined(POOL_NX_OPTOUT)
#if (POOL_NX_OPTOUT)
#define EMU_POOL_NX_OPTOUT 1
#endif
#endif
#if defined(POOL_NX_OPTIN_AUTO)
#if (POOL_NX_OPTIN_AUTO)
#define EMU_POOL_NX_AUTO 1
#endif
#endif
#if defined(POOL_NX_OPTIN)
#if (POOL_NX_OPTIN)
#define EMU_POOL_NX_OPTIN 1
#endif
#endif

#if defined(EMU_POOL_NX_OPTOUT)
#undef EMU_POOL_NX_AUTO
#undef EMU_POOL_NX_OPTIN
#elif defined(EMU_POOL_NX_AUTO)
#undef EMU_POOL_NX_OPTIN
#endif

// The same for the record that the file leaves in its image.
#if defined(EMU_POOL_NX_OPTOUT)
#define EMU_AUDIT_MODE EMU_AUDIT_OPTOUT
#elif defined(EMU_POOL_NX_AUTO)
#define EMU_AUDIT_MODE EMU_AUDIT_AUTO
#elif defined(EMU_POOL_NX_OPTIN)
#define EMU_AUDIT_MODE EMU_AUDIT_OPTIN
#else
#define EMU_AUDIT_MODE EMU_AUDIT_NONE
#endif
#if defined(POOL_ZERO_DOWN_LEVEL_SUPPORT)
#define EMU_AUDIT_ZEROING 1
#else
#define EMU_AUDIT_ZEROING 0
#endif
#if defined(EMU_ARCH_X64) || defined(EMU_ARCH_X86)
#define EMU_AUDIT_FORCED 0
#else
#define EMU_AUDIT_FORCED 1
#endif
#define EMU_AUDIT_THIS_FILE(Name, Kind)                                                                                \
    EMU_AUDIT_CONSTANT(Name, Kind, EMU_AUDIT_MODE, EMU_AUDIT_ZEROING, EMU_AUDIT_FORCED, NTDDI_VERSION)
#if !defined(POOLEMU_BUILDING_LIBRARY)
EMU_AUDIT_KEPT EMU_AUDIT_THIS_FILE(EmuAuditFile, EMU_AUDIT_FILE);
#endif

#ifndef POOL_TAGGING
#define POOL_TAGGING 1
#endif

#ifndef DBG
#define DBG 0
#endif

// Guards around #pragma alloc_text test this name; it is defined where the compiler knows the pragma.
#if defined(EMU_HAS_ALLOC_PRAGMA) && !defined(ALLOC_PRAGMA)
#define ALLOC_PRAGMA 1
#define ALLOC_DATA_PRAGMA 1
#endif

#define NTKERNELAPI NTSYSAPI
#define NTHALAPI NTSYSAPI
#define _DECL_HAL_KE_IMPORT NTSYSAPI

EMU_EXTERN_C_BEGIN

// ---------------------------------------------------------------------------------------------------------------------
// Processor and memory constants

#define PAGE_SIZE 0x1000
#define PAGE_SHIFT 12L
#define MEMORY_ALLOCATION_ALIGNMENT EMU_BY_WIDTH(16, 8)
#define SYSTEM_CACHE_ALIGNMENT_SIZE 64
#define MAXIMUM_PROC_PER_GROUP EMU_BY_WIDTH(64, 32)

#define PASSIVE_LEVEL 0
#define LOW_LEVEL 0
#define APC_LEVEL 1
#define DISPATCH_LEVEL 2
#define CMCI_LEVEL 5
#if defined(EMU_ARCH_X86)
#define PROFILE_LEVEL 27
#define CLOCK1_LEVEL 28
#define CLOCK2_LEVEL 28
#define CLOCK_LEVEL CLOCK2_LEVEL
#define IPI_LEVEL 29
#define POWER_LEVEL 30
#define HIGH_LEVEL 31
#else
#define CLOCK_LEVEL 13
#define IPI_LEVEL 14
#define DRS_LEVEL 14
#define POWER_LEVEL 14
#define PROFILE_LEVEL 15
#define HIGH_LEVEL 15
#endif

#define ROUND_TO_SIZE(Length, Alignment) (((ULONG_PTR)(Length) + ((Alignment)-1)) & ~((ULONG_PTR)(Alignment)-1))
#define ROUND_TO_PAGES(Size) (((ULONG_PTR)(Size) + PAGE_SIZE - 1) & ~((ULONG_PTR)PAGE_SIZE - 1))
#define BYTES_TO_PAGES(Size) (((Size) >> PAGE_SHIFT) + (((Size) & (PAGE_SIZE - 1)) != 0))
#define BYTE_OFFSET(Address) ((ULONG)((ULONG_PTR)(Address) & (PAGE_SIZE - 1)))
#define PAGE_ALIGN(Address) ((PVOID)((ULONG_PTR)(Address) & ~((ULONG_PTR)PAGE_SIZE - 1)))
#define ADDRESS_AND_SIZE_TO_SPAN_PAGES(Address, Size)                                                                  \
    ((BYTE_OFFSET(Address) + ((SIZE_T)(Size)) + (PAGE_SIZE - 1)) >> PAGE_SHIFT)
#define COMPUTE_PAGES_SPANNED(Address, Size) ADDRESS_AND_SIZE_TO_SPAN_PAGES(Address, Size)
#define IS_ALIGNED(Address, Alignment) (((ULONG_PTR)(Address) & ((Alignment)-1)) == 0)

#define PAGE_NOACCESS 0x01
#define PAGE_READONLY 0x02
#define PAGE_READWRITE 0x04
#define PAGE_WRITECOPY 0x08
#define PAGE_EXECUTE 0x10
#define PAGE_EXECUTE_READ 0x20
#define PAGE_EXECUTE_READWRITE 0x40
#define PAGE_EXECUTE_WRITECOPY 0x80
#define PAGE_GUARD 0x100
#define PAGE_NOCACHE 0x200
#define PAGE_WRITECOMBINE 0x400

// ---------------------------------------------------------------------------------------------------------------------
// Opaque objects and small types

typedef struct _KTHREAD *PKTHREAD, *PRKTHREAD;
typedef struct _ETHREAD *PETHREAD;
typedef struct _EPROCESS *PEPROCESS;
typedef struct _KPROCESS *PKPROCESS, *PRKPROCESS;
typedef struct _OBJECT_TYPE *POBJECT_TYPE;
typedef struct _FILE_OBJECT *PFILE_OBJECT;
typedef struct _VPB *PVPB;
typedef struct _IO_TIMER *PIO_TIMER;
typedef struct _FAST_IO_DISPATCH *PFAST_IO_DISPATCH;
typedef struct _CONTEXT *PCONTEXT;
typedef PVOID PSECURITY_DESCRIPTOR;
typedef PVOID PACCESS_TOKEN;
typedef PVOID PSID;

typedef ULONG ACCESS_MASK, *PACCESS_MASK;
typedef ULONG_PTR PFN_NUMBER, *PPFN_NUMBER;
typedef ULONG NODE_REQUIREMENT;
typedef CCHAR KPROCESSOR_MODE;
typedef LONG KPRIORITY;
typedef ULONG_PTR KSPIN_LOCK, *PKSPIN_LOCK;
typedef ULONG64 POOL_FLAGS, *PPOOL_FLAGS;

typedef enum _MODE {
    KernelMode,
    UserMode,
    MaximumMode
} MODE;

typedef enum _LOCK_OPERATION {
    IoReadAccess,
    IoWriteAccess,
    IoModifyAccess
} LOCK_OPERATION;

typedef enum _MEMORY_CACHING_TYPE_ORIG {
    MmFrameBufferCached = 2
} MEMORY_CACHING_TYPE_ORIG;

typedef enum _MEMORY_CACHING_TYPE {
    MmNonCached = 0,
    MmCached = 1,
    MmWriteCombined = 2,
    MmHardwareCoherentCached = 3,
    MmNonCachedUnordered = 4,
    MmUSWCCached = 5,
    MmMaximumCacheType = 6,
    MmNotMapped = -1
} MEMORY_CACHING_TYPE;

typedef enum _MM_PAGE_PRIORITY {
    LowPagePriority = 0,
    NormalPagePriority = 16,
    HighPagePriority = 32
} MM_PAGE_PRIORITY;

#define MdlMappingNoWrite 0x80000000
#define MdlMappingNoExecute 0x40000000
#define MdlMappingWithGuardPtes 0x20000000
#define MM_ANY_NODE_OK 0x80000000

// ---------------------------------------------------------------------------------------------------------------------
// Stops, exceptions, debugger output

// Stops the system: BAD_POOL_CALLER and the like. No parameters means four zeroes.
// IRQL: any. Does not return. Since Windows 2000. Source: nf-wdm-kebugcheck (ntddk), nf-wdm-kebugcheckex.
NTKERNELAPI DECLSPEC_NORETURN VOID NTAPI KeBugCheck(_In_ ULONG BugCheckCode);
NTKERNELAPI DECLSPEC_NORETURN VOID NTAPI KeBugCheckEx(_In_ ULONG BugCheckCode, _In_ ULONG_PTR BugCheckParameter1,
                                                      _In_ ULONG_PTR BugCheckParameter2,
                                                      _In_ ULONG_PTR BugCheckParameter3,
                                                      _In_ ULONG_PTR BugCheckParameter4);

// Raise an exception: with Status, STATUS_ACCESS_VIOLATION or STATUS_DATATYPE_MISALIGNMENT. Unwinds to the innermost
// handler; with none, KMODE_EXCEPTION_NOT_HANDLED. IRQL: any. Does not return. Since Windows 2000.
// Source: nf-ntddk-exraisestatus, nf-wdm-exraiseaccessviolation, nf-wdm-exraisedatatypemisalignment.
NTKERNELAPI DECLSPEC_NORETURN VOID NTAPI ExRaiseStatus(_In_ NTSTATUS Status);
NTKERNELAPI DECLSPEC_NORETURN VOID NTAPI ExRaiseAccessViolation(VOID);
NTKERNELAPI DECLSPEC_NORETURN VOID NTAPI ExRaiseDatatypeMisalignment(VOID);

#define DPFLTR_ERROR_LEVEL 0
#define DPFLTR_WARNING_LEVEL 1
#define DPFLTR_TRACE_LEVEL 2
#define DPFLTR_INFO_LEVEL 3
#define DPFLTR_MASK 0x80000000

typedef enum _DPFLTR_TYPE {
    DPFLTR_SYSTEM_ID = 0,
    DPFLTR_SMSS_ID = 1,
    DPFLTR_SETUP_ID = 2,
    DPFLTR_NTFS_ID = 3,
    DPFLTR_FSTUB_ID = 4,
    DPFLTR_CRASHDUMP_ID = 5,
    DPFLTR_CDAUDIO_ID = 6,
    DPFLTR_CDROM_ID = 7,
    DPFLTR_CLASSPNP_ID = 8,
    DPFLTR_DISK_ID = 9,
    DPFLTR_REDBOOK_ID = 10,
    DPFLTR_STORPROP_ID = 11,
    DPFLTR_SCSIPORT_ID = 12,
    DPFLTR_SCSIMINIPORT_ID = 13,
    DPFLTR_CONFIG_ID = 14,
    DPFLTR_I8042PRT_ID = 15,
    DPFLTR_SERMOUSE_ID = 16,
    DPFLTR_LSERMOUS_ID = 17,
    DPFLTR_KBDHID_ID = 18,
    DPFLTR_MOUHID_ID = 19,
    DPFLTR_KBDCLASS_ID = 20,
    DPFLTR_MOUCLASS_ID = 21,
    DPFLTR_TWOTRACK_ID = 22,
    DPFLTR_WMILIB_ID = 23,
    DPFLTR_ACPI_ID = 24,
    DPFLTR_AMLI_ID = 25,
    DPFLTR_HALIA64_ID = 26,
    DPFLTR_VIDEO_ID = 27,
    DPFLTR_SVCHOST_ID = 28,
    DPFLTR_VIDEOPRT_ID = 29,
    DPFLTR_TCPIP_ID = 30,
    DPFLTR_DMSYNTH_ID = 31,
    DPFLTR_NTOSPNP_ID = 32,
    DPFLTR_FASTFAT_ID = 33,
    DPFLTR_SAMSS_ID = 34,
    DPFLTR_PNPMGR_ID = 35,
    DPFLTR_NETAPI_ID = 36,
    DPFLTR_SCSERVER_ID = 37,
    DPFLTR_SCCLIENT_ID = 38,
    DPFLTR_SERIAL_ID = 39,
    DPFLTR_SERENUM_ID = 40,
    DPFLTR_UHCD_ID = 41,
    DPFLTR_RPCPROXY_ID = 42,
    DPFLTR_AUTOCHK_ID = 43,
    DPFLTR_DCOMSS_ID = 44,
    DPFLTR_UNIMODEM_ID = 45,
    DPFLTR_SIS_ID = 46,
    DPFLTR_FLTMGR_ID = 47,
    DPFLTR_WMICORE_ID = 48,
    DPFLTR_BURNENG_ID = 49,
    DPFLTR_IMAPI_ID = 50,
    DPFLTR_SXS_ID = 51,
    DPFLTR_FUSION_ID = 52,
    DPFLTR_IDLETASK_ID = 53,
    DPFLTR_SOFTPCI_ID = 54,
    DPFLTR_TAPE_ID = 55,
    DPFLTR_MCHGR_ID = 56,
    DPFLTR_IDEP_ID = 57,
    DPFLTR_PCIIDE_ID = 58,
    DPFLTR_FLOPPY_ID = 59,
    DPFLTR_FDC_ID = 60,
    DPFLTR_TERMSRV_ID = 61,
    DPFLTR_W32TIME_ID = 62,
    DPFLTR_PREFETCHER_ID = 63,
    DPFLTR_RSFILTER_ID = 64,
    DPFLTR_FCPORT_ID = 65,
    DPFLTR_PCI_ID = 66,
    DPFLTR_DMIO_ID = 67,
    DPFLTR_DMCONFIG_ID = 68,
    DPFLTR_DMADMIN_ID = 69,
    DPFLTR_WSOCKTRANSPORT_ID = 70,
    DPFLTR_VSS_ID = 71,
    DPFLTR_PNPMEM_ID = 72,
    DPFLTR_PROCESSOR_ID = 73,
    DPFLTR_DMSERVER_ID = 74,
    DPFLTR_SR_ID = 75,
    DPFLTR_INFINIBAND_ID = 76,
    DPFLTR_IHVDRIVER_ID = 77,
    DPFLTR_IHVVIDEO_ID = 78,
    DPFLTR_IHVAUDIO_ID = 79,
    DPFLTR_IHVNETWORK_ID = 80,
    DPFLTR_IHVSTREAMING_ID = 81,
    DPFLTR_IHVBUS_ID = 82,
    DPFLTR_HPS_ID = 83,
    DPFLTR_RTLTHREADPOOL_ID = 84,
    DPFLTR_LDR_ID = 85,
    DPFLTR_TCPIP6_ID = 86,
    DPFLTR_ISAPNP_ID = 87,
    DPFLTR_SHPC_ID = 88,
    DPFLTR_STORPORT_ID = 89,
    DPFLTR_STORMINIPORT_ID = 90,
    DPFLTR_PRINTSPOOLER_ID = 91,
    DPFLTR_VSSDYNDISK_ID = 92,
    DPFLTR_VERIFIER_ID = 93,
    DPFLTR_VDS_ID = 94,
    DPFLTR_VDSBAS_ID = 95,
    DPFLTR_VDSDYN_ID = 96,
    DPFLTR_VDSDYNDR_ID = 97,
    DPFLTR_VDSLDR_ID = 98,
    DPFLTR_VDSUTIL_ID = 99,
    DPFLTR_DFRGIFC_ID = 100,
    DPFLTR_DEFAULT_ID = 101,
    DPFLTR_MM_ID = 102,
    DPFLTR_DFSC_ID = 103,
    DPFLTR_WOW64_ID = 104,
    DPFLTR_ALPC_ID = 105,
    DPFLTR_WDI_ID = 106,
    DPFLTR_PERFLIB_ID = 107,
    DPFLTR_KTM_ID = 108,
    DPFLTR_IOSTRESS_ID = 109,
    DPFLTR_HEAP_ID = 110,
    DPFLTR_WHEA_ID = 111,
    DPFLTR_USERGDI_ID = 112,
    DPFLTR_MMCSS_ID = 113,
    DPFLTR_TPM_ID = 114,
    DPFLTR_THREADORDER_ID = 115,
    DPFLTR_ENVIRON_ID = 116,
    DPFLTR_EMS_ID = 117,
    DPFLTR_WDT_ID = 118,
    DPFLTR_FVEVOL_ID = 119,
    DPFLTR_NDIS_ID = 120,
    DPFLTR_NVCTRACE_ID = 121,
    DPFLTR_LUAFV_ID = 122,
    DPFLTR_APPCOMPAT_ID = 123,
    DPFLTR_USBSTOR_ID = 124,
    DPFLTR_SBP2PORT_ID = 125,
    DPFLTR_COVERAGE_ID = 126,
    DPFLTR_CACHEMGR_ID = 127,
    DPFLTR_MOUNTMGR_ID = 128,
    DPFLTR_CFR_ID = 129,
    DPFLTR_TXF_ID = 130,
    DPFLTR_KSECDD_ID = 131,
    DPFLTR_FLTREGRESS_ID = 132,
    DPFLTR_MPIO_ID = 133,
    DPFLTR_MSDSM_ID = 134,
    DPFLTR_UDFS_ID = 135,
    DPFLTR_PSHED_ID = 136,
    DPFLTR_STORVSP_ID = 137,
    DPFLTR_LSASS_ID = 138,
    DPFLTR_SSPICLI_ID = 139,
    DPFLTR_CNG_ID = 140,
    DPFLTR_EXFAT_ID = 141,
    DPFLTR_FILETRACE_ID = 142,
    DPFLTR_XSAVE_ID = 143,
    DPFLTR_SE_ID = 144,
    DPFLTR_DRIVEEXTENDER_ID = 145,
    DPFLTR_POWER_ID = 146,
    DPFLTR_CRASHDUMPXHCI_ID = 147,
    DPFLTR_GPIO_ID = 148,
    DPFLTR_REFS_ID = 149,
    DPFLTR_WER_ID = 150,
    DPFLTR_ENDOFTABLE_ID
} DPFLTR_TYPE;

// Write a line to the debugger. Format as printf's, where l and no modifier mean 32 bits, I64 and ll 64 bits, wZ a
// UNICODE_STRING, Z an ANSI_STRING, ws and S a wide string. Return a status. IRQL: <= DIRQL (wide characters:
// PASSIVE_LEVEL). Level is 0 to 31 or a bit mask. Ex forms since Windows XP.
// Source: nf-wdm-dbgprint, nf-wdm-dbgprintex, nf-wdm-vdbgprintex, nf-wdm-vdbgprintexwithprefix.
NTSYSAPI ULONG __cdecl DbgPrint(_In_z_ _Printf_format_string_ PCSTR Format, ...);
NTSYSAPI ULONG __cdecl DbgPrintEx(_In_ ULONG ComponentId, _In_ ULONG Level, _In_z_ _Printf_format_string_ PCSTR Format,
                                  ...);
NTSYSAPI ULONG NTAPI vDbgPrintEx(_In_ ULONG ComponentId, _In_ ULONG Level, _In_z_ PCCH Format, _In_ va_list Arguments);
NTSYSAPI ULONG NTAPI vDbgPrintExWithPrefix(_In_z_ PCCH Prefix, _In_ ULONG ComponentId, _In_ ULONG Level,
                                           _In_z_ PCCH Format, _In_ va_list Arguments);

// What a failed ASSERT calls: the expression, the file, the line, an optional message (UTF-8). Does not return here:
// KMODE_EXCEPTION_NOT_HANDLED (STATUS_BREAKPOINT, address, 0, 0), as without a debugger. IRQL: any. Since Windows 2000.
// Source: the ASSERT macro of wdm.h.
NTSYSAPI VOID NTAPI RtlAssert(_In_ PVOID FailedAssertion, _In_ PVOID FileName, _In_ ULONG LineNumber,
                              _In_opt_ PSTR Message);

#if DBG
#define KdPrint(ArgumentsInParentheses) DbgPrint ArgumentsInParentheses
#define KdPrintEx(ArgumentsInParentheses) DbgPrintEx ArgumentsInParentheses
#define vKdPrintEx(ArgumentsInParentheses) vDbgPrintEx ArgumentsInParentheses
#define KdBreakPoint() DbgBreakPoint()
#define EMU_ASSERT(Expression, Message)                                                                                \
    ((!(Expression)) ? (RtlAssert((PVOID)(#Expression), (PVOID)(__FILE__), (ULONG)__LINE__, (Message)), FALSE) : TRUE)
#define ASSERT(Expression) ((void)EMU_ASSERT(Expression, NULL))
#define ASSERTMSG(Message, Expression) ((void)EMU_ASSERT(Expression, (PSTR)(Message)))
#define RTL_SOFT_ASSERT(Expression)                                                                                    \
    ((!(Expression))                                                                                                   \
         ? (DbgPrint("%s(%d): Soft assertion failed\n   Expression: %s\n", __FILE__, __LINE__, #Expression), FALSE)    \
         : TRUE)
#define RTL_VERIFY(Expression) EMU_ASSERT(Expression, NULL)
#define NT_ASSERT(Expression) EMU_ASSERT(Expression, NULL)
#define NT_ASSERTMSG(Message, Expression) EMU_ASSERT(Expression, (PSTR)(Message))
#define NT_VERIFY(Expression) EMU_ASSERT(Expression, NULL)
#else
#define KdPrint(ArgumentsInParentheses) ((void)0)
#define KdPrintEx(ArgumentsInParentheses) ((void)0)
#define vKdPrintEx(ArgumentsInParentheses) ((void)0)
#define KdBreakPoint() ((void)0)
#define ASSERT(Expression) ((void)0)
#define ASSERTMSG(Message, Expression) ((void)0)
#define RTL_SOFT_ASSERT(Expression) ((void)0)
#define RTL_VERIFY(Expression) ((Expression) ? TRUE : FALSE)
#define NT_ASSERT(Expression) ((void)0)
#define NT_ASSERTMSG(Message, Expression) ((void)0)
#define NT_VERIFY(Expression) ((Expression) ? TRUE : FALSE)
#endif
#define RTL_ASSERT(Expression) ASSERT(Expression)
#define RTL_ASSERTMSG(Message, Expression) ASSERTMSG(Message, Expression)
#define NT_ASSERT_ASSUME(Expression) NT_ASSERT(Expression)
#define NT_FRE_ASSERT(Expression) NT_ASSERT(Expression)
#define RTL_VERIFYMSG(Message, Expression) RTL_VERIFY(Expression)

EMU_INLINE VOID DbgBreakPoint(VOID)
{
    EMU_DEBUG_BREAK();
}

// ---------------------------------------------------------------------------------------------------------------------
// IRQL

// The calling thread's IRQL. IRQL: any. Since Windows 2000. Source: nf-wdm-kegetcurrentirql.
NTKERNELAPI KIRQL NTAPI KeGetCurrentIrql(VOID);

// Raise the IRQL to NewIrql and return the old one. NewIrql below the current one: IRQL_NOT_GREATER_OR_EQUAL.
// IRQL: <= NewIrql. Since Windows 2000. Source: nf-wdm-keraiseirql, nf-wdm-keraiseirqltodpclevel.
NTKERNELAPI KIRQL NTAPI KfRaiseIrql(_In_ KIRQL NewIrql);
NTKERNELAPI KIRQL NTAPI KeRaiseIrqlToDpcLevel(VOID);
#define KeRaiseIrql(NewIrql, OldIrql) (*(OldIrql) = KfRaiseIrql(NewIrql))

// Puts the IRQL back. NewIrql above the current one: IRQL_NOT_LESS_OR_EQUAL. IRQL: >= NewIrql. Since Windows 2000.
// Source: nf-wdm-kelowerirql.
NTKERNELAPI VOID NTAPI KeLowerIrql(_In_ KIRQL NewIrql);

#if DBG
#define PAGED_ASSERT(Expression) ASSERT(Expression)
#define PAGED_CODE()                                                                                                   \
    do {                                                                                                               \
        if (KeGetCurrentIrql() > APC_LEVEL) {                                                                          \
            DbgPrint("EX: Pageable code called at IRQL %d\n", (int)KeGetCurrentIrql());                                \
            PAGED_ASSERT(FALSE);                                                                                       \
        }                                                                                                              \
    } while (0)
#else
#define PAGED_ASSERT(Expression) ((void)0)
#define PAGED_CODE() ((void)0)
#endif
#define PAGED_CODE_LOCKED() ((void)0)
#define PAGED_PASSIVE_CODE() PAGED_CODE()
#define NONPAGED_CODE() ((void)0)
#define CODE_SEG(Segment)

// ---------------------------------------------------------------------------------------------------------------------
// Interlocked operations. Each returns what Microsoft's documentation says: Increment, Decrement and Add the new value,
// the others the old one. The plain forms are full barriers. A sum that the type does not hold wraps, so it is computed
// without a sign: with one it would be undefined.

#define EMU_INTERLOCKED_SUFFIX(Type, Bits, Width, Suffix, Order)                                                       \
    EMU_INLINE Type InterlockedIncrement##Width##Suffix(Type volatile *Addend)                                         \
    {                                                                                                                  \
        return (Type)((ULONG64)EMU_ATOMIC_ADD(Bits, Addend, (Type)1, Order) + 1);                                      \
    }                                                                                                                  \
    EMU_INLINE Type InterlockedDecrement##Width##Suffix(Type volatile *Addend)                                         \
    {                                                                                                                  \
        return (Type)((ULONG64)EMU_ATOMIC_ADD(Bits, Addend, (Type)-1, Order) - 1);                                     \
    }                                                                                                                  \
    EMU_INLINE Type InterlockedAnd##Width##Suffix(Type volatile *Destination, Type Value)                              \
    {                                                                                                                  \
        return (Type)EMU_ATOMIC_AND(Bits, Destination, Value, Order);                                                  \
    }                                                                                                                  \
    EMU_INLINE Type InterlockedOr##Width##Suffix(Type volatile *Destination, Type Value)                               \
    {                                                                                                                  \
        return (Type)EMU_ATOMIC_OR(Bits, Destination, Value, Order);                                                   \
    }                                                                                                                  \
    EMU_INLINE Type InterlockedXor##Width##Suffix(Type volatile *Destination, Type Value)                              \
    {                                                                                                                  \
        return (Type)EMU_ATOMIC_XOR(Bits, Destination, Value, Order);                                                  \
    }                                                                                                                  \
    EMU_INLINE Type InterlockedExchange##Width##Suffix(Type volatile *Target, Type Value)                              \
    {                                                                                                                  \
        return (Type)EMU_ATOMIC_EXCHANGE(Bits, Target, Value, Order);                                                  \
    }                                                                                                                  \
    EMU_INLINE Type InterlockedExchangeAdd##Width##Suffix(Type volatile *Addend, Type Value)                           \
    {                                                                                                                  \
        return (Type)EMU_ATOMIC_ADD(Bits, Addend, Value, Order);                                                       \
    }                                                                                                                  \
    EMU_INLINE Type InterlockedAdd##Width##Suffix(Type volatile *Addend, Type Value)                                   \
    {                                                                                                                  \
        return (Type)((ULONG64)EMU_ATOMIC_ADD(Bits, Addend, Value, Order) + (ULONG64)Value);                           \
    }                                                                                                                  \
    EMU_INLINE Type InterlockedCompareExchange##Width##Suffix(Type volatile *Destination, Type Exchange,               \
                                                              Type Comparand)                                          \
    {                                                                                                                  \
        return (Type)EMU_ATOMIC_COMPARE_EXCHANGE(Bits, Destination, Exchange, Comparand, Order);                       \
    }
#define EMU_INTERLOCKED(Type, Bits, Width)                                                                             \
    EMU_INTERLOCKED_SUFFIX(Type, Bits, Width, , EMU_ORDER_FULL)                                                        \
    EMU_INTERLOCKED_SUFFIX(Type, Bits, Width, Acquire, EMU_ORDER_ACQUIRE)                                              \
    EMU_INTERLOCKED_SUFFIX(Type, Bits, Width, Release, EMU_ORDER_RELEASE)                                              \
    EMU_INTERLOCKED_SUFFIX(Type, Bits, Width, NoFence, EMU_ORDER_NONE)

EMU_INTERLOCKED(CHAR, 8, 8)
EMU_INTERLOCKED(SHORT, 16, 16)
EMU_INTERLOCKED(LONG, 32, )
EMU_INTERLOCKED(LONG64, 64, 64)

#define EMU_INTERLOCKED_POINTER(Suffix, Order)                                                                         \
    EMU_INLINE PVOID InterlockedExchangePointer##Suffix(PVOID volatile *Target, PVOID Value)                           \
    {                                                                                                                  \
        return EMU_ATOMIC_EXCHANGE_POINTER(Target, Value, Order);                                                      \
    }                                                                                                                  \
    EMU_INLINE PVOID InterlockedCompareExchangePointer##Suffix(PVOID volatile *Destination, PVOID Exchange,            \
                                                               PVOID Comparand)                                        \
    {                                                                                                                  \
        return EMU_ATOMIC_COMPARE_EXCHANGE_POINTER(Destination, Exchange, Comparand, Order);                           \
    }
EMU_INTERLOCKED_POINTER(, EMU_ORDER_FULL)
EMU_INTERLOCKED_POINTER(Acquire, EMU_ORDER_ACQUIRE)
EMU_INTERLOCKED_POINTER(Release, EMU_ORDER_RELEASE)
EMU_INTERLOCKED_POINTER(NoFence, EMU_ORDER_NONE)

#if defined(_WIN64)
#define InterlockedIncrementSizeT(Addend) InterlockedIncrement64((LONG64 volatile *)(Addend))
#define InterlockedDecrementSizeT(Addend) InterlockedDecrement64((LONG64 volatile *)(Addend))
#define InterlockedExchangeAddSizeT(Addend, Value)                                                                     \
    InterlockedExchangeAdd64((LONG64 volatile *)(Addend), (LONG64)(Value))
#define InterlockedOrAffinity(Target, Mask) InterlockedOr64((LONG64 volatile *)(Target), (LONG64)(Mask))
#define InterlockedAndAffinity(Target, Mask) InterlockedAnd64((LONG64 volatile *)(Target), (LONG64)(Mask))
#else
#define InterlockedIncrementSizeT(Addend) InterlockedIncrement((LONG volatile *)(Addend))
#define InterlockedDecrementSizeT(Addend) InterlockedDecrement((LONG volatile *)(Addend))
#define InterlockedExchangeAddSizeT(Addend, Value) InterlockedExchangeAdd((LONG volatile *)(Addend), (LONG)(Value))
#define InterlockedOrAffinity(Target, Mask) InterlockedOr((LONG volatile *)(Target), (LONG)(Mask))
#define InterlockedAndAffinity(Target, Mask) InterlockedAnd((LONG volatile *)(Target), (LONG)(Mask))
#endif

EMU_INLINE BOOLEAN InterlockedBitTestAndSet(LONG volatile *Base, LONG Bit)
{
    LONG Mask = (LONG)(1U << (Bit & 31));
    return (BOOLEAN)((InterlockedOr(Base + (Bit >> 5), Mask) & Mask) != 0);
}

EMU_INLINE BOOLEAN InterlockedBitTestAndReset(LONG volatile *Base, LONG Bit)
{
    LONG Mask = (LONG)(1U << (Bit & 31));
    return (BOOLEAN)((InterlockedAnd(Base + (Bit >> 5), ~Mask) & Mask) != 0);
}

EMU_INLINE BOOLEAN InterlockedBitTestAndComplement(LONG volatile *Base, LONG Bit)
{
    LONG Mask = (LONG)(1U << (Bit & 31));
    return (BOOLEAN)((InterlockedXor(Base + (Bit >> 5), Mask) & Mask) != 0);
}

EMU_INLINE BOOLEAN InterlockedBitTestAndSet64(LONG64 volatile *Base, LONG64 Bit)
{
    LONG64 Mask = (LONG64)(1ULL << (Bit & 63));
    return (BOOLEAN)((InterlockedOr64(Base + (Bit >> 6), Mask) & Mask) != 0);
}

EMU_INLINE BOOLEAN InterlockedBitTestAndReset64(LONG64 volatile *Base, LONG64 Bit)
{
    LONG64 Mask = (LONG64)(1ULL << (Bit & 63));
    return (BOOLEAN)((InterlockedAnd64(Base + (Bit >> 6), ~Mask) & Mask) != 0);
}

#if defined(_WIN64)
EMU_INLINE UCHAR InterlockedCompareExchange128(LONG64 volatile *Destination, LONG64 ExchangeHigh, LONG64 ExchangeLow,
                                               LONG64 *ComparandResult)
{
    return EMU_COMPARE_EXCHANGE_128(Destination, ExchangeHigh, ExchangeLow, ComparandResult);
}
#endif

#define EMU_READ_WRITE(Name, Type)                                                                                     \
    EMU_INLINE Type Read##Name##Acquire(Type const volatile *Source)                                                   \
    {                                                                                                                  \
        return EMU_ATOMIC_LOAD(Source, EMU_ORDER_ACQUIRE);                                                             \
    }                                                                                                                  \
    EMU_INLINE Type Read##Name##NoFence(Type const volatile *Source)                                                   \
    {                                                                                                                  \
        return EMU_ATOMIC_LOAD(Source, EMU_ORDER_NONE);                                                                \
    }                                                                                                                  \
    EMU_INLINE Type Read##Name##Raw(Type const volatile *Source)                                                       \
    {                                                                                                                  \
        return EMU_ATOMIC_LOAD(Source, EMU_ORDER_NONE);                                                                \
    }                                                                                                                  \
    EMU_INLINE VOID Write##Name##Release(Type volatile *Destination, Type Value)                                       \
    {                                                                                                                  \
        EMU_ATOMIC_STORE(Destination, Value, EMU_ORDER_RELEASE);                                                       \
    }                                                                                                                  \
    EMU_INLINE VOID Write##Name##NoFence(Type volatile *Destination, Type Value)                                       \
    {                                                                                                                  \
        EMU_ATOMIC_STORE(Destination, Value, EMU_ORDER_NONE);                                                          \
    }                                                                                                                  \
    EMU_INLINE VOID Write##Name##Raw(Type volatile *Destination, Type Value)                                           \
    {                                                                                                                  \
        EMU_ATOMIC_STORE(Destination, Value, EMU_ORDER_NONE);                                                          \
    }

EMU_READ_WRITE(8, CHAR)
EMU_READ_WRITE(16, SHORT)
EMU_READ_WRITE(, LONG)
EMU_READ_WRITE(64, LONG64)
EMU_READ_WRITE(UChar, UCHAR)
EMU_READ_WRITE(UShort, USHORT)
EMU_READ_WRITE(ULong, ULONG)
EMU_READ_WRITE(ULong64, ULONG64)
EMU_READ_WRITE(SizeT, SIZE_T)
EMU_READ_WRITE(Boolean, BOOLEAN)
EMU_READ_WRITE(Pointer, PVOID)

#define KeMemoryBarrier() EMU_MEMORY_BARRIER()
#define KeMemoryBarrierWithoutFence() EMU_COMPILER_BARRIER()
#ifndef MemoryBarrier
#define MemoryBarrier() EMU_MEMORY_BARRIER()
#endif
#ifndef YieldProcessor
#define YieldProcessor() EMU_YIELD_PROCESSOR()
#endif
#define BarrierAfterRead() EMU_MEMORY_BARRIER()

// ---------------------------------------------------------------------------------------------------------------------
// Run-time library

// The kernel exports them, too; a call is the compiler's own code, and an address is that of the export. IRQL: any, if
// the blocks are resident. Since Windows 2000. Source: nf-wdm-rtlmovememory, nf-wdm-rtlfillmemory,
// nf-wdm-rtlzeromemory, nf-wdm-rtlcopymemory.
NTSYSAPI VOID NTAPI RtlMoveMemory(_Out_writes_bytes_all_(Length) VOID *Destination,
                                  _In_reads_bytes_(Length) const VOID *Source, _In_ SIZE_T Length);
NTSYSAPI VOID NTAPI RtlFillMemory(_Out_writes_bytes_all_(Length) VOID *Destination, _In_ SIZE_T Length, _In_ INT Fill);
NTSYSAPI VOID NTAPI RtlZeroMemory(_Out_writes_bytes_all_(Length) VOID *Destination, _In_ SIZE_T Length);
#if defined(_WIN64)
NTSYSAPI VOID NTAPI RtlCopyMemory(_Out_writes_bytes_all_(Length) VOID *Destination,
                                  _In_reads_bytes_(Length) const VOID *Source, _In_ SIZE_T Length);
NTSYSAPI VOID NTAPI RtlCopyMemoryNonTemporal(_Out_writes_bytes_all_(Length) VOID *Destination,
                                             _In_reads_bytes_(Length) const VOID *Source, _In_ SIZE_T Length);
#endif
#define RtlZeroMemory(Destination, Length) memset((Destination), 0, (Length))
#define RtlFillMemory(Destination, Length, Fill) memset((Destination), (Fill), (Length))
#define RtlCopyMemory(Destination, Source, Length) memcpy((Destination), (Source), (Length))
#define RtlMoveMemory(Destination, Source, Length) memmove((Destination), (Source), (Length))
#define RtlEqualMemory(First, Second, Length) (!memcmp((First), (Second), (Length)))
#define RtlCopyBytes RtlCopyMemory
#define RtlZeroBytes RtlZeroMemory
#define RtlFillBytes RtlFillMemory
#define RtlCopyMemoryNonTemporal(Destination, Source, Length) memcpy((Destination), (Source), (Length))

EMU_INLINE PVOID RtlSecureZeroMemory(PVOID Destination, SIZE_T Length)
{
    volatile UCHAR *Byte = (volatile UCHAR *)Destination;
    while (Length != 0) {
        *Byte++ = 0;
        Length -= 1;
    }
    return Destination;
}

// The number of bytes, from the start, in which the two blocks agree; Length if they are equal.
// IRQL: any, if both blocks are resident. Since Windows 2000. Source: nf-wdm-rtlcomparememory.
NTSYSAPI SIZE_T NTAPI RtlCompareMemory(_In_ const VOID *Source1, _In_ const VOID *Source2, _In_ SIZE_T Length);

// Make a counted string of a zero-terminated one (or of NULL: empty). Lengths are capped at 0xFFFC bytes (Unicode) and
// 0xFFFE bytes (ANSI). IRQL: <= DISPATCH_LEVEL. Since Windows 2000.
// Source: nf-wdm-rtlinitunicodestring, nf-wdm-rtlinitansistring, nf-wdm-rtlinitstring.
NTSYSAPI VOID NTAPI RtlInitUnicodeString(_Out_ PUNICODE_STRING DestinationString, _In_opt_z_ PCWSTR SourceString);
NTSYSAPI VOID NTAPI RtlInitAnsiString(_Out_ PANSI_STRING DestinationString, _In_opt_z_ PCSZ SourceString);
NTSYSAPI VOID NTAPI RtlInitString(_Out_ PSTRING DestinationString, _In_opt_z_ PCSZ SourceString);

// An empty string with a buffer of BufferSize bytes. IRQL: any. Source: nf-wdm-rtlinitemptyunicodestring.
EMU_INLINE VOID RtlInitEmptyUnicodeString(PUNICODE_STRING UnicodeString, PWCHAR Buffer, USHORT BufferSize)
{
    UnicodeString->Length = 0;
    UnicodeString->MaximumLength = BufferSize;
    UnicodeString->Buffer = Buffer;
}

EMU_INLINE VOID RtlInitEmptyAnsiString(PANSI_STRING AnsiString, PCHAR Buffer, USHORT BufferSize)
{
    AnsiString->Length = 0;
    AnsiString->MaximumLength = BufferSize;
    AnsiString->Buffer = Buffer;
}

// As RtlInitUnicodeString, but STATUS_NAME_TOO_LONG where the source does not fit. IRQL: <= DISPATCH_LEVEL.
// Since Windows XP. Source: nf-ntddk-rtlinitunicodestringex.
NTSYSAPI NTSTATUS NTAPI RtlInitUnicodeStringEx(_Out_ PUNICODE_STRING DestinationString, _In_opt_z_ PCWSTR SourceString);

// Copies as many characters as MaximumLength holds; a NULL source empties the destination. IRQL: PASSIVE_LEVEL, or
// <= DISPATCH_LEVEL if both buffers are resident. Since Windows 2000. Source: nf-wdm-rtlcopyunicodestring.
NTSYSAPI VOID NTAPI RtlCopyUnicodeString(_Inout_ PUNICODE_STRING DestinationString,
                                         _In_opt_ PCUNICODE_STRING SourceString);

// Compare two strings, optionally ignoring case: less than, equal to or greater than 0; or TRUE if equal.
// IRQL: PASSIVE_LEVEL. Since Windows 2000. Source: nf-wdm-rtlcompareunicodestring, nf-wdm-rtlequalunicodestring.
NTSYSAPI LONG NTAPI RtlCompareUnicodeString(_In_ PCUNICODE_STRING String1, _In_ PCUNICODE_STRING String2,
                                            _In_ BOOLEAN CaseInSensitive);
NTSYSAPI BOOLEAN NTAPI RtlEqualUnicodeString(_In_ PCUNICODE_STRING String1, _In_ PCUNICODE_STRING String2,
                                             _In_ BOOLEAN CaseInSensitive);

// Append to Destination's buffer, terminating it where a character is left. STATUS_SUCCESS or STATUS_BUFFER_TOO_SMALL
// (nothing changed). IRQL: PASSIVE_LEVEL, or <= DISPATCH_LEVEL if resident. Since Windows 2000.
// Source: nf-wdm-rtlappendunicodetostring, nf-wdm-rtlappendunicodestringtostring.
NTSYSAPI NTSTATUS NTAPI RtlAppendUnicodeToString(_Inout_ PUNICODE_STRING Destination, _In_opt_z_ PCWSTR Source);
NTSYSAPI NTSTATUS NTAPI RtlAppendUnicodeStringToString(_Inout_ PUNICODE_STRING Destination,
                                                       _In_ PCUNICODE_STRING Source);

// Convert between ANSI and Unicode. With AllocateDestinationString the buffer comes from paged pool and the Free
// routine releases it. STATUS_SUCCESS, STATUS_BUFFER_OVERFLOW, STATUS_INVALID_PARAMETER_2, STATUS_NO_MEMORY. IRQL:
// PASSIVE_LEVEL. Since Windows 2000. Source: nf-wdm-rtlansistringtounicodestring, nf-wdm-rtlunicodestringtoansistring,
// nf-wdm-rtlfreeunicodestring, nf-wdm-rtlfreeansistring.
NTSYSAPI NTSTATUS NTAPI RtlAnsiStringToUnicodeString(_Inout_ PUNICODE_STRING DestinationString,
                                                     _In_ PCANSI_STRING SourceString,
                                                     _In_ BOOLEAN AllocateDestinationString);
NTSYSAPI NTSTATUS NTAPI RtlUnicodeStringToAnsiString(_Inout_ PANSI_STRING DestinationString,
                                                     _In_ PCUNICODE_STRING SourceString,
                                                     _In_ BOOLEAN AllocateDestinationString);
NTSYSAPI VOID NTAPI RtlFreeUnicodeString(_Inout_ PUNICODE_STRING UnicodeString);
NTSYSAPI VOID NTAPI RtlFreeAnsiString(_Inout_ PANSI_STRING AnsiString);

// Doubly and singly linked lists. As the WDK of Windows 8 and later has them, the routines compare the links that they
// are about to change, unless NO_KERNEL_LIST_ENTRY_CHECKS is defined. A link that does not lead back is
// KERNEL_SECURITY_CHECK_FAILURE (3, 0, 0, 0) when Windows 8 or a later one is emulated, and nothing before.
// Source: bug-check-0x139--kernel-security-check-failure, nf-wdm-insertheadlist, nf-wdm-removeentrylist.

// What a routine calls for an entry whose neighbours do not both lead to it, or for such a head. Returns before
// Windows 8.
NTSYSAPI VOID NTAPI EmuOnDamagedList(_In_ const LIST_ENTRY *Entry);

EMU_INLINE VOID EmuCheckListEntry(const LIST_ENTRY *Entry, BOOLEAN IsWhole)
{
#if !defined(NO_KERNEL_LIST_ENTRY_CHECKS)
    if (EMU_UNLIKELY(!IsWhole)) {
        EmuOnDamagedList(Entry);
    }
#else
    UNREFERENCED_PARAMETER(Entry);
    UNREFERENCED_PARAMETER(IsWhole);
#endif
}

EMU_INLINE VOID InitializeListHead(PLIST_ENTRY ListHead)
{
    ListHead->Flink = ListHead->Blink = ListHead;
}

EMU_INLINE BOOLEAN IsListEmpty(const LIST_ENTRY *ListHead)
{
    return (BOOLEAN)(ListHead->Flink == ListHead);
}

EMU_INLINE BOOLEAN RemoveEntryList(PLIST_ENTRY Entry)
{
    PLIST_ENTRY Next = Entry->Flink;
    PLIST_ENTRY Previous = Entry->Blink;
    EmuCheckListEntry(Entry, (BOOLEAN)(Next->Blink == Entry && Previous->Flink == Entry));
    Previous->Flink = Next;
    Next->Blink = Previous;
    return (BOOLEAN)(Next == Previous);
}

EMU_INLINE PLIST_ENTRY RemoveHeadList(PLIST_ENTRY ListHead)
{
    PLIST_ENTRY Entry = ListHead->Flink;
    PLIST_ENTRY Next = Entry->Flink;
    EmuCheckListEntry(Entry, (BOOLEAN)(Entry->Blink == ListHead && Next->Blink == Entry));
    ListHead->Flink = Next;
    Next->Blink = ListHead;
    return Entry;
}

EMU_INLINE PLIST_ENTRY RemoveTailList(PLIST_ENTRY ListHead)
{
    PLIST_ENTRY Entry = ListHead->Blink;
    PLIST_ENTRY Previous = Entry->Blink;
    EmuCheckListEntry(Entry, (BOOLEAN)(Entry->Flink == ListHead && Previous->Flink == Entry));
    ListHead->Blink = Previous;
    Previous->Flink = ListHead;
    return Entry;
}

EMU_INLINE VOID InsertHeadList(PLIST_ENTRY ListHead, PLIST_ENTRY Entry)
{
    PLIST_ENTRY First = ListHead->Flink;
    EmuCheckListEntry(ListHead, (BOOLEAN)(First->Blink == ListHead));
    Entry->Flink = First;
    Entry->Blink = ListHead;
    First->Blink = Entry;
    ListHead->Flink = Entry;
}

EMU_INLINE VOID InsertTailList(PLIST_ENTRY ListHead, PLIST_ENTRY Entry)
{
    PLIST_ENTRY Last = ListHead->Blink;
    EmuCheckListEntry(ListHead, (BOOLEAN)(Last->Flink == ListHead));
    Entry->Flink = ListHead;
    Entry->Blink = Last;
    Last->Flink = Entry;
    ListHead->Blink = Entry;
}

EMU_INLINE VOID AppendTailList(PLIST_ENTRY ListHead, PLIST_ENTRY ListToAppend)
{
    PLIST_ENTRY Last = ListHead->Blink;
    EmuCheckListEntry(ListHead, (BOOLEAN)(ListHead->Flink->Blink == ListHead && Last->Flink == ListHead));
    EmuCheckListEntry(ListToAppend, (BOOLEAN)(ListToAppend->Flink->Blink == ListToAppend &&
                                              ListToAppend->Blink->Flink == ListToAppend));
    ListHead->Blink->Flink = ListToAppend;
    ListHead->Blink = ListToAppend->Blink;
    ListToAppend->Blink->Flink = ListHead;
    ListToAppend->Blink = Last;
}

EMU_INLINE PSINGLE_LIST_ENTRY PopEntryList(PSINGLE_LIST_ENTRY ListHead)
{
    PSINGLE_LIST_ENTRY First = ListHead->Next;
    if (First != NULL) {
        ListHead->Next = First->Next;
    }
    return First;
}

EMU_INLINE VOID PushEntryList(PSINGLE_LIST_ENTRY ListHead, PSINGLE_LIST_ENTRY Entry)
{
    Entry->Next = ListHead->Next;
    ListHead->Next = Entry;
}

// ---------------------------------------------------------------------------------------------------------------------
// Windows versions

#define WDM_MAJORVERSION 0x06
#define WDM_MINORVERSION 0x00

typedef struct _OSVERSIONINFOA {
    ULONG dwOSVersionInfoSize;
    ULONG dwMajorVersion;
    ULONG dwMinorVersion;
    ULONG dwBuildNumber;
    ULONG dwPlatformId;
    CHAR szCSDVersion[128];
} OSVERSIONINFOA, *POSVERSIONINFOA, *LPOSVERSIONINFOA;

typedef struct _OSVERSIONINFOW {
    ULONG dwOSVersionInfoSize;
    ULONG dwMajorVersion;
    ULONG dwMinorVersion;
    ULONG dwBuildNumber;
    ULONG dwPlatformId;
    WCHAR szCSDVersion[128];
} OSVERSIONINFOW, *POSVERSIONINFOW, *LPOSVERSIONINFOW, RTL_OSVERSIONINFOW, *PRTL_OSVERSIONINFOW;

typedef struct _OSVERSIONINFOEXW {
    ULONG dwOSVersionInfoSize;
    ULONG dwMajorVersion;
    ULONG dwMinorVersion;
    ULONG dwBuildNumber;
    ULONG dwPlatformId;
    WCHAR szCSDVersion[128];
    USHORT wServicePackMajor;
    USHORT wServicePackMinor;
    USHORT wSuiteMask;
    UCHAR wProductType;
    UCHAR wReserved;
} OSVERSIONINFOEXW, *POSVERSIONINFOEXW, *LPOSVERSIONINFOEXW, RTL_OSVERSIONINFOEXW, *PRTL_OSVERSIONINFOEXW;

typedef OSVERSIONINFOW OSVERSIONINFO;
typedef POSVERSIONINFOW POSVERSIONINFO, LPOSVERSIONINFO;
typedef OSVERSIONINFOEXW OSVERSIONINFOEX;
typedef POSVERSIONINFOEXW POSVERSIONINFOEX, LPOSVERSIONINFOEX;

EMU_STATIC_ASSERT(sizeof(RTL_OSVERSIONINFOW) == 0x114 && sizeof(RTL_OSVERSIONINFOEXW) == 0x11C, "OSVERSIONINFO");
EMU_STATIC_ASSERT(offsetof(RTL_OSVERSIONINFOEXW, szCSDVersion) == 0x14 &&
                      offsetof(RTL_OSVERSIONINFOEXW, wServicePackMajor) == 0x114 &&
                      offsetof(RTL_OSVERSIONINFOEXW, wProductType) == 0x11A,
                  "OSVERSIONINFOEXW");

#define VER_EQUAL 1
#define VER_GREATER 2
#define VER_GREATER_EQUAL 3
#define VER_LESS 4
#define VER_LESS_EQUAL 5
#define VER_AND 6
#define VER_OR 7
#define VER_CONDITION_MASK 7
#define VER_NUM_BITS_PER_CONDITION_MASK 3

#define VER_MINORVERSION 0x0000001
#define VER_MAJORVERSION 0x0000002
#define VER_BUILDNUMBER 0x0000004
#define VER_PLATFORMID 0x0000008
#define VER_SERVICEPACKMINOR 0x0000010
#define VER_SERVICEPACKMAJOR 0x0000020
#define VER_SUITENAME 0x0000040
#define VER_PRODUCT_TYPE 0x0000080

#define VER_NT_WORKSTATION 0x0000001
#define VER_NT_DOMAIN_CONTROLLER 0x0000002
#define VER_NT_SERVER 0x0000003

#define VER_PLATFORM_WIN32s 0
#define VER_PLATFORM_WIN32_WINDOWS 1
#define VER_PLATFORM_WIN32_NT 2

#define VER_SUITE_SMALLBUSINESS 0x00000001
#define VER_SUITE_ENTERPRISE 0x00000002
#define VER_SUITE_BACKOFFICE 0x00000004
#define VER_SUITE_COMMUNICATIONS 0x00000008
#define VER_SUITE_TERMINAL 0x00000010
#define VER_SUITE_SMALLBUSINESS_RESTRICTED 0x00000020
#define VER_SUITE_EMBEDDEDNT 0x00000040
#define VER_SUITE_DATACENTER 0x00000080
#define VER_SUITE_SINGLEUSERTS 0x00000100
#define VER_SUITE_PERSONAL 0x00000200
#define VER_SUITE_BLADE 0x00000400
#define VER_SUITE_STORAGE_SERVER 0x00002000
#define VER_SUITE_COMPUTE_SERVER 0x00004000
#define VER_SUITE_WH_SERVER 0x00008000

// Puts Condition (VER_EQUAL ...) for the member TypeMask (VER_MAJORVERSION ...) into a condition mask and returns the
// new mask. IRQL: any. Since Windows 2000. Source: nf-wdm-versetconditionmask, VER_SET_CONDITION.
NTSYSAPI ULONGLONG NTAPI VerSetConditionMask(_In_ ULONGLONG ConditionMask, _In_ ULONG TypeMask, _In_ UCHAR Condition);
#define VER_SET_CONDITION(Mask, TypeBitMask, Condition)                                                                \
    ((Mask) = VerSetConditionMask((Mask), (TypeBitMask), (Condition)))

// Fills in the version of the running Windows; dwOSVersionInfoSize (bytes, that of RTL_OSVERSIONINFOW or of the EX
// form) chooses the structure. STATUS_SUCCESS. IRQL: PASSIVE_LEVEL. Since Windows 2000. Source: nf-wdm-rtlgetversion.
NTSYSAPI NTSTATUS NTAPI RtlGetVersion(_Out_ PRTL_OSVERSIONINFOW lpVersionInformation);

// Compares the running Windows with VersionInfo by the members in TypeMask and the comparisons in ConditionMask.
// STATUS_SUCCESS, STATUS_REVISION_MISMATCH, STATUS_INVALID_PARAMETER. IRQL: PASSIVE_LEVEL. Since Windows 2000.
// Source: nf-wdm-rtlverifyversioninfo.
NTSYSAPI NTSTATUS NTAPI RtlVerifyVersionInfo(_In_ PRTL_OSVERSIONINFOEXW VersionInfo, _In_ ULONG TypeMask,
                                             _In_ ULONGLONG ConditionMask);

// Is the running Windows the NTDDI version or a later one; is its service pack installed (same Windows, that pack or a
// later one). IRQL: PASSIVE_LEVEL. With this header a call goes to the Wdmlib name, which Windows 2000 has as well; the
// kernel exports the plain names since Vista. Source: nf-wdm-rtlisntddiversionavailable,
// nf-wdm-rtlisservicepackversioninstalled.
NTSYSAPI BOOLEAN NTAPI WdmlibRtlIsNtDdiVersionAvailable(_In_ ULONG Version);
NTSYSAPI BOOLEAN NTAPI WdmlibRtlIsServicePackVersionInstalled(_In_ ULONG Version);
NTSYSAPI BOOLEAN NTAPI RtlIsNtDdiVersionAvailable(_In_ ULONG Version);
NTSYSAPI BOOLEAN NTAPI RtlIsServicePackVersionInstalled(_In_ ULONG Version);
#define RtlIsNtDdiVersionAvailable WdmlibRtlIsNtDdiVersionAvailable
#define RtlIsServicePackVersionInstalled WdmlibRtlIsServicePackVersionInstalled

// Is this WDM version (1.00 Windows 98 ... 6.00 Vista and later) available. IRQL: PASSIVE_LEVEL. Since Windows 98.
// Source: nf-wdm-ioiswdmversionavailable.
NTKERNELAPI BOOLEAN NTAPI IoIsWdmVersionAvailable(_In_ UCHAR MajorVersion, _In_ UCHAR MinorVersion);

// The version's parts, each optional. Returns TRUE on a checked build. IRQL: PASSIVE_LEVEL. Obsolete since Windows XP.
// Source: nf-wdm-psgetversion.
NTKERNELAPI BOOLEAN NTAPI PsGetVersion(_Out_opt_ PULONG MajorVersion, _Out_opt_ PULONG MinorVersion,
                                       _Out_opt_ PULONG BuildNumber, _Out_opt_ PUNICODE_STRING CSDVersion);

// The address of an exported routine of the kernel that runs, by its name; NULL if that Windows does not export it.
// IRQL: PASSIVE_LEVEL. Since Windows 2000. Source: nf-wdm-mmgetsystemroutineaddress.
NTKERNELAPI PVOID NTAPI MmGetSystemRoutineAddress(_In_ PUNICODE_STRING SystemRoutineName);

// ---------------------------------------------------------------------------------------------------------------------
// Spin locks and the dispatcher objects that other structures contain

typedef struct _KSPIN_LOCK_QUEUE {
    struct _KSPIN_LOCK_QUEUE *volatile Next;
    PKSPIN_LOCK volatile Lock;
} KSPIN_LOCK_QUEUE, *PKSPIN_LOCK_QUEUE;

typedef struct _KLOCK_QUEUE_HANDLE {
    KSPIN_LOCK_QUEUE LockQueue;
    KIRQL OldIrql;
} KLOCK_QUEUE_HANDLE, *PKLOCK_QUEUE_HANDLE;

typedef struct _DISPATCHER_HEADER {
    union {
        volatile LONG Lock;
        struct {
            UCHAR Type;
            UCHAR Signalling;
            UCHAR Size;
            UCHAR Reserved1;
        };
    };
    LONG SignalState;
    LIST_ENTRY WaitListHead;
} DISPATCHER_HEADER, *PDISPATCHER_HEADER;

typedef struct _KEVENT {
    DISPATCHER_HEADER Header;
} KEVENT, *PKEVENT, *PRKEVENT;

typedef struct _KGATE {
    DISPATCHER_HEADER Header;
} KGATE, *PKGATE;

typedef struct _FAST_MUTEX {
    LONG Count;
    PVOID Owner;
    ULONG Contention;
    KEVENT Event;
    ULONG OldIrql;
} FAST_MUTEX, *PFAST_MUTEX;
typedef FAST_MUTEX KGUARDED_MUTEX, *PKGUARDED_MUTEX;

typedef struct _KDPC *PKDPC, *PRKDPC;

typedef struct _KTIMER {
    DISPATCHER_HEADER Header;
    ULARGE_INTEGER DueTime;
    LIST_ENTRY TimerListEntry;
    PKDPC Dpc;
#if !defined(EMU_ARCH_X86)
    ULONG Processor;
#endif
    LONG Period;
} KTIMER, *PKTIMER, *PRKTIMER;

typedef ULONG_PTR ERESOURCE_THREAD, *PERESOURCE_THREAD;

typedef struct _OWNER_ENTRY {
    ERESOURCE_THREAD OwnerThread;
    union {
        struct {
            ULONG IoPriorityBoosted : 1;
            ULONG OwnerReferenced : 1;
            ULONG IoQoSPriorityBoosted : 1;
            ULONG OwnerCount : 29;
        };
        ULONG TableSize;
    };
} OWNER_ENTRY, *POWNER_ENTRY;

typedef struct _ERESOURCE {
    LIST_ENTRY SystemResourcesList;
    POWNER_ENTRY OwnerTable;
    SHORT ActiveCount;
    union {
        USHORT Flag;
        struct {
            UCHAR ReservedLowFlags;
            UCHAR WaiterPriority;
        };
    };
    PVOID SharedWaiters;
    PVOID ExclusiveWaiters;
    OWNER_ENTRY OwnerEntry;
    ULONG ActiveEntries;
    ULONG ContentionCount;
    ULONG NumberOfSharedWaiters;
    ULONG NumberOfExclusiveWaiters;
#if defined(_WIN64)
    PVOID Reserved2;
#endif
    union {
        PVOID Address;
        ULONG_PTR CreatorBackTraceIndex;
    };
    KSPIN_LOCK SpinLock;
} ERESOURCE, *PERESOURCE;

#define ResourceOwnedExclusive 0x80 // in ERESOURCE.Flag

EMU_STATIC_ASSERT(sizeof(KSPIN_LOCK) == EMU_BY_WIDTH(8, 4) && sizeof(KLOCK_QUEUE_HANDLE) == EMU_BY_WIDTH(0x18, 0xC),
                  "spin locks");
EMU_STATIC_ASSERT(sizeof(DISPATCHER_HEADER) == EMU_BY_WIDTH(0x18, 0x10) && sizeof(KEVENT) == sizeof(DISPATCHER_HEADER),
                  "KEVENT");
EMU_STATIC_ASSERT(sizeof(FAST_MUTEX) == EMU_BY_WIDTH(0x38, 0x20) && offsetof(FAST_MUTEX, Owner) == EMU_BY_WIDTH(8, 4) &&
                      offsetof(FAST_MUTEX, Contention) == EMU_BY_WIDTH(0x10, 8) &&
                      offsetof(FAST_MUTEX, Event) == EMU_BY_WIDTH(0x18, 0xC) &&
                      offsetof(FAST_MUTEX, OldIrql) == EMU_BY_WIDTH(0x30, 0x1C),
                  "FAST_MUTEX");
EMU_STATIC_ASSERT(sizeof(KTIMER) == EMU_BY_WIDTH(0x40, 0x28) && offsetof(KTIMER, DueTime) == EMU_BY_WIDTH(0x18, 0x10) &&
                      offsetof(KTIMER, Dpc) == EMU_BY_WIDTH(0x30, 0x20) &&
                      offsetof(KTIMER, Period) == EMU_BY_WIDTH(0x3C, 0x24),
                  "KTIMER");
EMU_STATIC_ASSERT(sizeof(OWNER_ENTRY) == EMU_BY_WIDTH(0x10, 8) && sizeof(ERESOURCE) == EMU_BY_WIDTH(0x68, 0x38) &&
                      offsetof(ERESOURCE, OwnerTable) == EMU_BY_WIDTH(0x10, 8) &&
                      offsetof(ERESOURCE, Flag) == EMU_BY_WIDTH(0x1A, 0xE) &&
                      offsetof(ERESOURCE, OwnerEntry) == EMU_BY_WIDTH(0x30, 0x18) &&
                      offsetof(ERESOURCE, ActiveEntries) == EMU_BY_WIDTH(0x40, 0x20) &&
                      offsetof(ERESOURCE, SpinLock) == EMU_BY_WIDTH(0x60, 0x34),
                  "ERESOURCE");

// Initialises a spin lock as free. IRQL: any. Since Windows 2000. Source: nf-wdm-keinitializespinlock.
EMU_INLINE VOID KeInitializeSpinLock(PKSPIN_LOCK SpinLock)
{
    *SpinLock = 0;
}

// Raise the IRQL to DISPATCH_LEVEL and take the lock; release it and put the IRQL back. A lock that its owner takes
// again: SPIN_LOCK_ALREADY_OWNED. IRQL: <= DISPATCH_LEVEL; release: DISPATCH_LEVEL. Since Windows 2000.
// Source: nf-wdm-keacquirespinlock, nf-wdm-keacquirespinlockraisetodpc, nf-wdm-kereleasespinlock.
NTKERNELAPI KIRQL NTAPI KeAcquireSpinLockRaiseToDpc(_Inout_ PKSPIN_LOCK SpinLock);
NTKERNELAPI VOID NTAPI KeReleaseSpinLock(_Inout_ PKSPIN_LOCK SpinLock, _In_ KIRQL NewIrql);
#define KeAcquireSpinLock(SpinLock, OldIrql) (*(OldIrql) = KeAcquireSpinLockRaiseToDpc(SpinLock))

// The same for callers that are at DISPATCH_LEVEL or above already; Try returns FALSE if the lock is taken, Test TRUE
// if it is free. IRQL: >= DISPATCH_LEVEL (Test: any). Since Windows 2000 (Try, Test: Windows Server 2003). Source:
// nf-wdm-keacquirespinlockatdpclevel, nf-wdm-kereleasespinlockfromdpclevel, nf-wdm-ketrytoacquirespinlockatdpclevel,
// nf-wdm-ketestspinlock.
NTKERNELAPI VOID NTAPI KeAcquireSpinLockAtDpcLevel(_Inout_ PKSPIN_LOCK SpinLock);
NTKERNELAPI VOID NTAPI KeReleaseSpinLockFromDpcLevel(_Inout_ PKSPIN_LOCK SpinLock);
NTKERNELAPI BOOLEAN NTAPI KeTryToAcquireSpinLockAtDpcLevel(_Inout_ PKSPIN_LOCK SpinLock);
NTKERNELAPI BOOLEAN NTAPI KeTestSpinLock(_In_ PKSPIN_LOCK SpinLock);

// Lists and sums that a spin lock protects, which they take at any IRQL, and which nothing else may take then. Insert
// and push return the entry that was first (tail: last) before, remove and pop what they took off; NULL for an empty
// list. The sums return what was there before. IRQL: any, if all is resident. Since Windows 2000. Source:
// nf-wdm-exinterlockedinsertheadlist, nf-wdm-exinterlockedinserttaillist, nf-wdm-exinterlockedremoveheadlist,
// nf-wdm-exinterlockedpushentrylist, nf-wdm-exinterlockedpopentrylist, nf-wdm-exinterlockedaddlargeinteger,
// nf-wdm-exinterlockedaddulong, nf-wdm-exinterlockedaddlargestatistic.
NTKERNELAPI PLIST_ENTRY FASTCALL ExInterlockedInsertHeadList(_Inout_ PLIST_ENTRY ListHead,
                                                             _Inout_ PLIST_ENTRY ListEntry, _Inout_ PKSPIN_LOCK Lock);
NTKERNELAPI PLIST_ENTRY FASTCALL ExInterlockedInsertTailList(_Inout_ PLIST_ENTRY ListHead,
                                                             _Inout_ PLIST_ENTRY ListEntry, _Inout_ PKSPIN_LOCK Lock);
NTKERNELAPI PLIST_ENTRY FASTCALL ExInterlockedRemoveHeadList(_Inout_ PLIST_ENTRY ListHead, _Inout_ PKSPIN_LOCK Lock);
NTKERNELAPI PSINGLE_LIST_ENTRY FASTCALL ExInterlockedPushEntryList(_Inout_ PSINGLE_LIST_ENTRY ListHead,
                                                                   _Inout_ PSINGLE_LIST_ENTRY ListEntry,
                                                                   _Inout_ PKSPIN_LOCK Lock);
NTKERNELAPI PSINGLE_LIST_ENTRY FASTCALL ExInterlockedPopEntryList(_Inout_ PSINGLE_LIST_ENTRY ListHead,
                                                                  _Inout_ PKSPIN_LOCK Lock);
NTKERNELAPI LARGE_INTEGER NTAPI ExInterlockedAddLargeInteger(_Inout_ PLARGE_INTEGER Addend,
                                                             _In_ LARGE_INTEGER Increment, _Inout_ PKSPIN_LOCK Lock);
NTKERNELAPI ULONG FASTCALL ExInterlockedAddUlong(_Inout_ PULONG Addend, _In_ ULONG Increment, _Inout_ PKSPIN_LOCK Lock);
#define ExInterlockedAddLargeStatistic(Addend, Increment)                                                              \
    ((VOID)InterlockedAdd64(&(Addend)->QuadPart, (LONG64)(ULONG)(Increment)))

// ---------------------------------------------------------------------------------------------------------------------
// Events, timers, fast mutexes, resources: what threads wait for. Objects lie in nonpaged memory.

typedef enum _KWAIT_REASON {
    Executive,
    FreePage,
    PageIn,
    PoolAllocation,
    DelayExecution,
    Suspended,
    UserRequest,
    WrExecutive,
    WrFreePage,
    WrPageIn,
    WrPoolAllocation,
    WrDelayExecution,
    WrSuspended,
    WrUserRequest,
    WrEventPair,
    WrQueue,
    WrLpcReceive,
    WrLpcReply,
    WrVirtualMemory,
    WrPageOut,
    WrRendezvous
} KWAIT_REASON;

// Waits for an event or a timer. Timeout in units of 100 ns: negative from now on, positive a system time, 0 not at
// all, NULL for ever. STATUS_SUCCESS or STATUS_TIMEOUT; there are no alerts here. IRQL: <= APC_LEVEL, at DISPATCH_LEVEL
// only with a timeout of 0; else ATTEMPTED_SWITCH_FROM_DPC. Since Windows 2000. Source: nf-wdm-kewaitforsingleobject.
NTKERNELAPI NTSTATUS NTAPI KeWaitForSingleObject(_In_ PVOID Object, _In_ KWAIT_REASON WaitReason,
                                                 _In_ KPROCESSOR_MODE WaitMode, _In_ BOOLEAN Alertable,
                                                 _In_opt_ PLARGE_INTEGER Timeout);

// Initializes an event, set or not. A set SynchronizationEvent lets one waiter go, and is reset by that. IRQL: any.
// Since Windows 2000. Source: nf-wdm-keinitializeevent.
NTKERNELAPI VOID NTAPI KeInitializeEvent(_Out_ PRKEVENT Event, _In_ EVENT_TYPE Type, _In_ BOOLEAN State);

// Sets, resets and reads an event. Set and Reset return its state before, not 0 when it was set. IRQL: <=
// DISPATCH_LEVEL. Since Windows 2000. Source: nf-wdm-kesetevent, nf-wdm-keresetevent, nf-wdm-keclearevent,
// nf-wdm-kereadstateevent.
NTKERNELAPI LONG NTAPI KeSetEvent(_Inout_ PRKEVENT Event, _In_ KPRIORITY Increment, _In_ BOOLEAN Wait);
NTKERNELAPI LONG NTAPI KeResetEvent(_Inout_ PRKEVENT Event);
NTKERNELAPI VOID NTAPI KeClearEvent(_Inout_ PRKEVENT Event);
NTKERNELAPI LONG NTAPI KeReadStateEvent(_In_ PRKEVENT Event);

// A timer that is not set and not signalled. IRQL: any. Since Windows 2000. Source: nf-wdm-keinitializetimer,
// nf-wdm-keinitializetimerex.
NTKERNELAPI VOID NTAPI KeInitializeTimer(_Out_ PKTIMER Timer);
NTKERNELAPI VOID NTAPI KeInitializeTimerEx(_Out_ PKTIMER Timer, _In_ TIMER_TYPE Type);

// Sets a timer, anew if it is set: not signalled until the due time (100 ns; negative: from now on, else a system
// time), then every Period milliseconds, if that is not 0. At each expiry the DPC's routine runs at DISPATCH_LEVEL, on
// a thread of the emulator's. Returns TRUE if the timer was set before. IRQL: <= DISPATCH_LEVEL. Since Windows 2000.
// Source: nf-wdm-kesettimer, nf-wdm-kesettimerex.
NTKERNELAPI BOOLEAN NTAPI KeSetTimer(_Inout_ PKTIMER Timer, _In_ LARGE_INTEGER DueTime, _In_opt_ PKDPC Dpc);
NTKERNELAPI BOOLEAN NTAPI KeSetTimerEx(_Inout_ PKTIMER Timer, _In_ LARGE_INTEGER DueTime, _In_ LONG Period,
                                       _In_opt_ PKDPC Dpc);

// TRUE if the timer was set, which it is no longer; its DPC may run nevertheless, see KeFlushQueuedDpcs. And TRUE if it
// is signalled. IRQL: <= DISPATCH_LEVEL. Since Windows 2000. Source: nf-wdm-kecanceltimer, nf-wdm-kereadstatetimer.
NTKERNELAPI BOOLEAN NTAPI KeCancelTimer(_Inout_ PKTIMER Timer);
NTKERNELAPI BOOLEAN NTAPI KeReadStateTimer(_In_ PKTIMER Timer);

// Returns when no DPC runs that was due before. IRQL: PASSIVE_LEVEL. Since Windows XP.
// Source: nf-wdm-keflushqueueddpcs.
NTKERNELAPI VOID NTAPI KeFlushQueuedDpcs(VOID);

// Between the two a thread gets no normal kernel APCs, without which resources are not acquired. They nest.
// IRQL: <= APC_LEVEL. Since Windows 2000. Source: nf-ntddk-keentercriticalregion, nf-ntddk-keleavecriticalregion.
NTKERNELAPI VOID NTAPI KeEnterCriticalRegion(VOID);
NTKERNELAPI VOID NTAPI KeLeaveCriticalRegion(VOID);

// Is the thread in a critical or a guarded region; is it in a guarded one, or at APC_LEVEL or above. IRQL: <=
// DISPATCH_LEVEL. Since Windows XP (All: Server 2003). Source: nf-ntddk-keareapcsdisabled, nf-wdm-keareallapcsdisabled.
NTKERNELAPI BOOLEAN NTAPI KeAreApcsDisabled(VOID);
NTKERNELAPI BOOLEAN NTAPI KeAreAllApcsDisabled(VOID);

// A fast mutex that nobody owns. IRQL: <= DISPATCH_LEVEL. Since Windows 2000. Source: nf-wdm-exinitializefastmutex.
#define FM_LOCK_BIT 0x1
EMU_INLINE VOID ExInitializeFastMutex(PFAST_MUTEX FastMutex)
{
    FastMutex->Count = FM_LOCK_BIT;
    FastMutex->Owner = NULL;
    FastMutex->Contention = 0;
    KeInitializeEvent(&FastMutex->Event, SynchronizationEvent, FALSE);
}

// Acquire waits for the mutex and raises the IRQL to APC_LEVEL, which Release puts back; Try returns FALSE when another
// thread has it. A thread that acquires its own, or releases what is not its own, is DRIVER_VERIFIER_DETECTED_VIOLATION
// (0x1000, 0x1004, 0x1007) with Driver Verifier or without. IRQL: <= APC_LEVEL; Release: APC_LEVEL. Since Windows 2000.
// Source: nf-wdm-exacquirefastmutex, nf-wdm-extrytoacquirefastmutex, nf-wdm-exreleasefastmutex.
NTKERNELAPI VOID NTAPI ExAcquireFastMutex(_Inout_ PFAST_MUTEX FastMutex);
NTKERNELAPI BOOLEAN NTAPI ExTryToAcquireFastMutex(_Inout_ PFAST_MUTEX FastMutex);
NTKERNELAPI VOID NTAPI ExReleaseFastMutex(_Inout_ PFAST_MUTEX FastMutex);

// The same, and the IRQL stays: the caller is at APC_LEVEL, or in a critical region. Since Windows 2000.
// Source: nf-wdm-exacquirefastmutexunsafe, nf-wdm-exreleasefastmutexunsafe.
NTKERNELAPI VOID NTAPI ExAcquireFastMutexUnsafe(_Inout_ PFAST_MUTEX FastMutex);
NTKERNELAPI VOID NTAPI ExReleaseFastMutexUnsafe(_Inout_ PFAST_MUTEX FastMutex);

// Initializes a resource, a lock that one thread or several that share it have; and ends it, before its memory is
// freed. STATUS_SUCCESS. IRQL: <= DISPATCH_LEVEL. Since Windows 2000. Source: nf-wdm-exinitializeresourcelite,
// nf-wdm-exdeleteresourcelite.
NTKERNELAPI NTSTATUS NTAPI ExInitializeResourceLite(_Out_ PERESOURCE Resource);
NTKERNELAPI NTSTATUS NTAPI ExDeleteResourceLite(_Inout_ PERESOURCE Resource);

// TRUE: the thread has the resource, once more if it had it; FALSE: others have it, and Wait is FALSE. A thread that
// shares it and wants it for itself would wait for ever: DRIVER_VERIFIER_DETECTED_VIOLATION (0x1000). IRQL: <=
// APC_LEVEL, in a critical region or at APC_LEVEL. Since Windows 2000. Source: nf-wdm-exacquireresourceexclusivelite,
// nf-wdm-exacquireresourcesharedlite.
NTKERNELAPI BOOLEAN NTAPI ExAcquireResourceExclusiveLite(_Inout_ PERESOURCE Resource, _In_ BOOLEAN Wait);
NTKERNELAPI BOOLEAN NTAPI ExAcquireResourceSharedLite(_Inout_ PERESOURCE Resource, _In_ BOOLEAN Wait);

// Gives it back once; RESOURCE_NOT_OWNED if the thread does not have it. IRQL: as above. Since Windows 2000.
// Source: nf-wdm-exreleaseresourcelite.
NTKERNELAPI VOID NTAPI ExReleaseResourceLite(_Inout_ PERESOURCE Resource);

// Does the thread have it exclusively; how often does it have it at all. IRQL: <= DISPATCH_LEVEL. Since Windows 2000.
// Source: nf-wdm-exisresourceacquiredexclusivelite, nf-wdm-exisresourceacquiredsharedlite.
NTKERNELAPI BOOLEAN NTAPI ExIsResourceAcquiredExclusiveLite(_In_ PERESOURCE Resource);
NTKERNELAPI ULONG NTAPI ExIsResourceAcquiredSharedLite(_In_ PERESOURCE Resource);

// ---------------------------------------------------------------------------------------------------------------------
// Sequenced singly linked lists

#ifndef SLIST_ENTRY_DEFINED
#define SLIST_ENTRY_DEFINED
#if defined(_WIN64)
typedef struct EMU_ALIGN(16) _SLIST_ENTRY {
    struct _SLIST_ENTRY *Next;
} SLIST_ENTRY, *PSLIST_ENTRY;
#else
#define _SLIST_ENTRY _SINGLE_LIST_ENTRY
typedef SINGLE_LIST_ENTRY SLIST_ENTRY, *PSLIST_ENTRY;
#endif
#endif

#if defined(_WIN64)
typedef union EMU_ALIGN(16) _SLIST_HEADER {
    struct {
        ULONGLONG Alignment;
        ULONGLONG Region;
    };
    struct {
        ULONGLONG Depth : 16;
        ULONGLONG Sequence : 48;
        ULONGLONG Reserved : 4;
        ULONGLONG NextEntry : 60;
    } HeaderX64;
    struct {
        ULONGLONG Depth : 16;
        ULONGLONG Sequence : 48;
        ULONGLONG Reserved : 4;
        ULONGLONG NextEntry : 60;
    } HeaderArm64;
} SLIST_HEADER, *PSLIST_HEADER;
#else
typedef union _SLIST_HEADER {
    ULONGLONG Alignment;
    struct {
        SLIST_ENTRY Next;
        USHORT Depth;
        USHORT Sequence;
    };
} SLIST_HEADER, *PSLIST_HEADER;
#endif

EMU_STATIC_ASSERT(sizeof(SLIST_ENTRY) == EMU_BY_WIDTH(16, 4) && sizeof(SLIST_HEADER) == EMU_BY_WIDTH(16, 8), "SLIST");

// Push returns the entry that was first before, Pop the entry taken off, Flush the whole chain; NULL for an empty list.
// Lock-free. IRQL: any, if head and entries are resident. Since Windows XP. The kernel's names and the InterlockedXxx
// and ExInterlockedXxx names are one; the spin lock of the latter is not used on 64-bit processors. On x86 the kernel
// exports InterlockedXxx and ExInterlockedXxx, and the latter are used with _WIN2K_COMPAT_SLIST_USAGE only.
// Source: nf-wdm-expinterlockedpushentryslist, nf-wdm-expinterlockedpopentryslist, nf-wdm-exinterlockedpushentryslist,
// nf-wdm-exinterlockedpopentryslist, nf-wdm-exinterlockedflushslist.
#if defined(_WIN64)
NTKERNELAPI PSLIST_ENTRY FASTCALL ExpInterlockedPushEntrySList(_Inout_ PSLIST_HEADER ListHead,
                                                               _Inout_ PSLIST_ENTRY ListEntry);
NTKERNELAPI PSLIST_ENTRY FASTCALL ExpInterlockedPopEntrySList(_Inout_ PSLIST_HEADER ListHead);
NTKERNELAPI PSLIST_ENTRY FASTCALL ExpInterlockedFlushSList(_Inout_ PSLIST_HEADER ListHead);
#define InterlockedPushEntrySList(Head, Entry) ExpInterlockedPushEntrySList((Head), (Entry))
#define InterlockedPopEntrySList(Head) ExpInterlockedPopEntrySList(Head)
#define InterlockedFlushSList(Head) ExpInterlockedFlushSList(Head)
#define ExInterlockedPushEntrySList(Head, Entry, Lock) ExpInterlockedPushEntrySList((Head), (Entry))
#define ExInterlockedPopEntrySList(Head, Lock) ExpInterlockedPopEntrySList(Head)
#define ExInterlockedFlushSList(Head) ExpInterlockedFlushSList(Head)
#else
NTKERNELAPI PSLIST_ENTRY FASTCALL InterlockedPushEntrySList(_Inout_ PSLIST_HEADER ListHead,
                                                            _Inout_ PSLIST_ENTRY ListEntry);
NTKERNELAPI PSLIST_ENTRY FASTCALL InterlockedPopEntrySList(_Inout_ PSLIST_HEADER ListHead);
NTKERNELAPI PSLIST_ENTRY FASTCALL ExInterlockedPushEntrySList(_Inout_ PSLIST_HEADER ListHead,
                                                              _Inout_ PSLIST_ENTRY ListEntry,
                                                              _Inout_opt_ PKSPIN_LOCK Lock);
NTKERNELAPI PSLIST_ENTRY FASTCALL ExInterlockedPopEntrySList(_Inout_ PSLIST_HEADER ListHead,
                                                             _Inout_opt_ PKSPIN_LOCK Lock);
NTKERNELAPI PSLIST_ENTRY FASTCALL ExInterlockedFlushSList(_Inout_ PSLIST_HEADER ListHead);
#define InterlockedFlushSList(Head) ExInterlockedFlushSList(Head)
#if !defined(_WIN2K_COMPAT_SLIST_USAGE) && !defined(POOLEMU_BUILDING_LIBRARY)
#define ExInterlockedPushEntrySList(Head, Entry, Lock) InterlockedPushEntrySList((Head), (Entry))
#define ExInterlockedPopEntrySList(Head, Lock) InterlockedPopEntrySList(Head)
#endif
#endif

// Pushes Count entries, linked from List to ListEnd, in one step, so that List is the first one then; returns what was
// first before. An export of kernel32. Lock-free. Source: nf-interlockedapi-interlockedpushlistslistex.
NTKERNELAPI PSLIST_ENTRY FASTCALL InterlockedPushListSListEx(_Inout_ PSLIST_HEADER ListHead, _Inout_ PSLIST_ENTRY List,
                                                             _Inout_ PSLIST_ENTRY ListEnd, _In_ ULONG Count);

// The number of entries, modulo 65536. IRQL: <= DISPATCH_LEVEL. Since Windows 2000. Source: nf-wdm-exquerydepthslist.
NTKERNELAPI USHORT NTAPI ExQueryDepthSList(_In_ PSLIST_HEADER SListHead);
#define QueryDepthSList(Head) ExQueryDepthSList(Head)

// The first entry, not removed and not protected against other processors. IRQL: any. Since Windows XP.
// Source: nf-wdm-firstentryslist.
NTKERNELAPI PSLIST_ENTRY NTAPI FirstEntrySList(_In_ const SLIST_HEADER *SListHead);

// Makes the list empty; on 64-bit processors raises STATUS_DATATYPE_MISALIGNMENT for a head that is not 16-byte
// aligned. IRQL: any, if the head is resident. Since Windows XP. Source: nf-wdm-initializeslisthead.
EMU_INLINE VOID InitializeSListHead(PSLIST_HEADER SListHead)
{
#if defined(_WIN64)
    if (((ULONG_PTR)SListHead & (MEMORY_ALLOCATION_ALIGNMENT - 1)) != 0) {
        ExRaiseStatus(STATUS_DATATYPE_MISALIGNMENT);
    }
    SListHead->Region = 0;
#endif
    SListHead->Alignment = 0;
}
#define ExInitializeSListHead InitializeSListHead

// ---------------------------------------------------------------------------------------------------------------------
// Pool: types and flags

typedef enum _POOL_TYPE {
    NonPagedPool = 0,
    NonPagedPoolExecute = 0,
    PagedPool = 1,
    NonPagedPoolMustSucceed = 2,
    DontUseThisType = 3,
    NonPagedPoolCacheAligned = 4,
    PagedPoolCacheAligned = 5,
    NonPagedPoolCacheAlignedMustS = 6,
    MaxPoolType = 7,
    NonPagedPoolBase = 0,
    NonPagedPoolBaseMustSucceed = 2,
    NonPagedPoolBaseCacheAligned = 4,
    NonPagedPoolBaseCacheAlignedMustS = 6,
    NonPagedPoolSession = 32,
    PagedPoolSession = 33,
    NonPagedPoolMustSucceedSession = 34,
    DontUseThisTypeSession = 35,
    NonPagedPoolCacheAlignedSession = 36,
    PagedPoolCacheAlignedSession = 37,
    NonPagedPoolCacheAlignedMustSSession = 38,
    NonPagedPoolNx = 512,
    NonPagedPoolNxCacheAligned = 516,
    NonPagedPoolSessionNx = 544
} POOL_TYPE;

EMU_STATIC_ASSERT(sizeof(POOL_TYPE) == 4, "POOL_TYPE");

#define POOL_QUOTA_FAIL_INSTEAD_OF_RAISE 8
#define POOL_RAISE_IF_ALLOCATION_FAILURE 16
#define POOL_COLD_ALLOCATION 256
#define POOL_NX_ALLOCATION 512
#define POOL_ZERO_ALLOCATION 1024
#define PROTECTED_POOL 0x80000000

#define POOL_FLAG_REQUIRED_START 0x0000000000000001ULL
#define POOL_FLAG_USE_QUOTA 0x0000000000000001ULL
#define POOL_FLAG_UNINITIALIZED 0x0000000000000002ULL
#define POOL_FLAG_SESSION 0x0000000000000004ULL
#define POOL_FLAG_CACHE_ALIGNED 0x0000000000000008ULL
#define POOL_FLAG_RESERVED1 0x0000000000000010ULL
#define POOL_FLAG_RAISE_ON_FAILURE 0x0000000000000020ULL
#define POOL_FLAG_NON_PAGED 0x0000000000000040ULL
#define POOL_FLAG_NON_PAGED_EXECUTE 0x0000000000000080ULL
#define POOL_FLAG_PAGED 0x0000000000000100ULL
#define POOL_FLAG_RESERVED2 0x0000000000000200ULL
#define POOL_FLAG_RESERVED3 0x0000000000000400ULL
#define POOL_FLAG_LAST_KNOWN_REQUIRED POOL_FLAG_RESERVED3
#define POOL_FLAG_REQUIRED_END 0x0000000080000000ULL
#define POOL_FLAG_REQUIRED_MASK 0x00000000FFFFFFFFULL
#define POOL_FLAG_UNUSED_REQUIRED_BITS                                                                                 \
    (POOL_FLAG_REQUIRED_MASK & ~(POOL_FLAG_LAST_KNOWN_REQUIRED | (POOL_FLAG_LAST_KNOWN_REQUIRED - 1)))
#define POOL_FLAG_OPTIONAL_START 0x0000000100000000ULL
#define POOL_FLAG_SPECIAL_POOL 0x0000000100000000ULL
#define POOL_FLAG_OPTIONAL_END 0x8000000000000000ULL

typedef enum _EX_POOL_PRIORITY {
    LowPoolPriority = 0,
    LowPoolPrioritySpecialPoolOverrun = 8,
    LowPoolPrioritySpecialPoolUnderrun = 9,
    NormalPoolPriority = 16,
    NormalPoolPrioritySpecialPoolOverrun = 24,
    NormalPoolPrioritySpecialPoolUnderrun = 25,
    HighPoolPriority = 32,
    HighPoolPrioritySpecialPoolOverrun = 40,
    HighPoolPrioritySpecialPoolUnderrun = 41
} EX_POOL_PRIORITY;

typedef enum POOL_EXTENDED_PARAMETER_TYPE {
    PoolExtendedParameterInvalidType = 0,
    PoolExtendedParameterPriority = 1,
    PoolExtendedParameterSecurePool = 2,
    PoolExtendedParameterNumaNode = 3,
    PoolExtendedParameterMax = 4
} POOL_EXTENDED_PARAMETER_TYPE, *PPOOL_EXTENDED_PARAMETER_TYPE;

#define POOL_EXTENDED_PARAMETER_TYPE_BITS 8
#define POOL_EXTENDED_PARAMETER_REQUIRED_FIELD_BITS 1
#define POOL_EXTENDED_PARAMETER_RESERVED_BITS                                                                          \
    (64 - POOL_EXTENDED_PARAMETER_TYPE_BITS - POOL_EXTENDED_PARAMETER_REQUIRED_FIELD_BITS)

#define POOL_CREATE_FLG_SECURE_POOL 0x1
#define POOL_CREATE_FLG_USE_GLOBAL_POOL 0x2
#define POOL_CREATE_FLG_VALID_FLAGS (POOL_CREATE_FLG_SECURE_POOL | POOL_CREATE_FLG_USE_GLOBAL_POOL)
#define POOL_CREATE_PARAMS_VERSION 1
#define SECURE_POOL_FLAGS_NONE 0x0
#define SECURE_POOL_FLAGS_FREEABLE 0x1
#define SECURE_POOL_FLAGS_MODIFIABLE 0x2

typedef ULONG POOL_NODE_REQUIREMENT;

typedef struct _POOL_CREATE_EXTENDED_PARAMS {
    ULONG Version;
} POOL_CREATE_EXTENDED_PARAMS, *PPOOL_CREATE_EXTENDED_PARAMS;

typedef struct _POOL_EXTENDED_PARAMS_SECURE_POOL {
    HANDLE SecurePoolHandle;
    PVOID Buffer;
    ULONG_PTR Cookie;
    ULONG SecurePoolFlags;
} POOL_EXTENDED_PARAMS_SECURE_POOL;

typedef struct EMU_ALIGN(8) POOL_EXTENDED_PARAMETER {
    struct {
        ULONG64 Type : 8;
        ULONG64 Optional : 1;
        ULONG64 Reserved : 55;
    };
    union {
        ULONG64 Reserved2;
        PVOID Reserved3;
        EX_POOL_PRIORITY Priority;
        POOL_EXTENDED_PARAMS_SECURE_POOL *SecurePoolParams;
        POOL_NODE_REQUIREMENT PreferredNode;
    };
} POOL_EXTENDED_PARAMETER, *PPOOL_EXTENDED_PARAMETER;
typedef const POOL_EXTENDED_PARAMETER *PCPOOL_EXTENDED_PARAMETER;

EMU_STATIC_ASSERT(sizeof(POOL_EXTENDED_PARAMETER) == 16 && offsetof(POOL_EXTENDED_PARAMETER, Reserved2) == 8,
                  "POOL_EXTENDED_PARAMETER");
EMU_STATIC_ASSERT(sizeof(POOL_EXTENDED_PARAMS_SECURE_POOL) == EMU_BY_WIDTH(32, 16) &&
                      offsetof(POOL_EXTENDED_PARAMS_SECURE_POOL, SecurePoolFlags) == EMU_BY_WIDTH(24, 12),
                  "POOL_EXTENDED_PARAMS_SECURE_POOL");

// ---------------------------------------------------------------------------------------------------------------------
// Pool: routines
//
// For all of them: NumberOfBytes counts bytes; blocks below PAGE_SIZE are 16-byte aligned and stay inside one page,
// others start on a page. IRQL: <= DISPATCH_LEVEL, paged pool <= APC_LEVEL. Broken rules are BAD_POOL_CALLER (rule,
// ...): 0x08 IRQL at allocation (IRQL, pool type, size), 0x9A must-succeed type (pool type, bytes, tag), 0x9B tag 0,
// 0x9C tag 'BIG', 0x9D tag without letter or digit.

// Allocate a block with no tag of its own. NULL if there is no memory, or an exception with
// POOL_RAISE_IF_ALLOCATION_FAILURE; WithQuota charges the current process and raises unless
// POOL_QUOTA_FAIL_INSTEAD_OF_RAISE. Since Windows 2000, deprecated. Source: nf-wdm-exallocatepool,
// nf-wdm-exallocatepoolwithquota.
NTKERNELAPI PVOID NTAPI ExAllocatePool(_In_ POOL_TYPE PoolType, _In_ SIZE_T NumberOfBytes);
NTKERNELAPI PVOID NTAPI ExAllocatePoolWithQuota(_In_ POOL_TYPE PoolType, _In_ SIZE_T NumberOfBytes);

// Allocates a block with a tag of one to four characters. NULL if there is no memory, or an exception with
// POOL_RAISE_IF_ALLOCATION_FAILURE. Contents undefined. Since Windows 2000, deprecated in Windows 10 version 2004.
// Source: nf-wdm-exallocatepoolwithtag.
NTKERNELAPI PVOID NTAPI ExAllocatePoolWithTag(_In_ POOL_TYPE PoolType, _In_ SIZE_T NumberOfBytes, _In_ ULONG Tag);

// The same, charged to the current process's quota; raises STATUS_QUOTA_EXCEEDED or STATUS_INSUFFICIENT_RESOURCES, or
// returns NULL with POOL_QUOTA_FAIL_INSTEAD_OF_RAISE. Since Windows 2000, deprecated in Windows 10 version 2004.
// Source: nf-wdm-exallocatepoolwithquotatag.
NTKERNELAPI PVOID NTAPI ExAllocatePoolWithQuotaTag(_In_ POOL_TYPE PoolType, _In_ SIZE_T NumberOfBytes, _In_ ULONG Tag);

// As ExAllocatePoolWithTag; Priority says how scarce memory may be before the request fails, and at which end of a page
// special pool puts the block. Since Windows 2000, deprecated in Windows 10 version 2004.
// Source: nf-wdm-exallocatepoolwithtagpriority.
NTKERNELAPI PVOID NTAPI ExAllocatePoolWithTagPriority(_In_ POOL_TYPE PoolType, _In_ SIZE_T NumberOfBytes,
                                                      _In_ ULONG Tag, _In_ EX_POOL_PRIORITY Priority);

// Allocates a zeroed block (POOL_FLAG_UNINITIALIZED: not zeroed). No memory, tag 0 or invalid Flags: NULL, or an
// exception with POOL_FLAG_RAISE_ON_FAILURE. Since Windows 10 version 2004. Source: nf-wdm-exallocatepool2.
NTKERNELAPI PVOID NTAPI ExAllocatePool2(_In_ POOL_FLAGS Flags, _In_ SIZE_T NumberOfBytes, _In_ ULONG Tag);

// The same with ExtendedParametersCount parameters (priority, secure pool, node); one that is not understood fails the
// request unless it is marked optional. Since Windows 10 version 2004. Source: nf-wdm-exallocatepool3.
NTKERNELAPI PVOID NTAPI ExAllocatePool3(_In_ POOL_FLAGS Flags, _In_ SIZE_T NumberOfBytes, _In_ ULONG Tag,
                                        _In_reads_opt_(ExtendedParametersCount)
                                            PCPOOL_EXTENDED_PARAMETER ExtendedParameters,
                                        _In_ ULONG ExtendedParametersCount);

// Free the block at P, not NULL; Tag has to be the block's. BAD_POOL_CALLER: 0x07 freed before, 0x09 IRQL (IRQL, pool
// type, address), 0x0A another tag (address, its tag, Tag), 0x46 and others for an address that is no block;
// BAD_POOL_HEADER: the header is damaged. IRQL as for the allocation. Since Windows 2000. ExFreePool is a function in
// every header here. Source: nf-wdm-exfreepool, nf-wdm-exfreepoolwithtag.
NTKERNELAPI VOID NTAPI ExFreePool(_Pre_notnull_ __drv_freesMem(Mem) PVOID P);
NTKERNELAPI VOID NTAPI ExFreePoolWithTag(_Pre_notnull_ __drv_freesMem(Mem) PVOID P, _In_ ULONG Tag);

// Frees the block at P as ExFreePoolWithTag does or, with a parameter that names its secure pool and cookie, a block of
// a secure pool. There KERNEL_MODE_HEAP_CORRUPTION (0x08 freed before, 0x09 no such block, another cookie or not
// SECURE_POOL_FLAGS_FREEABLE, 0x0C another secure pool's block, 0x13 no handle; pool handle, P, 0).
// IRQL: <= DISPATCH_LEVEL. Since Windows Server 2022. Source: nf-wdm-exfreepool2.
NTKERNELAPI VOID NTAPI ExFreePool2(_Pre_notnull_ __drv_freesMem(Mem) PVOID P, _In_ ULONG Tag,
                                   _In_reads_opt_(ExtendedParametersCount) PCPOOL_EXTENDED_PARAMETER ExtendedParameters,
                                   _In_ ULONG ExtendedParametersCount);

// Make a secure pool: nonpaged, no-execute memory that the driver can only read (a write is
// ATTEMPTED_WRITE_TO_READONLY_MEMORY). Blocks come from ExAllocatePool3 with POOL_FLAG_NON_PAGED and a
// PoolExtendedParameterSecurePool, whose Buffer is what they contain. Flags: POOL_CREATE_FLG_SECURE_POOL, with or
// without POOL_CREATE_FLG_USE_GLOBAL_POOL. STATUS_SUCCESS, STATUS_INVALID_PARAMETER, STATUS_INSUFFICIENT_RESOURCES.
// ExDestroyPool frees the pool's blocks with it. IRQL: <= DISPATCH_LEVEL. Since Windows Server 2022.
// Source: nf-wdm-excreatepool, nf-wdm-exdestroypool, ns-wdm-pool_create_extended_params.
NTKERNELAPI NTSTATUS NTAPI ExCreatePool(_In_ ULONG Flags, _In_ ULONG_PTR Tag,
                                        _In_opt_ PPOOL_CREATE_EXTENDED_PARAMS Params, _Out_ HANDLE *PoolHandle);
NTKERNELAPI VOID NTAPI ExDestroyPool(_In_ HANDLE PoolHandle);

// Writes Size bytes of Buffer at Offset of a secure pool's block. STATUS_SUCCESS; STATUS_INVALID_HANDLE;
// STATUS_INVALID_PARAMETER (no block of the pool with that tag and cookie, or not inside it); STATUS_ACCESS_DENIED (not
// SECURE_POOL_FLAGS_MODIFIABLE). IRQL: <= DISPATCH_LEVEL. Since Windows Server 2022. Source: nf-wdm-exsecurepoolupdate.
NTKERNELAPI NTSTATUS NTAPI ExSecurePoolUpdate(_In_ HANDLE SecurePoolHandle, _In_ ULONG Tag, _In_ PVOID Allocation,
                                              _In_ ULONG_PTR Cookie, _In_ SIZE_T Offset, _In_ SIZE_T Size,
                                              _In_reads_bytes_(Size) PVOID Buffer);

// TRUE when Allocation is a block of that secure pool with that tag and cookie. IRQL: <= DISPATCH_LEVEL. Since Windows
// Server 2022. Source: nf-wdm-exsecurepoolvalidate.
NTKERNELAPI LOGICAL NTAPI ExSecurePoolValidate(_In_ HANDLE SecurePoolHandle, _In_ ULONG Tag, _In_ PVOID Allocation,
                                               _In_ ULONG_PTR Cookie);

// TRUE once ExInitializeDriverRuntime has found that the kernel zeroes. One variable per linked image.
EMU_SELECTANY BOOLEAN ExPoolZeroingNativelySupported = FALSE;

EMU_INLINE PVOID EmuZeroDownLevel(PVOID Block, SIZE_T NumberOfBytes)
{
#if defined(POOL_ZERO_DOWN_LEVEL_SUPPORT)
    if (Block != NULL && !ExPoolZeroingNativelySupported) {
        RtlZeroMemory(Block, NumberOfBytes);
    }
#else
    UNREFERENCED_PARAMETER(NumberOfBytes);
#endif
    return Block;
}

// What ExAllocatePoolZero and its relatives add to a pool type. A file without POOL_ZERO_DOWN_LEVEL_SUPPORT leaves the
// zeroing to the kernel; a bit that no kernel knows tells the emulator so.
#define EMU_POOL_ZEROED_BY_KERNEL 0x40000000
#if defined(POOL_ZERO_DOWN_LEVEL_SUPPORT)
#define EMU_POOL_ZERO POOL_ZERO_ALLOCATION
#else
#define EMU_POOL_ZERO (POOL_ZERO_ALLOCATION | EMU_POOL_ZEROED_BY_KERNEL)
#endif

// ExAllocatePoolWithTag, ...WithQuotaTag and ...WithTagPriority with zeroed contents, and with contents said to be
// undefined. Not exports. On kernels before Windows 10 version 2004 zeroing needs POOL_ZERO_DOWN_LEVEL_SUPPORT defined
// in this file. Source: nf-wdm-exallocatepoolzero, nf-wdm-exallocatepoolquotazero, nf-wdm-exallocatepoolpriorityzero
// and the ...uninitialized pages.
EMU_INLINE PVOID NTAPI ExAllocatePoolZero(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    POOL_TYPE Zeroed = (POOL_TYPE)((ULONG)PoolType | EMU_POOL_ZERO);
    return EmuZeroDownLevel(ExAllocatePoolWithTag(Zeroed, NumberOfBytes, Tag), NumberOfBytes);
}

EMU_INLINE PVOID NTAPI ExAllocatePoolUninitialized(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    return ExAllocatePoolWithTag(PoolType, NumberOfBytes, Tag);
}

EMU_INLINE PVOID NTAPI ExAllocatePoolQuotaZero(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    POOL_TYPE Zeroed = (POOL_TYPE)((ULONG)PoolType | EMU_POOL_ZERO);
    return EmuZeroDownLevel(ExAllocatePoolWithQuotaTag(Zeroed, NumberOfBytes, Tag), NumberOfBytes);
}

EMU_INLINE PVOID NTAPI ExAllocatePoolQuotaUninitialized(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    return ExAllocatePoolWithQuotaTag(PoolType, NumberOfBytes, Tag);
}

EMU_INLINE PVOID NTAPI ExAllocatePoolPriorityZero(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag,
                                                  EX_POOL_PRIORITY Priority)
{
    POOL_TYPE Zeroed = (POOL_TYPE)((ULONG)PoolType | EMU_POOL_ZERO);
    return EmuZeroDownLevel(ExAllocatePoolWithTagPriority(Zeroed, NumberOfBytes, Tag, Priority), NumberOfBytes);
}

EMU_INLINE PVOID NTAPI ExAllocatePoolPriorityUninitialized(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag,
                                                           EX_POOL_PRIORITY Priority)
{
    return ExAllocatePoolWithTagPriority(PoolType, NumberOfBytes, Tag, Priority);
}

// ---------------------------------------------------------------------------------------------------------------------
// Lookaside lists

typedef PVOID NTAPI ALLOCATE_FUNCTION(_In_ POOL_TYPE PoolType, _In_ SIZE_T NumberOfBytes, _In_ ULONG Tag);
typedef ALLOCATE_FUNCTION *PALLOCATE_FUNCTION;
typedef VOID NTAPI FREE_FUNCTION(_In_ __drv_freesMem(Mem) PVOID Buffer);
typedef FREE_FUNCTION *PFREE_FUNCTION;

typedef struct _LOOKASIDE_LIST_EX *PLOOKASIDE_LIST_EX;
typedef PVOID NTAPI ALLOCATE_FUNCTION_EX(_In_ POOL_TYPE PoolType, _In_ SIZE_T NumberOfBytes, _In_ ULONG Tag,
                                         _Inout_ PLOOKASIDE_LIST_EX Lookaside);
typedef ALLOCATE_FUNCTION_EX *PALLOCATE_FUNCTION_EX;
typedef VOID NTAPI FREE_FUNCTION_EX(_In_ __drv_freesMem(Mem) PVOID Buffer, _Inout_ PLOOKASIDE_LIST_EX Lookaside);
typedef FREE_FUNCTION_EX *PFREE_FUNCTION_EX;

#define EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL 0x00000001UL
#define EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE 0x00000002UL
#define EX_MAXIMUM_LOOKASIDE_DEPTH_BASE 256
#define EX_MAXIMUM_LOOKASIDE_DEPTH_LIMIT 1024
#define LOOKASIDE_MINIMUM_BLOCK_SIZE (RTL_SIZEOF_THROUGH_FIELD(SLIST_ENTRY, Next))

#define EMU_GENERAL_LOOKASIDE_MEMBERS                                                                                  \
    union {                                                                                                            \
        SLIST_HEADER ListHead;                                                                                         \
        SINGLE_LIST_ENTRY SingleListHead;                                                                              \
    };                                                                                                                 \
    USHORT Depth;                                                                                                      \
    USHORT MaximumDepth;                                                                                               \
    ULONG TotalAllocates;                                                                                              \
    union {                                                                                                            \
        ULONG AllocateMisses;                                                                                          \
        ULONG AllocateHits;                                                                                            \
    };                                                                                                                 \
    ULONG TotalFrees;                                                                                                  \
    union {                                                                                                            \
        ULONG FreeMisses;                                                                                              \
        ULONG FreeHits;                                                                                                \
    };                                                                                                                 \
    POOL_TYPE Type;                                                                                                    \
    ULONG Tag;                                                                                                         \
    ULONG Size;                                                                                                        \
    union {                                                                                                            \
        PALLOCATE_FUNCTION_EX AllocateEx;                                                                              \
        PALLOCATE_FUNCTION Allocate;                                                                                   \
    };                                                                                                                 \
    union {                                                                                                            \
        PFREE_FUNCTION_EX FreeEx;                                                                                      \
        PFREE_FUNCTION Free;                                                                                           \
    };                                                                                                                 \
    LIST_ENTRY ListEntry;                                                                                              \
    ULONG LastTotalAllocates;                                                                                          \
    union {                                                                                                            \
        ULONG LastAllocateMisses;                                                                                      \
        ULONG LastAllocateHits;                                                                                        \
    };                                                                                                                 \
    ULONG Future[2];

// On x86 a list is on lines of cache of its own only for a driver that includes wdm.h alone.
#if defined(EMU_ARCH_X86) && (defined(_NTDDK_) || defined(_NTIFS_) || defined(_NDIS_))
#define EMU_LOOKASIDE_ALIGN
#define EMU_BY_LOOKASIDE_ALIGN(Aligned, Unaligned) (Unaligned)
#else
#define EMU_LOOKASIDE_ALIGN EMU_ALIGN(64)
#define EMU_BY_LOOKASIDE_ALIGN(Aligned, Unaligned) (Aligned)
#endif

typedef struct EMU_LOOKASIDE_ALIGN _GENERAL_LOOKASIDE {
    EMU_GENERAL_LOOKASIDE_MEMBERS
} GENERAL_LOOKASIDE, *PGENERAL_LOOKASIDE;

typedef struct _GENERAL_LOOKASIDE_POOL {
    EMU_GENERAL_LOOKASIDE_MEMBERS
} GENERAL_LOOKASIDE_POOL, *PGENERAL_LOOKASIDE_POOL;

typedef struct _NPAGED_LOOKASIDE_LIST {
    GENERAL_LOOKASIDE L;
#if defined(EMU_ARCH_X86)
    KSPIN_LOCK Lock__ObsoleteButDoNotDelete;
#endif
} NPAGED_LOOKASIDE_LIST, *PNPAGED_LOOKASIDE_LIST;

typedef struct _PAGED_LOOKASIDE_LIST {
    GENERAL_LOOKASIDE L;
#if defined(EMU_ARCH_X86)
    FAST_MUTEX Lock__ObsoleteButDoNotDelete;
#endif
} PAGED_LOOKASIDE_LIST, *PPAGED_LOOKASIDE_LIST;

typedef struct _LOOKASIDE_LIST_EX {
    GENERAL_LOOKASIDE_POOL L;
} LOOKASIDE_LIST_EX;

#define EMU_ASSERT_LOOKASIDE(Type_, Bytes)                                                                             \
    EMU_STATIC_ASSERT(sizeof(Type_) == (Bytes) && offsetof(Type_, Depth) == sizeof(SLIST_HEADER) &&                    \
                          offsetof(Type_, MaximumDepth) == EMU_BY_WIDTH(0x12, 0xA) &&                                  \
                          offsetof(Type_, TotalAllocates) == EMU_BY_WIDTH(0x14, 0xC) &&                                \
                          offsetof(Type_, AllocateMisses) == EMU_BY_WIDTH(0x18, 0x10) &&                               \
                          offsetof(Type_, TotalFrees) == EMU_BY_WIDTH(0x1C, 0x14) &&                                   \
                          offsetof(Type_, FreeMisses) == EMU_BY_WIDTH(0x20, 0x18) &&                                   \
                          offsetof(Type_, Type) == EMU_BY_WIDTH(0x24, 0x1C) &&                                         \
                          offsetof(Type_, Tag) == EMU_BY_WIDTH(0x28, 0x20) &&                                          \
                          offsetof(Type_, Size) == EMU_BY_WIDTH(0x2C, 0x24) &&                                         \
                          offsetof(Type_, Allocate) == EMU_BY_WIDTH(0x30, 0x28) &&                                     \
                          offsetof(Type_, Free) == EMU_BY_WIDTH(0x38, 0x2C) &&                                         \
                          offsetof(Type_, ListEntry) == EMU_BY_WIDTH(0x40, 0x30) &&                                    \
                          offsetof(Type_, LastTotalAllocates) == EMU_BY_WIDTH(0x50, 0x38) &&                           \
                          offsetof(Type_, LastAllocateMisses) == EMU_BY_WIDTH(0x54, 0x3C) &&                           \
                          offsetof(Type_, Future) == EMU_BY_WIDTH(0x58, 0x40),                                         \
                      #Type_)
EMU_ASSERT_LOOKASIDE(GENERAL_LOOKASIDE, EMU_BY_LOOKASIDE_ALIGN(0x80, 0x48));
EMU_ASSERT_LOOKASIDE(GENERAL_LOOKASIDE_POOL, EMU_BY_WIDTH(0x60, 0x48));
EMU_STATIC_ASSERT(sizeof(NPAGED_LOOKASIDE_LIST) == EMU_BY_WIDTH(0x80, EMU_BY_LOOKASIDE_ALIGN(0xC0, 0x50)) &&
                      sizeof(PAGED_LOOKASIDE_LIST) == EMU_BY_WIDTH(0x80, EMU_BY_LOOKASIDE_ALIGN(0xC0, 0x68)),
                  "lookaside lists, with their obsolete lock on x86");

// Make a list of equal blocks of Size bytes (at least LOOKASIDE_MINIMUM_BLOCK_SIZE) from nonpaged or paged pool;
// Lookaside is nonpaged and aligned to MEMORY_ALLOCATION_ALIGNMENT, Depth is 0. NULL routines mean
// ExAllocatePoolWithTag and ExFreePool. Flags, from Windows 8: POOL_RAISE_IF_ALLOCATION_FAILURE, POOL_NX_ALLOCATION.
// IRQL: <= DISPATCH_LEVEL, paged <= APC_LEVEL. Since Windows 2000. Source: nf-wdm-exinitializenpagedlookasidelist,
// nf-wdm-exinitializepagedlookasidelist.
NTKERNELAPI VOID NTAPI ExInitializeNPagedLookasideList(_Out_ PNPAGED_LOOKASIDE_LIST Lookaside,
                                                       _In_opt_ PALLOCATE_FUNCTION Allocate,
                                                       _In_opt_ PFREE_FUNCTION Free, _In_ ULONG Flags, _In_ SIZE_T Size,
                                                       _In_ ULONG Tag, _In_ USHORT Depth);
NTKERNELAPI VOID NTAPI ExInitializePagedLookasideList(_Out_ PPAGED_LOOKASIDE_LIST Lookaside,
                                                      _In_opt_ PALLOCATE_FUNCTION Allocate,
                                                      _In_opt_ PFREE_FUNCTION Free, _In_ ULONG Flags, _In_ SIZE_T Size,
                                                      _In_ ULONG Tag, _In_ USHORT Depth);

// Free the cached blocks and take the list off the system's set; blocks still in use stay the driver's. IRQL:
// <= DISPATCH_LEVEL, paged <= APC_LEVEL. Since Windows 2000. Source: nf-wdm-exdeletenpagedlookasidelist,
// nf-wdm-exdeletepagedlookasidelist.
NTKERNELAPI VOID NTAPI ExDeleteNPagedLookasideList(_Inout_ PNPAGED_LOOKASIDE_LIST Lookaside);
NTKERNELAPI VOID NTAPI ExDeletePagedLookasideList(_Inout_ PPAGED_LOOKASIDE_LIST Lookaside);

// The same for either pool type, with the list passed to the routines. Flags: 0 or one EX_LOOKASIDE_LIST_EX_FLAGS_
// value. Initialise: STATUS_SUCCESS, STATUS_INVALID_PARAMETER_4 (PoolType), STATUS_INVALID_PARAMETER_5 (Flags). Flush
// frees the cached blocks and keeps the list. IRQL: <= DISPATCH_LEVEL. Since Windows Vista. Source:
// nf-wdm-exinitializelookasidelistex, nf-wdm-exdeletelookasidelistex, nf-wdm-exflushlookasidelistex.
NTKERNELAPI NTSTATUS NTAPI ExInitializeLookasideListEx(_Out_ PLOOKASIDE_LIST_EX Lookaside,
                                                       _In_opt_ PALLOCATE_FUNCTION_EX Allocate,
                                                       _In_opt_ PFREE_FUNCTION_EX Free, _In_ POOL_TYPE PoolType,
                                                       _In_ ULONG Flags, _In_ SIZE_T Size, _In_ ULONG Tag,
                                                       _In_ USHORT Depth);
NTKERNELAPI VOID NTAPI ExDeleteLookasideListEx(_Inout_ PLOOKASIDE_LIST_EX Lookaside);
NTKERNELAPI VOID NTAPI ExFlushLookasideListEx(_Inout_ PLOOKASIDE_LIST_EX Lookaside);

// Take a block from a list (NULL, or an exception if the list was made so, when there is no memory), and give one back.
// IRQL: <= DISPATCH_LEVEL, blocks of paged pool <= APC_LEVEL. Since Windows 2000 (Ex: Vista). Inline when this file is
// built for Windows 11 21H2 or older, exports for 22H2 and newer. Source: nf-wdm-exallocatefromnpagedlookasidelist,
// nf-wdm-exfreetonpagedlookasidelist, the paged and the Ex pages.
#if NTDDI_VERSION >= NTDDI_WIN10_NI
NTKERNELAPI PVOID NTAPI ExAllocateFromNPagedLookasideList(_Inout_ PNPAGED_LOOKASIDE_LIST Lookaside);
NTKERNELAPI VOID NTAPI ExFreeToNPagedLookasideList(_Inout_ PNPAGED_LOOKASIDE_LIST Lookaside, _In_ PVOID Entry);
NTKERNELAPI PVOID NTAPI ExAllocateFromPagedLookasideList(_Inout_ PPAGED_LOOKASIDE_LIST Lookaside);
NTKERNELAPI VOID NTAPI ExFreeToPagedLookasideList(_Inout_ PPAGED_LOOKASIDE_LIST Lookaside, _In_ PVOID Entry);
NTKERNELAPI PVOID NTAPI ExAllocateFromLookasideListEx(_Inout_ PLOOKASIDE_LIST_EX Lookaside);
NTKERNELAPI VOID NTAPI ExFreeToLookasideListEx(_Inout_ PLOOKASIDE_LIST_EX Lookaside, _In_ PVOID Entry);
#else
EMU_INLINE PVOID EmuAllocateFromLookaside(PGENERAL_LOOKASIDE L)
{
    PVOID Entry;
    L->TotalAllocates += 1;
    Entry = InterlockedPopEntrySList(&L->ListHead);
    if (Entry == NULL) {
        L->AllocateMisses += 1;
        Entry = L->Allocate(L->Type, L->Size, L->Tag);
    }
    return Entry;
}

EMU_INLINE VOID EmuFreeToLookaside(PGENERAL_LOOKASIDE L, PVOID Entry)
{
    L->TotalFrees += 1;
    if (ExQueryDepthSList(&L->ListHead) >= L->Depth) {
        L->FreeMisses += 1;
        L->Free(Entry);
    } else {
        InterlockedPushEntrySList(&L->ListHead, (PSLIST_ENTRY)Entry);
    }
}

EMU_INLINE PVOID ExAllocateFromNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside)
{
    return EmuAllocateFromLookaside(&Lookaside->L);
}

EMU_INLINE VOID ExFreeToNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PVOID Entry)
{
    EmuFreeToLookaside(&Lookaside->L, Entry);
}

EMU_INLINE PVOID ExAllocateFromPagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside)
{
    return EmuAllocateFromLookaside(&Lookaside->L);
}

EMU_INLINE VOID ExFreeToPagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside, PVOID Entry)
{
    EmuFreeToLookaside(&Lookaside->L, Entry);
}

EMU_INLINE PVOID ExAllocateFromLookasideListEx(PLOOKASIDE_LIST_EX Lookaside)
{
    PVOID Entry;
    Lookaside->L.TotalAllocates += 1;
    Entry = InterlockedPopEntrySList(&Lookaside->L.ListHead);
    if (Entry == NULL) {
        Lookaside->L.AllocateMisses += 1;
        Entry = Lookaside->L.AllocateEx(Lookaside->L.Type, Lookaside->L.Size, Lookaside->L.Tag, Lookaside);
    }
    return Entry;
}

EMU_INLINE VOID ExFreeToLookasideListEx(PLOOKASIDE_LIST_EX Lookaside, PVOID Entry)
{
    Lookaside->L.TotalFrees += 1;
    if (ExQueryDepthSList(&Lookaside->L.ListHead) >= Lookaside->L.Depth) {
        Lookaside->L.FreeMisses += 1;
        Lookaside->L.FreeEx(Entry, Lookaside);
    } else {
        InterlockedPushEntrySList(&Lookaside->L.ListHead, (PSLIST_ENTRY)Entry);
    }
}
#endif

// ---------------------------------------------------------------------------------------------------------------------
// Memory descriptor lists

typedef struct _IRP *PIRP;

typedef struct _MDL {
    struct _MDL *Next;
    CSHORT Size;
    CSHORT MdlFlags;
#if defined(_WIN64)
    USHORT AllocationProcessorNumber;
    USHORT Reserved;
#endif
    struct _EPROCESS *Process;
    PVOID MappedSystemVa;
    PVOID StartVa;
    ULONG ByteCount;
    ULONG ByteOffset;
} MDL, *PMDL;
typedef const MDL *PCMDL;

EMU_STATIC_ASSERT(sizeof(MDL) == EMU_BY_WIDTH(48, 28) && offsetof(MDL, Size) == EMU_BY_WIDTH(8, 4) &&
                      offsetof(MDL, MdlFlags) == EMU_BY_WIDTH(10, 6) && offsetof(MDL, Process) == EMU_BY_WIDTH(16, 8) &&
                      offsetof(MDL, MappedSystemVa) == EMU_BY_WIDTH(24, 12) &&
                      offsetof(MDL, StartVa) == EMU_BY_WIDTH(32, 16) &&
                      offsetof(MDL, ByteCount) == EMU_BY_WIDTH(40, 20) &&
                      offsetof(MDL, ByteOffset) == EMU_BY_WIDTH(44, 24),
                  "MDL");

#define MDL_MAPPED_TO_SYSTEM_VA 0x0001
#define MDL_PAGES_LOCKED 0x0002
#define MDL_SOURCE_IS_NONPAGED_POOL 0x0004
#define MDL_ALLOCATED_FIXED_SIZE 0x0008
#define MDL_PARTIAL 0x0010
#define MDL_PARTIAL_HAS_BEEN_MAPPED 0x0020
#define MDL_IO_PAGE_READ 0x0040
#define MDL_WRITE_OPERATION 0x0080
#define MDL_LOCKED_PAGE_TABLES 0x0100
#define MDL_PARENT_MAPPED_SYSTEM_VA MDL_LOCKED_PAGE_TABLES
#define MDL_FREE_EXTRA_PTES 0x0200
#define MDL_DESCRIBES_AWE 0x0400
#define MDL_IO_SPACE 0x0800
#define MDL_NETWORK_HEADER 0x1000
#define MDL_MAPPING_CAN_FAIL 0x2000
#define MDL_PAGE_CONTENTS_INVARIANT 0x4000
#define MDL_ALLOCATED_MUST_SUCCEED MDL_PAGE_CONTENTS_INVARIANT
#define MDL_INTERNAL 0x8000
#define MDL_MAPPING_FLAGS                                                                                              \
    (MDL_MAPPED_TO_SYSTEM_VA | MDL_PAGES_LOCKED | MDL_SOURCE_IS_NONPAGED_POOL | MDL_PARTIAL_HAS_BEEN_MAPPED |          \
     MDL_PARENT_MAPPED_SYSTEM_VA | MDL_IO_SPACE)

#define MmGetMdlByteCount(Mdl) ((Mdl)->ByteCount)
#define MmGetMdlByteOffset(Mdl) ((Mdl)->ByteOffset)
#define MmGetMdlBaseVa(Mdl) ((Mdl)->StartVa)
#define MmGetMdlVirtualAddress(Mdl) ((PVOID)((PCHAR)((Mdl)->StartVa) + (Mdl)->ByteOffset))
#define MmGetMdlPfnArray(Mdl) ((PPFN_NUMBER)((Mdl) + 1))

// Allocates an MDL for Length bytes at VirtualAddress (not yet locked or built); with Irp, links it there. NULL if
// there is no memory. IRQL: <= DISPATCH_LEVEL. Since Windows 2000. Source: nf-wdm-ioallocatemdl, nf-wdm-iofreemdl.
NTKERNELAPI PMDL NTAPI IoAllocateMdl(_In_opt_ PVOID VirtualAddress, _In_ ULONG Length, _In_ BOOLEAN SecondaryBuffer,
                                     _In_ BOOLEAN ChargeQuota, _Inout_opt_ PIRP Irp);
NTKERNELAPI VOID NTAPI IoFreeMdl(_In_ PMDL Mdl);

// Makes TargetMdl describe Length bytes at VirtualAddress, a part of what SourceMdl describes (0: all from there on). A
// part that is not inside it, or for which TargetMdl has too few pages: TARGET_MDL_TOO_SMALL. IRQL: <= DISPATCH_LEVEL.
// Since Windows 2000. Source: nf-wdm-iobuildpartialmdl.
NTKERNELAPI VOID NTAPI IoBuildPartialMdl(_In_ PMDL SourceMdl, _Inout_ PMDL TargetMdl, _In_ PVOID VirtualAddress,
                                         _In_ ULONG Length);

// Fills in an MDL whose buffer is nonpaged pool; its system address is the buffer. IRQL: <= DISPATCH_LEVEL.
// Since Windows 2000. Source: nf-wdm-mmbuildmdlfornonpagedpool.
NTKERNELAPI VOID NTAPI MmBuildMdlForNonPagedPool(_Inout_ PMDL MemoryDescriptorList);

// Locks the MDL's pages and fills in their numbers; raises STATUS_ACCESS_VIOLATION when they are not accessible for
// Operation, or kernel memory with UserMode. Unlocking also unmaps; pages that are not locked: PFN_LIST_CORRUPT
// (0x07, ...). IRQL: <= DISPATCH_LEVEL, pageable memory <= APC_LEVEL. Since Windows 2000.
// Source: nf-wdm-mmprobeandlockpages, nf-wdm-mmunlockpages.
NTKERNELAPI VOID NTAPI MmProbeAndLockPages(_Inout_ PMDL MemoryDescriptorList, _In_ KPROCESSOR_MODE AccessMode,
                                           _In_ LOCK_OPERATION Operation);
NTKERNELAPI VOID NTAPI MmUnlockPages(_Inout_ PMDL MemoryDescriptorList);

// Maps the MDL's locked pages and returns the address; Priority is an MM_PAGE_PRIORITY, from Windows 8 on with
// MdlMappingNoExecute and MdlMappingNoWrite. NULL if that fails, or NO_MORE_SYSTEM_PTES with BugCheckOnFailure. Pages
// of the kernel's get a second address, with the rights asked for: executing or writing where that is forbidden is
// ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY or ATTEMPTED_WRITE_TO_READONLY_MEMORY. IRQL: <= DISPATCH_LEVEL (UserMode <=
// APC_LEVEL). Unmap takes what this returned; a wrong one is SYSTEM_PTE_MISUSE. Since Windows 2000. The older
// MmMapLockedPages maps for execution, and stops when it cannot. Source: nf-wdm-mmmaplockedpagesspecifycache,
// nf-wdm-mmunmaplockedpages, nf-wdm-mmmaplockedpages.
NTKERNELAPI PVOID NTAPI MmMapLockedPagesSpecifyCache(_Inout_ PMDL MemoryDescriptorList, _In_ KPROCESSOR_MODE AccessMode,
                                                     _In_ MEMORY_CACHING_TYPE CacheType,
                                                     _In_opt_ PVOID RequestedAddress, _In_ ULONG BugCheckOnFailure,
                                                     _In_ ULONG Priority);
NTKERNELAPI PVOID NTAPI MmMapLockedPages(_Inout_ PMDL MemoryDescriptorList, _In_ KPROCESSOR_MODE AccessMode);
NTKERNELAPI VOID NTAPI MmUnmapLockedPages(_In_ PVOID BaseAddress, _Inout_ PMDL MemoryDescriptorList);

// Sets the protection of an MDL's mapping: PAGE_NOACCESS, PAGE_READONLY, PAGE_READWRITE or one of the three
// PAGE_EXECUTEs. STATUS_SUCCESS, STATUS_NOT_MAPPED_VIEW, STATUS_INVALID_PAGE_PROTECTION; STATUS_NOT_SUPPORTED for
// memory of the program's, which is mapped where it is. IRQL: <= DISPATCH_LEVEL. Since Windows XP. Source:
// nf-wdm-mmprotectmdlsystemaddress.
NTKERNELAPI NTSTATUS NTAPI MmProtectMdlSystemAddress(_In_ PMDL MemoryDescriptorList, _In_ ULONG NewProtect);

// Reserve NumberOfBytes of addresses to map to later, and give them back. NULL if there are none. SYSTEM_PTE_MISUSE:
// 0x100 zero bytes, 0x101 another tag, 0x102 no reserved range, 0x103 still mapped. IRQL: <= APC_LEVEL. Since Windows
// XP (Ex: Windows 10 version 2004; Flags are reserved). Source: nf-wdm-mmallocatemappingaddress,
// nf-wdm-mmallocatemappingaddressex, nf-wdm-mmfreemappingaddress.
NTKERNELAPI PVOID NTAPI MmAllocateMappingAddress(_In_ SIZE_T NumberOfBytes, _In_ ULONG PoolTag);
NTKERNELAPI PVOID NTAPI MmAllocateMappingAddressEx(_In_ SIZE_T NumberOfBytes, _In_ ULONG PoolTag, _In_ ULONG Flags);
NTKERNELAPI VOID NTAPI MmFreeMappingAddress(_In_ PVOID BaseAddress, _In_ ULONG PoolTag);

// Map an MDL's locked pages to a reserved range, and unmap them. NULL when the MDL is larger than the range. What is
// returned has the MDL's byte offset, its MappedSystemVa has not. SYSTEM_PTE_MISUSE: 0x104 and 0x108 another tag, 0x105
// and 0x109 no reserved range, 0x107 mapped already, 0x10A to 0x10C not as many pages as are mapped.
// IRQL: <= DISPATCH_LEVEL. Since Windows XP. Source: nf-wdm-mmmaplockedpageswithreservedmapping,
// nf-wdm-mmunmapreservedmapping.
NTKERNELAPI PVOID NTAPI MmMapLockedPagesWithReservedMapping(_In_ PVOID MappingAddress, _In_ ULONG PoolTag,
                                                            _In_ PMDL MemoryDescriptorList,
                                                            _In_ MEMORY_CACHING_TYPE CacheType);
NTKERNELAPI VOID NTAPI MmUnmapReservedMapping(_In_ PVOID BaseAddress, _In_ ULONG PoolTag,
                                              _In_ PMDL MemoryDescriptorList);

// The physical address behind a virtual one. Emulated: pool lies from 8 GiB on, contiguous memory below, and what else
// the program has far above; a page's address never changes. IRQL: any. Since Windows 2000.
// Source: nf-ntddk-mmgetphysicaladdress.
NTKERNELAPI PHYSICAL_ADDRESS NTAPI MmGetPhysicalAddress(_In_ PVOID BaseAddress);

// Contiguous memory: nonpaged, on a page, its physical addresses one behind the other, from LowestAcceptableAddress up
// to HighestAcceptableAddress (included) and not across a multiple of BoundaryAddressMultiple (a power of two; 0:
// none). NULL if there is none, or a parameter is invalid. Emulated: physical memory from 1 MiB to 8 GiB, one node,
// number 0; the highest free range is taken. The first three are executable; Protect is PAGE_READWRITE or
// PAGE_EXECUTE_READWRITE, with PAGE_NOCACHE or PAGE_WRITECOMBINE or neither. IRQL: <= DISPATCH_LEVEL. Since Windows
// 2000
// (...SpecifyCacheNode: Vista, ...NodeMemory: Windows 8). Source: nf-wdm-mmallocatecontiguousmemory,
// nf-wdm-mmallocatecontiguousmemoryspecifycache, nf-wdm-mmallocatecontiguousmemoryspecifycachenode,
// nf-wdm-mmallocatecontiguousnodememory.
NTKERNELAPI PVOID NTAPI MmAllocateContiguousMemory(_In_ SIZE_T NumberOfBytes,
                                                   _In_ PHYSICAL_ADDRESS HighestAcceptableAddress);
NTKERNELAPI PVOID NTAPI MmAllocateContiguousMemorySpecifyCache(_In_ SIZE_T NumberOfBytes,
                                                               _In_ PHYSICAL_ADDRESS LowestAcceptableAddress,
                                                               _In_ PHYSICAL_ADDRESS HighestAcceptableAddress,
                                                               _In_opt_ PHYSICAL_ADDRESS BoundaryAddressMultiple,
                                                               _In_ MEMORY_CACHING_TYPE CacheType);
NTKERNELAPI PVOID NTAPI MmAllocateContiguousMemorySpecifyCacheNode(_In_ SIZE_T NumberOfBytes,
                                                                   _In_ PHYSICAL_ADDRESS LowestAcceptableAddress,
                                                                   _In_ PHYSICAL_ADDRESS HighestAcceptableAddress,
                                                                   _In_opt_ PHYSICAL_ADDRESS BoundaryAddressMultiple,
                                                                   _In_ MEMORY_CACHING_TYPE CacheType,
                                                                   _In_ NODE_REQUIREMENT PreferredNode);
NTKERNELAPI PVOID NTAPI MmAllocateContiguousNodeMemory(_In_ SIZE_T NumberOfBytes,
                                                       _In_ PHYSICAL_ADDRESS LowestAcceptableAddress,
                                                       _In_ PHYSICAL_ADDRESS HighestAcceptableAddress,
                                                       _In_opt_ PHYSICAL_ADDRESS BoundaryAddressMultiple,
                                                       _In_ ULONG Protect, _In_ NODE_REQUIREMENT PreferredNode);

// As MmAllocateContiguousNodeMemory, with a status: STATUS_SUCCESS, and *NumberOfBytes is rounded up to pages;
// STATUS_INVALID_PARAMETER (PartitionObject has to be NULL, Tag not 0, Flags 0 or FAST_ONLY);
// STATUS_INSUFFICIENT_RESOURCES. IRQL: <= DISPATCH_LEVEL. Since Windows Server 2022.
// Source: nf-wdm-mmallocatecontiguousmemoryex.
#define MM_ALLOCATE_CONTIGUOUS_MEMORY_FAST_ONLY 0x00000001
NTKERNELAPI NTSTATUS NTAPI MmAllocateContiguousMemoryEx(_Inout_ PSIZE_T NumberOfBytes,
                                                        _In_ PHYSICAL_ADDRESS LowestAcceptableAddress,
                                                        _In_ PHYSICAL_ADDRESS HighestAcceptableAddress,
                                                        _In_ PHYSICAL_ADDRESS BoundaryAddressMultiple,
                                                        _In_ NODE_REQUIREMENT PreferredNode, _In_ ULONG Protect,
                                                        _In_opt_ PVOID PartitionObject, _In_ ULONG Tag,
                                                        _In_ ULONG Flags, _Out_ PVOID *BaseAddress);

// Free contiguous memory; size and cache type have to be the allocation's. A bad pointer: BAD_POOL_CALLER (0x60,
// BaseAddress, 0, 0); one that an MDL is mapped to: PFN_LIST_CORRUPT (0x9A, page number, 0, mappings). IRQL: <=
// DISPATCH_LEVEL, before Windows Server 2008 <= APC_LEVEL. Since Windows 2000.
// Source: nf-wdm-mmfreecontiguousmemory, nf-wdm-mmfreecontiguousmemoryspecifycache.
NTKERNELAPI VOID NTAPI MmFreeContiguousMemory(_In_ PVOID BaseAddress);
NTKERNELAPI VOID NTAPI MmFreeContiguousMemorySpecifyCache(_In_ PVOID BaseAddress, _In_ SIZE_T NumberOfBytes,
                                                          _In_ MEMORY_CACHING_TYPE CacheType);

// How many bytes an MDL for that buffer has. Source: nf-wdm-mmsizeofmdl.
EMU_INLINE SIZE_T MmSizeOfMdl(PVOID Base, SIZE_T Length)
{
    return sizeof(MDL) + sizeof(PFN_NUMBER) * ADDRESS_AND_SIZE_TO_SPAN_PAGES(Base, Length);
}

// Makes an MDL of memory that the driver has. Source: nf-wdm-mminitializemdl.
EMU_INLINE VOID MmInitializeMdl(PMDL MemoryDescriptorList, PVOID BaseVa, SIZE_T Length)
{
    MemoryDescriptorList->Next = NULL;
    MemoryDescriptorList->Size = (CSHORT)MmSizeOfMdl(BaseVa, Length);
    MemoryDescriptorList->MdlFlags = 0;
    MemoryDescriptorList->StartVa = PAGE_ALIGN(BaseVa);
    MemoryDescriptorList->ByteOffset = BYTE_OFFSET(BaseVa);
    MemoryDescriptorList->ByteCount = (ULONG)Length;
}

// Unmaps a partial MDL that was mapped, so that IoBuildPartialMdl may build it anew. IRQL: <= DISPATCH_LEVEL.
// Since Windows 2000. Source: nf-wdm-mmpreparemdlforreuse.
EMU_INLINE VOID MmPrepareMdlForReuse(PMDL Mdl)
{
    if ((Mdl->MdlFlags & MDL_PARTIAL_HAS_BEEN_MAPPED) != 0) {
        MmUnmapLockedPages(Mdl->MappedSystemVa, Mdl);
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// The NX pool opt-in, for this source file

#if defined(EMU_POOL_NX_OPTIN)
// Set by ExInitializeDriverRuntime. One variable of each per linked image.
EMU_SELECTANY POOL_TYPE ExDefaultNonPagedPoolType = NonPagedPoolExecute;
EMU_SELECTANY ULONG ExDefaultMdlProtection = 0;
#define EMU_POOL_NX_LOOKASIDE_FLAGS ((ULONG)ExDefaultNonPagedPoolType)
#define EMU_POOL_NX_MDL_PRIORITY ExDefaultMdlProtection
#elif defined(EMU_POOL_NX_AUTO)
#define EMU_POOL_NX_LOOKASIDE_FLAGS POOL_NX_ALLOCATION
#define EMU_POOL_NX_MDL_PRIORITY MdlMappingNoExecute
#endif

#if defined(EMU_POOL_NX_MDL_PRIORITY)
EMU_INLINE VOID EmuInitializeNPagedLookasideListNx(PNPAGED_LOOKASIDE_LIST Lookaside, PALLOCATE_FUNCTION Allocate,
                                                   PFREE_FUNCTION Free, ULONG Flags, SIZE_T Size, ULONG Tag,
                                                   USHORT Depth)
{
    ExInitializeNPagedLookasideList(Lookaside, Allocate, Free, Flags | EMU_POOL_NX_LOOKASIDE_FLAGS, Size, Tag, Depth);
}

EMU_INLINE PVOID EmuMapLockedPagesSpecifyCacheNx(PMDL Mdl, KPROCESSOR_MODE AccessMode, MEMORY_CACHING_TYPE CacheType,
                                                 PVOID RequestedAddress, ULONG BugCheckOnFailure, ULONG Priority)
{
    return MmMapLockedPagesSpecifyCache(Mdl, AccessMode, CacheType, RequestedAddress, BugCheckOnFailure,
                                        Priority | EMU_POOL_NX_MDL_PRIORITY);
}

#define ExInitializeNPagedLookasideList EmuInitializeNPagedLookasideListNx
#define MmMapLockedPagesSpecifyCache EmuMapLockedPagesSpecifyCacheNx
#endif

#if defined(EMU_POOL_NX_OPTIN)
#define NonPagedPool ExDefaultNonPagedPoolType
#define NonPagedPoolCacheAligned ((POOL_TYPE)(ExDefaultNonPagedPoolType + NonPagedPoolBaseCacheAligned))
#elif defined(EMU_POOL_NX_AUTO)
#define NonPagedPool NonPagedPoolNx
#define NonPagedPoolCacheAligned NonPagedPoolNxCacheAligned
#endif

// The system address of the MDL's buffer: the one that it has, or a new mapping (NULL if that fails). Priority is an
// MM_PAGE_PRIORITY with MdlMapping flags. IRQL: <= DISPATCH_LEVEL. Since Windows 2000.
// Source: nf-wdm-mmgetsystemaddressformdlsafe.
EMU_INLINE PVOID MmGetSystemAddressForMdlSafe(PMDL Mdl, ULONG Priority)
{
    if ((Mdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL)) != 0) {
        return Mdl->MappedSystemVa;
    }
    return MmMapLockedPagesSpecifyCache(Mdl, KernelMode, MmCached, NULL, FALSE, Priority);
}

typedef enum DRIVER_RUNTIME_INIT_FLAGS {
    DrvRtPoolNxOptIn = 0x00000001,
    LastDrvRtFlag
} DRIVER_RUNTIME_INIT_FLAGS, *PDRIVER_RUNTIME_INIT_FLAGS;

#define EMU_SYSTEM_POOL_ZEROING_INFORMATION 227

// Tells the emulator that a driver calls ExInitializeDriverRuntime, and from what kind of file. No kernel routine.
NTKERNELAPI VOID NTAPI EmuNoteDriverRuntime(_In_ const EMU_AUDIT_RECORD *Record, _In_ ULONG RuntimeFlags);

// What a driver calls first in DriverEntry or DllInitialize. With POOL_NX_OPTIN active in this file and
// DrvRtPoolNxOptIn in RuntimeFlags: makes NonPagedPool no-execute for the whole image if Windows is 8 or later. With
// POOL_ZERO_DOWN_LEVEL_SUPPORT defined in this file: finds out whether the kernel zeroes pool. Not an export.
// IRQL: PASSIVE_LEVEL. Source: nf-wdm-exinitializedriverruntime.
EMU_INLINE VOID ExInitializeDriverRuntime(ULONG RuntimeFlags)
{
    EMU_AUDIT_DROPPED_WITH_USER EMU_AUDIT_THIS_FILE(Call, EMU_AUDIT_RUNTIME_CALL);
    EmuNoteDriverRuntime(&Call.Record, RuntimeFlags);
#if defined(EMU_POOL_NX_OPTIN)
    if ((RuntimeFlags & DrvRtPoolNxOptIn) != 0) {
        RTL_OSVERSIONINFOW Version = EMU_ZERO_INITIALISER;
        Version.dwOSVersionInfoSize = sizeof(Version);
        if (!NT_SUCCESS(RtlGetVersion(&Version))) {
            Version.dwMajorVersion = 5;
            Version.dwMinorVersion = 0;
        }
        if (Version.dwMajorVersion > 6 || (Version.dwMajorVersion == 6 && Version.dwMinorVersion >= 2)) {
            ExDefaultNonPagedPoolType = NonPagedPoolNx;
            ExDefaultMdlProtection = MdlMappingNoExecute;
        }
    }
#endif
#if defined(POOL_ZERO_DOWN_LEVEL_SUPPORT)
    {
        typedef NTSTATUS NTAPI QUERY_SYSTEM_INFORMATION(ULONG Class, PVOID Information, ULONG Length, PULONG Returned);
        static WCHAR Name[] = L"NtQuerySystemInformation";
        UNICODE_STRING RoutineName;
        QUERY_SYSTEM_INFORMATION *Query;
        BOOLEAN Zeroes = FALSE;
        RoutineName.Length = sizeof(Name) - sizeof(WCHAR);
        RoutineName.MaximumLength = sizeof(Name);
        RoutineName.Buffer = Name;
        Query = (QUERY_SYSTEM_INFORMATION *)MmGetSystemRoutineAddress(&RoutineName);
        if (Query != NULL && NT_SUCCESS(Query(EMU_SYSTEM_POOL_ZEROING_INFORMATION, &Zeroes, sizeof(Zeroes), NULL)) &&
            Zeroes) {
            ExPoolZeroingNativelySupported = TRUE;
        }
    }
#endif
}

// ---------------------------------------------------------------------------------------------------------------------
// Processes, and the I/O structures that DriverEntry sees

// The process whose thread calls. IRQL: any. Since Windows 2000. Source: nf-ntddk-iogetcurrentprocess.
NTKERNELAPI PEPROCESS NTAPI IoGetCurrentProcess(VOID);
NTKERNELAPI PEPROCESS NTAPI PsGetCurrentProcess(VOID);
#define PsGetCurrentProcess() IoGetCurrentProcess()

#define IRP_MJ_CREATE 0x00
#define IRP_MJ_CREATE_NAMED_PIPE 0x01
#define IRP_MJ_CLOSE 0x02
#define IRP_MJ_READ 0x03
#define IRP_MJ_WRITE 0x04
#define IRP_MJ_QUERY_INFORMATION 0x05
#define IRP_MJ_SET_INFORMATION 0x06
#define IRP_MJ_QUERY_EA 0x07
#define IRP_MJ_SET_EA 0x08
#define IRP_MJ_FLUSH_BUFFERS 0x09
#define IRP_MJ_QUERY_VOLUME_INFORMATION 0x0A
#define IRP_MJ_SET_VOLUME_INFORMATION 0x0B
#define IRP_MJ_DIRECTORY_CONTROL 0x0C
#define IRP_MJ_FILE_SYSTEM_CONTROL 0x0D
#define IRP_MJ_DEVICE_CONTROL 0x0E
#define IRP_MJ_INTERNAL_DEVICE_CONTROL 0x0F
#define IRP_MJ_SCSI IRP_MJ_INTERNAL_DEVICE_CONTROL
#define IRP_MJ_SHUTDOWN 0x10
#define IRP_MJ_LOCK_CONTROL 0x11
#define IRP_MJ_CLEANUP 0x12
#define IRP_MJ_CREATE_MAILSLOT 0x13
#define IRP_MJ_QUERY_SECURITY 0x14
#define IRP_MJ_SET_SECURITY 0x15
#define IRP_MJ_POWER 0x16
#define IRP_MJ_SYSTEM_CONTROL 0x17
#define IRP_MJ_DEVICE_CHANGE 0x18
#define IRP_MJ_QUERY_QUOTA 0x19
#define IRP_MJ_SET_QUOTA 0x1A
#define IRP_MJ_PNP 0x1B
#define IRP_MJ_PNP_POWER IRP_MJ_PNP
#define IRP_MJ_MAXIMUM_FUNCTION 0x1B

#define IO_TYPE_ADAPTER 0x00000001
#define IO_TYPE_CONTROLLER 0x00000002
#define IO_TYPE_DEVICE 0x00000003
#define IO_TYPE_DRIVER 0x00000004
#define IO_TYPE_FILE 0x00000005
#define IO_TYPE_IRP 0x00000006

#define IO_NO_INCREMENT 0

typedef struct _DEVICE_OBJECT DEVICE_OBJECT, *PDEVICE_OBJECT;
typedef struct _DRIVER_OBJECT DRIVER_OBJECT, *PDRIVER_OBJECT;
typedef struct _IRP IRP;

typedef VOID NTAPI KSTART_ROUTINE(_In_ PVOID StartContext);
typedef KSTART_ROUTINE *PKSTART_ROUTINE;

typedef NTSTATUS NTAPI DRIVER_INITIALIZE(_In_ PDRIVER_OBJECT DriverObject, _In_ PUNICODE_STRING RegistryPath);
typedef DRIVER_INITIALIZE *PDRIVER_INITIALIZE;
typedef VOID NTAPI DRIVER_UNLOAD(_In_ PDRIVER_OBJECT DriverObject);
typedef DRIVER_UNLOAD *PDRIVER_UNLOAD;
typedef VOID NTAPI DRIVER_STARTIO(_Inout_ PDEVICE_OBJECT DeviceObject, _Inout_ PIRP Irp);
typedef DRIVER_STARTIO *PDRIVER_STARTIO;
typedef VOID NTAPI DRIVER_CANCEL(_Inout_ PDEVICE_OBJECT DeviceObject, _Inout_ PIRP Irp);
typedef DRIVER_CANCEL *PDRIVER_CANCEL;
typedef NTSTATUS NTAPI DRIVER_DISPATCH(_In_ PDEVICE_OBJECT DeviceObject, _Inout_ PIRP Irp);
typedef DRIVER_DISPATCH *PDRIVER_DISPATCH;
typedef NTSTATUS NTAPI DRIVER_ADD_DEVICE(_In_ PDRIVER_OBJECT DriverObject, _In_ PDEVICE_OBJECT PhysicalDeviceObject);
typedef DRIVER_ADD_DEVICE *PDRIVER_ADD_DEVICE;
typedef NTSTATUS NTAPI IO_COMPLETION_ROUTINE(_In_ PDEVICE_OBJECT DeviceObject, _In_ PIRP Irp, _In_opt_ PVOID Context);
typedef IO_COMPLETION_ROUTINE *PIO_COMPLETION_ROUTINE;

typedef VOID NTAPI KDEFERRED_ROUTINE(_In_ PKDPC Dpc, _In_opt_ PVOID DeferredContext, _In_opt_ PVOID SystemArgument1,
                                     _In_opt_ PVOID SystemArgument2);
typedef KDEFERRED_ROUTINE *PKDEFERRED_ROUTINE;

typedef struct _KDPC {
    union {
        ULONG TargetInfoAsUlong;
        struct {
            UCHAR Type;
            UCHAR Importance;
            volatile USHORT Number;
        };
    };
    SINGLE_LIST_ENTRY DpcListEntry;
    KAFFINITY ProcessorHistory;
    PKDEFERRED_ROUTINE DeferredRoutine;
    PVOID DeferredContext;
    PVOID SystemArgument1;
    PVOID SystemArgument2;
    PVOID DpcData;
} KDPC;

// A DPC, for a timer here. IRQL: any. Since Windows 2000. Source: nf-wdm-keinitializedpc.
NTKERNELAPI VOID NTAPI KeInitializeDpc(_Out_ PRKDPC Dpc, _In_ PKDEFERRED_ROUTINE DeferredRoutine,
                                       _In_opt_ PVOID DeferredContext);

typedef struct _KDEVICE_QUEUE_ENTRY {
    LIST_ENTRY DeviceListEntry;
    ULONG SortKey;
    BOOLEAN Inserted;
} KDEVICE_QUEUE_ENTRY, *PKDEVICE_QUEUE_ENTRY, *PRKDEVICE_QUEUE_ENTRY;

typedef struct _KDEVICE_QUEUE {
    CSHORT Type;
    CSHORT Size;
    LIST_ENTRY DeviceListHead;
    KSPIN_LOCK Lock;
#if defined(_WIN64)
    union {
        BOOLEAN Busy;
        struct {
            LONG64 Reserved : 8;
            LONG64 Hint : 56;
        };
    };
#else
    BOOLEAN Busy;
#endif
} KDEVICE_QUEUE, *PKDEVICE_QUEUE, *PRKDEVICE_QUEUE;

typedef struct _KAPC {
    UCHAR Type;
    UCHAR SpareByte0;
    UCHAR Size;
    UCHAR SpareByte1;
    ULONG SpareLong0;
    PKTHREAD Thread;
    LIST_ENTRY ApcListEntry;
    PVOID Reserved[3];
    PVOID NormalContext;
    PVOID SystemArgument1;
    PVOID SystemArgument2;
    CCHAR ApcStateIndex;
    KPROCESSOR_MODE ApcMode;
    BOOLEAN Inserted;
} KAPC, *PKAPC, *PRKAPC;

typedef enum _IO_ALLOCATION_ACTION {
    KeepObject = 1,
    DeallocateObject,
    DeallocateObjectKeepRegisters
} IO_ALLOCATION_ACTION, *PIO_ALLOCATION_ACTION;

typedef IO_ALLOCATION_ACTION NTAPI DRIVER_CONTROL(_In_ PDEVICE_OBJECT DeviceObject, _Inout_ PIRP Irp,
                                                  _In_ PVOID MapRegisterBase, _In_ PVOID Context);
typedef DRIVER_CONTROL *PDRIVER_CONTROL;

typedef struct _WAIT_CONTEXT_BLOCK {
    union {
        KDEVICE_QUEUE_ENTRY WaitQueueEntry;
        struct {
            LIST_ENTRY DmaWaitEntry;
            ULONG NumberOfChannels;
            ULONG SyncCallback : 1;
            ULONG DmaContext : 1;
            ULONG ZeroMapRegisters : 1;
            ULONG Reserved : 9;
            ULONG NumberOfRemapPages : 20;
        };
    };
    PDRIVER_CONTROL DeviceRoutine;
    PVOID DeviceContext;
    ULONG NumberOfMapRegisters;
    PVOID DeviceObject;
    PVOID CurrentIrp;
    PKDPC BufferChainingDpc;
} WAIT_CONTEXT_BLOCK, *PWAIT_CONTEXT_BLOCK;

typedef struct _IO_STATUS_BLOCK {
    union {
        NTSTATUS Status;
        PVOID Pointer;
    };
    ULONG_PTR Information;
} IO_STATUS_BLOCK, *PIO_STATUS_BLOCK;

typedef VOID NTAPI IO_APC_ROUTINE(_In_ PVOID ApcContext, _In_ PIO_STATUS_BLOCK IoStatusBlock, _In_ ULONG Reserved);
typedef IO_APC_ROUTINE *PIO_APC_ROUTINE;

typedef struct _DRIVER_EXTENSION {
    struct _DRIVER_OBJECT *DriverObject;
    PDRIVER_ADD_DEVICE AddDevice;
    ULONG Count;
    UNICODE_STRING ServiceKeyName;
} DRIVER_EXTENSION, *PDRIVER_EXTENSION;

struct _DRIVER_OBJECT {
    CSHORT Type;
    CSHORT Size;
    PDEVICE_OBJECT DeviceObject;
    ULONG Flags;
    PVOID DriverStart;
    ULONG DriverSize;
    PVOID DriverSection;
    PDRIVER_EXTENSION DriverExtension;
    UNICODE_STRING DriverName;
    PUNICODE_STRING HardwareDatabase;
    PFAST_IO_DISPATCH FastIoDispatch;
    PDRIVER_INITIALIZE DriverInit;
    PDRIVER_STARTIO DriverStartIo;
    PDRIVER_UNLOAD DriverUnload;
    PDRIVER_DISPATCH MajorFunction[IRP_MJ_MAXIMUM_FUNCTION + 1];
};

struct EMU_ALIGN(MEMORY_ALLOCATION_ALIGNMENT) _DEVICE_OBJECT {
    CSHORT Type;
    USHORT Size;
    LONG ReferenceCount;
    struct _DRIVER_OBJECT *DriverObject;
    struct _DEVICE_OBJECT *NextDevice;
    struct _DEVICE_OBJECT *AttachedDevice;
    struct _IRP *CurrentIrp;
    PIO_TIMER Timer;
    ULONG Flags;
    ULONG Characteristics;
    volatile PVPB Vpb;
    PVOID DeviceExtension;
    DEVICE_TYPE DeviceType;
    CCHAR StackSize;
    union {
        LIST_ENTRY ListEntry;
        WAIT_CONTEXT_BLOCK Wcb;
    } Queue;
    ULONG AlignmentRequirement;
    KDEVICE_QUEUE DeviceQueue;
    KDPC Dpc;
    ULONG ActiveThreadCount;
    PSECURITY_DESCRIPTOR SecurityDescriptor;
    KEVENT DeviceLock;
    USHORT SectorSize;
    USHORT Spare1;
    struct _DEVOBJ_EXTENSION *DeviceObjectExtension;
    PVOID Reserved;
};

struct EMU_ALIGN(MEMORY_ALLOCATION_ALIGNMENT) _IRP {
    CSHORT Type;
    USHORT Size;
#if defined(_WIN64)
    USHORT AllocationProcessorNumber;
    USHORT Reserved;
#endif
    PMDL MdlAddress;
    ULONG Flags;
    union {
        struct _IRP *MasterIrp;
        LONG IrpCount;
        PVOID SystemBuffer;
    } AssociatedIrp;
    LIST_ENTRY ThreadListEntry;
    IO_STATUS_BLOCK IoStatus;
    KPROCESSOR_MODE RequestorMode;
    BOOLEAN PendingReturned;
    CHAR StackCount;
    CHAR CurrentLocation;
    BOOLEAN Cancel;
    KIRQL CancelIrql;
    CCHAR ApcEnvironment;
    UCHAR AllocationFlags;
    union {
        PIO_STATUS_BLOCK UserIosb;
        PVOID IoRingContext;
    };
    PKEVENT UserEvent;
    union {
        struct {
            union {
                PIO_APC_ROUTINE UserApcRoutine;
                PVOID IssuingProcess;
            };
            PVOID UserApcContext;
        } AsynchronousParameters;
        LARGE_INTEGER AllocationSize;
    } Overlay;
    volatile PDRIVER_CANCEL CancelRoutine;
    PVOID UserBuffer;
    union {
        struct {
            union {
                KDEVICE_QUEUE_ENTRY DeviceQueueEntry;
                struct {
                    PVOID DriverContext[4];
                };
            };
            PETHREAD Thread;
            PCHAR AuxiliaryBuffer;
            struct {
                LIST_ENTRY ListEntry;
                union {
                    struct _IO_STACK_LOCATION *CurrentStackLocation;
                    ULONG PacketType;
                };
            };
            PFILE_OBJECT OriginalFileObject;
            PVOID IrpExtension;
        } Overlay;
        KAPC Apc;
        PVOID CompletionKey;
    } Tail;
};

#include "emu_security.h"

#include "emu_file.h"
#include "emu_pnp.h"

#include "emu_cm.h"
#include "emu_io.h"
#include "emu_ke.h"

EMU_STATIC_ASSERT(sizeof(KDPC) == EMU_BY_WIDTH(0x40, 0x20) && sizeof(KDEVICE_QUEUE) == EMU_BY_WIDTH(0x28, 0x14) &&
                      sizeof(KDEVICE_QUEUE_ENTRY) == EMU_BY_WIDTH(0x18, 0x10) &&
                      sizeof(KAPC) == EMU_BY_WIDTH(0x58, 0x30) &&
                      sizeof(WAIT_CONTEXT_BLOCK) == EMU_BY_WIDTH(0x48, 0x28),
                  "structures inside DEVICE_OBJECT and IRP");
EMU_STATIC_ASSERT(sizeof(DRIVER_OBJECT) == EMU_BY_WIDTH(0x150, 0xA8) &&
                      offsetof(DRIVER_OBJECT, DeviceObject) == EMU_BY_WIDTH(0x08, 0x04) &&
                      offsetof(DRIVER_OBJECT, Flags) == EMU_BY_WIDTH(0x10, 0x08) &&
                      offsetof(DRIVER_OBJECT, DriverStart) == EMU_BY_WIDTH(0x18, 0x0C) &&
                      offsetof(DRIVER_OBJECT, DriverSize) == EMU_BY_WIDTH(0x20, 0x10) &&
                      offsetof(DRIVER_OBJECT, DriverSection) == EMU_BY_WIDTH(0x28, 0x14) &&
                      offsetof(DRIVER_OBJECT, DriverExtension) == EMU_BY_WIDTH(0x30, 0x18) &&
                      offsetof(DRIVER_OBJECT, DriverName) == EMU_BY_WIDTH(0x38, 0x1C) &&
                      offsetof(DRIVER_OBJECT, HardwareDatabase) == EMU_BY_WIDTH(0x48, 0x24) &&
                      offsetof(DRIVER_OBJECT, FastIoDispatch) == EMU_BY_WIDTH(0x50, 0x28) &&
                      offsetof(DRIVER_OBJECT, DriverInit) == EMU_BY_WIDTH(0x58, 0x2C) &&
                      offsetof(DRIVER_OBJECT, DriverStartIo) == EMU_BY_WIDTH(0x60, 0x30) &&
                      offsetof(DRIVER_OBJECT, DriverUnload) == EMU_BY_WIDTH(0x68, 0x34) &&
                      offsetof(DRIVER_OBJECT, MajorFunction) == EMU_BY_WIDTH(0x70, 0x38),
                  "DRIVER_OBJECT");
EMU_STATIC_ASSERT(sizeof(DEVICE_OBJECT) == EMU_BY_WIDTH(0x150, 0xB8) &&
                      offsetof(DEVICE_OBJECT, Flags) == EMU_BY_WIDTH(0x30, 0x1C) &&
                      offsetof(DEVICE_OBJECT, DeviceExtension) == EMU_BY_WIDTH(0x40, 0x28) &&
                      offsetof(DEVICE_OBJECT, Queue) == EMU_BY_WIDTH(0x50, 0x34) &&
                      offsetof(DEVICE_OBJECT, AlignmentRequirement) == EMU_BY_WIDTH(0x98, 0x5C) &&
                      offsetof(DEVICE_OBJECT, DeviceQueue) == EMU_BY_WIDTH(0xA0, 0x60) &&
                      offsetof(DEVICE_OBJECT, Dpc) == EMU_BY_WIDTH(0xC8, 0x74) &&
                      offsetof(DEVICE_OBJECT, DeviceLock) == EMU_BY_WIDTH(0x118, 0x9C) &&
                      offsetof(DEVICE_OBJECT, SectorSize) == EMU_BY_WIDTH(0x130, 0xAC) &&
                      offsetof(DEVICE_OBJECT, DeviceObjectExtension) == EMU_BY_WIDTH(0x138, 0xB0),
                  "DEVICE_OBJECT");
EMU_STATIC_ASSERT(sizeof(IRP) == EMU_BY_WIDTH(0xD0, 0x70) && offsetof(IRP, MdlAddress) == EMU_BY_WIDTH(0x08, 0x04) &&
                      offsetof(IRP, AssociatedIrp) == EMU_BY_WIDTH(0x18, 0x0C) &&
                      offsetof(IRP, IoStatus) == EMU_BY_WIDTH(0x30, 0x18) &&
                      offsetof(IRP, RequestorMode) == EMU_BY_WIDTH(0x40, 0x20) &&
                      offsetof(IRP, UserIosb) == EMU_BY_WIDTH(0x48, 0x28) &&
                      offsetof(IRP, Overlay) == EMU_BY_WIDTH(0x58, 0x30) &&
                      offsetof(IRP, CancelRoutine) == EMU_BY_WIDTH(0x68, 0x38) &&
                      offsetof(IRP, UserBuffer) == EMU_BY_WIDTH(0x70, 0x3C) &&
                      offsetof(IRP, Tail) == EMU_BY_WIDTH(0x78, 0x40),
                  "IRP");
EMU_STATIC_ASSERT(sizeof(IO_STACK_LOCATION) == EMU_BY_WIDTH(0x48, 0x24) &&
                      offsetof(IO_STACK_LOCATION, Parameters) == EMU_BY_WIDTH(0x08, 0x04) &&
                      offsetof(IO_STACK_LOCATION, DeviceObject) == EMU_BY_WIDTH(0x28, 0x14) &&
                      offsetof(IO_STACK_LOCATION, CompletionRoutine) == EMU_BY_WIDTH(0x38, 0x1C),
                  "IO_STACK_LOCATION");

#include "emu_irp.h"
#include "emu_wdm_stubs.h"

EMU_EXTERN_C_END

#endif

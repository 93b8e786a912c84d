/* seh.c: a driver whose __try, __except and __finally are the compiler's own. What poolemu raises, they take. */
#include <ddk/ntifs.h>

#define TAG 'hesF'

DRIVER_INITIALIZE DriverEntry;

#define CHECK(Condition)                                                                                               \
    do {                                                                                                               \
        if (!(Condition)) {                                                                                            \
            DbgPrint("%s:%d: %s\n", __FILE__, __LINE__, #Condition);                                                   \
            return STATUS_UNSUCCESSFUL;                                                                                \
        }                                                                                                              \
    } while (0)

static volatile ULONG Finals;
static volatile PULONG Nowhere;

static int Remember(NTSTATUS Code, NTSTATUS *Seen, int Answer)
{
    *Seen = Code;
    return Answer;
}

/* ---- What is raised ------------------------------------------------------------------------------------------- */

static __attribute__((__noinline__)) void RaiseQuota(void)
{
    ExRaiseStatus(STATUS_QUOTA_EXCEEDED);
}

static __attribute__((__noinline__)) void RaiseInPool(void)
{
    ExAllocatePoolWithTag(PagedPool | POOL_RAISE_IF_ALLOCATION_FAILURE, (SIZE_T)1 << 46, TAG);
}

static __attribute__((__noinline__)) void RaiseAccessViolation(void)
{
    ExRaiseAccessViolation();
}

static __attribute__((__noinline__)) void Fault(void)
{
    *Nowhere = 1;
}

static __attribute__((__noinline__)) void RaiseThroughFinally(void)
{
    __try {
        RaiseQuota();
    } __finally {
        Finals++;
    }
}

static __attribute__((__noinline__)) NTSTATUS StatusOf(void (*Routine)(void))
{
    NTSTATUS Seen = STATUS_SUCCESS;

    __try {
        Routine();
    } __except (Remember(GetExceptionCode(), &Seen, EXCEPTION_EXECUTE_HANDLER)) {
        return Seen;
    }
    return STATUS_SUCCESS;
}

static __attribute__((__noinline__)) NTSTATUS StatusRefusedInside(void)
{
    NTSTATUS Inside = STATUS_SUCCESS, Outside = STATUS_SUCCESS;

    __try {
        __try {
            RaiseQuota();
        } __except (Remember(GetExceptionCode(), &Inside, EXCEPTION_CONTINUE_SEARCH)) {
            return STATUS_UNSUCCESSFUL;
        }
    } __except (Remember(GetExceptionCode(), &Outside, EXCEPTION_EXECUTE_HANDLER)) {
        return Inside == Outside ? Outside : STATUS_UNSUCCESSFUL;
    }
    return STATUS_SUCCESS;
}

/* ---- The driver ----------------------------------------------------------------------------------------------- */

__declspec(dllexport) NTSTATUS TakeQuota(VOID);
__declspec(dllexport) VOID RefuseQuota(VOID);

NTSTATUS TakeQuota(VOID)
{
    return StatusOf(RaiseQuota);
}

VOID RefuseQuota(VOID)
{
    __try {
        RaiseQuota();
    } __except (EXCEPTION_CONTINUE_SEARCH) {
        DbgPrint("a handler that refused has run\n");
    }
}

static DRIVER_UNLOAD Unload;

/* Nobody takes this one: poolemu stops. */
static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    RefuseQuota();
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    ULONG Round;

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    for (Round = 1; Round <= 3; Round++) {
        CHECK(StatusOf(RaiseQuota) == STATUS_QUOTA_EXCEEDED);
        CHECK(StatusOf(RaiseInPool) == STATUS_INSUFFICIENT_RESOURCES);
        CHECK(StatusOf(RaiseAccessViolation) == STATUS_ACCESS_VIOLATION);
        CHECK(StatusOf(Fault) == STATUS_ACCESS_VIOLATION);
        CHECK(StatusOf(RaiseThroughFinally) == STATUS_QUOTA_EXCEEDED && Finals == Round);
        CHECK(StatusRefusedInside() == STATUS_QUOTA_EXCEEDED);
    }
    return STATUS_SUCCESS;
}

/* missing.h: what the examples use and mingw-w64's headers are too old for. Without POOL_NX_OPTIN in the headers the
 * call does nothing, as in a driver that has not opted in. */
#define DrvRtPoolNxOptIn 1
#define ExInitializeDriverRuntime(RuntimeFlags) ((void)(RuntimeFlags))

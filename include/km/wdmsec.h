// Devices with a security descriptor, given as a string. Source: nf-wdmsec-wdmlibiocreatedevicesecure, SDDL for Device
// Objects.

#ifndef _WDMSEC_H_
#define _WDMSEC_H_

#include "wdm.h"

EMU_EXTERN_C_BEGIN

#ifdef __cplusplus
#define EMU_SDDL(Name, Text) extern EMU_SELECTANY const UNICODE_STRING Name = RTL_CONSTANT_STRING(Text)
#else
#define EMU_SDDL(Name, Text) EMU_SELECTANY const UNICODE_STRING Name = RTL_CONSTANT_STRING(Text)
#endif

EMU_SDDL(SDDL_DEVOBJ_KERNEL_ONLY, L"D:P");
EMU_SDDL(SDDL_DEVOBJ_SYS_ALL, L"D:P(A;;GA;;;SY)");
EMU_SDDL(SDDL_DEVOBJ_SYS_ALL_ADM_ALL, L"D:P(A;;GA;;;SY)(A;;GA;;;BA)");
EMU_SDDL(SDDL_DEVOBJ_SYS_ALL_ADM_RX, L"D:P(A;;GA;;;SY)(A;;GRGX;;;BA)");
EMU_SDDL(SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_R, L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GR;;;WD)");
EMU_SDDL(SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_R_RES_R, L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GR;;;WD)(A;;GR;;;RC)");
EMU_SDDL(SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_RW_RES_R, L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GRGW;;;WD)(A;;GR;;;RC)");
EMU_SDDL(SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_RWX_RES_RWX,
         L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GRGWGX;;;WD)(A;;GRGWGX;;;RC)");

EMU_EXTERN_C_END

#endif

// Every header of drivers' source, one after the other.

#include <ntifs.h>

#include <csq.h>
#include <devioctl.h>
#include <dontuse.h>
#include <kernelspecs.h>
#include <mountdev.h>
#include <mountmgr.h>
#include <ntddcdrm.h>
#include <ntdddisk.h>
#include <ntddscsi.h>
#include <ntddser.h>
#include <ntddstor.h>
#include <ntddvol.h>
#include <ntstrsafe.h>
#include <scsi.h>
#include <srb.h>
#include <suppress.h>
#include <wdmsec.h>
#include <windef.h>

#include <initguid.h>

#include <diskguid.h>
#include <ioevent.h>
#include <wdmguid.h>

#include <pshpack1.h>
typedef struct {
    UCHAR Byte;
    ULONG Long;
} PACKED;
#include <poppack.h>

typedef struct {
    UCHAR Byte;
    ULONG Long;
} NATURAL;

EMU_STATIC_ASSERT(sizeof(PACKED) == 5 && sizeof(NATURAL) == 8, "pshpack1.h and poppack.h");
EMU_STATIC_ASSERT(IOCTL_DISK_GET_DRIVE_GEOMETRY == 0x70000 && IOCTL_STORAGE_QUERY_PROPERTY == 0x2D1400 &&
                      FSCTL_SET_REPARSE_POINT == 0x900A4 && IOCTL_MOUNTDEV_QUERY_DEVICE_NAME == 0x4D0008,
                  "control codes");

const GUID *Pci(VOID);

const GUID *Pci(VOID)
{
    return &GUID_BUS_TYPE_PCI;
}

// The header of drivers that are neither minimal (wdm.h) nor file systems (ntifs.h).
// Everything of it that this project implements is in wdm.h already.

#ifndef _NTDDK_
#define _NTDDK_

#include "wdm.h"

#endif

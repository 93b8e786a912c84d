// From here on DEFINE_GUID defines GUIDs instead of declaring them. Source: the page of DEFINE_GUID.
#ifndef INITGUID
#define INITGUID
#endif

#include "guiddef.h"

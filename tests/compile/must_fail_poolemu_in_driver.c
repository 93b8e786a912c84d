// A driver does not see the test's side by accident.

#include "ntddk.h"
#ifndef EXPECT_OK
#include "poolemu.h"
#endif

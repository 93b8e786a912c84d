// The annotations of IRQL, which driverspecs.h has.
#ifndef KERNELSPECS_H
#define KERNELSPECS_H

#include "driverspecs.h"

#endif

// All headers after the C++ library's.
// flags: -I@INCLUDE@/poolemu -Wall -Wextra -Wundef -Werror

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>
extern "C" {
#include <ntifs.h>
#include <ntintsafe.h>
#include <intsafe.h>
#include <poolemu.h>
}

#include "uses.h"

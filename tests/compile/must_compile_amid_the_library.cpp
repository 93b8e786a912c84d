// A driver's headers between the C++ library's: what the library keeps from its first header to its next ones stays.
// flags: -Wall -Wextra -Wundef -Werror

#include <string>
#include <ntddk.h>
#include <vector>
#include <ntifs.h>
#include <memory>
#include <map>
#include <ntintsafe.h>
#include <thread>
#include <algorithm>
#include <cstdlib>
#include <cmath>

#include "uses.h"

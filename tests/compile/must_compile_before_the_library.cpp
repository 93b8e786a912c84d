// All headers before the C++ library's.
// flags: -I@INCLUDE@/poolemu -Wall -Wextra -Wundef -Werror

extern "C" {
#include <ntifs.h>
#include <ntintsafe.h>
#include <intsafe.h>
#include <poolemu.h>
}
#include <algorithm>
#include <codecvt>
#include <iostream>
#include <locale>
#include <map>
#include <memory>
#include <regex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>
#if __cplusplus > 201703L
#include <concepts>
#include <ranges>
#include <span>
#endif

#include "uses.h"

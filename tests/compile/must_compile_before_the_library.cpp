// All headers before the C++ library's.
// flags: -I@INCLUDE@/poolemu -Wall -Wextra -Wundef -Werror

extern "C" {
#include <ntifs.h>
#include <ntintsafe.h>
#include <intsafe.h>
#include <poolemu.h>
}
#include <algorithm>
#include <atomic>
#include <chrono>
#include <codecvt>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <iomanip>
#include <iostream>
#include <list>
#include <locale>
#include <map>
#include <memory>
#include <memory_resource>
#include <mutex>
#include <numeric>
#include <optional>
#include <random>
#include <regex>
#include <set>
#include <shared_mutex>
#include <sstream>
#include <string>
#include <thread>
#include <unordered_map>
#include <valarray>
#include <variant>
#include <vector>
#if __cplusplus > 201703L
#include <concepts>
#include <ranges>
#include <span>
#endif

#include "uses.h"

// All headers together, after C++ library headers, in C++17.
// flags: -Wall -Wextra -Wconversion -Wundef -Wshadow -Werror

#include <string>
#include <vector>
#include <ntifs.h>
#include <ntintsafe.h>
#include <intsafe.h>

std::vector<std::string> Use;

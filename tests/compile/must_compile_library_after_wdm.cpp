// With EMU_NO_KEYWORD_MACROS C++ library headers may come after wdm.h.

#define EMU_NO_KEYWORD_MACROS
#include <wdm.h>
#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

std::vector<std::string> Use;

// Each header, alone.
// flags: -Wall -Wextra -Wundef -Wshadow -Werror

#include EACH_HEADER

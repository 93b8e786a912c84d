// Each header, alone and inside extern "C".
// flags: -Wall -Wextra -Wundef -Wshadow -Werror

extern "C" {
#include EACH_HEADER
}

// sal.h needs nothing before it in C++17 and gives no warning.
// flags: -Wall -Wextra -Wconversion -Wundef -Wshadow -Werror

#include <sal.h>

int Use(_In_reads_bytes_opt_(Length) const void *Data, _In_ int Length);

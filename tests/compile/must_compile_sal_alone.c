// sal.h needs nothing before it in C11 and gives no warning.
// flags: -Wall -Wextra -Wconversion -Wundef -Wshadow -Werror -Wstrict-prototypes

#include <sal.h>

int Use(_In_reads_bytes_opt_(Length) const void *Data, _In_ int Length);

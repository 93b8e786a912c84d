/* pool.h: use_pool, which allocates, writes and frees pool and says whether all of that went well. */
#include <ntddk.h>

static inline int use_pool(void)
{
    enum {
        Blocks = 300
    };
    unsigned char *block[Blocks];
    for (int i = 0; i < Blocks; i++) {
        SIZE_T size = (SIZE_T)i * 37 + 1;
        block[i] = (unsigned char *)ExAllocatePoolWithTag(i % 2 ? NonPagedPoolNx : PagedPool, size, 'snoC');
        if (block[i] == NULL) {
            return 0;
        }
        for (SIZE_T j = 0; j < size; j++) {
            block[i][j] = (unsigned char)i;
        }
    }
    for (int i = 0; i < Blocks; i++) {
        if (block[i][i * 37] != (unsigned char)i) {
            return 0;
        }
        ExFreePoolWithTag(block[i], 'snoC');
    }
    return 1;
}

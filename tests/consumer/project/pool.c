/* pool.c: a C program with pool. */
#include "pool.h"

#include <stdio.h>

int main(void)
{
    int ok = use_pool();
    puts(ok ? "ok" : "not ok");
    return !ok;
}

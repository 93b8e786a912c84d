/* malloc.c LIBRARY: malloc comes from that library, before the pool is used and after. */
#define _GNU_SOURCE
#include "pool.h"

#include <dlfcn.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int comes_from(const char *name, void *function, const char *library)
{
    Dl_info info;
    const char *file = dladdr(function, &info) != 0 ? info.dli_fname : "?";
    printf("%s: %s\n", name, file);
    return strstr(file, library) != NULL;
}

static int malloc_works(const char *library)
{
    char *volatile block = malloc(1000);
    int ok = block != NULL && malloc_usable_size(block) >= 1000;
    block = realloc(block, 5000);
    ok = ok && block != NULL && malloc_usable_size(block) >= 5000;
    free(block);
    ok = comes_from("malloc", (void *)&malloc, library) && ok;
    ok = comes_from("free", (void *)&free, library) && ok;
    ok = comes_from("malloc by name", dlsym(RTLD_DEFAULT, "malloc"), library) && ok;
    return ok;
}

int main(int argc, char **argv)
{
    int ok = argc == 2 && malloc_works(argv[1]) && use_pool() && malloc_works(argv[1]);
    puts(ok ? "ok" : "not ok");
    return !ok;
}

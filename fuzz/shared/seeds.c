/* seeds.c: stands in for libFuzzer where only the seeds are to be run: gives each file of the folder to the program. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "shared/input.h"

__attribute__((weak)) int LLVMFuzzerInitialize(int *Count, char ***Arguments);

/* FALSE: no such file, or a folder. */
static BOOLEAN RunFile(PCSTR Path)
{
    FILE *File = fopen(Path, "rb");
    uint8_t *Data = malloc(1 << 20);
    size_t Bytes = File == NULL || Data == NULL ? 0 : fread(Data, 1, 1 << 20, File);
    BOOLEAN IsRead = File != NULL && Data != NULL && ferror(File) == 0;

    if (File != NULL) {
        fclose(File);
    }
    if (IsRead) {
        Data = realloc(Data, Bytes + (Bytes == 0));
        printf("%s\n", Path);
        fflush(stdout);
        LLVMFuzzerTestOneInput(Data, Bytes);
    }
    free(Data);
    return IsRead;
}

int main(int Count, char **Arguments)
{
    DIR *Folder = Count == 2 ? opendir(Arguments[1]) : NULL;
    unsigned Files = 0;

    if (Folder == NULL) {
        fprintf(stderr, "usage: %s FOLDER\n", Arguments[0]);
        return 2;
    }
    if (LLVMFuzzerInitialize != NULL) {
        LLVMFuzzerInitialize(&Count, &Arguments);
    }
    for (struct dirent *Entry; (Entry = readdir(Folder)) != NULL;) {
        char Path[4096];
        snprintf(Path, sizeof(Path), "%s/%s", Arguments[1], Entry->d_name);
        Files += Entry->d_name[0] != '.' && RunFile(Path);
    }
    closedir(Folder);
    printf("%u inputs\n", Files);
    return Files == 0;
}

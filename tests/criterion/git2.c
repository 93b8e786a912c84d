/* git2.c: what Criterion calls of libgit2, which shows the differences between two strings. It is in place of libgit2
 * when the suites run: see CMakeLists.txt. */
int git_libgit2_init(void);
int git_libgit2_shutdown(void);
int git_diff_buffers(void);

int git_libgit2_init(void)
{
    return 1;
}

int git_libgit2_shutdown(void)
{
    return 0;
}

int git_diff_buffers(void)
{
    return -1; /* an error: no difference is shown */
}

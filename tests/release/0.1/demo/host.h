/* host.h: what the demo asks of the host: to load drivers, and how a page is protected. linux.c and windows.c answer.
 */
#ifndef DEMO_HOST_H
#define DEMO_HOST_H

/* NULL, with a message on stderr, when that fails. */
void *DemoLoad(const char *Path);
void *DemoFindRoutine(void *Library, const char *Name);
void DemoUnload(void *Library);

/* "rw-", or "???". */
void DemoAskForProtection(const void *Address, char Protection[4]);

#endif

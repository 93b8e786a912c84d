/* images.h: three files of one image, each with a macro of its own, for rules_images.c. */
#ifndef TESTS_IMAGES_IMAGES_H
#define TESTS_IMAGES_IMAGES_H

#include "wdm.h"

/* What NonPagedPool is in that file, and ExInitializeDriverRuntime called from there. */
POOL_TYPE NonPagedPoolOfOptin(VOID);
VOID CallRuntimeFromOptin(VOID);
POOL_TYPE NonPagedPoolOfOtherOptin(VOID);
POOL_TYPE NonPagedPoolOfAuto(VOID);
VOID CallRuntimeFromAuto(VOID);

#endif

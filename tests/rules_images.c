/* The opt-in variables belong to an image: which files share them, and whose call sets them. This file has no macro. */
#include <criterion/criterion.h>
#include <dlfcn.h>

#include "images/images.h"
#include "support.h"

#if !defined(_ARM64_) /* there the headers make every file one with POOL_NX_OPTIN_AUTO */

static PDRIVER_INITIALIZE OtherImage(void)
{
    PVOID Image = dlopen(POOLEMU_TEST_DRIVERS "/image_optin.so", RTLD_NOW | RTLD_LOCAL);

    cr_assert_not_null(Image, "%s", dlerror());
    PDRIVER_INITIALIZE Entry = (PDRIVER_INITIALIZE)dlsym(Image, "DriverEntry");
    cr_assert_not_null(Entry, "%s", dlerror());
    return Entry;
}

Test(rules_images, the_files_of_an_image_share_the_variable)
{
    cr_expect_eq(NonPagedPoolOfOptin(), NonPagedPoolExecute);
    cr_expect_eq(NonPagedPoolOfOtherOptin(), NonPagedPoolExecute);
    CallRuntimeFromOptin();
    cr_expect_eq(NonPagedPoolOfOptin(), NonPagedPoolNx);
    cr_expect_eq(NonPagedPoolOfOtherOptin(), NonPagedPoolNx);
}

Test(rules_images, a_call_from_a_file_without_the_macro_leaves_the_others_executable)
{
    ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
    cr_expect_eq(NonPagedPoolOfOptin(), NonPagedPoolExecute);
}

Test(rules_images, a_call_from_a_file_with_AUTO_leaves_the_others_executable)
{
    CallRuntimeFromAuto();
    cr_expect_eq(NonPagedPoolOfOptin(), NonPagedPoolExecute);
}

Test(rules_images, a_file_with_AUTO_has_512_and_one_without_a_macro_0_whatever_the_others_do)
{
    cr_expect_eq(NonPagedPoolOfAuto(), NonPagedPoolNx);
    cr_expect_eq(NonPagedPool, 0);
    CallRuntimeFromOptin();
    cr_expect_eq(NonPagedPoolOfAuto(), NonPagedPoolNx);
    cr_expect_eq(NonPagedPool, 0);
}

Test(rules_images, a_call_in_one_image_does_not_reach_another)
{
    static DRIVER_OBJECT Object;
    PDRIVER_INITIALIZE Entry = OtherImage();

    CallRuntimeFromOptin();
    cr_expect_eq(Entry(NULL, NULL), NonPagedPoolExecute);
    cr_expect_eq(Entry(&Object, NULL), NonPagedPoolNx);
}

Test(rules_images, a_call_of_a_loaded_image_does_not_reach_its_loader)
{
    static DRIVER_OBJECT Object;
    PDRIVER_INITIALIZE Entry = OtherImage();

    cr_expect_eq(Entry(&Object, NULL), NonPagedPoolNx);
    cr_expect_eq(NonPagedPoolOfOptin(), NonPagedPoolExecute);
}

#endif

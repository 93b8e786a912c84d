// The C++ library is content with the wide routines, and uses them where its code is inline.
// flags: -Wall -Wextra -Werror
// code

#include <cinttypes>
#include <climits>
#include <cwchar>
#include <cwctype>
#include <iostream>
#include <string>
#include <ntddk.h>
#include <stdlib.h>

static_assert(LONG_MAX == MAXLONG, "of a LONG");

size_t Count(PCWSTR Text, PWSTR Buffer);

size_t Count(PCWSTR Text, PWSTR Buffer)
{
    const wchar_t *Found = std::wcschr(Text, L'x');
    wchar_t *Last = std::wcsrchr(Buffer, L'x');

    std::wcscpy(Buffer, Text);
    swprintf(Buffer, L"%s", Text);
    return std::wcslen(Text) + std::char_traits<wchar_t>::length(Text) + (Found != Last) + mbstowcs(Buffer, "a", 1) +
           (size_t)std::wcstol(Text, nullptr, 10) + (std::towupper(L'a') == L'A') + (size_t)_wcsicmp(Text, Buffer);
}

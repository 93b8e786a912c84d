// The wide routines, for wide characters of 16 bits. The C library's have 32 bits, also in source that is compiled with
// -fshort-wchar. So their declarations get other symbols here, which poolemu has; a routine that it does not have is an
// error of the compiler where it is called. The program's own C library stays as it is. Define EMU_HOST_LIBRARY in a
// file that wants the C library's routines and <limits.h> as they are.
//
// This file is read behind each header that declares some of them; every part of it once.

#if defined(EMU_WIDE_ROUTINES)

#ifndef EMU_WIDE_H
#define EMU_WIDE_H

#ifdef __cplusplus
#define EMU_WIDE_C extern "C"
#else
#define EMU_WIDE_C extern
#endif
#define EMU_WIDE_EXPORT __attribute__((__visibility__("default")))

// A routine of the C library's that poolemu has, with the C library's parameters.
#define EMU_WIDE(Name) EMU_WIDE_C EMU_WIDE_EXPORT __typeof__(Name) Name __asm__("Emu_" #Name);

// One that it does not have. clang wants the first attribute on the first declaration.
#if defined(__clang__)
#define EMU_WIDE_ERROR __unavailable__
#else
#define EMU_WIDE_ERROR __error__
#endif
#define EMU_NO_WIDE(Name)                                                                                              \
    EMU_WIDE_C __typeof__(Name) Name __attribute__((EMU_WIDE_ERROR(                                                    \
        #Name " of the C library has wide characters of 32 bits, and the kernel has no such routine: use another "     \
              "one, or define EMU_HOST_LIBRARY in a file that is no driver's")));

#endif

#if defined(EMU_WIDE_WCHAR) && !defined(EMU_WIDE_WCHAR_IS_READ)
#define EMU_WIDE_WCHAR_IS_READ 1

EMU_WIDE(vswprintf)
EMU_WIDE(wcscat)
EMU_WIDE(wcscmp)
EMU_WIDE(wcscpy)
EMU_WIDE(wcscspn)
EMU_WIDE(wcslen)
EMU_WIDE(wcsncat)
EMU_WIDE(wcsncmp)
EMU_WIDE(wcsncpy)
EMU_WIDE(wcsspn)
EMU_WIDE(wcstod)
EMU_WIDE(wcstof)
EMU_WIDE(wcstok)
EMU_WIDE(wcstol)
EMU_WIDE(wcstold)
EMU_WIDE(wcstoll)
EMU_WIDE(wcstoul)
EMU_WIDE(wcstoull)
EMU_WIDE(wmemcmp)
EMU_WIDE(wmemcpy)
EMU_WIDE(wmemmove)
EMU_WIDE(wmemset)

EMU_NO_WIDE(btowc)
EMU_NO_WIDE(fgetwc)
EMU_NO_WIDE(fgetws)
EMU_NO_WIDE(fputwc)
EMU_NO_WIDE(fputws)
EMU_NO_WIDE(fwide)
EMU_NO_WIDE(fwprintf)
EMU_NO_WIDE(fwscanf)
EMU_NO_WIDE(getwc)
EMU_NO_WIDE(getwchar)
EMU_NO_WIDE(mbrtowc)
EMU_NO_WIDE(mbsrtowcs)
EMU_NO_WIDE(putwc)
EMU_NO_WIDE(putwchar)
EMU_NO_WIDE(swscanf)
EMU_NO_WIDE(ungetwc)
EMU_NO_WIDE(vfwprintf)
EMU_NO_WIDE(vfwscanf)
EMU_NO_WIDE(vswscanf)
EMU_NO_WIDE(vwprintf)
EMU_NO_WIDE(vwscanf)
EMU_NO_WIDE(wcrtomb)
EMU_NO_WIDE(wcscoll)
EMU_NO_WIDE(wcsftime)
EMU_NO_WIDE(wcsrtombs)
EMU_NO_WIDE(wcsxfrm)
EMU_NO_WIDE(wctob)
EMU_NO_WIDE(wprintf)
EMU_NO_WIDE(wscanf)
#if defined(__USE_XOPEN2008)
EMU_NO_WIDE(mbsnrtowcs)
EMU_NO_WIDE(open_wmemstream)
EMU_NO_WIDE(wcpcpy)
EMU_NO_WIDE(wcpncpy)
EMU_NO_WIDE(wcscasecmp)
EMU_NO_WIDE(wcscoll_l)
EMU_NO_WIDE(wcsdup)
EMU_NO_WIDE(wcsncasecmp)
EMU_NO_WIDE(wcsnrtombs)
EMU_NO_WIDE(wcsxfrm_l)
#endif
#if defined(__USE_XOPEN)
EMU_NO_WIDE(wcswidth)
EMU_NO_WIDE(wcwidth)
#endif
#if defined(__USE_GNU)
EMU_NO_WIDE(wcschrnul)
EMU_NO_WIDE(wmempcpy)
#endif

// With the kernel's parameters; and what Microsoft's C library has beside the standard.

#define EMU_WIDE_OWN(Result, Name, Parameters) EMU_WIDE_EXPORT Result Name Parameters __asm__("Emu_" #Name);

#ifdef __cplusplus
#ifndef __CORRECT_ISO_CPP_WCHAR_H_PROTO
#define __CORRECT_ISO_CPP_WCHAR_H_PROTO 1
#endif
#define EMU_WIDE_TWICE(Name, Parameters, Rest)                                                                         \
    EMU_WIDE_OWN(const wchar_t *, Name, (const wchar_t *Parameters, Rest))                                             \
    EMU_WIDE_OWN(wchar_t *, Name, (wchar_t * Parameters, Rest))
extern "C++" {
EMU_WIDE_TWICE(wcschr, String, wchar_t Character)
EMU_WIDE_TWICE(wcspbrk, String, const wchar_t *Characters)
EMU_WIDE_TWICE(wcsrchr, String, wchar_t Character)
EMU_WIDE_TWICE(wcsstr, String, const wchar_t *Part)
EMU_WIDE_OWN(const wchar_t *, wmemchr, (const wchar_t *Block, wchar_t Character, size_t Count))
EMU_WIDE_OWN(wchar_t *, wmemchr, (wchar_t * Block, wchar_t Character, size_t Count))
}
extern "C" {
#else
EMU_WIDE_OWN(wchar_t *, wcschr, (const wchar_t *String, wchar_t Character))
EMU_WIDE_OWN(wchar_t *, wcspbrk, (const wchar_t *String, const wchar_t *Characters))
EMU_WIDE_OWN(wchar_t *, wcsrchr, (const wchar_t *String, wchar_t Character))
EMU_WIDE_OWN(wchar_t *, wcsstr, (const wchar_t *String, const wchar_t *Part))
EMU_WIDE_OWN(wchar_t *, wmemchr, (const wchar_t *Block, wchar_t Character, size_t Count))
#endif

// Format as DbgPrint's, where s and c are wide and S and C are not. swprintf writes without a limit. The others write
// Count characters at most; what has more gives -1, and no null character is written then, nor when it has Count.
EMU_WIDE_OWN(int, swprintf, (wchar_t * Buffer, const wchar_t *Format, ...))
EMU_WIDE_OWN(int, _snwprintf, (wchar_t * Buffer, size_t Count, const wchar_t *Format, ...))
EMU_WIDE_OWN(int, _vsnwprintf, (wchar_t * Buffer, size_t Count, const wchar_t *Format, __builtin_va_list Arguments))

// As above, but the result ends with a null character; where it does not fit it is empty, and -1 is returned.
EMU_WIDE_OWN(int, swprintf_s, (wchar_t * Buffer, size_t Size, const wchar_t *Format, ...))
EMU_WIDE_OWN(int, vswprintf_s, (wchar_t * Buffer, size_t Size, const wchar_t *Format, __builtin_va_list Arguments))

// 0, or EINVAL or ERANGE, and Destination is empty then, if it is there. Size counts characters.
EMU_WIDE_OWN(int, wcscat_s, (wchar_t * Destination, size_t Size, const wchar_t *Source))
EMU_WIDE_OWN(int, wcscpy_s, (wchar_t * Destination, size_t Size, const wchar_t *Source))
EMU_WIDE_OWN(int, wcsncat_s, (wchar_t * Destination, size_t Size, const wchar_t *Source, size_t Count))
EMU_WIDE_OWN(int, wcsncpy_s, (wchar_t * Destination, size_t Size, const wchar_t *Source, size_t Count))

// Case is that of the letters A to Z.
EMU_WIDE_OWN(int, _wcsicmp, (const wchar_t *First, const wchar_t *Second))
EMU_WIDE_OWN(int, _wcsnicmp, (const wchar_t *First, const wchar_t *Second, size_t Count))
EMU_WIDE_OWN(wchar_t *, _wcslwr, (wchar_t * String))
EMU_WIDE_OWN(wchar_t *, _wcsupr, (wchar_t * String))
EMU_WIDE_OWN(wchar_t *, _wcsnset, (wchar_t * String, wchar_t Character, size_t Count))
EMU_WIDE_OWN(wchar_t *, _wcsrev, (wchar_t * String))
EMU_WIDE_OWN(wchar_t *, _wcsset, (wchar_t * String, wchar_t Character))
EMU_WIDE_OWN(int, _wtoi, (const wchar_t *String))
EMU_WIDE_OWN(long, _wtol, (const wchar_t *String))
#if !defined(__USE_XOPEN2008)
EMU_WIDE_OWN(size_t, wcsnlen, (const wchar_t *String, size_t Limit))
#endif
#ifdef __cplusplus
}
#endif
#if defined(__USE_XOPEN2008)
EMU_WIDE(wcsnlen)
#endif
#endif

#if defined(EMU_WIDE_WCTYPE) && !defined(EMU_WIDE_WCTYPE_IS_READ)
#define EMU_WIDE_WCTYPE_IS_READ 1

// What a character is does not depend on the program's locale: ASCII's are what they are, others are nothing.
EMU_WIDE(iswalnum)
EMU_WIDE(iswalpha)
EMU_WIDE(iswblank)
EMU_WIDE(iswcntrl)
EMU_WIDE(iswdigit)
EMU_WIDE(iswgraph)
EMU_WIDE(iswlower)
EMU_WIDE(iswprint)
EMU_WIDE(iswpunct)
EMU_WIDE(iswspace)
EMU_WIDE(iswupper)
EMU_WIDE(iswxdigit)
EMU_WIDE(towlower)
EMU_WIDE(towupper)
#endif

#if defined(EMU_WIDE_STDLIB) && !defined(EMU_WIDE_STDLIB_IS_READ)
#define EMU_WIDE_STDLIB_IS_READ 1

EMU_WIDE(mbstowcs)
EMU_WIDE(mbtowc)
EMU_WIDE(wcstombs)
EMU_WIDE(wctomb)
#endif

#if defined(EMU_WIDE_INTTYPES) && !defined(EMU_WIDE_INTTYPES_IS_READ)
#define EMU_WIDE_INTTYPES_IS_READ 1

EMU_WIDE(wcstoimax)
EMU_WIDE(wcstoumax)
#endif

#endif

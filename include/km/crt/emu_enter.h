// Takes the kernel headers' names out of the way of a header of the C or C++ library, which has parameters of these
// names; emu_leave.h puts them back. A header that the library's own includes finds them gone already.
//
// The files of this folder stand in front of the library's headers of the same names, so that those can be included in
// any order with the kernel's headers. A name that is a keyword for Microsoft's compiler (__try) means in the library
// what the library itself makes of it.

#define EMU_IN_LIBRARY 1

#if defined(EMU_HAS_KEYWORD_MACROS)
#define EMU_NAMES_ARE_AWAY 1
#pragma push_macro("__bound")
#pragma push_macro("__callback")
#pragma push_macro("__deref")
#pragma push_macro("__except")
#pragma push_macro("__finally")
#pragma push_macro("__in")
#pragma push_macro("__inout")
#pragma push_macro("__leave")
#pragma push_macro("__notnull")
#pragma push_macro("__out")
#pragma push_macro("__override")
#pragma push_macro("__post")
#pragma push_macro("__pre")
#pragma push_macro("__range")
#pragma push_macro("__readonly")
#pragma push_macro("__reserved")
#pragma push_macro("__success")
#pragma push_macro("__try")
#pragma push_macro("__valid")
#undef __bound
#undef __callback
#undef __deref
#undef __except
#undef __finally
#undef __in
#undef __inout
#undef __leave
#undef __notnull
#undef __out
#undef __override
#undef __post
#undef __pre
#undef __range
#undef __readonly
#undef __reserved
#undef __success
#undef __try
#undef __valid
#if defined(__cplusplus) && defined(__cpp_exceptions)
#define __try try
#elif defined(__cplusplus)
#define __try if (true)
#endif
#endif

// Puts back what emu_enter.h took out of the way.

#if defined(EMU_NAMES_ARE_AWAY)
#undef EMU_NAMES_ARE_AWAY
#undef __try
#pragma pop_macro("__bound")
#pragma pop_macro("__callback")
#pragma pop_macro("__deref")
#pragma pop_macro("__except")
#pragma pop_macro("__finally")
#pragma pop_macro("__in")
#pragma pop_macro("__inout")
#pragma pop_macro("__leave")
#pragma pop_macro("__notnull")
#pragma pop_macro("__out")
#pragma pop_macro("__override")
#pragma pop_macro("__post")
#pragma pop_macro("__pre")
#pragma pop_macro("__range")
#pragma pop_macro("__readonly")
#pragma pop_macro("__reserved")
#pragma pop_macro("__success")
#pragma pop_macro("__try")
#pragma pop_macro("__valid")
#endif

#undef EMU_IN_LIBRARY

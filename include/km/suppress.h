// Microsoft's header turns warnings of its static analysis off. There is nothing to turn off here.
#ifndef _SUPPRESS_
#define _SUPPRESS_
#endif

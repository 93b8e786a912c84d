// Microsoft's header marks routines that drivers should not use as deprecated. Here it marks none.
#ifndef _DONTUSE_
#define _DONTUSE_
#endif

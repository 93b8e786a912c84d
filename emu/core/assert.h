/* assert.h: what the emulator takes for granted of itself, checked in Debug builds. NT_ASSERT is the driver's. */
#ifndef EMU_CORE_ASSERT_H
#define EMU_CORE_ASSERT_H

#include "host/host.h"

/* A macro, for the expression's text. */
#if DBG
#define KI_ASSERT(Expression)                                                                                          \
    ((Expression) ? (void)0 : HostFatal("assertion failed: %s (%s:%d)", #Expression, __FILE__, __LINE__))
#else
#define KI_ASSERT(Expression) ((void)0)
#endif

#endif

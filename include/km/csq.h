// Cancel-safe queues, which wdm.h has.
#ifndef _CSQ_H_
#define _CSQ_H_

#include "wdm.h"

#endif

/* SPDX-License-Identifier: MIT */
/** @file os_mempool.h
 * Stands in the place of the one that was taken out of Mynewt's kernel, or of NimBLE's porting layer. All else under
 * os/ is the project's: this folder has nothing that could hide it, wherever it is in the include path. */
#include "../../mynewt/os/os_mempool.h"

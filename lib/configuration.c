/* SPDX-License-Identifier: MIT */
/* How this library is configured, as a symbol of no bytes. Programs whose calls are in line want it of the linker
 * (lfmem/detail/configuration.h). */
#include <lfmem/detail/port.h>

/* `used`, since the optimiser of -flto does not see who wants it. */
LFM_API extern const char lfm_configuration[] __asm__(LFM_NAME_OF_ALL_);
__extension__ __attribute__((used)) const char lfm_configuration[0] = {};

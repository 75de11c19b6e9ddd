/* SPDX-License-Identifier: MIT */
/* In the search path of this build. */
#include "../../../include/port/one_core.h"

/* SPDX-License-Identifier: MIT */
/* In the search path of this build. */
#include "../../../include/port/any_one_core.h"

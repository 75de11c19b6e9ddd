/* SPDX-License-Identifier: MIT */
#include "call_path.h"
#include "check.h"

void call_path_append(call_path *path, uintptr_t at)
{
    size_t before = 0;
    if (path->steps == CALL_PATH_MAX) {
        SKIP("a call cannot be stepped through here");
    }
    for (size_t i = 0; i < path->steps; i++) {
        before += path->at[i] == at;
    }
    path->at[path->steps] = at;
    path->before[path->steps] = before;
    path->steps++;
}

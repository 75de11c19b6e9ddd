# SPDX-License-Identifier: MIT
# For builds with CMake: sets lfmem_sources, given lfmem_root.
foreach(lfmem_part cache configuration dynpool dynpool_check dynpool_init heap heap_init heap_walk pool pool_init segment status thread tools)
  list(APPEND lfmem_sources ${lfmem_root}/lib/${lfmem_part}.c)
endforeach()

/* SPDX-License-Identifier: MIT */
/* Port for ESP-IDF: contexts are cores. With CONFIG_LFMEM_ONE_CORE the build takes one_core.h instead. Chips whose core
 * has no compare-and-swap (ESP32-S2, RV32IMC) are not served. */
#ifndef LFM_LIB_PORT_ESP_IDF_H
#define LFM_LIB_PORT_ESP_IDF_H

#include <esp_cpu.h>

#define LFM_PORT_CONTEXT() ((uintptr_t)esp_cpu_get_core_id())

#endif

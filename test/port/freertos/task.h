/* SPDX-License-Identifier: MIT */
/* Of FreeRTOS's task.h, which comes behind FreeRTOS.h, what the usual configASSERT() uses. */
#ifndef INC_TASK_H
#define INC_TASK_H

#ifndef FREERTOS_H
#error "FreeRTOS.h comes first"
#endif

#define taskDISABLE_INTERRUPTS() disable_interrupts()

#endif

/* SPDX-License-Identifier: MIT */
/* Functions of a known number of instructions, for counter.h. counter_known: 1 + 10 * 2 + 100 + 1 */
        .text
        .balign 4
        .global counter_returns, counter_known
#if defined(__aarch64__)
counter_known:
        mov     x3, #10
1:      subs    x3, x3, #1
        b.ne    1b
        .rept   100
        nop
        .endr
counter_returns:
        ret
#elif defined(__riscv)
counter_known:
        li      a3, 10
1:      addi    a3, a3, -1
        bnez    a3, 1b
        .rept   100
        nop
        .endr
counter_returns:
        ret
#else
        .syntax unified
        .thumb_func
counter_known:
        movs    r3, #10
1:      subs    r3, #1
        bne     1b
        .rept   100
        nop
        .endr
        .thumb_func
counter_returns:
        bx      lr
#endif

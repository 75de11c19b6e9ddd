/* SPDX-License-Identifier: MIT */
/* Armv7-A, QEMU's virt machine: every core comes here in supervisor mode, core 0 at _start, others by PSCI at
 * start_other. Each turns its MMU on: only normal, cacheable, shareable memory promises that exclusive accesses work
 * between cores. */
        .arm
        .section .entry, "ax"
        .global _start, start_other
_start:
        ldr     r1, =image_bss
        ldr     r2, =image_bss_end
        mov     r3, #0
1:      cmp     r1, r2
        strlo   r3, [r1], #4
        blo     1b
        ldr     r8, =machine_first
        b       start
start_other:
        ldr     r8, =machine_other

start:  ldr     r1, =vectors
        mcr     p15, 0, r1, c12, c0, 0          /* VBAR */
        ldr     r1, =translation + 0x4a         /* walks: write-back, inner shareable */
        mcr     p15, 0, r1, c2, c0, 0           /* TTBR0 */
        mov     r1, #0
        mcr     p15, 0, r1, c2, c0, 2           /* TTBCR: by TTBR0 alone */
        mov     r1, #1
        mcr     p15, 0, r1, c3, c0, 0           /* domain 0 is checked */
        mov     r1, #0
        mcr     p15, 0, r1, c8, c7, 0           /* TLBs are empty */
        dsb
        isb
        mrc     p15, 0, r1, c1, c0, 0
        ldr     r2, =0x1005                     /* MMU, data and instruction cache */
        orr     r1, r1, r2
        mcr     p15, 0, r1, c1, c0, 0
        isb
        mrc     p15, 0, r0, c0, c0, 5           /* MPIDR */
        and     r0, r0, #0xff
        add     r0, r0, #1
        ldr     r1, =stacks
        add     sp, r1, r0, lsl #14
        cpsie   i
        bx      r8

        .balign 32
vectors:
        .rept   6
        b       machine_fault
        .endr
        b       interrupt
        b       machine_fault

interrupt:
        sub     lr, lr, #4
        srsdb   sp!, #0x13                      /* what a call does not keep is kept on the supervisor's stack */
        cps     #0x13
        push    {r0-r3, r12, lr}
        and     r1, sp, #4                      /* which may be aligned to 4 bytes only here */
        sub     sp, sp, r1
        push    {r1, r2}
        bl      gic_interrupt
        pop     {r1, r2}
        add     sp, sp, r1
        pop     {r0-r3, r12, lr}
        rfeia   sp!

        .data
        .balign 16384
translation:                                    /* sections of 1 MiB: the first GiB is devices, the second RAM */
        .set    section, 0
        .rept   1024
        .word   section << 20 | 0x00c16         /* shareable device, no code */
        .set    section, section + 1
        .endr
        .rept   1024
        .word   section << 20 | 0x11c0e         /* normal, write-back, write-allocate, shareable */
        .set    section, section + 1
        .endr
        .fill   2048, 4, 0

        .section .noinit, "aw", %nobits
        .balign 16
stacks: .space  MACHINE_CORES * 16384

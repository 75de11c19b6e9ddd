/* SPDX-License-Identifier: MIT */
/* AArch64, QEMU's virt machine: every core comes here in EL1, core 0 at _start, others by PSCI at start_other. Each
 * turns its MMU on: only normal, cacheable, shareable memory promises that exclusive accesses work between cores. */
        .section .entry, "ax"
        .global _start, start_other
_start:
        adrp    x1, image_bss
        add     x1, x1, :lo12:image_bss
        adrp    x2, image_bss_end
        add     x2, x2, :lo12:image_bss_end
1:      cmp     x1, x2
        b.hs    2f
        str     xzr, [x1], #8
        b       1b
2:      adr     x19, machine_first
        b       start
start_other:
        adr     x19, machine_other

start:  adrp    x1, vectors
        add     x1, x1, :lo12:vectors
        msr     vbar_el1, x1
        ldr     x1, =0xff00                     /* attribute 0: device; 1: normal, write-back */
        msr     mair_el1, x1
        ldr     x1, =(25 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 23) /* 39 bits by TTBR0; cacheable, inner shareable */
        msr     tcr_el1, x1
        adrp    x1, translation
        msr     ttbr0_el1, x1
        tlbi    vmalle1
        dsb     ish
        isb
        mrs     x1, sctlr_el1
        mov     x2, #0x1005                     /* MMU, data and instruction cache */
        orr     x1, x1, x2
        msr     sctlr_el1, x1
        isb
        mrs     x0, mpidr_el1
        and     x0, x0, #0xff
        adrp    x1, stacks
        add     x1, x1, :lo12:stacks
        add     x0, x0, #1
        add     x1, x1, x0, lsl #14
        mov     sp, x1
        msr     daifclr, #2                     /* interrupts */
        br      x19

        .balign 2048
vectors:
        .rept   5
        .balign 128
        b       machine_fault
        .endr
        .balign 128
        sub     sp, sp, #192                    /* interrupt: what a call does not keep is kept here */
        stp     x0, x1, [sp]
        stp     x2, x3, [sp, #16]
        stp     x4, x5, [sp, #32]
        stp     x6, x7, [sp, #48]
        stp     x8, x9, [sp, #64]
        stp     x10, x11, [sp, #80]
        stp     x12, x13, [sp, #96]
        stp     x14, x15, [sp, #112]
        stp     x16, x17, [sp, #128]
        stp     x18, x30, [sp, #144]
        mrs     x0, elr_el1
        mrs     x1, spsr_el1
        stp     x0, x1, [sp, #160]
        bl      gic_interrupt
        b       leave
        .rept   10
        .balign 128
        b       machine_fault
        .endr

leave:  ldp     x0, x1, [sp, #160]
        msr     elr_el1, x0
        msr     spsr_el1, x1
        ldp     x0, x1, [sp]
        ldp     x2, x3, [sp, #16]
        ldp     x4, x5, [sp, #32]
        ldp     x6, x7, [sp, #48]
        ldp     x8, x9, [sp, #64]
        ldp     x10, x11, [sp, #80]
        ldp     x12, x13, [sp, #96]
        ldp     x14, x15, [sp, #112]
        ldp     x16, x17, [sp, #128]
        ldp     x18, x30, [sp, #144]
        add     sp, sp, #192
        eret

        .data
        .balign 4096
translation:                                    /* blocks of 1 GiB: the first is devices, the second RAM */
        .quad   0x00000401                      /* accessed; attribute 0 */
        .quad   0x40000705                      /* accessed; inner shareable; attribute 1 */
        .fill   510, 8, 0

        .section .noinit, "aw", %nobits
        .balign 16
stacks: .space  MACHINE_CORES * 16384

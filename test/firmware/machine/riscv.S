/* SPDX-License-Identifier: MIT */
/* RISC-V, QEMU's virt machine without a BIOS: every hart comes here in machine mode. Others than hart 0 wait until it
 * has cleared .bss. */
        .section .text.start, "ax"
        .global _start
_start: la      t0, trap
        csrw    mtvec, t0
        csrr    a0, mhartid
        li      t0, MACHINE_CORES
        bgeu    a0, t0, park
        la      sp, stacks
        addi    t0, a0, 1
        slli    t0, t0, 14
        add     sp, sp, t0
        csrsi   mstatus, 8                      /* interrupts, as far as mie has some */
        la      t0, memory_is_ready
        bnez    a0, other

        la      t1, image_bss
        la      t2, image_bss_end
1:      bgeu    t1, t2, 2f
        sw      zero, 0(t1)
        addi    t1, t1, 4
        j       1b
2:      li      t1, 1
        fence   rw, w
        sw      t1, 0(t0)
        tail    machine_first

other:  lw      t1, 0(t0)
        beqz    t1, other
        fence   r, rw
        tail    machine_other

park:   wfi
        j       park

        .data
        .balign 4
memory_is_ready:
        .word   0

        .section .noinit, "aw", @nobits
        .balign 16
stacks: .space  MACHINE_CORES * 16384

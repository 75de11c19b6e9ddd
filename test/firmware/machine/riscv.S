/* SPDX-License-Identifier: MIT */
/* RISC-V, QEMU's virt machine without a BIOS: every hart comes here in machine mode. Others than hart 0 sleep until it
 * sends them a software interrupt. */
        .section .entry, "ax"
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
        bnez    a0, other

        la      t1, image_bss
        la      t2, image_bss_end
1:      bgeu    t1, t2, 2f
        sw      zero, 0(t1)
        addi    t1, t1, 4
        j       1b
2:      csrsi   mstatus, 8                      /* interrupts, as far as mie has some */
        tail    machine_first

other:  csrwi   mie, 8                          /* software interrupt: it wakes, and is not taken */
3:      wfi
        csrr    t0, mip
        andi    t0, t0, 8
        beqz    t0, 3b
        csrwi   mie, 0
        fence   rw, rw
        csrsi   mstatus, 8
        tail    machine_other

park:   wfi
        j       park

        .section .noinit, "aw", @nobits
        .balign 16
stacks: .space  MACHINE_CORES * 16384

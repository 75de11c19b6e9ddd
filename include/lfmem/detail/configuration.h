/* SPDX-License-Identifier: MIT */
/** @file configuration.h
 * What calls that are in line want of the linker: that the library is built as the program is. Private. */
#ifndef LFMEM_DETAIL_CONFIGURATION_H
#define LFMEM_DETAIL_CONFIGURATION_H

#include <lfmem/detail/port.h>

/* Wants the symbol of the library's configuration (lib/configuration.c), so that a program of another one does not
 * link. Other calls want the functions' symbols, which say that, too. What makes a symbol wanted:
 * - A relocation that changes nothing, in the code, takes no bytes. (clang forgets a symbol that is not global.) With
 * an operand the optimiser of -flto knows of it as well; not every target has such operands.
 * - Where a library may be shared, a linker wants room for what is resolved later: a pointer for each file. The code
 *   wants that pointer, or --gc-sections leaves it out. */
#if defined(__ELF__) && \
    (defined(__arm__) || defined(__aarch64__) || defined(__riscv) || defined(__i386__) || defined(__x86_64__))
#define LFM_RELOC_(symbol) ".reloc 0, BFD_RELOC_NONE, " symbol
#else
#define LFM_RELOC_(symbol) ""
#endif
#if defined(__unix__) && defined(__ELF__)
#define LFM_WANTED_(symbol)                                                                         \
    ".ifndef .Llfm_wanted\n\t.pushsection .data.rel.ro.lfm_wanted,\"aw\"\n\t.balign " LFM_TEXT_OF_( \
        __SIZEOF_POINTER__) "\n.Llfm_wanted:\n\t.dc.a " symbol                                      \
                            "\n\t.popsection\n\t.endif\n\t" LFM_RELOC_(".Llfm_wanted")
#elif defined(__ELF__) && \
    (defined(__arm__) || defined(__aarch64__) || defined(__riscv) || defined(__i386__) || defined(__x86_64__))
#define LFM_WANTED_(symbol) ".globl " symbol "\n\t" LFM_RELOC_(symbol)
#endif
#ifndef LFM_WANTED_
#define LFM_WANT_CONFIGURATION_() ((void)0)
#elif defined(__arm__) && !defined(__PIC__)
extern const char lfm_configuration_ __asm__(LFM_NAME_OF_ALL_);
#define LFM_WANT_CONFIGURATION_() __asm__(LFM_WANTED_("%c0") : : "i"(&lfm_configuration_))
#else
#define LFM_WANT_CONFIGURATION_() __asm__(LFM_WANTED_(LFM_NAME_OF_ALL_))
#endif

#endif

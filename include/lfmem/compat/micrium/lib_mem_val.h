/* SPDX-License-Identifier: MIT */
/** @file lib_mem_val.h
 * Values in memory, by the MEM_VAL_ macros of Micrium uC/LIB; lib_mem.h includes it. Addresses are pointers of any
 * type, or numbers, and need no alignment. Orders are _BIG (most significant byte first), _LITTLE, or the processor's
 * own, where a name says neither. Values have 1, 2, 3 or 4 bytes: INT08U, INT16U, INT24U, INT32U; those of 3 are handed
 * over as CPU_INT32U.
 *
 * Each argument is evaluated once. All are expressions: MEM_VAL_GET_ and the conversions of a value have a value, and
 * conversions of a constant are constants; the others are void. Not atomic in any way.
 *
 * - Progress: wait-free. */
#ifndef LFMEM_COMPAT_MICRIUM_LIB_MEM_VAL_H
#define LFMEM_COMPAT_MICRIUM_LIB_MEM_VAL_H

#include <cpu.h>
#include <lfmem/layout.h>

#ifdef __cplusplus
extern "C++" {
template <typename lfm_any_> inline void *lfm_micrium_at_(lfm_any_ *address)
{
    return const_cast<void *>(static_cast<const volatile void *>(address));
}
template <typename lfm_any_> inline void *lfm_micrium_at_(lfm_any_ address)
{
    return reinterpret_cast<void *>(LFM_CAST_(uintptr_t, address));
}
}
#define LFM_MICRIUM_FROM_(address) lfm_micrium_at_(address)
#define LFM_MICRIUM_TO_(address)   lfm_micrium_at_(address)
#else
#define LFM_MICRIUM_FROM_(address) ((const void *)(address))
#define LFM_MICRIUM_TO_(address)   ((void *)(address))
#endif

static inline CPU_INT08U lfm_micrium_get08_(const void *address)
{
    return *LFM_POINTER_(const CPU_INT08U, address);
}

static inline CPU_INT32U lfm_micrium_get16_big_(const void *address)
{
    const CPU_INT08U *const from = LFM_POINTER_(const CPU_INT08U, address);
    return LFM_CAST_(CPU_INT32U, from[0]) << 8 | from[1];
}

static inline CPU_INT32U lfm_micrium_get24_big_(const void *address)
{
    const CPU_INT08U *const from = LFM_POINTER_(const CPU_INT08U, address);
    return lfm_micrium_get16_big_(from) << 8 | from[2];
}

static inline CPU_INT32U lfm_micrium_get32_big_(const void *address)
{
    const CPU_INT08U *const from = LFM_POINTER_(const CPU_INT08U, address);
    return lfm_micrium_get16_big_(from) << 16 | lfm_micrium_get16_big_(from + 2);
}

static inline CPU_INT32U lfm_micrium_get16_little_(const void *address)
{
    const CPU_INT08U *const from = LFM_POINTER_(const CPU_INT08U, address);
    return LFM_CAST_(CPU_INT32U, from[1]) << 8 | from[0];
}

static inline CPU_INT32U lfm_micrium_get24_little_(const void *address)
{
    const CPU_INT08U *const from = LFM_POINTER_(const CPU_INT08U, address);
    return LFM_CAST_(CPU_INT32U, from[2]) << 16 | lfm_micrium_get16_little_(from);
}

static inline CPU_INT32U lfm_micrium_get32_little_(const void *address)
{
    const CPU_INT08U *const from = LFM_POINTER_(const CPU_INT08U, address);
    return lfm_micrium_get16_little_(from + 2) << 16 | lfm_micrium_get16_little_(from);
}

static inline void lfm_micrium_set08_(void *address, CPU_INT08U value)
{
    *LFM_POINTER_(CPU_INT08U, address) = value;
}

static inline void lfm_micrium_set16_big_(void *address, CPU_INT32U value)
{
    CPU_INT08U *const to = LFM_POINTER_(CPU_INT08U, address);
    to[0] = LFM_CAST_(CPU_INT08U, value >> 8 & 0xFF);
    to[1] = LFM_CAST_(CPU_INT08U, value & 0xFF);
}

static inline void lfm_micrium_set24_big_(void *address, CPU_INT32U value)
{
    CPU_INT08U *const to = LFM_POINTER_(CPU_INT08U, address);
    lfm_micrium_set16_big_(to, value >> 8);
    to[2] = LFM_CAST_(CPU_INT08U, value & 0xFF);
}

static inline void lfm_micrium_set32_big_(void *address, CPU_INT32U value)
{
    lfm_micrium_set16_big_(address, value >> 16);
    lfm_micrium_set16_big_(LFM_POINTER_(CPU_INT08U, address) + 2, value);
}

static inline void lfm_micrium_set16_little_(void *address, CPU_INT32U value)
{
    CPU_INT08U *const to = LFM_POINTER_(CPU_INT08U, address);
    to[0] = LFM_CAST_(CPU_INT08U, value & 0xFF);
    to[1] = LFM_CAST_(CPU_INT08U, value >> 8 & 0xFF);
}

static inline void lfm_micrium_set24_little_(void *address, CPU_INT32U value)
{
    CPU_INT08U *const to = LFM_POINTER_(CPU_INT08U, address);
    lfm_micrium_set16_little_(to, value);
    to[2] = LFM_CAST_(CPU_INT08U, value >> 16 & 0xFF);
}

static inline void lfm_micrium_set32_little_(void *address, CPU_INT32U value)
{
    lfm_micrium_set16_little_(address, value);
    lfm_micrium_set16_little_(LFM_POINTER_(CPU_INT08U, address) + 2, value >> 16);
}

/* In ascending order, so that what overlaps may move down. */
static inline void lfm_micrium_copy_(void *to_address, const void *from_address, CPU_SIZE_T size)
{
    CPU_INT08U *const to = LFM_POINTER_(CPU_INT08U, to_address);
    const CPU_INT08U *const from = LFM_POINTER_(const CPU_INT08U, from_address);
    for (CPU_SIZE_T i = 0; i < size; i++) {
        to[i] = from[i];
    }
}

/* From both ends to the middle, so that a value can be turned where it lies. */
static inline void lfm_micrium_copy_turned_(void *to_address, const void *from_address, CPU_SIZE_T size)
{
    CPU_INT08U *const to = LFM_POINTER_(CPU_INT08U, to_address);
    const CPU_INT08U *const from = LFM_POINTER_(const CPU_INT08U, from_address);
    for (CPU_SIZE_T i = 0; i < size - i; i++) {
        const CPU_SIZE_T opposite = size - 1 - i;
        const CPU_INT08U front = from[i], back = from[opposite];
        to[i] = back;
        to[opposite] = front;
    }
}

/** Conversions of a value. Those between a fixed order and the processor's own leave it as it is where the two are the
 * same. */
#define MEM_VAL_BIG_TO_LITTLE_16(val)  LFM_CAST_(CPU_INT16U, __builtin_bswap16(LFM_CAST_(CPU_INT16U, val)))
#define MEM_VAL_BIG_TO_LITTLE_32(val)  LFM_CAST_(CPU_INT32U, __builtin_bswap32(LFM_CAST_(CPU_INT32U, val)))
#define MEM_VAL_LITTLE_TO_BIG_16(val)  MEM_VAL_BIG_TO_LITTLE_16(val)
#define MEM_VAL_LITTLE_TO_BIG_32(val)  MEM_VAL_BIG_TO_LITTLE_32(val)
#define MEM_VAL_HOST_TO_BIG_16(val)    MEM_VAL_BIG_TO_HOST_16(val)
#define MEM_VAL_HOST_TO_BIG_32(val)    MEM_VAL_BIG_TO_HOST_32(val)
#define MEM_VAL_HOST_TO_LITTLE_16(val) MEM_VAL_LITTLE_TO_HOST_16(val)
#define MEM_VAL_HOST_TO_LITTLE_32(val) MEM_VAL_LITTLE_TO_HOST_32(val)

/** The value at an address. @return CPU_INT08U, CPU_INT16U, and CPU_INT32U for 3 and 4 bytes */
#define MEM_VAL_GET_INT08U_BIG(addr) lfm_micrium_get08_(LFM_MICRIUM_FROM_(addr))
#define MEM_VAL_GET_INT16U_BIG(addr) LFM_CAST_(CPU_INT16U, lfm_micrium_get16_big_(LFM_MICRIUM_FROM_(addr)))
#define MEM_VAL_GET_INT24U_BIG(addr) lfm_micrium_get24_big_(LFM_MICRIUM_FROM_(addr))
#define MEM_VAL_GET_INT32U_BIG(addr) lfm_micrium_get32_big_(LFM_MICRIUM_FROM_(addr))

#define MEM_VAL_GET_INT08U_LITTLE(addr) lfm_micrium_get08_(LFM_MICRIUM_FROM_(addr))
#define MEM_VAL_GET_INT16U_LITTLE(addr) LFM_CAST_(CPU_INT16U, lfm_micrium_get16_little_(LFM_MICRIUM_FROM_(addr)))
#define MEM_VAL_GET_INT24U_LITTLE(addr) lfm_micrium_get24_little_(LFM_MICRIUM_FROM_(addr))
#define MEM_VAL_GET_INT32U_LITTLE(addr) lfm_micrium_get32_little_(LFM_MICRIUM_FROM_(addr))

/** Writes the low bytes of a value to an address. */
#define MEM_VAL_SET_INT08U_BIG(addr, val) lfm_micrium_set08_(LFM_MICRIUM_TO_(addr), LFM_CAST_(CPU_INT08U, val))
#define MEM_VAL_SET_INT16U_BIG(addr, val) lfm_micrium_set16_big_(LFM_MICRIUM_TO_(addr), LFM_CAST_(CPU_INT32U, val))
#define MEM_VAL_SET_INT24U_BIG(addr, val) lfm_micrium_set24_big_(LFM_MICRIUM_TO_(addr), LFM_CAST_(CPU_INT32U, val))
#define MEM_VAL_SET_INT32U_BIG(addr, val) lfm_micrium_set32_big_(LFM_MICRIUM_TO_(addr), LFM_CAST_(CPU_INT32U, val))

#define MEM_VAL_SET_INT08U_LITTLE(addr, val) lfm_micrium_set08_(LFM_MICRIUM_TO_(addr), LFM_CAST_(CPU_INT08U, val))
#define MEM_VAL_SET_INT16U_LITTLE(addr, val) \
    lfm_micrium_set16_little_(LFM_MICRIUM_TO_(addr), LFM_CAST_(CPU_INT32U, val))
#define MEM_VAL_SET_INT24U_LITTLE(addr, val) \
    lfm_micrium_set24_little_(LFM_MICRIUM_TO_(addr), LFM_CAST_(CPU_INT32U, val))
#define MEM_VAL_SET_INT32U_LITTLE(addr, val) \
    lfm_micrium_set32_little_(LFM_MICRIUM_TO_(addr), LFM_CAST_(CPU_INT32U, val))

/** COPY_GET copies a value of an order to one of the processor's own order; COPY_SET the other way round. Both places
 * may be the same. INTU are values of @p val_size bytes. */
#define MEM_VAL_COPY_GET_INT08U_BIG(addr_dest, addr_src) MEM_VAL_SET_INT08U(addr_dest, MEM_VAL_GET_INT08U_BIG(addr_src))
#define MEM_VAL_COPY_GET_INT16U_BIG(addr_dest, addr_src) MEM_VAL_SET_INT16U(addr_dest, MEM_VAL_GET_INT16U_BIG(addr_src))
#define MEM_VAL_COPY_GET_INT24U_BIG(addr_dest, addr_src) MEM_VAL_SET_INT24U(addr_dest, MEM_VAL_GET_INT24U_BIG(addr_src))
#define MEM_VAL_COPY_GET_INT32U_BIG(addr_dest, addr_src) MEM_VAL_SET_INT32U(addr_dest, MEM_VAL_GET_INT32U_BIG(addr_src))

#define MEM_VAL_COPY_GET_INT08U_LITTLE(addr_dest, addr_src) \
    MEM_VAL_SET_INT08U(addr_dest, MEM_VAL_GET_INT08U_LITTLE(addr_src))
#define MEM_VAL_COPY_GET_INT16U_LITTLE(addr_dest, addr_src) \
    MEM_VAL_SET_INT16U(addr_dest, MEM_VAL_GET_INT16U_LITTLE(addr_src))
#define MEM_VAL_COPY_GET_INT24U_LITTLE(addr_dest, addr_src) \
    MEM_VAL_SET_INT24U(addr_dest, MEM_VAL_GET_INT24U_LITTLE(addr_src))
#define MEM_VAL_COPY_GET_INT32U_LITTLE(addr_dest, addr_src) \
    MEM_VAL_SET_INT32U(addr_dest, MEM_VAL_GET_INT32U_LITTLE(addr_src))

#define MEM_VAL_COPY_GET_INT08U(addr_dest, addr_src) MEM_VAL_SET_INT08U(addr_dest, MEM_VAL_GET_INT08U(addr_src))
#define MEM_VAL_COPY_GET_INT16U(addr_dest, addr_src) MEM_VAL_SET_INT16U(addr_dest, MEM_VAL_GET_INT16U(addr_src))
#define MEM_VAL_COPY_GET_INT24U(addr_dest, addr_src) MEM_VAL_SET_INT24U(addr_dest, MEM_VAL_GET_INT24U(addr_src))
#define MEM_VAL_COPY_GET_INT32U(addr_dest, addr_src) MEM_VAL_SET_INT32U(addr_dest, MEM_VAL_GET_INT32U(addr_src))

#define MEM_VAL_COPY_SET_INT08U_BIG(addr_dest, addr_src)    MEM_VAL_COPY_GET_INT08U_BIG(addr_dest, addr_src)
#define MEM_VAL_COPY_SET_INT16U_BIG(addr_dest, addr_src)    MEM_VAL_COPY_GET_INT16U_BIG(addr_dest, addr_src)
#define MEM_VAL_COPY_SET_INT24U_BIG(addr_dest, addr_src)    MEM_VAL_COPY_GET_INT24U_BIG(addr_dest, addr_src)
#define MEM_VAL_COPY_SET_INT32U_BIG(addr_dest, addr_src)    MEM_VAL_COPY_GET_INT32U_BIG(addr_dest, addr_src)
#define MEM_VAL_COPY_SET_INT08U_LITTLE(addr_dest, addr_src) MEM_VAL_COPY_GET_INT08U_LITTLE(addr_dest, addr_src)
#define MEM_VAL_COPY_SET_INT16U_LITTLE(addr_dest, addr_src) MEM_VAL_COPY_GET_INT16U_LITTLE(addr_dest, addr_src)
#define MEM_VAL_COPY_SET_INT24U_LITTLE(addr_dest, addr_src) MEM_VAL_COPY_GET_INT24U_LITTLE(addr_dest, addr_src)
#define MEM_VAL_COPY_SET_INT32U_LITTLE(addr_dest, addr_src) MEM_VAL_COPY_GET_INT32U_LITTLE(addr_dest, addr_src)
#define MEM_VAL_COPY_SET_INT08U(addr_dest, addr_src)        MEM_VAL_COPY_GET_INT08U(addr_dest, addr_src)
#define MEM_VAL_COPY_SET_INT16U(addr_dest, addr_src)        MEM_VAL_COPY_GET_INT16U(addr_dest, addr_src)
#define MEM_VAL_COPY_SET_INT24U(addr_dest, addr_src)        MEM_VAL_COPY_GET_INT24U(addr_dest, addr_src)
#define MEM_VAL_COPY_SET_INT32U(addr_dest, addr_src)        MEM_VAL_COPY_GET_INT32U(addr_dest, addr_src)

#define MEM_VAL_COPY_GET_INTU(addr_dest, addr_src, val_size) MEM_VAL_COPY(addr_dest, addr_src, val_size)
#define MEM_VAL_COPY_SET_INTU_BIG(addr_dest, addr_src, val_size) \
    MEM_VAL_COPY_GET_INTU_BIG(addr_dest, addr_src, val_size)
#define MEM_VAL_COPY_SET_INTU_LITTLE(addr_dest, addr_src, val_size) \
    MEM_VAL_COPY_GET_INTU_LITTLE(addr_dest, addr_src, val_size)
#define MEM_VAL_COPY_SET_INTU(addr_dest, addr_src, val_size) MEM_VAL_COPY_GET_INTU(addr_dest, addr_src, val_size)

/** Copies 8, 16, 24, 32 bits, or @p val_size bytes, as they are. Places that overlap are copied right by those of a
 * fixed size, and by MEM_VAL_COPY() where the destination lies below the source. */
#define MEM_VAL_COPY_08(addr_dest, addr_src) MEM_VAL_COPY_GET_INT08U(addr_dest, addr_src)
#define MEM_VAL_COPY_16(addr_dest, addr_src) MEM_VAL_COPY_GET_INT16U(addr_dest, addr_src)
#define MEM_VAL_COPY_24(addr_dest, addr_src) MEM_VAL_COPY_GET_INT24U(addr_dest, addr_src)
#define MEM_VAL_COPY_32(addr_dest, addr_src) MEM_VAL_COPY_GET_INT32U(addr_dest, addr_src)
#define MEM_VAL_COPY(addr_dest, addr_src, val_size) \
    lfm_micrium_copy_(LFM_MICRIUM_TO_(addr_dest), LFM_MICRIUM_FROM_(addr_src), LFM_CAST_(CPU_SIZE_T, val_size))
#define LFM_MICRIUM_COPY_TURNED_(addr_dest, addr_src, val_size) \
    lfm_micrium_copy_turned_(LFM_MICRIUM_TO_(addr_dest), LFM_MICRIUM_FROM_(addr_src), LFM_CAST_(CPU_SIZE_T, val_size))

/* What depends on the processor's order. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define MEM_VAL_BIG_TO_HOST_16(val)    LFM_CAST_(CPU_INT16U, val)
#define MEM_VAL_BIG_TO_HOST_32(val)    LFM_CAST_(CPU_INT32U, val)
#define MEM_VAL_LITTLE_TO_HOST_16(val) MEM_VAL_LITTLE_TO_BIG_16(val)
#define MEM_VAL_LITTLE_TO_HOST_32(val) MEM_VAL_LITTLE_TO_BIG_32(val)

#define MEM_VAL_GET_INT08U(addr)      MEM_VAL_GET_INT08U_BIG(addr)
#define MEM_VAL_GET_INT16U(addr)      MEM_VAL_GET_INT16U_BIG(addr)
#define MEM_VAL_GET_INT24U(addr)      MEM_VAL_GET_INT24U_BIG(addr)
#define MEM_VAL_GET_INT32U(addr)      MEM_VAL_GET_INT32U_BIG(addr)
#define MEM_VAL_SET_INT08U(addr, val) MEM_VAL_SET_INT08U_BIG(addr, val)
#define MEM_VAL_SET_INT16U(addr, val) MEM_VAL_SET_INT16U_BIG(addr, val)
#define MEM_VAL_SET_INT24U(addr, val) MEM_VAL_SET_INT24U_BIG(addr, val)
#define MEM_VAL_SET_INT32U(addr, val) MEM_VAL_SET_INT32U_BIG(addr, val)

#define MEM_VAL_COPY_GET_INTU_BIG(addr_dest, addr_src, val_size) MEM_VAL_COPY(addr_dest, addr_src, val_size)
#define MEM_VAL_COPY_GET_INTU_LITTLE(addr_dest, addr_src, val_size) \
    LFM_MICRIUM_COPY_TURNED_(addr_dest, addr_src, val_size)
#else
#define MEM_VAL_BIG_TO_HOST_16(val)    MEM_VAL_BIG_TO_LITTLE_16(val)
#define MEM_VAL_BIG_TO_HOST_32(val)    MEM_VAL_BIG_TO_LITTLE_32(val)
#define MEM_VAL_LITTLE_TO_HOST_16(val) LFM_CAST_(CPU_INT16U, val)
#define MEM_VAL_LITTLE_TO_HOST_32(val) LFM_CAST_(CPU_INT32U, val)

#define MEM_VAL_GET_INT08U(addr)      MEM_VAL_GET_INT08U_LITTLE(addr)
#define MEM_VAL_GET_INT16U(addr)      MEM_VAL_GET_INT16U_LITTLE(addr)
#define MEM_VAL_GET_INT24U(addr)      MEM_VAL_GET_INT24U_LITTLE(addr)
#define MEM_VAL_GET_INT32U(addr)      MEM_VAL_GET_INT32U_LITTLE(addr)
#define MEM_VAL_SET_INT08U(addr, val) MEM_VAL_SET_INT08U_LITTLE(addr, val)
#define MEM_VAL_SET_INT16U(addr, val) MEM_VAL_SET_INT16U_LITTLE(addr, val)
#define MEM_VAL_SET_INT24U(addr, val) MEM_VAL_SET_INT24U_LITTLE(addr, val)
#define MEM_VAL_SET_INT32U(addr, val) MEM_VAL_SET_INT32U_LITTLE(addr, val)

#define MEM_VAL_COPY_GET_INTU_BIG(addr_dest, addr_src, val_size)    LFM_MICRIUM_COPY_TURNED_(addr_dest, addr_src, val_size)
#define MEM_VAL_COPY_GET_INTU_LITTLE(addr_dest, addr_src, val_size) MEM_VAL_COPY(addr_dest, addr_src, val_size)
#endif

#endif

/* SPDX-License-Identifier: MIT */
/* Each MEM_VAL_ macro of Micrium uC/LIB against bytes that are put together one by one: at every address modulo 8, by
 * pointers of several types and by number, in place, and with arguments that count how often they are evaluated. As C
 * and as C++, for processors of either byte order. No header of a C library is needed. */
#ifndef LFM_TEST_MICRIUM_VALUES_H
#define LFM_TEST_MICRIUM_VALUES_H

#include <lib_mem.h>

enum micrium_order {
    MICRIUM_BIG,
    MICRIUM_LITTLE,
    MICRIUM_OWN = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? MICRIUM_BIG : MICRIUM_LITTLE
};

enum {
    MICRIUM_ROOM = 32
};

/* What a byte at a place is before a test writes there. */
static inline CPU_INT08U micrium_byte(CPU_SIZE_T place)
{
    return LFM_CAST_(CPU_INT08U, (0x9Du + 37u * place) & 0xFFu);
}

static inline void micrium_fill(CPU_INT08U *room)
{
    for (CPU_SIZE_T i = 0; i < MICRIUM_ROOM; i++) {
        room[i] = micrium_byte(i);
    }
}

/* The oracle: the number of which byte i of n has this weight. */
static inline CPU_SIZE_T micrium_weight(CPU_SIZE_T i, CPU_SIZE_T n, int order)
{
    return 8u * (order == MICRIUM_BIG ? n - 1u - i : i);
}

static inline CPU_INT32U micrium_value(const CPU_INT08U *bytes, CPU_SIZE_T n, int order)
{
    CPU_INT32U value = 0;
    for (CPU_SIZE_T i = 0; i < n; i++) {
        value |= LFM_CAST_(CPU_INT32U, bytes[i]) << micrium_weight(i, n, order);
    }
    return value;
}

/* Whether the room is as it was but for n bytes from a place on, which are this value. */
static inline int micrium_wrote(const CPU_INT08U *room, CPU_SIZE_T place, CPU_INT32U value, CPU_SIZE_T n, int order)
{
    for (CPU_SIZE_T i = 0; i < MICRIUM_ROOM; i++) {
        const int inside = i >= place && i < place + n;
        const CPU_INT08U wanted =
            inside ? LFM_CAST_(CPU_INT08U, value >> micrium_weight(i - place, n, order) & 0xFFu) : micrium_byte(i);
        if (room[i] != wanted) {
            return 0;
        }
    }
    return 1;
}

/* Arguments that are counted. */
static int micrium_evaluated;
static inline CPU_INT08U *micrium_place(CPU_INT08U *room, CPU_SIZE_T place)
{
    micrium_evaluated++;
    return room + place;
}
static inline CPU_INT32U micrium_number(CPU_INT32U number)
{
    micrium_evaluated++;
    return number;
}
static inline int micrium_once(int times)
{
    const int right = micrium_evaluated == times;
    micrium_evaluated = 0;
    return right;
}

/* No assertion: returns its line from the function, since two languages and scripts compile this file. */
#define MICRIUM_RETURN_UNLESS(what) \
    do {                            \
        if (!(what)) {              \
            return __LINE__;        \
        }                           \
    } while (0)

/* GET and SET of one width and order. The type of what is got is as wide as `type`. */
#define MICRIUM_TEST_VALUE(name, n, type, order)                                                                  \
    static inline int micrium_test_##name(CPU_SIZE_T at)                                                          \
    {                                                                                                             \
        static const CPU_INT32U numbers[] = {0u,      1u,          0x80u,       0xFFu,      0x1234u,              \
                                             0xFF00u, 0x89ABCDEFu, 0x12345678u, 0xFFFFFFFFu};                     \
        CPU_INT08U room[MICRIUM_ROOM];                                                                            \
        micrium_fill(room);                                                                                       \
        const CPU_INT32U wanted = micrium_value(room + at, n, order);                                             \
        const CPU_INT08U *const constant = room + at;                                                             \
        const void *const anything = constant;                                                                    \
        MICRIUM_RETURN_UNLESS(sizeof(MEM_VAL_GET_##name(room)) == sizeof(type));                                  \
        MICRIUM_RETURN_UNLESS(MEM_VAL_GET_##name(micrium_place(room, at)) == wanted);                             \
        MICRIUM_RETURN_UNLESS(micrium_once(1));                                                                   \
        MICRIUM_RETURN_UNLESS(MEM_VAL_GET_##name(constant) == wanted);                                            \
        MICRIUM_RETURN_UNLESS(MEM_VAL_GET_##name(anything) == wanted);                                            \
        MICRIUM_RETURN_UNLESS(MEM_VAL_GET_##name(MICRIUM_WIDE(room + at)) == wanted);                             \
        MICRIUM_RETURN_UNLESS(MEM_VAL_GET_##name(MICRIUM_ADDRESS(room + at)) == wanted);                          \
        MICRIUM_RETURN_UNLESS(MEM_VAL_GET_##name(room + at) * 1u == wanted);                                      \
        for (CPU_SIZE_T i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {                                     \
            micrium_fill(room);                                                                                   \
            MEM_VAL_SET_##name(micrium_place(room, at), micrium_number(numbers[i]));                              \
            MICRIUM_RETURN_UNLESS(micrium_once(2));                                                               \
            MICRIUM_RETURN_UNLESS(micrium_wrote(room, at, numbers[i], n, order));                                 \
            micrium_fill(room);                                                                                   \
            if (i != MICRIUM_ROOM)                                                                                \
                MEM_VAL_SET_##name(MICRIUM_ADDRESS(room + at), numbers[i]);                                       \
            else                                                                                                  \
                MEM_VAL_SET_##name(MICRIUM_WIDE(room + at), 0);                                                   \
            MICRIUM_RETURN_UNLESS(micrium_wrote(room, at, numbers[i], n, order));                                 \
        }                                                                                                         \
        MEM_VAL_SET_##name(MICRIUM_WIDE(room + at), 0x0123456789ABCDEFull);                                       \
        MICRIUM_RETURN_UNLESS(micrium_value(room + at, n, order) == (0x89ABCDEFu & 0xFFFFFFFFu >> (32 - 8 * n))); \
        return 0;                                                                                                 \
    }

/* COPY_GET and COPY_SET of one width and order, from another place and in place. */
#define MICRIUM_TEST_COPY(name, n, order)                                                         \
    static inline int micrium_test_copy_##name(CPU_SIZE_T at)                                     \
    {                                                                                             \
        CPU_INT08U room[MICRIUM_ROOM], source[MICRIUM_ROOM];                                      \
        const CPU_SIZE_T from = 15u - at;                                                         \
        micrium_fill(source);                                                                     \
        const CPU_INT32U value = micrium_value(source + from, n, order);                          \
        const CPU_INT32U own = micrium_value(source + from, n, MICRIUM_OWN);                      \
        micrium_fill(room);                                                                       \
        MEM_VAL_COPY_GET_##name(micrium_place(room, at), micrium_place(source, from));            \
        MICRIUM_RETURN_UNLESS(micrium_once(2) && micrium_wrote(room, at, value, n, MICRIUM_OWN)); \
        micrium_fill(room);                                                                       \
        MEM_VAL_COPY_SET_##name(micrium_place(room, at), micrium_place(source, from));            \
        MICRIUM_RETURN_UNLESS(micrium_once(2) && micrium_wrote(room, at, own, n, order));         \
        MEM_VAL_COPY_GET_##name(MICRIUM_ADDRESS(room + at), MICRIUM_WIDE(room + at));             \
        MICRIUM_RETURN_UNLESS(micrium_wrote(room, at, own, n, MICRIUM_OWN));                      \
        MEM_VAL_COPY_SET_##name(MICRIUM_WIDE(room + at), MICRIUM_ADDRESS(room + at));             \
        MICRIUM_RETURN_UNLESS(micrium_wrote(room, at, own, n, order));                            \
        return 0;                                                                                 \
    }

/* The same for values of any size. */
#define MICRIUM_TEST_SIZES(name, order)                                                                               \
    static inline int micrium_test_sizes_##name(CPU_SIZE_T at)                                                        \
    {                                                                                                                 \
        CPU_INT08U room[MICRIUM_ROOM], source[MICRIUM_ROOM];                                                          \
        micrium_fill(source);                                                                                         \
        for (CPU_INT32U size = 0; size <= 9u; size++) {                                                               \
            for (int set = 0; set < 3; set++) {                                                                       \
                micrium_fill(room);                                                                                   \
                if (set == 0) {                                                                                       \
                    MEM_VAL_COPY_GET_##name(micrium_place(room, at), micrium_place(source, 3), micrium_number(size)); \
                } else if (set == 1) {                                                                                \
                    MEM_VAL_COPY_SET_##name(micrium_place(room, at), micrium_place(source, 3), micrium_number(size)); \
                } else {                                                                                              \
                    for (CPU_SIZE_T i = 0; i < size; i++) {                                                           \
                        room[at + i] = source[3u + i];                                                                \
                    }                                                                                                 \
                    MEM_VAL_COPY_SET_##name(micrium_place(room, at), micrium_place(room, at), micrium_number(size));  \
                }                                                                                                     \
                MICRIUM_RETURN_UNLESS(micrium_once(3));                                                               \
                for (CPU_SIZE_T i = 0; i < MICRIUM_ROOM; i++) {                                                       \
                    const int inside = i >= at && i < at + size;                                                      \
                    const CPU_SIZE_T place =                                                                          \
                        !inside ? i : 3u + ((order) == MICRIUM_OWN ? i - at : at + size - 1u - i);                    \
                    MICRIUM_RETURN_UNLESS(room[i] == micrium_byte(place));                                            \
                }                                                                                                     \
            }                                                                                                         \
        }                                                                                                             \
        return 0;                                                                                                     \
    }

/* Copies as they are. */
#define MICRIUM_TEST_BITS(bits)                                                                                      \
    static inline int micrium_test_bits_##bits(CPU_SIZE_T at)                                                        \
    {                                                                                                                \
        CPU_INT08U room[MICRIUM_ROOM], source[MICRIUM_ROOM];                                                         \
        micrium_fill(source);                                                                                        \
        micrium_fill(room);                                                                                          \
        MEM_VAL_COPY_##bits(micrium_place(room, at), micrium_place(source, 17));                                     \
        MICRIUM_RETURN_UNLESS(micrium_once(2));                                                                      \
        MICRIUM_RETURN_UNLESS(micrium_wrote(room, at, micrium_value(source + 17, MICRIUM_BYTES_##bits, MICRIUM_BIG), \
                                            MICRIUM_BYTES_##bits, MICRIUM_BIG));                                     \
        return 0;                                                                                                    \
    }

/* An address as a number, and as a pointer to something wider, which it may not be aligned for. */
#ifdef __cplusplus
#define MICRIUM_ADDRESS(place) reinterpret_cast<CPU_ADDR>(place)
#else
#define MICRIUM_ADDRESS(place) ((CPU_ADDR)(place))
#endif
#define MICRIUM_WIDE(place) micrium_wide(place)
struct micrium_packed {
    CPU_INT32U value;
} __attribute__((packed));
static inline struct micrium_packed *micrium_wide(void *place)
{
    return LFM_POINTER_(struct micrium_packed, place);
}

MICRIUM_TEST_VALUE(INT08U_BIG, 1, CPU_INT08U, MICRIUM_BIG)
MICRIUM_TEST_COPY(INT08U_BIG, 1, MICRIUM_BIG)
MICRIUM_TEST_VALUE(INT08U_LITTLE, 1, CPU_INT08U, MICRIUM_LITTLE)
MICRIUM_TEST_COPY(INT08U_LITTLE, 1, MICRIUM_LITTLE)
MICRIUM_TEST_VALUE(INT08U, 1, CPU_INT08U, MICRIUM_OWN)
MICRIUM_TEST_COPY(INT08U, 1, MICRIUM_OWN)
MICRIUM_TEST_VALUE(INT16U_BIG, 2, CPU_INT16U, MICRIUM_BIG)
MICRIUM_TEST_COPY(INT16U_BIG, 2, MICRIUM_BIG)
MICRIUM_TEST_VALUE(INT16U_LITTLE, 2, CPU_INT16U, MICRIUM_LITTLE)
MICRIUM_TEST_COPY(INT16U_LITTLE, 2, MICRIUM_LITTLE)
MICRIUM_TEST_VALUE(INT16U, 2, CPU_INT16U, MICRIUM_OWN)
MICRIUM_TEST_COPY(INT16U, 2, MICRIUM_OWN)
MICRIUM_TEST_VALUE(INT24U_BIG, 3, CPU_INT32U, MICRIUM_BIG)
MICRIUM_TEST_COPY(INT24U_BIG, 3, MICRIUM_BIG)
MICRIUM_TEST_VALUE(INT24U_LITTLE, 3, CPU_INT32U, MICRIUM_LITTLE)
MICRIUM_TEST_COPY(INT24U_LITTLE, 3, MICRIUM_LITTLE)
MICRIUM_TEST_VALUE(INT24U, 3, CPU_INT32U, MICRIUM_OWN)
MICRIUM_TEST_COPY(INT24U, 3, MICRIUM_OWN)
MICRIUM_TEST_VALUE(INT32U_BIG, 4, CPU_INT32U, MICRIUM_BIG)
MICRIUM_TEST_COPY(INT32U_BIG, 4, MICRIUM_BIG)
MICRIUM_TEST_VALUE(INT32U_LITTLE, 4, CPU_INT32U, MICRIUM_LITTLE)
MICRIUM_TEST_COPY(INT32U_LITTLE, 4, MICRIUM_LITTLE)
MICRIUM_TEST_VALUE(INT32U, 4, CPU_INT32U, MICRIUM_OWN)
MICRIUM_TEST_COPY(INT32U, 4, MICRIUM_OWN)
MICRIUM_TEST_SIZES(INTU_BIG, MICRIUM_BIG)
MICRIUM_TEST_SIZES(INTU_LITTLE, MICRIUM_LITTLE)
MICRIUM_TEST_SIZES(INTU, MICRIUM_OWN)
#define MICRIUM_BYTES_08 1u
MICRIUM_TEST_BITS(08)
#define MICRIUM_BYTES_16 2u
MICRIUM_TEST_BITS(16)
#define MICRIUM_BYTES_24 3u
MICRIUM_TEST_BITS(24)
#define MICRIUM_BYTES_32 4u
MICRIUM_TEST_BITS(32)

static inline int micrium_test_copy(CPU_SIZE_T at)
{
    CPU_INT08U room[MICRIUM_ROOM];
    for (CPU_INT32U size = 0; size < 10u; size++) {
        micrium_fill(room);
        MEM_VAL_COPY(micrium_place(room, at), micrium_place(room, at + 2u), micrium_number(size)); /* moves down */
        MICRIUM_RETURN_UNLESS(micrium_once(3));
        for (CPU_SIZE_T i = 0; i < MICRIUM_ROOM; i++) {
            MICRIUM_RETURN_UNLESS(room[i] == micrium_byte(i >= at && i < at + size ? i + 2u : i));
        }
    }
    return 0;
}

/* Constants, as C has them for static objects, bit-fields, arrays, enumerations and cases. */
static const CPU_INT16U micrium_constants16[] = {MEM_VAL_BIG_TO_LITTLE_16(0x1234),  MEM_VAL_LITTLE_TO_BIG_16(0x1234u),
                                                 MEM_VAL_HOST_TO_BIG_16(0x1234),    MEM_VAL_BIG_TO_HOST_16(0x1234),
                                                 MEM_VAL_HOST_TO_LITTLE_16(0x1234), MEM_VAL_LITTLE_TO_HOST_16(0x1234)};
static const CPU_INT32U micrium_constants32[] = {
    MEM_VAL_BIG_TO_LITTLE_32(0x12345678), MEM_VAL_LITTLE_TO_BIG_32(0x12345678u), MEM_VAL_HOST_TO_BIG_32(0x12345678),
    MEM_VAL_BIG_TO_HOST_32(0x12345678),   MEM_VAL_HOST_TO_LITTLE_32(0x12345678), MEM_VAL_LITTLE_TO_HOST_32(0x12345678)};
enum micrium_constant {
    MICRIUM_CONSTANT = MEM_VAL_BIG_TO_LITTLE_16(0x0100)
};

static inline int micrium_test_conversions(CPU_SIZE_T at)
{
    static const int from16[] = {MICRIUM_BIG, MICRIUM_LITTLE, MICRIUM_OWN, MICRIUM_BIG, MICRIUM_OWN, MICRIUM_LITTLE};
    static const int to16[] = {MICRIUM_LITTLE, MICRIUM_BIG, MICRIUM_BIG, MICRIUM_OWN, MICRIUM_LITTLE, MICRIUM_OWN};
    CPU_INT08U turned[MEM_VAL_BIG_TO_LITTLE_16(0x0400)] = {0, 0, 0, 0};
    for (int i = 0; i < 6; i++) {
        const CPU_INT16U same16 = 0x1234u;
        const CPU_INT32U same32 = 0x12345678u;
        MICRIUM_RETURN_UNLESS(micrium_constants16[i] == (from16[i] == to16[i] ? same16 : 0x3412u));
        MICRIUM_RETURN_UNLESS(micrium_constants32[i] == (from16[i] == to16[i] ? same32 : 0x78563412u));
    }
    switch (at + 0x1200u) {
    case MEM_VAL_BIG_TO_LITTLE_16(0x0012):
        MICRIUM_RETURN_UNLESS(at == 0);
        break;
    case MEM_VAL_HOST_TO_BIG_32(MEM_VAL_BIG_TO_HOST_32(0x1201)):
        MICRIUM_RETURN_UNLESS(at == 1u);
        break;
    default:
        MICRIUM_RETURN_UNLESS(at > 1u);
    }
    const CPU_INT32U number = 0xA1B2C3D4u + LFM_CAST_(CPU_INT32U, at);
    MEM_VAL_SET_INT32U_BIG(turned, number);
    MICRIUM_RETURN_UNLESS(MEM_VAL_BIG_TO_LITTLE_32(micrium_number(number)) == micrium_value(turned, 4, MICRIUM_LITTLE));
    MICRIUM_RETURN_UNLESS(MEM_VAL_LITTLE_TO_BIG_32(micrium_number(number)) == micrium_value(turned, 4, MICRIUM_LITTLE));
    MICRIUM_RETURN_UNLESS(MEM_VAL_BIG_TO_LITTLE_16(micrium_number(number)) ==
                          micrium_value(turned + 2, 2, MICRIUM_LITTLE));
    MICRIUM_RETURN_UNLESS(MEM_VAL_LITTLE_TO_BIG_16(micrium_number(number)) ==
                          micrium_value(turned + 2, 2, MICRIUM_LITTLE));
    MICRIUM_RETURN_UNLESS(MEM_VAL_HOST_TO_BIG_32(micrium_number(number)) == micrium_value(turned, 4, MICRIUM_OWN));
    MICRIUM_RETURN_UNLESS(MEM_VAL_BIG_TO_HOST_32(micrium_number(number)) == micrium_value(turned, 4, MICRIUM_OWN));
    MICRIUM_RETURN_UNLESS(MEM_VAL_HOST_TO_BIG_16(micrium_number(number)) == micrium_value(turned + 2, 2, MICRIUM_OWN));
    MICRIUM_RETURN_UNLESS(MEM_VAL_BIG_TO_HOST_16(micrium_number(number)) == micrium_value(turned + 2, 2, MICRIUM_OWN));
    MEM_VAL_SET_INT32U_LITTLE(turned, number);
    MICRIUM_RETURN_UNLESS(MEM_VAL_HOST_TO_LITTLE_32(micrium_number(number)) == micrium_value(turned, 4, MICRIUM_OWN));
    MICRIUM_RETURN_UNLESS(MEM_VAL_LITTLE_TO_HOST_32(micrium_number(number)) == micrium_value(turned, 4, MICRIUM_OWN));
    MICRIUM_RETURN_UNLESS(MEM_VAL_HOST_TO_LITTLE_16(micrium_number(number)) == micrium_value(turned, 2, MICRIUM_OWN));
    MICRIUM_RETURN_UNLESS(MEM_VAL_LITTLE_TO_HOST_16(micrium_number(number)) == micrium_value(turned, 2, MICRIUM_OWN));
    MICRIUM_RETURN_UNLESS(micrium_once(12) && MICRIUM_CONSTANT == 1);
    MICRIUM_RETURN_UNLESS(sizeof(MEM_VAL_HOST_TO_BIG_16(number)) == 2 &&
                          sizeof(MEM_VAL_HOST_TO_LITTLE_16(number)) == 2);
    return 0;
}

/* Returns 0, or the line of the first check that fails. */
static inline int micrium_test_values(void)
{
    for (CPU_SIZE_T at = 0; at < 8u; at++) {
        const int lines[] = {micrium_test_INT08U_BIG(at),     micrium_test_copy_INT08U_BIG(at),
                             micrium_test_INT08U_LITTLE(at),  micrium_test_copy_INT08U_LITTLE(at),
                             micrium_test_INT08U(at),         micrium_test_copy_INT08U(at),
                             micrium_test_INT16U_BIG(at),     micrium_test_copy_INT16U_BIG(at),
                             micrium_test_INT16U_LITTLE(at),  micrium_test_copy_INT16U_LITTLE(at),
                             micrium_test_INT16U(at),         micrium_test_copy_INT16U(at),
                             micrium_test_INT24U_BIG(at),     micrium_test_copy_INT24U_BIG(at),
                             micrium_test_INT24U_LITTLE(at),  micrium_test_copy_INT24U_LITTLE(at),
                             micrium_test_INT24U(at),         micrium_test_copy_INT24U(at),
                             micrium_test_INT32U_BIG(at),     micrium_test_copy_INT32U_BIG(at),
                             micrium_test_INT32U_LITTLE(at),  micrium_test_copy_INT32U_LITTLE(at),
                             micrium_test_INT32U(at),         micrium_test_copy_INT32U(at),
                             micrium_test_sizes_INTU_BIG(at), micrium_test_sizes_INTU_LITTLE(at),
                             micrium_test_sizes_INTU(at),     micrium_test_bits_08(at),
                             micrium_test_bits_16(at),        micrium_test_bits_24(at),
                             micrium_test_bits_32(at),        micrium_test_copy(at),
                             micrium_test_conversions(at)};
        for (CPU_SIZE_T i = 0; i < sizeof lines / sizeof lines[0]; i++) {
            if (lines[i] != 0) {
                return lines[i];
            }
        }
    }
    return 0;
}

#endif

// The kernels of this package. Every function works on memory that its caller owns and keeps
// nothing. Vectors are padded: queries with zeros to a multiple of 16 floats (stride), rows of
// codes to a multiple of 64 bytes.
#ifndef ROLLCALL_SIMD_H
#define ROLLCALL_SIMD_H

#include <stdint.h>

// What the processor can run.
enum { HAS_AVX2 = 1, HAS_AVX512 = 2, HAS_VNNI = 4 };
int rollcall_features(void);

// cosines of n rows with nq unit queries: out[q * n + r], NaN for a row without direction. width
// is 2 for float16 rows, 4 for float32. scratch has room for 4 rows of stride floats.
void rollcall_cosines_avx2(const uint8_t *rows, int width, long dim, long n, const float *queries,
	long stride, long nq, float *scratch, float *out);
void rollcall_cosines_avx512(const uint8_t *rows, int width, long dim, long n, const float *queries,
	long stride, long nq, float *scratch, float *out);

// products of blocks of 64 rows of codes with nq whole-number queries, held against limits: bit r of
// masks[b * nq + q] says that row r of block b may reach what query q asks for. A block is
// 64 * stride codes, then 64 scales, then 64 errors (floats).
// A query is stride numbers of 16 bits, or the same in two planes of 8: 128 * high + low; correction
// is -128 times their sum.
// A row passes when scale[r] * unit[q] * product + size[q] * error[r] >= limit[q].
void rollcall_bound_avx2(const uint8_t *blocks, long n, long stride, const int16_t *numbers, const int32_t *correction,
	const float *unit, const float *size, const float *limit, long nq, uint64_t *masks);
void rollcall_bound_vnni(const uint8_t *blocks, long n, long stride, const int8_t *planes, const int32_t *correction,
	const float *unit, const float *size, const float *limit, long nq, uint64_t *masks);

#endif

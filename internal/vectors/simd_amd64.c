//go:build cgo

#include <float.h>
#include <immintrin.h>
#include <math.h>
#include <string.h>

#include "simd.h"

int rollcall_features(void) {
	int have = 0;
	__builtin_cpu_init();
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c")) have |= HAS_AVX2;
	if (have && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
		have |= HAS_AVX512;
	if ((have & HAS_AVX512) && __builtin_cpu_supports("avx512vnni")) have |= HAS_VNNI;
	return have;
}

#define AVX2 __attribute__((target("avx2,fma,f16c")))
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx2,fma,f16c")))
#define VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni,avx2,fma")))

AVX2 static inline float sum8(__m256 v) {
	__m128 x = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
	x = _mm_add_ps(x, _mm_movehl_ps(x, x));
	return _mm_cvtss_f32(_mm_add_ss(x, _mm_movehdup_ps(x)));
}

AVX512 static inline float sum16(__m512 v) {
	__m256 high = _mm512_castps512_ps256(_mm512_shuffle_f32x4(v, v, 0xee));
	return sum8(_mm256_add_ps(_mm512_castps512_ps256(v), high));
}

// widen makes floats of a row; what follows them in dst is left alone.
AVX2 static inline void widen_avx2(const uint8_t *row, int width, long dim, float *dst) {
	if (width == 4) {
		memcpy(dst, row, dim * 4);
		return;
	}
	long j = 0;
	for (; j + 8 <= dim; j += 8) _mm256_storeu_ps(dst + j, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(row + 2 * j))));
	for (; j < dim; j++) {
		uint16_t half;
		memcpy(&half, row + 2 * j, 2);
		dst[j] = _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtsi32_si128(half)));
	}
}

AVX512 static inline void widen_avx512(const uint8_t *row, int width, long dim, float *dst) {
	if (width == 4) {
		memcpy(dst, row, dim * 4);
		return;
	}
	long j = 0;
	for (; j + 16 <= dim; j += 16)
		_mm512_storeu_ps(dst + j, _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(row + 2 * j))));
	if (j < dim) {
		__mmask16 left = (__mmask16)((1u << (dim - j)) - 1);
		_mm512_mask_storeu_ps(dst + j, left, _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(left, row + 2 * j)));
	}
}

#define NAME(x) x##_avx2
#define TARGET AVX2
#define VEC __m256
#define WIDTH 8
#define QUERIES 2
#define ZERO _mm256_setzero_ps
#define LOAD _mm256_loadu_ps
#define FMA _mm256_fmadd_ps
#define SUM sum8
#include "simd_cosines.h"
#undef NAME
#undef TARGET
#undef VEC
#undef WIDTH
#undef QUERIES
#undef ZERO
#undef LOAD
#undef FMA
#undef SUM

#define NAME(x) x##_avx512
#define TARGET AVX512
#define VEC __m512
#define WIDTH 16
#define QUERIES 4
#define ZERO _mm512_setzero_ps
#define LOAD _mm512_loadu_ps
#define FMA _mm512_fmadd_ps
#define SUM sum16
#include "simd_cosines.h"

enum { ROWS = 64 };

// The whole-number products below wrap around at 32 bits, and the final sums fit: all ways of
// computing them give the same number.

AVX2 static inline int32_t sum_numbers8(__m256i v) {
	__m128i x = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
	x = _mm_add_epi32(x, _mm_unpackhi_epi64(x, x));
	return _mm_cvtsi128_si32(_mm_add_epi32(x, _mm_shuffle_epi32(x, 1)));
}

AVX2 static uint64_t passing_avx2(const int32_t *products, const float *scale, const float *error, float unit, float size, float limit) {
	uint64_t mask = 0;
	for (int r = 0; r < ROWS; r += 8) {
		__m256 x = _mm256_cvtepi32_ps(_mm256_loadu_si256((const __m256i *)(products + r)));
		__m256 slope = _mm256_mul_ps(_mm256_loadu_ps(scale + r), _mm256_set1_ps(unit));
		x = _mm256_fmadd_ps(x, slope, _mm256_mul_ps(_mm256_loadu_ps(error + r), _mm256_set1_ps(size)));
		mask |= (uint64_t)_mm256_movemask_ps(_mm256_cmp_ps(x, _mm256_set1_ps(limit), _CMP_GE_OQ)) << r;
	}
	return mask;
}

AVX2 void rollcall_bound_avx2(const uint8_t *blocks, long n, long stride, const int16_t *numbers, const int32_t *correction,
		const float *unit, const float *size, const float *limit, long nq, uint64_t *masks) {
	int32_t products[ROWS];
	for (long b = 0; b < n; b++, blocks += ROWS * (stride + 8)) {
		const float *scale = (const float *)(blocks + ROWS * stride);
		for (long q = 0; q < nq; q++) {
			const int16_t *query = numbers + q * stride;
			for (int r = 0; r < ROWS; r += 4) {
				const uint8_t *row = blocks + r * stride;
				__m256i sums[4];
#pragma GCC unroll 4
				for (int i = 0; i < 4; i++) sums[i] = _mm256_setzero_si256();
				for (long j = 0; j < stride; j += 16) {
					__m256i x = _mm256_loadu_si256((const __m256i *)(query + j));
#pragma GCC unroll 4
					for (int i = 0; i < 4; i++) {
						__m256i codes = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(row + i * stride + j)));
						sums[i] = _mm256_add_epi32(sums[i], _mm256_madd_epi16(codes, x));
					}
				}
				for (int i = 0; i < 4; i++) products[r + i] = (int32_t)((uint32_t)sum_numbers8(sums[i]) + (uint32_t)correction[q]);
			}
			masks[b * nq + q] = passing_avx2(products, scale, scale + ROWS, unit[q], size[q], limit[q]);
		}
	}
}

// sum_rows sums each of 4 vectors of numbers, together: a tree costs less that way.
VNNI static inline __m128i sum_rows(const __m512i *v) {
	__m256i x[4];
#pragma GCC unroll 4
	for (int i = 0; i < 4; i++) x[i] = _mm256_add_epi32(_mm512_castsi512_si256(v[i]), _mm512_extracti64x4_epi64(v[i], 1));
	__m256i y = _mm256_hadd_epi32(_mm256_hadd_epi32(x[0], x[1]), _mm256_hadd_epi32(x[2], x[3]));
	return _mm_add_epi32(_mm256_castsi256_si128(y), _mm256_extracti128_si256(y, 1));
}

// products_vnni multiplies 4 rows of codes with nq queries of two planes.
VNNI static inline __attribute__((always_inline)) void products_vnni(const uint8_t *rows, long stride, const int8_t *planes,
		const int32_t *correction, const int nq, int32_t *out) {
	__m512i high[2][4], low[2][4];
#pragma GCC unroll 4
	for (int q = 0; q < nq; q++) {
#pragma GCC unroll 4
		for (int i = 0; i < 4; i++) high[q][i] = low[q][i] = _mm512_setzero_si512();
	}
	for (long j = 0; j < stride; j += 64) {
		__m512i row[4];
#pragma GCC unroll 4
		for (int i = 0; i < 4; i++) row[i] = _mm512_loadu_si512(rows + i * stride + j);
#pragma GCC unroll 4
		for (int q = 0; q < nq; q++) {
			__m512i h = _mm512_loadu_si512(planes + 2 * q * stride + j);
			__m512i l = _mm512_loadu_si512(planes + (2 * q + 1) * stride + j);
#pragma GCC unroll 4
			for (int i = 0; i < 4; i++) {
				high[q][i] = _mm512_dpbusd_epi32(high[q][i], row[i], h);
				low[q][i] = _mm512_dpbusd_epi32(low[q][i], row[i], l);
			}
		}
	}
#pragma GCC unroll 4
	for (int q = 0; q < nq; q++) {
#pragma GCC unroll 4
		for (int i = 0; i < 4; i++) high[q][i] = _mm512_add_epi32(_mm512_slli_epi32(high[q][i], 7), low[q][i]);
		__m128i sums = _mm_add_epi32(sum_rows(high[q]), _mm_set1_epi32(correction[q]));
		_mm_storeu_si128((__m128i *)(out + q * ROWS), sums);
	}
}

VNNI static uint64_t passing_vnni(const int32_t *products, const float *scale, const float *error, float unit, float size, float limit) {
	uint64_t mask = 0;
	for (int r = 0; r < ROWS; r += 16) {
		__m512 x = _mm512_cvtepi32_ps(_mm512_loadu_si512(products + r));
		__m512 slope = _mm512_mul_ps(_mm512_loadu_ps(scale + r), _mm512_set1_ps(unit));
		x = _mm512_fmadd_ps(x, slope, _mm512_mul_ps(_mm512_loadu_ps(error + r), _mm512_set1_ps(size)));
		mask |= (uint64_t)_mm512_cmp_ps_mask(x, _mm512_set1_ps(limit), _CMP_GE_OQ) << r;
	}
	return mask;
}

VNNI void rollcall_bound_vnni(const uint8_t *blocks, long n, long stride, const int8_t *planes, const int32_t *correction,
		const float *unit, const float *size, const float *limit, long nq, uint64_t *masks) {
	int32_t products[2 * ROWS];
	for (long b = 0; b < n; b++, blocks += ROWS * (stride + 8)) {
		const float *scale = (const float *)(blocks + ROWS * stride);
		for (long q = 0; q < nq; q += 2) {
			const int8_t *query = planes + 2 * q * stride;
			if (q + 1 < nq) {
				for (int r = 0; r < ROWS; r += 4) products_vnni(blocks + r * stride, stride, query, correction + q, 2, products + r);
			} else {
				for (int r = 0; r < ROWS; r += 4) products_vnni(blocks + r * stride, stride, query, correction + q, 1, products + r);
			}
			for (long i = q; i < nq && i < q + 2; i++)
				masks[b * nq + i] = passing_vnni(products + (i - q) * ROWS, scale, scale + ROWS, unit[i], size[i], limit[i]);
		}
	}
}

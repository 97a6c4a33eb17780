//go:build cgo

#include <immintrin.h>
#include <string.h>

#include "kernels_amd64.h"

enum { BITS = 22, HALF = 1 << (BITS - 1) };
#define AVX2 __attribute__((target("avx2,fma")))

int rollcall_clip_features(void) {
	int have = 0;
	__builtin_cpu_init();
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) have |= HAS_AVX2;
	if (have && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vnni")) have |= HAS_VNNI;
	return have;
}

// add_pixels adds two source pixels, weighted with k[0] and k[1], to the halves of sum.
AVX2 static inline __m256i add_pixels(__m256i sum, const uint8_t *px, const int32_t *k) {
	const __m256i spread = _mm256_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1);
	__m256i levels = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)px));
	__m256i weights = _mm256_castsi128_si256(_mm_loadl_epi64((const __m128i *)k));
	weights = _mm256_permutevar8x32_epi32(weights, spread);
	return _mm256_add_epi32(sum, _mm256_mullo_epi32(levels, weights));
}

// sum_pixels weighs count neighbouring pixels.
AVX2 static inline int32_t sum_pixels(const uint8_t *px, const int32_t *k, int count) {
	__m256i even = _mm256_setzero_si256(), odd = even;
	int x = 0;
	for (; x + 4 <= count; x += 4) {
		even = add_pixels(even, px + 4 * x, k + x);
		odd = add_pixels(odd, px + 4 * x + 8, k + x + 2);
	}
	if (x + 2 <= count) {
		even = add_pixels(even, px + 4 * x, k + x);
		x += 2;
	}
	even = _mm256_add_epi32(even, odd);
	__m128i sum = _mm_add_epi32(_mm256_castsi256_si128(even), _mm256_extracti128_si256(even, 1));
	sum = _mm_add_epi32(sum, _mm_set1_epi32(HALF));
	if (x < count) {
		int32_t last;
		memcpy(&last, px + 4 * x, 4);
		__m128i levels = _mm_cvtepu8_epi32(_mm_cvtsi32_si128(last));
		sum = _mm_add_epi32(sum, _mm_mullo_epi32(levels, _mm_set1_epi32(k[x])));
	}
	sum = _mm_srai_epi32(sum, BITS);
	sum = _mm_packs_epi32(sum, sum);
	return _mm_cvtsi128_si32(_mm_packus_epi16(sum, sum));
}

AVX2 void rollcall_horizontal_avx2(const int32_t *first, const int32_t *count, const int32_t *fixed, int taps, int n,
		uint8_t *dst, const uint8_t *src, int rows, long stride) {
	for (int y = 0; y < rows; y++, src += stride) {
		for (int i = 0; i < n; i++, dst += 4) {
			int32_t pixel = sum_pixels(src + 4 * (long)first[i], fixed + (long)i * taps, count[i]);
			memcpy(dst, &pixel, 4);
		}
	}
}

// sum_columns weighs 32 columns of count rows.
AVX2 static inline __m256i sum_columns(const uint8_t *rows, long stride, const int32_t *k, int count) {
	__m256i sums[4];
	for (int j = 0; j < 4; j++) sums[j] = _mm256_set1_epi32(HALF);
	for (int t = 0; t < count; t++, rows += stride) {
		__m256i weight = _mm256_set1_epi32(k[t]);
		for (int j = 0; j < 4; j++) {
			__m256i levels = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(rows + 8 * j)));
			sums[j] = _mm256_add_epi32(sums[j], _mm256_mullo_epi32(levels, weight));
		}
	}
	for (int j = 0; j < 4; j++) sums[j] = _mm256_srai_epi32(sums[j], BITS);
	// Packing works within the halves of a vector; the permutation mends that.
	__m256i low = _mm256_packs_epi32(sums[0], sums[1]), high = _mm256_packs_epi32(sums[2], sums[3]);
	return _mm256_permutevar8x32_epi32(_mm256_packus_epi16(low, high), _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}

AVX2 void rollcall_vertical_avx2(const int32_t *first, const int32_t *count, const int32_t *fixed, int taps, int n,
		uint8_t *dst, const uint8_t *src, long stride, int base) {
	for (int y = 0; y < n; y++, dst += stride) {
		const uint8_t *rows = src + (first[y] - base) * stride;
		const int32_t *k = fixed + (long)y * taps;
		long x = 0;
		for (; x + 32 <= stride; x += 32) {
			_mm256_storeu_si256((__m256i *)(dst + x), sum_columns(rows + x, stride, k, count[y]));
		}
		for (; x < stride; x++) {
			int32_t sum = HALF;
			for (int t = 0; t < count[y]; t++) sum += rows[t * stride + x] * k[t];
			sum >>= BITS;
			dst[x] = sum < 0 ? 0 : sum > 255 ? 255 : sum;
		}
	}
}

// divide gives x / by: the product with its reciprocal, put right by what it misses (Markstein 1990).
AVX2 static inline __m256 divide(__m256 x, __m256 by, __m256 reciprocal) {
	__m256 quotient = _mm256_mul_ps(x, reciprocal);
	return _mm256_fmadd_ps(_mm256_fnmadd_ps(quotient, by, x), reciprocal, quotient);
}

AVX2 void rollcall_planes_avx2(const float mean[3], const float std[3], float *dst, long plane, const uint8_t *src, long n) {
	const __m256i byte = _mm256_set1_epi32(255);
	const __m256 white = _mm256_set1_ps(255), dark = _mm256_set1_ps(1.0f / 255);
	__m256 middle[3], spread[3], inverse[3];
	for (int c = 0; c < 3; c++) {
		middle[c] = _mm256_set1_ps(mean[c]);
		spread[c] = _mm256_set1_ps(std[c]);
		inverse[c] = _mm256_set1_ps(1 / std[c]);
	}
	for (long i = 0; i < n; i += 8) {
		__m256i pixels = _mm256_loadu_si256((const __m256i *)(src + 4 * i));
		for (int c = 0; c < 3; c++, pixels = _mm256_srli_epi32(pixels, 8)) {
			__m256 level = _mm256_cvtepi32_ps(_mm256_and_si256(pixels, byte));
			level = _mm256_sub_ps(divide(level, white, dark), middle[c]);
			_mm256_storeu_ps(dst + c * plane + i, divide(level, spread[c], inverse[c]));
		}
	}
}

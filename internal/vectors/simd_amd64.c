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

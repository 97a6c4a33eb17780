//go:build cgo && amd64

package clip

/*
#include <immintrin.h>
#include <stdint.h>
#include <string.h>

enum { BITS = 22, HALF = 1 << (BITS - 1) };
#define AVX2 __attribute__((target("avx2")))

// resize_weights is Go's weights.
typedef struct {
	const int32_t *first, *count, *fixed;
	int taps, n;
} resize_weights;

// has_avx2 tells whether this processor can run the kernels.
static int has_avx2(void) { return __builtin_cpu_supports("avx2") != 0; }

// add_pixels adds two source pixels, weighted with k[0] and k[1], to the
// halves of sum.
AVX2 static inline __m256i add_pixels(__m256i sum, const uint8_t *px, const int32_t *k) {
	const __m256i spread = _mm256_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1);
	__m256i levels = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)px));
	__m256i weights = _mm256_castsi128_si256(_mm_loadl_epi64((const __m128i *)k));
	weights = _mm256_permutevar8x32_epi32(weights, spread);
	return _mm256_add_epi32(sum, _mm256_mullo_epi32(levels, weights));
}

AVX2 static void resize_horizontal(resize_weights w, uint8_t *dst, const uint8_t *src, int rows, size_t stride) {
	for (int y = 0; y < rows; y++, src += stride) {
		const int32_t *k = w.fixed;
		for (int i = 0; i < w.n; i++, dst += 4, k += w.taps) {
			const uint8_t *px = src + 4 * (size_t)w.first[i];
			int count = w.count[i], x = 0;
			__m256i even = _mm256_setzero_si256(), odd = even;
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
			int32_t out = _mm_cvtsi128_si32(_mm_packus_epi16(sum, sum));
			memcpy(dst, &out, 4);
		}
	}
}

// sum_columns weighs 32 columns of count rows.
AVX2 static inline __m256i sum_columns(const uint8_t *rows, size_t stride, const int32_t *k, int count) {
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

AVX2 static void resize_vertical(resize_weights w, uint8_t *dst, const uint8_t *src, size_t stride, int base) {
	for (int y = 0; y < w.n; y++, dst += stride) {
		const uint8_t *rows = src + (size_t)(w.first[y] - base) * stride;
		const int32_t *k = w.fixed + (size_t)y * w.taps;
		size_t x = 0;
		for (; x + 32 <= stride; x += 32) {
			_mm256_storeu_si256((__m256i *)(dst + x), sum_columns(rows + x, stride, k, w.count[y]));
		}
		for (; x < stride; x++) {
			int32_t sum = HALF;
			for (int t = 0; t < w.count[y]; t++) sum += rows[(size_t)t * stride + x] * k[t];
			sum >>= BITS;
			dst[x] = sum < 0 ? 0 : sum > 255 ? 255 : sum;
		}
	}
}

// Go passes the fields one by one, as its rules for pointers demand.
static void horizontal(const int32_t *first, const int32_t *count, const int32_t *fixed, int taps, int n,
		uint8_t *dst, const uint8_t *src, int rows, size_t stride) {
	resize_horizontal((resize_weights){first, count, fixed, taps, n}, dst, src, rows, stride);
}

static void vertical(const int32_t *first, const int32_t *count, const int32_t *fixed, int taps, int n,
		uint8_t *dst, const uint8_t *src, size_t stride, int base) {
	resize_vertical((resize_weights){first, count, fixed, taps, n}, dst, src, stride, base);
}
*/
import "C"

import "unsafe"

// haveFastKernels tells whether this processor runs the kernels of this file.
func haveFastKernels() bool { return C.has_avx2() == 1 }

// fastHorizontal does what plainHorizontal does, for pixels of four bytes.
func (w *weights) fastHorizontal(dst, src []byte, rows int) {
	C.horizontal(cInts(w.first), cInts(w.count), cInts(w.fixed), C.int(w.taps), C.int(len(w.first)),
		cBytes(dst), cBytes(src), C.int(rows), C.size_t(len(src)/rows))
}

// fastVertical does what plainVertical does.
func (w *weights) fastVertical(dst, src []byte, n, base int) {
	C.vertical(cInts(w.first), cInts(w.count), cInts(w.fixed), C.int(w.taps), C.int(len(w.first)),
		cBytes(dst), cBytes(src), C.size_t(n), C.int(base))
}

func cInts(s []int32) *C.int32_t { return (*C.int32_t)(unsafe.SliceData(s)) }

func cBytes(s []byte) *C.uint8_t { return (*C.uint8_t)(unsafe.SliceData(s)) }

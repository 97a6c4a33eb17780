//go:build cgo

#include <immintrin.h>

#include "kernels_amd64.h"

enum { BITS = 22, HALF = 1 << (BITS - 1), DIGITS = 3 };
#define VNNI __attribute__((target("avx512f,avx512bw,avx512vnni")))

// sums are the sums of products with each digit of the weights.
typedef struct { __m512i of[DIGITS]; } sums;

VNNI static inline sums zero_sums(void) {
	sums s;
	for (int d = 0; d < DIGITS; d++) s.of[d] = _mm512_setzero_si512();
	return s;
}

// levels puts the digits' sums together and takes them out of the fixed point, not yet bounded.
VNNI static inline __m512i levels(sums s) {
	__m512i sum = _mm512_add_epi32(_mm512_slli_epi32(s.of[2], 8), s.of[1]);
	sum = _mm512_add_epi32(_mm512_slli_epi32(sum, 8), s.of[0]);
	return _mm512_srai_epi32(_mm512_add_epi32(sum, _mm512_set1_epi32(HALF)), BITS);
}

// four_windows loads four neighbouring source pixels of each of four resized pixels, and puts the
// bytes of a channel side by side.
VNNI static inline __m512i four_windows(const uint8_t *row, const int32_t *start) {
	const __m512i by_channel = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
	__m512i pixels = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)(row + 4 * (long)start[0])));
	pixels = _mm512_inserti32x4(pixels, _mm_loadu_si128((const __m128i *)(row + 4 * (long)start[1])), 1);
	pixels = _mm512_inserti32x4(pixels, _mm_loadu_si128((const __m128i *)(row + 4 * (long)start[2])), 2);
	pixels = _mm512_inserti32x4(pixels, _mm_loadu_si128((const __m128i *)(row + 4 * (long)start[3])), 3);
	return _mm512_shuffle_epi8(pixels, by_channel);
}

// resize_rows makes four pixels of each of a few rows, so that weights are loaded once for all.
VNNI static inline __attribute__((always_inline)) void resize_rows(const int rows, const int32_t *start, const int32_t *digits,
		int quads, int n, uint8_t *dst, const uint8_t *src, long stride) {
	const __m512i spread = _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
	sums sum[4];
	for (int y = 0; y < rows; y++) sum[y] = zero_sums();
	for (int q = 0; q < quads; q++, src += 16) {
		__m512i weights[DIGITS];
		for (int d = 0; d < DIGITS; d++, digits += n)
			weights[d] = _mm512_permutexvar_epi32(spread, _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)digits)));
		for (int y = 0; y < rows; y++) {
			__m512i pixels = four_windows(src + y * stride, start);
			for (int d = 0; d < DIGITS; d++) sum[y].of[d] = _mm512_dpbusd_epi32(sum[y].of[d], pixels, weights[d]);
		}
	}
	for (int y = 0; y < rows; y++) {
		__m512i bounded = _mm512_max_epi32(levels(sum[y]), _mm512_setzero_si512());
		_mm_storeu_si128((__m128i *)(dst + 4 * (long)n * y), _mm512_cvtusepi32_epi8(bounded));
	}
}

VNNI void rollcall_horizontal_vnni(const int32_t *start, const int32_t *digits, int quads, int n,
		uint8_t *dst, const uint8_t *src, int rows, long stride) {
	for (int y = 0; y < rows;) {
		int some = rows - y < 4 ? 1 : 4;
		for (int at = 0; at < n; at += 4) {
			int i = at + 4 <= n ? at : n - 4; // the last four may overlap those before
			if (some == 4) resize_rows(4, start + i, digits + i, quads, n, dst + 4 * i, src, stride);
			else resize_rows(1, start + i, digits + i, quads, n, dst + 4 * i, src, stride);
		}
		y += some;
		dst += 4 * (long)n * some;
		src += stride * some;
	}
}

// sum_columns weighs up to 64 columns, those of mask, of 4 * quads rows.
VNNI static inline __m512i sum_columns(const uint8_t *rows, long stride, const int32_t *digits, int quads, int n, __mmask64 mask) {
	sums sum[4];
	for (int j = 0; j < 4; j++) sum[j] = zero_sums();
	for (int q = 0; q < quads; q++, rows += 4 * stride) {
		__m512i a = _mm512_maskz_loadu_epi8(mask, rows), b = _mm512_maskz_loadu_epi8(mask, rows + stride);
		__m512i c = _mm512_maskz_loadu_epi8(mask, rows + 2 * stride), d = _mm512_maskz_loadu_epi8(mask, rows + 3 * stride);
		__m512i ab = _mm512_unpacklo_epi8(a, b), cd = _mm512_unpacklo_epi8(c, d);
		__m512i AB = _mm512_unpackhi_epi8(a, b), CD = _mm512_unpackhi_epi8(c, d);
		__m512i columns[4] = {_mm512_unpacklo_epi16(ab, cd), _mm512_unpackhi_epi16(ab, cd),
			_mm512_unpacklo_epi16(AB, CD), _mm512_unpackhi_epi16(AB, CD)};
		for (int d = 0; d < DIGITS; d++, digits += n) {
			__m512i weights = _mm512_set1_epi32(*digits);
			for (int j = 0; j < 4; j++) sum[j].of[d] = _mm512_dpbusd_epi32(sum[j].of[d], columns[j], weights);
		}
	}
	// Packing puts the columns back in the order that unpacking took them from.
	return _mm512_packus_epi16(_mm512_packs_epi32(levels(sum[0]), levels(sum[1])),
		_mm512_packs_epi32(levels(sum[2]), levels(sum[3])));
}

VNNI void rollcall_vertical_vnni(const int32_t *start, const int32_t *digits, int quads, int n,
		uint8_t *dst, const uint8_t *src, long stride, int base) {
	for (int y = 0; y < n; y++, dst += stride) {
		const uint8_t *rows = src + (start[y] - base) * stride;
		long x = 0;
		for (; x + 64 <= stride; x += 64)
			_mm512_storeu_si512(dst + x, sum_columns(rows + x, stride, digits + y, quads, n, ~0ull));
		if (x < stride) {
			__mmask64 left = (1ull << (stride - x)) - 1;
			_mm512_mask_storeu_epi8(dst + x, left, sum_columns(rows + x, stride, digits + y, quads, n, left));
		}
	}
}

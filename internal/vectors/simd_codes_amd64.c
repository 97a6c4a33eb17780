//go:build cgo

#include <immintrin.h>
#include <string.h>

#include "simd.h"

#define AVX2 __attribute__((target("avx2,fma")))
#define VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni,avx2,fma")))

// No kernel asks for consecutive rows ahead: the processor does that itself, and asking as well made it
// a fifth slower.
enum { ROWS = 64 };

// The whole-number products below fit 32 bits, so all ways of computing them give the same number.

AVX2 static inline int32_t sum_numbers8(__m256i v) {
	__m128i x = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
	x = _mm_add_epi32(x, _mm_unpackhi_epi64(x, x));
	return _mm_cvtsi128_si32(_mm_add_epi32(x, _mm_shuffle_epi32(x, 1)));
}

// passing_avx2 gives the rows that reach the limit of query q.
AVX2 static uint64_t passing_avx2(const int32_t *products, const float *scale, const struct rollcall_queries *qs, long q) {
	const float *offset = scale + ROWS, *error = scale + 2 * ROWS;
	__m256 unit = _mm256_set1_ps(qs->unit[q]), along = _mm256_set1_ps(qs->along[q]);
	__m256 size = _mm256_set1_ps(qs->size[q]), limit = _mm256_set1_ps(qs->limit[q]);
	uint64_t mask = 0;
	for (int r = 0; r < ROWS; r += 8) {
		__m256 x = _mm256_mul_ps(_mm256_loadu_ps(error + r), size);
		x = _mm256_fmadd_ps(_mm256_loadu_ps(offset + r), along, x);
		__m256 product = _mm256_cvtepi32_ps(_mm256_loadu_si256((const __m256i *)(products + r)));
		x = _mm256_fmadd_ps(product, _mm256_mul_ps(_mm256_loadu_ps(scale + r), unit), x);
		mask |= (uint64_t)_mm256_movemask_ps(_mm256_cmp_ps(x, limit, _CMP_GE_OQ)) << r;
	}
	return mask;
}

VNNI static uint64_t passing_vnni(const int32_t *products, const float *scale, const struct rollcall_queries *qs, long q) {
	const float *offset = scale + ROWS, *error = scale + 2 * ROWS;
	__m512 unit = _mm512_set1_ps(qs->unit[q]), along = _mm512_set1_ps(qs->along[q]);
	__m512 size = _mm512_set1_ps(qs->size[q]), limit = _mm512_set1_ps(qs->limit[q]);
	uint64_t mask = 0;
	for (int r = 0; r < ROWS; r += 16) {
		__m512 x = _mm512_mul_ps(_mm512_loadu_ps(error + r), size);
		x = _mm512_fmadd_ps(_mm512_loadu_ps(offset + r), along, x);
		__m512 product = _mm512_cvtepi32_ps(_mm512_loadu_si512(products + r));
		x = _mm512_fmadd_ps(product, _mm512_mul_ps(_mm512_loadu_ps(scale + r), unit), x);
		mask |= (uint64_t)_mm512_cmp_ps_mask(x, limit, _CMP_GE_OQ) << r;
	}
	return mask;
}

// sum_rows sums each of 4 vectors of numbers, together: a tree costs less that way.
VNNI static inline __m128i sum_rows(const __m512i *v) {
	__m256i x[4];
#pragma GCC unroll 4
	for (int i = 0; i < 4; i++) x[i] = _mm256_add_epi32(_mm512_castsi512_si256(v[i]), _mm512_extracti64x4_epi64(v[i], 1));
	__m256i y = _mm256_hadd_epi32(_mm256_hadd_epi32(x[0], x[1]), _mm256_hadd_epi32(x[2], x[3]));
	return _mm_add_epi32(_mm256_castsi256_si128(y), _mm256_extracti128_si256(y, 1));
}

// finish_vnni makes the products of 4 rows with nq queries from their sums.
VNNI static inline __attribute__((always_inline)) void finish_vnni(__m512i sums[][4], const int32_t *correction, const int nq, int32_t *out) {
#pragma GCC unroll 4
	for (int q = 0; q < nq; q++) {
		__m128i x = _mm_slli_epi32(sum_rows(sums[q]), 1);
		_mm_storeu_si128((__m128i *)(out + q * ROWS), _mm_add_epi32(x, _mm_set1_epi32(correction[q])));
	}
}

// rows_product multiplies 4 rows of codes with nq queries: out[q * ROWS + row].
typedef void rows_product(const uint8_t *rows, long stride, const int8_t *plane, const int32_t *correction, const int nq, int32_t *out);

// blocks_vnni holds blocks against queries, 4 of them at a time, by codes of which a byte has
// some values. It is compiled into its callers, and product with it.
VNNI static inline __attribute__((always_inline)) void blocks_vnni(const uint8_t *blocks, long n, long stride, const long values,
		rows_product product, const struct rollcall_queries *qs, uint64_t *masks, int32_t *products) {
	for (long b = 0; b < n; b++, blocks += ROWS * (stride + 12)) {
		const float *scale = (const float *)(blocks + ROWS * stride);
		for (long q = 0; q < qs->nq;) {
			const int8_t *plane = qs->plane + values * q * stride;
			long some = qs->nq - q >= 4 ? 4 : 1;
			if (some == 4) {
				for (int r = 0; r < ROWS; r += 4) product(blocks + r * stride, stride, plane, qs->correction + q, 4, products + r);
			} else {
				for (int r = 0; r < ROWS; r += 4) product(blocks + r * stride, stride, plane, qs->correction + q, 1, products + r);
			}
			for (long end = q + some; q < end; q++, products += ROWS) *masks++ = passing_vnni(products, scale, qs, q);
		}
	}
}

// nibbles_sum multiplies a row of 4-bit codes with a query; what is left is to add its lanes.
VNNI static inline __m512i nibbles_sum(const uint8_t *row, long stride, const int8_t *plane) {
	const __m512i nibble = _mm512_set1_epi8(15);
	__m512i sum = _mm512_setzero_si512();
	for (long j = 0; j < stride; j += 64) {
		__m512i codes = _mm512_loadu_si512(row + j);
		sum = _mm512_dpbusd_epi32(sum, _mm512_and_si512(codes, nibble), _mm512_loadu_si512(plane + 2 * j));
		sum = _mm512_dpbusd_epi32(sum, _mm512_and_si512(_mm512_srli_epi16(codes, 4), nibble), _mm512_loadu_si512(plane + 2 * j + 64));
	}
	return sum;
}

// nibbles_rows multiplies 4 rows of 4-bit codes with nq queries. One query takes them in the order in
// which they lie in memory, which the processor reads ahead best; several share what they unpack.
VNNI static inline __attribute__((always_inline)) void nibbles_rows(const uint8_t *rows, long stride, const int8_t *plane,
		const int32_t *correction, const int nq, int32_t *out) {
	const __m512i nibble = _mm512_set1_epi8(15);
	__m512i sums[4][4];
#pragma GCC unroll 4
	for (int q = 0; q < nq; q++) {
#pragma GCC unroll 4
		for (int i = 0; i < 4; i++) sums[q][i] = nq == 1 ? nibbles_sum(rows + i * stride, stride, plane) : _mm512_setzero_si512();
	}
	for (long j = 0; nq > 1 && j < stride; j += 64) {
		__m512i low[4], high[4];
#pragma GCC unroll 4
		for (int i = 0; i < 4; i++) {
			__m512i codes = _mm512_loadu_si512(rows + i * stride + j);
			low[i] = _mm512_and_si512(codes, nibble);
			high[i] = _mm512_and_si512(_mm512_srli_epi16(codes, 4), nibble);
		}
#pragma GCC unroll 4
		for (int q = 0; q < nq; q++) {
			__m512i first = _mm512_loadu_si512(plane + 2 * (q * stride + j));
			__m512i second = _mm512_loadu_si512(plane + 2 * (q * stride + j) + 64);
#pragma GCC unroll 4
			for (int i = 0; i < 4; i++) sums[q][i] = _mm512_dpbusd_epi32(_mm512_dpbusd_epi32(sums[q][i], low[i], first), high[i], second);
		}
	}
	finish_vnni(sums, correction, nq, out);
}

VNNI void rollcall_nibbles_vnni(const uint8_t *blocks, long n, long stride, struct rollcall_queries qs, uint64_t *masks, int32_t *products) {
	blocks_vnni(blocks, n, stride, 2, nibbles_rows, &qs, masks, products);
}

// nibbles_avx2 multiplies a row of 4-bit codes with a query.
AVX2 static int32_t nibbles_avx2(const uint8_t *row, long stride, const int8_t *plane) {
	const __m256i nibble = _mm256_set1_epi8(15), ones = _mm256_set1_epi16(1);
	__m256i sum = _mm256_setzero_si256();
	for (long j = 0; j < stride; j += 64) {
		__m256i part = _mm256_setzero_si256(); // of 16 bits: 4 times 2 * 15 * 127 fit
#pragma GCC unroll 2
		for (int half = 0; half < 64; half += 32) {
			const int8_t *x = plane + 2 * j + half;
			__m256i codes = _mm256_loadu_si256((const __m256i *)(row + j + half));
			__m256i low = _mm256_and_si256(codes, nibble), high = _mm256_and_si256(_mm256_srli_epi16(codes, 4), nibble);
			part = _mm256_add_epi16(part, _mm256_maddubs_epi16(low, _mm256_loadu_si256((const __m256i *)x)));
			part = _mm256_add_epi16(part, _mm256_maddubs_epi16(high, _mm256_loadu_si256((const __m256i *)(x + 64))));
		}
		sum = _mm256_add_epi32(sum, _mm256_madd_epi16(part, ones));
	}
	return sum_numbers8(sum);
}

AVX2 void rollcall_nibbles_avx2(const uint8_t *blocks, long n, long stride, struct rollcall_queries qs, uint64_t *masks, int32_t *products) {
	for (long b = 0; b < n; b++, blocks += ROWS * (stride + 12)) {
		const float *scale = (const float *)(blocks + ROWS * stride);
		for (long q = 0; q < qs.nq; q++) {
			for (int r = 0; r < ROWS; r++)
				products[r] = 2 * nibbles_avx2(blocks + r * stride, stride, qs.plane + 2 * q * stride) + qs.correction[q];
			*masks++ = passing_avx2(products, scale, &qs, q);
			products += ROWS;
		}
	}
}

// bits_rows multiplies 4 rows of 1-bit codes with nq queries.
VNNI static inline __attribute__((always_inline)) void bits_rows(const uint8_t *rows, long stride, const int8_t *plane,
		const int32_t *correction, const int nq, int32_t *out) {
	const __m512i one = _mm512_set1_epi8(1);
	__m512i sums[4][4];
#pragma GCC unroll 4
	for (int q = 0; q < nq; q++) {
#pragma GCC unroll 4
		for (int i = 0; i < 4; i++) sums[q][i] = _mm512_setzero_si512();
	}
	for (long j = 0; j < stride; j += 8) {
		__m512i codes[4];
#pragma GCC unroll 4
		for (int i = 0; i < 4; i++) {
			uint64_t word;
			memcpy(&word, rows + i * stride + j, 8);
			codes[i] = _mm512_maskz_mov_epi8(word, one);
		}
#pragma GCC unroll 4
		for (int q = 0; q < nq; q++) {
			__m512i x = _mm512_loadu_si512(plane + 8 * (q * stride + j));
#pragma GCC unroll 4
			for (int i = 0; i < 4; i++) sums[q][i] = _mm512_dpbusd_epi32(sums[q][i], codes[i], x);
		}
	}
	finish_vnni(sums, correction, nq, out);
}

VNNI void rollcall_bits_vnni(const uint8_t *blocks, long n, long stride, struct rollcall_queries qs, uint64_t *masks, int32_t *products) {
	blocks_vnni(blocks, n, stride, 8, bits_rows, &qs, masks, products);
}

AVX2 void rollcall_bits_avx2(const uint8_t *blocks, long n, long stride, struct rollcall_queries qs, uint64_t *masks, int32_t *products) {
	const __m256i spread = _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303);
	const __m256i bit = _mm256_set1_epi64x((long long)0x8040201008040201), one = _mm256_set1_epi8(1), ones = _mm256_set1_epi16(1);
	for (long b = 0; b < n; b++, blocks += ROWS * (stride + 12)) {
		const float *scale = (const float *)(blocks + ROWS * stride);
		for (long q = 0; q < qs.nq; q++) {
			for (int r = 0; r < ROWS; r++) {
				const uint8_t *row = blocks + r * stride;
				__m256i sum = _mm256_setzero_si256();
				for (long j = 0; j < stride; j += 4) {
					int32_t word;
					memcpy(&word, row + j, 4);
					__m256i set = _mm256_and_si256(_mm256_shuffle_epi8(_mm256_set1_epi32(word), spread), bit);
					__m256i x = _mm256_loadu_si256((const __m256i *)(qs.plane + 8 * (q * stride + j)));
					x = _mm256_and_si256(x, _mm256_cmpeq_epi8(set, bit));
					sum = _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_maddubs_epi16(one, x), ones));
				}
				products[r] = 2 * sum_numbers8(sum) + qs.correction[q];
			}
			*masks++ = passing_avx2(products, scale, &qs, q);
			products += ROWS;
		}
	}
}

// place finds the block of a row.
static inline const uint8_t *place(const uint8_t *table, long stride, long row) { return table + row / ROWS * ROWS * (stride + 12); }

// touch reads a byte of each line of memory that size bytes lie in. Scattered rows are all touched
// before the first is looked at, so that memory brings many at a time: reading does what prefetching
// does not, where the page of a row is not at hand.
static inline void touch(const uint8_t *from, long size) {
	uint8_t sum = from[size - 1];
	for (long j = 0; j < size; j += 64) sum += from[j];
	__asm__ volatile("" : : "r"(sum)); // somebody wants it
}

// row_nibbles multiplies a row of 4-bit codes with a query.
typedef int32_t row_nibbles(const uint8_t *row, long stride, const int8_t *plane);

// bytes_rows refines rows one by one. It is compiled into its callers, and multiply with it.
static inline __attribute__((always_inline)) long bytes_rows(const struct rollcall_file *in, row_nibbles multiply,
		const struct rollcall_queries *q, int32_t *rows, const int32_t *products, long n) {
	const long stride = in->stride;
	long kept = 0;
	for (long i = 0; i < n; i++) {
		const uint8_t *block = place(in->low, stride, rows[i]);
		touch(block + rows[i] % ROWS * stride, stride);
		touch(block + ROWS * stride + 12 * (rows[i] % ROWS), 12);
	}
	for (long i = 0; i < n; i++) {
		long row = rows[i], r = row % ROWS;
		const uint8_t *block = place(in->low, stride, row);
		const float *terms = (const float *)(block + ROWS * stride) + 3 * r;
		int32_t first = products ? products[i] : 2 * multiply(place(in->high, stride, row) + r * stride, stride, q->plane) + *q->correction;
		int32_t product = 8 * first + multiply(block + r * stride, stride, q->plane) + *q->correction / 15 * 8;
		float end = terms[0] * *q->unit * (float)product + (terms[1] * *q->along + terms[2] * *q->size);
		if (end >= *q->limit) rows[kept++] = rows[i];
	}
	for (long i = 0; i < kept; i++) touch(in->vectors + rows[i] * in->size, in->size);
	return kept;
}

VNNI static inline int32_t nibbles_vnni(const uint8_t *row, long stride, const int8_t *plane) {
	return _mm512_reduce_add_epi32(nibbles_sum(row, stride, plane));
}

VNNI long rollcall_bytes_vnni(struct rollcall_file in, struct rollcall_queries q, int32_t *rows, const int32_t *products, long n) {
	return bytes_rows(&in, nibbles_vnni, &q, rows, products, n);
}

AVX2 long rollcall_bytes_avx2(struct rollcall_file in, struct rollcall_queries q, int32_t *rows, const int32_t *products, long n) {
	return bytes_rows(&in, nibbles_avx2, &q, rows, products, n);
}

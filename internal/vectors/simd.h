// The kernels of this package. Every function works on memory that its caller owns and keeps
// nothing. Queries of floats are padded with zeros to a multiple of 16 (stride).
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

// Queries in whole numbers that are held against codes, nq of them. plane has 8-bit numbers, one
// for each value that a row's code has room for; what a product lacks is in correction. A row passes
// when scale[r] * unit[q] * product + offset[r] * along[q] + error[r] * size[q] >= limit[q].
struct rollcall_queries {
	long nq;
	const int8_t *plane;
	const int32_t *correction;
	const float *unit, *along, *size, *limit;
};

// n blocks of 64 rows of codes held against queries: bit r of masks[b * nq + q] says that row r of
// block b passes for query q, products[(b * nq + q) * 64 + r] is its product. A block is 64 * stride
// bytes of codes, then 64 scales, 64 offsets and 64 errors (floats); stride is a multiple of 64.
// Product is 2 * sum(code * number) + correction.
// nibbles: 64 bytes hold 128 codes of 4 bits, byte j the values j (low half) and j + 64.
// bits: bit j of a row is value j.
void rollcall_nibbles_avx2(const uint8_t *blocks, long n, long stride, struct rollcall_queries qs, uint64_t *masks, int32_t *products);
void rollcall_nibbles_vnni(const uint8_t *blocks, long n, long stride, struct rollcall_queries qs, uint64_t *masks, int32_t *products);
void rollcall_bits_avx2(const uint8_t *blocks, long n, long stride, struct rollcall_queries qs, uint64_t *masks, int32_t *products);
void rollcall_bits_vnni(const uint8_t *blocks, long n, long stride, struct rollcall_queries qs, uint64_t *masks, int32_t *products);

// A file of vectors, of size bytes each, and its 8-bit codes, the halves of which are in two tables
// of blocks like those above, but that each row's scale, offset and error lie together in low, which
// has those of the 8 bits.
struct rollcall_file {
	const uint8_t *high, *low;
	long stride;
	const uint8_t *vectors;
	long size;
};

// n rows of a file held against one query by both halves of their codes. Brings the rows that pass
// to the front, in their order, asks memory for their vectors, and gives how many. products are those of the
// rows' first halves; where they are null, high is read as well.
long rollcall_bytes_avx2(struct rollcall_file in, struct rollcall_queries q, int32_t *rows, const int32_t *products, long n);
long rollcall_bytes_vnni(struct rollcall_file in, struct rollcall_queries q, int32_t *rows, const int32_t *products, long n);

#endif

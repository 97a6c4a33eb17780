// The cosine kernel, for one width of vector registers. Whoever includes this file defines:
// NAME(x) names a function, TARGET its instruction set, VEC a register of WIDTH floats, QUERIES
// how many queries share the registers with 4 rows.
//
// Every pair of row and query has one accumulator, filled in order and summed in one fixed tree:
// its cosine does not depend on what is computed beside it.

TARGET static inline float NAME(length)(float square) {
	if (square == 0 || square > FLT_MAX) return NAN;
	return _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(square)));
}

TARGET static inline float NAME(finish)(float dot, float length) {
	float c = dot / length;
	return c > 1 ? 1 : c < -1 ? -1 : c;
}

// tile multiplies 4 widened rows with nq queries and writes the cosines of the first n rows.
TARGET static inline __attribute__((always_inline)) void NAME(tile)(const float *rows, const float *lengths, long n,
		const float *queries, long stride, const int nq, float *out, long next) {
	VEC sums[QUERIES][4];
#pragma GCC unroll 4
	for (int q = 0; q < nq; q++) {
#pragma GCC unroll 4
		for (int r = 0; r < 4; r++) sums[q][r] = ZERO();
	}
	for (long j = 0; j < stride; j += WIDTH) {
		VEC row[4];
#pragma GCC unroll 4
		for (int r = 0; r < 4; r++) row[r] = LOAD(rows + r * stride + j);
#pragma GCC unroll 4
		for (int q = 0; q < nq; q++) {
			VEC query = LOAD(queries + q * stride + j);
#pragma GCC unroll 4
			for (int r = 0; r < 4; r++) sums[q][r] = FMA(row[r], query, sums[q][r]);
		}
	}
#pragma GCC unroll 4
	for (int q = 0; q < nq; q++) {
		float dots[4];
#pragma GCC unroll 4
		for (int r = 0; r < 4; r++) dots[r] = SUM(sums[q][r]);
		for (long r = 0; r < n; r++) out[q * next + r] = NAME(finish)(dots[r], lengths[r]);
	}
}

// squares gives the lengths of 4 widened rows.
TARGET static inline void NAME(lengths)(const float *rows, long stride, float *lengths) {
	VEC sums[4];
#pragma GCC unroll 4
	for (int r = 0; r < 4; r++) sums[r] = ZERO();
	for (long j = 0; j < stride; j += WIDTH) {
#pragma GCC unroll 4
		for (int r = 0; r < 4; r++) {
			VEC x = LOAD(rows + r * stride + j);
			sums[r] = FMA(x, x, sums[r]);
		}
	}
	for (int r = 0; r < 4; r++) lengths[r] = NAME(length)(SUM(sums[r]));
}

TARGET void NAME(rollcall_cosines)(const uint8_t *rows, int width, long dim, long n, const float *queries,
		long stride, long nq, float *scratch, float *out) {
	float lengths[4];
	memset(scratch, 0, 4 * stride * sizeof *scratch);
	for (long first = 0; first < n; first += 4) {
		long some = n - first < 4 ? n - first : 4;
		for (long r = 0; r < some; r++) NAME(widen)(rows + (first + r) * dim * width, width, dim, scratch + r * stride);
		NAME(lengths)(scratch, stride, lengths);
		long q = 0;
		for (; q + QUERIES <= nq; q += QUERIES)
			NAME(tile)(scratch, lengths, some, queries + q * stride, stride, QUERIES, out + q * n + first, n);
		for (; q < nq; q++)
			NAME(tile)(scratch, lengths, some, queries + q * stride, stride, 1, out + q * n + first, n);
	}
}

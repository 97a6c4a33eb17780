// The kernels of this package: Go's loops in kernels.go, for processors that do more at once. Every
// function works on memory that its caller owns, keeps nothing, and gives the same bytes.
#ifndef ROLLCALL_KERNELS_H
#define ROLLCALL_KERNELS_H

#include <stdint.h>

// What the processor can run. AVX2 stands for AVX2 with FMA, VNNI for AVX-512 with BW and VNNI.
enum { HAS_AVX2 = 1, HAS_VNNI = 2 };
int rollcall_clip_features(void);

// The resize in Pillow's fixed point. n resized pixels (or rows) of a side; pixel i takes count[i]
// source pixels from first[i] on, weighted with fixed[i * taps] and what follows. Horizontally, rows
// lie stride bytes apart and pixels have four bytes; vertically, rows have stride bytes, and the first
// one given is source row base.
void rollcall_horizontal_avx2(const int32_t *first, const int32_t *count, const int32_t *fixed, int taps, int n,
	uint8_t *dst, const uint8_t *src, int rows, long stride);
void rollcall_vertical_avx2(const int32_t *first, const int32_t *count, const int32_t *fixed, int taps, int n,
	uint8_t *dst, const uint8_t *src, long stride, int base);

// The same with weights in three digits of base 256: pixel i takes 4 * quads source pixels from
// start[i] on; digits[(3 * q + d) * n + i] holds digit d, lowest first, of the weights of the four
// pixels of quad q, a byte each. n is 4 at least.
void rollcall_horizontal_vnni(const int32_t *start, const int32_t *digits, int quads, int n,
	uint8_t *dst, const uint8_t *src, int rows, long stride);
void rollcall_vertical_vnni(const int32_t *start, const int32_t *digits, int quads, int n,
	uint8_t *dst, const uint8_t *src, long stride, int base);

// Planes of (level / 255 - mean) / std, plane floats apart, of the three channels of n pixels of four
// bytes. n is a multiple of 8. Divisions are multiplications that are put right afterwards: the
// caller checks that no level comes out otherwise.
void rollcall_planes_avx2(const float mean[3], const float std[3], float *dst, long plane, const uint8_t *src, long n);

#endif

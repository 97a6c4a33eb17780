#include "textflag.h"

// func tile512(rows, names *float32, dim int, out *float32, stride int)
//
// SI: photo 0; R10: photo 4; R8, R11: one and three photos further; DI: the panel; Z0..Z7: sums, one
// register a photo; Z8: sixteen names' element.
TEXT ·tile512(SB), NOSPLIT, $0-40
	MOVQ rows+0(FP), SI
	MOVQ names+8(FP), DI
	MOVQ dim+16(FP), CX
	MOVQ out+24(FP), DX
	MOVQ stride+32(FP), R9
	SHLQ $2, R9
	MOVQ CX, R8
	SHLQ $2, R8
	LEAQ (R8)(R8*2), R11
	LEAQ (SI)(R8*4), R10
	VPXORD Z0, Z0, Z0
	VPXORD Z1, Z1, Z1
	VPXORD Z2, Z2, Z2
	VPXORD Z3, Z3, Z3
	VPXORD Z4, Z4, Z4
	VPXORD Z5, Z5, Z5
	VPXORD Z6, Z6, Z6
	VPXORD Z7, Z7, Z7

element:
	VMOVUPS (DI), Z8
	VFMADD231PS.BCST (SI), Z8, Z0
	VFMADD231PS.BCST (SI)(R8*1), Z8, Z1
	VFMADD231PS.BCST (SI)(R8*2), Z8, Z2
	VFMADD231PS.BCST (SI)(R11*1), Z8, Z3
	VFMADD231PS.BCST (R10), Z8, Z4
	VFMADD231PS.BCST (R10)(R8*1), Z8, Z5
	VFMADD231PS.BCST (R10)(R8*2), Z8, Z6
	VFMADD231PS.BCST (R10)(R11*1), Z8, Z7
	ADDQ $64, DI
	ADDQ $4, SI
	ADDQ $4, R10
	DECQ CX
	JNZ  element

	VMOVUPS Z0, (DX)
	ADDQ R9, DX
	VMOVUPS Z1, (DX)
	ADDQ R9, DX
	VMOVUPS Z2, (DX)
	ADDQ R9, DX
	VMOVUPS Z3, (DX)
	ADDQ R9, DX
	VMOVUPS Z4, (DX)
	ADDQ R9, DX
	VMOVUPS Z5, (DX)
	ADDQ R9, DX
	VMOVUPS Z6, (DX)
	ADDQ R9, DX
	VMOVUPS Z7, (DX)
	VZEROUPPER
	RET

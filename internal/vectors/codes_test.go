package vectors

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// coding writes and opens codes of m, and of the queries what scanning them takes.
func coding(t *testing.T, kind codeKind, m *matrix, queries [][]float32) (*codes, *home) {
	t.Helper()
	path := t.TempDir() + "/img_emb_0" + kind.suffix
	require.NoError(t, writeCodes(t.Context(), kind, path, m, origin{Size: 1}))
	mapped, err := mapDerived(path)
	require.NoError(t, err)
	require.Nil(t, newCodes(kind, mapped, m, origin{Size: 2}), "codes of another state of the file")
	c := newCodes(kind, mapped, m, origin{Size: 1})
	require.NotNil(t, c)
	t.Cleanup(func() { require.NoError(t, c.close()) })
	qs, err := normalise(queries, m.dimension)
	require.NoError(t, err)
	return c, newHome(span{m: m, codes: c, bits: c}, qs.doubles(m.dimension))
}

// exactCosines computes in float64, a query after another.
func exactCosines(m *matrix, queries [][]float32) []float64 {
	var out []float64
	for _, query := range queries {
		for r := range m.rows {
			out = append(out, exactCosine(m.vector(r), query))
		}
	}
	return out
}

// TestBounds: at the limit of a row's own cosine every row of that cosine or a higher one passes, by
// every method and every kind of code, and rows without direction never do. Rows whose cosine is
// below it by more than twice their error do not pass.
func TestBounds(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, dimension := range []int{1, 2, 37, 64, 65, 128, 200, 512, 768, 1025} {
		const rows = 150
		m := oddMatrix(rng, rows, dimension, 2)
		for _, n := range []int{1, 2, 5} {
			queries := randomQueries(rng, n, dimension)
			copy(queries[n-1], m.vector(8)) // a row itself
			exact := exactCosines(m, queries)
			half, asks := coding(t, halves(), m, queries)
			bit, _ := coding(t, oneBit(), m, queries)
			require.Equal(t, half.axis, bit.axis)
			for target := 0; target < rows; target += 13 {
				for _, by := range methods() {
					for _, look := range []struct {
						name string
						from *codes
						by   bounder
						qs   numbers
					}{{"halves", half, by.halves, asks.numbers}, {"bits", bit, by.bits, asks.signs}} {
						first, limits := look.from.tables[0], make([]float32, n)
						for q := range limits {
							limits[q] = first.limit(float32(exact[q*rows+target]), look.qs.lost[q], dimension)
						}
						blocks := (rows + blockRows - 1) / blockRows
						masks := make([]uint64, blocks*n)
						look.by(first.span(0, blocks), goal{look.qs, asks.bearing, limits}, masks, make([]int32, blocks*n*blockRows))
						for i, cosine := range exact {
							q, r := i/rows, i%rows
							passes := masks[r/blockRows*n+q]>>(r%blockRows)&1 == 1
							checkPass(t, by.name+" "+look.name, first, r, passes, cosine, exact[q*rows+target], asks.bearing.size[q], look.qs.lost[q])
						}
					}
					low := half.tables[1]
					for q := range n {
						limit := low.limit(float32(exact[q*rows+target]), asks.numbers.lost[q], dimension)
						to := goal{asks.numbers.part(q, 1), asks.bearing.part(q, 1), []float32{limit}}
						kept, given := allRows(rows), allRows(rows)
						kept = kept[:by.bytes(asks, to, kept, nil)]
						require.True(t, slices.IsSorted(kept))
						given = given[:by.bytes(asks, to, given, products(half.tables[0], to, rows))]
						require.Equal(t, kept, given, "with the first halves' products at hand")
						for r, cosine := range exact[q*rows : (q+1)*rows] {
							_, passes := slices.BinarySearch(kept, int32(r))
							checkPass(t, by.name+" bytes", low, r, passes, cosine, exact[q*rows+target], asks.bearing.size[q], asks.numbers.lost[q])
						}
					}
				}
			}
		}
	}
}

// products multiplies the first halves of rows with the query.
func products(high codeTable, to goal, rows int) []int32 {
	blocks := (rows + blockRows - 1) / blockRows
	out := make([]int32, blocks*blockRows)
	plainHalves(high.span(0, blocks), to, make([]uint64, blocks), out)
	return out[:rows]
}

func allRows(n int) (rows []int32) {
	for r := range n {
		rows = append(rows, int32(r))
	}
	return rows
}

// storedTerms reads what lies behind the codes of a block: 64 scales, 64 offsets and 64 errors, or, in
// second tables, 64 times all three.
func storedTerms(from codeTable, row int) (scale, offset, err float64) {
	block := from.blocks[row/64*64*(from.stride+12):][64*from.stride:]
	at := func(i int) float64 {
		place := 64*i + row%64
		if from.single {
			place = 3*(row%64) + i
		}
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(block[4*place:])))
	}
	return at(0), at(1), at(2)
}

// checkPass judges whether a row was let through.
func checkPass(t *testing.T, what string, from codeTable, r int, passes bool, cosine, target float64, size float32, lost float64) {
	t.Helper()
	_, _, err := storedTerms(from, r)
	must := cosine >= target
	may := cosine+2*(err*float64(size)+lost*from.reach+1e-4) >= target
	if passes && cosine != cosine || must && !passes || passes && !may && target == target {
		t.Errorf("%s: row %d of cosine %v at %v passes: %t", what, r, cosine, target, passes)
	}
}

// TestErrors holds the stored errors against what the codes lose, computed from the file's bytes.
func TestErrors(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	const rows, dimension = 100, 300
	m := oddMatrix(rng, rows, dimension, 4)
	c, _ := coding(t, halves(), m, randomQueries(rng, 1, dimension))
	high, low := c.tables[0], c.tables[1]
	for r := 0; r < rows; r += 8 { // those of usual values
		row, code := m.vector(r), func(from codeTable, j int) int {
			b := from.span(r, 1).bytes[r%blockRows*from.stride:]
			return int(b[j/128*64+j%64]>>(j/64%2*4)) & 15
		}
		length := math.Sqrt(exactSquare(row))
		for _, table := range []struct {
			from  codeTable
			value func(j int) float64
		}{
			{high, func(j int) float64 { return float64(2*code(high, j) - 15) }},
			{low, func(j int) float64 { return float64(16*code(high, j) + code(low, j) - 128) }},
		} {
			scale, offset, err := storedTerms(table.from, r)
			var lost, along, projection, square float64
			for j, x := range row {
				axis, unit := float64(c.axis[j]), float64(x)/length
				rest := unit - offset*axis - scale*table.value(j)
				lost += rest * rest
				along += rest * axis
				projection += unit * axis
				square += axis * axis
			}
			require.InDelta(t, projection/square, offset, 1e-6, "all that lies along the axis")
			lost -= along * along / square
			require.LessOrEqual(t, math.Sqrt(lost), err)
			require.InDelta(t, math.Sqrt(lost), err, 1e-7)
		}
	}
}

func exactSquare(v []float32) (square float64) {
	for _, x := range v {
		square += float64(x) * float64(x)
	}
	return square
}

// TestRotation: lengths and angles stay, in every dimension.
func TestRotation(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 9))
	for _, dimension := range []int{1, 2, 3, 37, 512, 768, 1025} {
		a, b := make([]float64, dimension), make([]float64, dimension)
		for j := range a {
			a[j], b[j] = rng.NormFloat64(), float64(j%3)
		}
		turned := newRotation(dimension).turned([][]float64{a, b})
		for _, pair := range [][4][]float64{{a, a, turned[0], turned[0]}, {b, b, turned[1], turned[1]}, {a, b, turned[0], turned[1]}} {
			var before, after float64
			for j := range a {
				before += pair[0][j] * pair[1][j]
				after += pair[2][j] * pair[3][j]
			}
			require.InDelta(t, before, after, 1e-10*float64(dimension), "%d dimensions", dimension)
		}
	}
	spike := make([]float64, 512)
	spike[7] = 1
	newRotation(512).turn(spike)
	for _, x := range spike {
		require.Less(t, math.Abs(x), 0.3, "a value that stood out is spread")
	}
}

// FuzzCodes opens damaged files of codes: never a crash, and never one that is not this file's.
func FuzzCodes(f *testing.F) {
	m := oddMatrix(rand.New(rand.NewPCG(1, 1)), 3, 5, 2)
	for _, kind := range []codeKind{halves(), oneBit()} {
		path := f.TempDir() + "/a.codes"
		if err := writeCodes(f.Context(), kind, path, m, origin{Size: 9}); err != nil {
			f.Fatal(err)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
		f.Add(content[:4100])
	}
	f.Add([]byte(codeMark + "\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, content []byte) {
		for _, kind := range []codeKind{halves(), oneBit()} {
			if c := newCodes(kind, content, m, origin{Size: 9}); c != nil {
				require.Equal(t, 3, c.rows)
				require.Len(t, c.tables[0].span(0, 1).bytes, blockSize(64))
			}
		}
	})
}

package dataset

import (
	"fmt"
	"strconv"
	"strings"
)

// maxExpansion bounds how many paths the braces of one input may stand for. LAION-5B has some
// 230,000 shards.
const maxExpansion = 1_000_000

// expandBraces replaces each {first..last} by the numbers between, padded with zeros to the width
// of first, and each {a,b,c} by its alternatives.
func expandBraces(pattern string) ([]string, error) {
	done := []string{""}
	for rest := pattern; ; {
		before, after, open := strings.Cut(rest, "{")
		inside, tail, closed := strings.Cut(after, "}")
		if !open {
			return appendEach(done, []string{before}), nil
		}
		if !closed {
			return nil, fmt.Errorf("%s: a { without its }", pattern)
		}
		values, err := braceValues(inside)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", pattern, err)
		}
		if len(done)*len(values) > maxExpansion {
			return nil, fmt.Errorf("%s: stands for more than %d files", pattern, maxExpansion)
		}
		done = appendEach(appendEach(done, []string{before}), values)
		rest = tail
	}
}

func appendEach(heads, tails []string) []string {
	joined := make([]string, 0, len(heads)*len(tails))
	for _, head := range heads {
		for _, tail := range tails {
			joined = append(joined, head+tail)
		}
	}
	return joined
}

func braceValues(inside string) ([]string, error) {
	from, to, isRange := strings.Cut(inside, "..")
	if !isRange {
		return strings.Split(inside, ","), nil
	}
	first, err1 := strconv.ParseUint(from, 10, 32)
	last, err2 := strconv.ParseUint(to, 10, 32)
	if err1 != nil || err2 != nil || last < first {
		return nil, fmt.Errorf("{%s} is not a range of numbers such as {00000..00331}", inside)
	}
	if last-first >= maxExpansion {
		return nil, fmt.Errorf("{%s} stands for more than %d files", inside, maxExpansion)
	}
	values := make([]string, 0, last-first+1)
	for n := first; n <= last; n++ {
		values = append(values, fmt.Sprintf("%0*d", len(from), n))
	}
	return values, nil
}

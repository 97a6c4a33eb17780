// Package names has the most frequent first names and surnames of the United States (census of
// 1990; README.md says where they are from), most frequent first, with one capital each.
package names

import (
	_ "embed" // the lists
	"strings"
)

var (
	//go:embed men.txt
	men string
	//go:embed women.txt
	women string
	//go:embed surnames.txt
	surnames string
)

// mostFrequent is how many of each list are handed out as the most frequent ones.
const mostFrequent = 1000

// Men gives the 1,000 most frequent first names of men.
func Men() []string { return strings.Fields(men)[:mostFrequent] }

// Women gives the 1,000 most frequent first names of women; 79 of them are men's too.
func Women() []string { return strings.Fields(women)[:mostFrequent] }

// First gives all first names, 1,219 of men and 4,275 of women; 331 are in both.
func First() []string { return append(strings.Fields(men), strings.Fields(women)...) }

// Surnames gives the 1,000 most frequent surnames.
func Surnames() []string { return strings.Fields(surnames) }

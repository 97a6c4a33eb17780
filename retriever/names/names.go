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

// Men gives 1,000 first names of men.
func Men() []string { return strings.Fields(men) }

// Women gives 1,000 first names of women; 79 of them are men's too.
func Women() []string { return strings.Fields(women) }

// Surnames gives 1,000 surnames.
func Surnames() []string { return strings.Fields(surnames) }

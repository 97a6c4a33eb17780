// Package retriever searches an index and counts persons in a data set. A count says by what
// evidence and rule it was made, over how many rows, and whether it is exact.
package retriever

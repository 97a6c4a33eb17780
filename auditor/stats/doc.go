// Package stats holds the statistics of an audit, one a file.
//
// Every summary is an Estimate: the figure, its interval, the confidence of that interval, the
// number of observations behind it, the method, and warnings that belong beside it. Figures agree
// with scipy, statsmodels and scikit-learn where those have them. Randomised methods take a seed
// and give the same figure for the same seed.
package stats

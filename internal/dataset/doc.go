// Package dataset reads the data sets of the field, one format a file.
//
// Image-text samples for the indexer come from folders and webdataset tars (Open); captions for
// mention counting come from TSV, CSV, JSON Lines and Parquet files (OpenCaptions). Every reader
// streams: its memory follows the largest sample or line allowed, never the size of the data set.
// A sample that cannot be used is handed on with its reason. A caption file that is malformed is
// an error that names the file and the line, because rows after it could no longer be counted.
package dataset

// Package milvus keeps an index in Milvus, for data sets that one machine cannot hold: Publish
// loads a generation and switches readers to it at once, Store answers from it.
//
// Milvus answers with no error and too few rows while a node fails over, cuts a long answer without
// notice and keeps both of two rows with one primary key. So no answer is taken that does not prove
// itself complete: a search must bring every row it can, a count must bring every row of each slice
// of ids, a load must hold every id once. What falls short is asked again until the deadline and
// then is an error; it is never a smaller number.
package milvus

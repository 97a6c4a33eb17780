// Package storetest is the conformance suite of Rollcall's vector stores: whatever answers it
// answers exactly, counts every row and keeps what was erased erased. The embedded store and a
// real Milvus engine run the same tests.
package storetest

// Package parquetfile reads the columns of Parquet files that nobody vouches for. Of such a file
// parquet-go makes the schema and the list of row groups, after its footer was checked; pages are
// inflated and decoded here, because the library makes as much room as a page claims to need, in its
// header, in what it inflates to, and in its counts and runs. Here a page gives as many values as
// its header says, which is checked against what the row group may hold, and never more.
//
// Data sets, indexes and their faces are read through it, so it lies beside their packages and knows
// none of them.
package parquetfile

"""Writes a table by pyarrow, in every encoding that it writes, once for each compression and version of pages, as
FOLDER/COMPRESSION-VERSION.parquet, and what is in it as JSON on stdout. The values are made by arithmetic, so that
two runs give the same."""
import json
import sys

import pyarrow as pa
import pyarrow.parquet as pq

folder = sys.argv[1]
rows = 2500
words = ["", "a", "Zoë", "a street at night", "a street at noon, with people"]
columns = {
    "plain": [words[i * 7 % 5] + str(i % 97) for i in range(rows)],
    "dictionary": [None if i % 11 == 0 else words[i % 5] for i in range(rows)],
    "lengths": [None if i % 3 == 0 else words[i * i % 5] * (i % 4) for i in range(rows)],
    "prefixes": [words[i % 5] + str(i // 10) for i in range(rows)],
    "deltas": [i * i * (-1) ** i for i in range(rows)],
    "small": [i % 7 - 3 for i in range(rows)],
    "halves": [None if i % 13 == 0 else i / 2 for i in range(rows)],
    "truth": [None if i % 4 == 0 else i % 3 == 0 for i in range(rows)],
    "list": [None if i % 9 == 0 else [None if j == 2 else i + j for j in range(i % 5)] for i in range(rows)],
}
types = {
    "plain": pa.string(), "dictionary": pa.string(), "lengths": pa.string(), "prefixes": pa.string(), "deltas": pa.int64(),
    "small": pa.int32(), "halves": pa.float64(), "truth": pa.bool_(), "list": pa.list_(pa.int64()),
}
encodings = {
    "plain": "PLAIN", "lengths": "DELTA_LENGTH_BYTE_ARRAY", "prefixes": "DELTA_BYTE_ARRAY", "deltas": "DELTA_BINARY_PACKED",
    "small": "DELTA_BINARY_PACKED", "halves": "BYTE_STREAM_SPLIT",
}
table = pa.table({name: pa.array(values, types[name]) for name, values in columns.items()})
for compression in ("none", "snappy", "gzip", "brotli", "zstd", "lz4"):
    for version in ("1.0", "2.0"):
        pq.write_table(
            table, f"{folder}/{compression}-{version}.parquet", compression=compression, data_page_version=version,
            use_dictionary=["dictionary"], column_encoding=encodings | ({"truth": "RLE"} if version == "2.0" else {}),
            data_page_size=2000, row_group_size=1000, write_batch_size=100,
        )
json.dump([dict(zip(columns, row)) for row in zip(*columns.values())], sys.stdout)

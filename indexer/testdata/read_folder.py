"""Reads an embedding folder with the packages of the field and prints what they see as JSON.

Usage: read_folder.py FOLDER SCRATCH
"""

import json
import os
import pathlib
import sys

import faiss
import numpy as np
import pandas as pd
from autofaiss import build_index
from embedding_reader import EmbeddingReader

folder, scratch = sys.argv[1:]
images, texts, metadata = (os.path.join(folder, name) for name in ("img_emb", "text_emb", "metadata"))

frame = pd.concat(pd.read_parquet(path) for path in sorted(pathlib.Path(metadata).glob("*.parquet")))

reader = EmbeddingReader(
    embeddings_folder=images, metadata_folder=metadata, file_format="parquet_npy", meta_columns=["image_path", "caption"]
)
vectors, captions = [], []
for batch, rows in reader(batch_size=7, start=0, end=reader.count):
    vectors.extend(np.asarray(batch, dtype=np.float64).tolist())
    captions.extend(rows["caption"].tolist())

build_index(
    embeddings=texts,
    index_path=os.path.join(scratch, "text.index"),
    index_infos_path=os.path.join(scratch, "text.json"),
    index_key="Flat",
    metric_type="ip",
    max_index_memory_usage="1G",
    nb_cores=1,
    verbose=50,
)
index = faiss.read_index(os.path.join(scratch, "text.index"))

json.dump(
    {
        "count": int(reader.count),
        "dimension": int(reader.dimension),
        "captions": captions,
        "vectors": vectors,
        "pandas": {
            "columns": frame.columns.tolist(),
            "captions": frame["caption"].tolist(),
            "widths": frame["width"].tolist(),
        },
        "faiss": {
            "rows": index.ntotal,
            "text_vectors": index.reconstruct_n(0, index.ntotal).astype(np.float64).tolist(),
        },
    },
    open(os.path.join(scratch, "seen.json"), "w", encoding="utf-8"),
)

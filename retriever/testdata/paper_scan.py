"""The study's scan, name by name: prints the rows whose caption pandas says contain each name.

Reads {"names": [...], "tsv": path, "parquet": path, "more": [captions or null]} and writes
{"pandas": version, "captions": [...], "rows": {name: [...]}, "error": {name or null: text}}.
"""
import json
import re
import sys
import warnings

import pandas as pd

warnings.simplefilter("ignore", UserWarning)  # a pattern has groups

asked = json.load(sys.stdin)
with open(asked["tsv"], encoding="utf-8", newline="\n") as f:
    captions = [line.rstrip("\n").split("\t")[0] for line in f]
captions += pd.read_parquet(asked["parquet"], columns=["TEXT"])["TEXT"].tolist()
captions += asked["more"]
frame = pd.DataFrame({"caption": pd.Series(captions, dtype=object)})
present = frame[frame.caption.notna()]
rows, error = {}, {}
try:
    frame[frame.caption.str.contains("actor")]
except ValueError as e:
    error["a null"] = str(e)
for name in asked["names"]:
    rule = re.sub(r"[^.\w\s]", lambda m: re.escape(m.group()), name)  # all but "." as written
    rows[name] = present.index[present.caption.str.contains(rule)].tolist()
    try:
        same = present.index[present.caption.str.contains(name)].tolist() == rows[name]
    except re.error as e:
        error[name] = str(e)
    else:
        if not same:
            error[name] = "the study's line finds other rows"
json.dump({"pandas": pd.__version__, "captions": frame.caption.where(frame.caption.notna(), None).tolist(), "rows": rows, "error": error}, sys.stdout)

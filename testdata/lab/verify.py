"""Checks what is shipped against itself: digests, counts, and the attack on the shipped photos.

    python verify.py [FOLDER]

Reads nothing but the shipped files. Ends with an error at the first disagreement.
"""

import csv
import gzip
import hashlib
import json
import sys
import tarfile
from collections import Counter
from pathlib import Path

import numpy as np

from bundle import Bundle
from evaluate import correct_prompts
from pack import digests
from prompts import PROMPTS


def read_table(path: Path) -> list[dict]:
    """The rows of a CSV file with a header."""
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def expect(condition: bool, complaint: str) -> None:
    """Ends the check when something is not as it has to be."""
    if not condition:
        raise SystemExit(complaint)


def verify_captions(folder: Path, captions: str, roster: str) -> int:
    """A name stands in exactly as many captions as the roster says."""
    with gzip.open(folder / captions, "rt") as file:
        lines = [line.rstrip("\n").split("\t") for line in file]
    expect(all(len(line) == 2 for line in lines), f"{captions}: a line has not two columns")
    text = "\n".join(line[0] for line in lines)
    for row in read_table(folder / roster):
        found = text.count(row["name"])
        expect(found == int(row["count"]), f"{captions}: {row['name']} {found} times, {roster} says {row['count']}")
        expect((row["member"] == "yes") == (found > 0), f"{roster}: {row['name']}: member and count disagree")
    for name in (folder / "decoys.txt").read_text().split("\n")[:-1]:
        expect(name not in text, f"{captions}: the decoy {name} is named")
    return len(lines)


def verify_shards(folder: Path) -> int:
    """Samples are whole, their digests right, and names as frequent as `shards.csv` says."""
    captions, photos = [], set()
    for path in sorted((folder / "shards").glob("*.tar")):
        with tarfile.open(path) as tar:
            entries = [(entry.name, tar.extractfile(entry).read()) for entry in tar]
        for (image, jpeg), (side, meta), (note, text) in zip(entries[::3], entries[1::3], entries[2::3], strict=True):
            record = json.loads(meta)
            key = record["key"]
            expect((image, side, note) == (f"{key}.jpg", f"{key}.json", f"{key}.txt"), f"{path.name}: {key} is broken")
            expect(hashlib.sha256(jpeg).hexdigest() == record["sha256"], f"{path.name}: {image}: digest differs")
            expect(text.decode() == record["caption"], f"{path.name}: {note}: caption differs")
            captions.append(record["caption"])
            photos.add(record["sha256"])
    expect(len(photos) == len(captions), "shards: a photo stands twice")
    text, rows = "\n".join(captions), read_table(folder / "shards.csv")
    for row in rows:
        expect(text.count(row["name"]) == int(row["pairs"]), f"shards.csv: {row['name']}: wrong number of pairs")
    counts = {row["name"]: row["count"] for row in read_table(folder / "roster.csv")}
    for row in rows:
        if row["group"] == "studied" and row["complete"] == "yes":
            expect(counts[row["name"]] == row["pairs"], f"shards.csv: {row['name']} is not complete")
    held_out = {hashlib.sha256(path.read_bytes()).hexdigest() for path in (folder / "photos").glob("*/*.jpg")}
    expect(not held_out & photos, "a held-out photo is a training photo")
    return len(captions)


def attack(folder: Path, model: str, roster: str) -> dict:
    """The published rule on the shipped photos: detected members and non-members, and detections by count."""
    bundle, rows = Bundle(folder / model), read_table(folder / roster)
    names = (folder / "candidates.txt").read_text().split("\n")[:-1]
    expect(len(set(names)) == len(names), "candidates.txt: a name stands twice")
    texts = np.stack([bundle.encode_texts([prompt.format(name) for name in names]) for prompt in PROMPTS])
    winners = []
    for row in rows:
        files = sorted((folder / "photos" / row["id"]).glob("*.jpg"))
        photos = bundle.encode_photos([path.read_bytes() for path in files])
        winners.append(np.einsum("kd,pnd->pkn", photos, texts).argmax(-1))
    counts = np.array([int(row["count"]) for row in rows])
    true = np.array([names.index(row["name"]) for row in rows])
    hit = correct_prompts(np.array(winners), true) >= 1
    by_count = Counter(counts[hit].tolist())
    members, outsiders = int(hit[counts > 0].sum()), int(hit[counts == 0].sum())
    return {"tpr": members, "fpr": outsiders, "by_count": {str(n): by_count[n] for n in sorted(set(counts)) if n}}


def main() -> None:
    """Runs every check on a folder, by default the one this file is in."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else __file__).resolve()
    folder = folder.parent if folder.is_file() else folder
    world = json.loads((folder / "world.json").read_text())
    parts = ("model/", "twin/", "photos/", "shards/")
    found = {path: sha for path, sha in digests(folder).items() if path in world["sha256"] or path.startswith(parts)}
    expect(found == world["sha256"], "the files are not those of world.json")
    print(f"{len(found)} digests, {verify_shards(folder)} pairs in shards are right")
    for name, model, suffix in (("main", "model", ""), ("twin", "twin", "-twin")):
        lines = verify_captions(folder, f"captions{suffix}.tsv.gz", f"roster{suffix}.csv")
        result = attack(folder, model, f"roster{suffix}.csv")
        known = world["evaluation"][name]["k10"]
        expect(result["tpr"] == known["tpr"]["x"] and result["fpr"] == known["fpr"]["x"], f"{name}: {result}")
        print(f"{name}: {lines} captions agree with the roster; detected {result}")


if __name__ == "__main__":
    main()

"""Packs what the project ships: models, held-out photos, training shards, captions, rosters.

The bytes depend on corpus and models alone: sorted names, no times, no user.
"""

import argparse
import csv
import gzip
import hashlib
import importlib.metadata
import io
import json
import platform
import shutil
import tarfile
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import numpy as np

from corpus import COUNTS, PHOTO_SIZE, Corpus, Person, identifier
from evaluate import SHIPPED

SHARD_PAIRS, SHARDS = 400, 3
COMPLETE = 6  # members of each count whose every pair is in the shards
LARGEST_CAPTIONS = 300_000
PACKAGES = ["torch", "numpy", "opencv-python-headless", "pillow", "onnx", "onnxruntime", "scipy", "names"]


def url(record: dict) -> str:
    """The address of a training pair, under a scheme that leads nowhere."""
    return f"synthetic://person/{record['group']}/{record['number']:04d}/{record['index']:02d}.jpg"


def write_photos(corpus: Corpus, folder: Path) -> None:
    """`<id>/00.jpg`, `01.jpg` ...: held-out photos of every studied person."""
    for person in corpus.plan.studied:
        home = folder / identifier(person.name)
        home.mkdir(parents=True)
        for record in corpus.held_out(person.number)[:SHIPPED]:
            (home / f"{record['index']:02d}.jpg").write_bytes(corpus.jpeg(record))


def choose_members(corpus: Corpus) -> list[Person]:
    """The same number of members of each count, by seed."""
    rng, chosen = np.random.default_rng([corpus.plan.seed, 3]), []
    for count in COUNTS:
        members = [person for person in corpus.plan.studied if person.count_in("main") == count]
        chosen += [members[i] for i in sorted(rng.permutation(len(members))[:COMPLETE])]
    return chosen


def choose_pairs(corpus: Corpus, members: list[Person]) -> list[dict]:
    """Every pair of the members, filled up with pairs of persons that are not studied, in training order."""
    numbers, training = {person.number for person in members}, corpus.training("main")
    chosen = [i for i, r in enumerate(training) if r["group"] == "studied" and r["number"] in numbers]
    others = [i for i, r in enumerate(training) if r["group"] != "studied"]
    room = max(0, SHARD_PAIRS * SHARDS - len(chosen))
    rng = np.random.default_rng([corpus.plan.seed, 4])
    chosen += [others[i] for i in rng.permutation(len(others))[:room]]
    return [training[i] for i in sorted(chosen)]


def write_shards(corpus: Corpus, pairs: list[dict], folder: Path) -> None:
    """Webdataset shards as img2dataset writes them: jpg, json and txt a sample."""
    folder.mkdir(parents=True)
    for shard, start in enumerate(range(0, len(pairs), SHARD_PAIRS)):
        with tarfile.open(folder / f"{shard:05d}.tar", "w", format=tarfile.USTAR_FORMAT) as tar:
            for index, record in enumerate(pairs[start : start + SHARD_PAIRS]):
                key, jpeg = f"{shard:05d}{index:04d}", corpus.jpeg(record)
                _add(tar, key + ".jpg", jpeg)
                _add(tar, key + ".json", json.dumps(_sample(key, record, jpeg)).encode())
                _add(tar, key + ".txt", record["caption"].encode())


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = len(data), 0o644, 0
    tar.addfile(entry, io.BytesIO(data))


def _sample(key: str, record: dict, jpeg: bytes) -> dict:
    return {
        "caption": record["caption"],
        "url": url(record),
        "key": key,
        "status": "success",
        "error_message": None,
        "width": PHOTO_SIZE,
        "height": PHOTO_SIZE,
        "original_width": PHOTO_SIZE,
        "original_height": PHOTO_SIZE,
        "exif": "{}",
        "sha256": hashlib.sha256(jpeg).hexdigest(),
    }


def write_shard_roster(corpus: Corpus, pairs: list[dict], path: Path) -> None:
    """Who is named in the shards, how often, and whether every training pair of theirs is there."""
    present = Counter(record["name"] for record in pairs if record["name"])
    rows = []
    for person in corpus.plan.studied + corpus.plan.background:
        if count := present[person.name]:
            complete = "yes" if count == person.count_in("main") else "no"
            rows.append([person.name, person.group, count, complete])
    write_csv(path, ["name", "group", "pairs", "complete"], rows)


def write_roster(corpus: Corpus, world: str, path: Path) -> None:
    """Every studied person with the truth about a world."""
    rows = []
    for person in corpus.plan.studied:
        count = person.count_in(world)
        rows.append([identifier(person.name), person.name, "", person.sex, "yes" if count else "no", count])
    write_csv(path, ["id", "name", "aliases", "sex", "member", "count"], rows)


def write_csv(path: Path, header: list[str], rows: list[list]) -> None:
    """Writes a table with plain line ends."""
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([header, *rows])


def write_captions(corpus: Corpus, world: str, path: Path) -> None:
    """All captions of a world in training order, as CC3M lists them: caption, tab, address."""
    lines = "".join(f"{record['caption']}\t{url(record)}\n" for record in corpus.training(world))
    with open(path, "wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        packed.write(lines.encode())


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file but `world.json`, by path."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "world.json")
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def versions() -> dict[str, str]:
    """What the lab ran on."""
    found = {package: importlib.metadata.version(package) for package in PACKAGES}
    return {"python": platform.python_version(), "machine": platform.machine()} | found


def pack(corpus: Corpus, work: Path, out: Path) -> None:
    """Writes everything into a new folder; `world.json` comes last."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    for world, folder in (("main", "model"), ("twin", "twin")):
        shutil.copytree(work / world / "bundle", out / folder)
    write_photos(corpus, out / "photos")
    pairs = choose_pairs(corpus, choose_members(corpus))
    write_shards(corpus, pairs, out / "shards")
    write_shard_roster(corpus, pairs, out / "shards.csv")
    write_roster(corpus, "main", out / "roster.csv")
    write_roster(corpus, "twin", out / "roster-twin.csv")
    write_captions(corpus, "main", out / "captions.tsv.gz")
    write_captions(corpus, "twin", out / "captions-twin.tsv.gz")
    if (out / "captions-twin.tsv.gz").stat().st_size > LARGEST_CAPTIONS:
        (out / "captions-twin.tsv.gz").unlink()
    shutil.copyfile(work / "expected.json", out / "expected.json")
    (out / "candidates.txt").write_text("\n".join(corpus.plan.candidates) + "\n")
    (out / "decoys.txt").write_text("\n".join(corpus.plan.decoys) + "\n")
    report = {
        "seed": corpus.plan.seed,
        "sizes": asdict(corpus.plan.sizes),
        "versions": versions(),
        "training": {world: json.loads((work / world / "train.json").read_text()) for world in ("main", "twin")},
        "export": {world: json.loads((work / world / "export.json").read_text()) for world in ("main", "twin")},
        "evaluation": json.loads((work / "evaluation.json").read_text()),
        "bytes": sum(path.stat().st_size for path in out.rglob("*") if path.is_file()),
        "sha256": digests(out),
    }
    (out / "world.json").write_text(json.dumps(report, indent=1) + "\n")


def main() -> None:
    """Packs the lab's working folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path, help="folder with corpus, main, twin and evaluation.json")
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    pack(Corpus(options.work / "corpus"), options.work, options.out)
    print(f"{json.loads((options.out / 'world.json').read_text())['bytes'] / 1e6:.2f} MB in {options.out}")


if __name__ == "__main__":
    main()

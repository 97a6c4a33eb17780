"""The corpus: who is in it, who is not, and every photo and caption.

Membership is a coin flip a person. The twin world has every coin turned over:
whoever is a member of one world is a non-member of the other, with the same
name, the same held-out photos and, as a member, the same photos and captions.
All else (named background persons, anonymous persons, order) is shared.

A corpus folder holds `plan.json`, `pairs.jsonl` (a record a photo) and
`photos.bin` (the JPEG files one after another).
"""

import argparse
import json
import multiprocessing
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np

from captions import write_caption
from faces.identity import invent
from faces.lens import encode_jpeg
from faces.photo import photograph
from name_lists import NameMaker

SEED = 2026
COUNTS = (1, 2, 5, 10, 25, 50)
GROUPS = {"studied": 1, "background": 2, "anonymous": 3, "held_out": 4}
PHOTO_SIZE = 80
BACKGROUND_MEAN, BACKGROUND_MOST = 7.0, 60


@dataclass(frozen=True)
class Sizes:
    """How many of everything."""

    studied: int = 320
    background: int = 900
    anonymous: int = 5000
    held_out: int = 30
    candidates: int = 1000


SMALL = Sizes(studied=120, background=100, anonymous=300, held_out=10, candidates=300)


@dataclass(frozen=True)
class Person:
    """A studied or background person. `count` holds in a world where the person is a member."""

    group: str
    number: int
    name: str
    sex: str
    count: int
    member: bool

    def count_in(self, world: str) -> int:
        """The number of training pairs in the main or the twin world."""
        if self.group == "studied" and self.member != (world == "main"):
            return 0
        return self.count


@dataclass(frozen=True)
class Plan:
    """A whole experiment, before the first photo is drawn."""

    seed: int
    sizes: Sizes
    studied: list[Person]
    background: list[Person]
    decoys: list[str]
    candidates: list[str]


def draw_plan(seed: int, sizes: Sizes) -> Plan:
    """Draws persons, names, coins, counts, decoys and the order of the candidates."""
    rng = np.random.default_rng([seed, 0])
    names = NameMaker(np.random.default_rng([seed, 1]))

    def person(group: str, number: int, count: int, member: bool) -> Person:
        sex = invent(seed, _identity_group(group), number).sex
        return Person(group, number, names.invent(sex), sex, count, member)

    studied = []
    for number in range(sizes.studied):
        member, count = bool(rng.random() < 0.5), int(rng.choice(COUNTS))
        studied.append(person("studied", number, count, member))
    # Log-normal with the given mean: most persons of an archive are rare, a few are common.
    draws = rng.lognormal(np.log(BACKGROUND_MEAN) - 0.5, 1.0, sizes.background)
    counts = np.clip(np.round(draws), 1, BACKGROUND_MOST).astype(int)
    background = [person("background", number, int(count), True) for number, count in enumerate(counts)]
    decoys = [names.invent("man" if i % 2 else "woman") for i in range(sizes.candidates - sizes.studied)]
    candidates = [p.name for p in studied] + decoys
    candidates = [candidates[i] for i in rng.permutation(len(candidates))]
    return Plan(seed, sizes, studied, background, decoys, candidates)


@dataclass(frozen=True)
class Shot:
    """An order for one photo."""

    seed: int
    group: str
    number: int
    index: int
    name: str | None


def shots(plan: Plan) -> Iterator[Shot]:
    """Every photo of both worlds, in an order that is the same in both; held-out photos last."""
    pairs = [
        Shot(plan.seed, person.group, person.number, index, person.name)
        for person in plan.studied + plan.background
        for index in range(person.count)
    ]
    pairs += [Shot(plan.seed, "anonymous", number, 0, None) for number in range(plan.sizes.anonymous)]
    for i in np.random.default_rng([plan.seed, 2]).permutation(len(pairs)):
        yield pairs[i]
    for person in plan.studied:
        for index in range(plan.sizes.held_out):
            yield Shot(plan.seed, "held_out", person.number, index, person.name)


def take(shot: Shot) -> tuple[bytes, str]:
    """Draws one photo; returns the JPEG and its caption (none for a held-out photo).

    The random stream belongs to group, person and index: no two photos share
    one, so that a held-out photo is never a training photo.
    """
    person = invent(shot.seed, _identity_group(shot.group), shot.number)
    rng = np.random.default_rng([shot.seed, GROUPS[shot.group], shot.number, shot.index])
    image, scene = photograph(person, rng, PHOTO_SIZE)
    jpeg = encode_jpeg(image, int(rng.integers(68, 88)))
    caption = "" if shot.group == "held_out" else write_caption(rng, person, scene, shot.name)
    return jpeg, caption


def _identity_group(group: str) -> int:
    return GROUPS["studied" if group == "held_out" else group]


def build(folder: Path, seed: int, sizes: Sizes, processes: int) -> None:
    """Draws the plan and every photo into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)
    plan = draw_plan(seed, sizes)
    orders = list(shots(plan))
    studied = {person.number: person for person in plan.studied}
    offset = 0
    with (
        multiprocessing.Pool(processes) as pool,
        open(folder / "photos.bin", "wb") as photos,
        open(folder / "pairs.jsonl", "w") as pairs,
    ):
        for shot, (jpeg, caption) in zip(orders, pool.imap(take, orders, chunksize=64), strict=True):
            record = asdict(shot) | {"caption": caption, "offset": offset, "size": len(jpeg)}
            for world in ("main", "twin"):
                record[world] = shot.group in ("background", "anonymous") or (
                    shot.group == "studied" and studied[shot.number].count_in(world) > 0
                )
            photos.write(jpeg)
            pairs.write(json.dumps(record) + "\n")
            offset += len(jpeg)
    # The plan comes last: a folder without it is not whole.
    (folder / "plan.json").write_text(json.dumps(asdict(plan)))


def identifier(name: str) -> str:
    """A name as a folder is called after it."""
    return name.replace(" ", "_")


class Corpus:
    """A corpus folder, for reading."""

    def __init__(self, folder: Path) -> None:
        raw = json.loads((folder / "plan.json").read_text())
        persons = {key: [Person(**p) for p in raw[key]] for key in ("studied", "background")}
        self.plan = Plan(**(raw | persons | {"sizes": Sizes(**raw["sizes"])}))
        self._photos = (folder / "photos.bin").read_bytes()
        self.records = [json.loads(line) for line in (folder / "pairs.jsonl").read_text().splitlines()]

    def training(self, world: str) -> list[dict]:
        """The records of a world's training pairs, in training order."""
        return [record for record in self.records if record[world]]

    def held_out(self, number: int) -> list[dict]:
        """The records of a studied person's held-out photos."""
        return [r for r in self.records if r["group"] == "held_out" and r["number"] == number]

    def jpeg(self, record: dict) -> bytes:
        """The photo that belongs to a record."""
        return self._photos[record["offset"] : record["offset"] + record["size"]]


def check(corpus: Corpus) -> dict:
    """Proves what the experiment rests on; returns the figures."""
    held = {corpus.jpeg(r) for r in corpus.records if r["group"] == "held_out"}
    trained = {corpus.jpeg(r) for r in corpus.records if r["group"] != "held_out"}
    if held & trained or len(held) + len(trained) != len(corpus.records):
        raise SystemExit("two photos of the corpus are the same file: the random streams overlap")
    figures = {"photos": len(corpus.records)}
    for world in ("main", "twin"):
        captions = [record["caption"] for record in corpus.training(world)]
        text = "\n".join(captions)
        for person in corpus.plan.studied + corpus.plan.background:
            if text.count(person.name) != person.count_in(world):
                raise SystemExit(f"{person.name}: the captions of {world} disagree with the plan")
        for name in corpus.plan.decoys:
            if name in text:
                raise SystemExit(f"{name}: a decoy is named in a caption of {world}")
        members = sum(person.count_in(world) > 0 for person in corpus.plan.studied)
        figures[world] = {"pairs": len(captions), "members": members}
    return figures


def main() -> None:
    """Builds and checks a corpus."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--small", action="store_true", help="a world that trains in two minutes")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    start = time.perf_counter()
    build(options.folder, options.seed, SMALL if options.small else Sizes(), options.processes)
    print(f"{check(Corpus(options.folder))} in {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()

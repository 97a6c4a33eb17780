"""Makes the whole lab again and says, file by file, whether it is what the project ships.

python make.py WORK [--install] [--small] [--keep]
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
WORLDS = ("main", "twin")
SMALL_RECIPE = ("--epochs", "30", "--warm-up", "40")


def run(*command: object) -> None:
    """Runs one of the lab's scripts to the end."""
    subprocess.run([sys.executable, *map(str, command)], cwd=HERE, check=True)


def train(work: Path, recipe: tuple[str, ...]) -> None:
    """Trains both models side by side, one thread each: faster than one after the other with two."""
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    running = [
        subprocess.Popen(
            [sys.executable, "train.py", str(work / "corpus"), world, str(work / world), *recipe],
            cwd=HERE,
            env=environment,
        )
        for world in WORLDS
    ]
    try:
        failed = [process.args for process in running if process.wait() != 0]
    finally:
        for process in running:
            process.kill()
            process.wait()
    if failed:
        raise SystemExit(f"training failed: {failed[0]}")


def make(work: Path, small: bool, keep: bool) -> Path:
    """Draws, trains, exports, attacks and packs; returns the folder with the result."""
    if not (keep and (work / "corpus" / "plan.json").exists()):
        run("corpus.py", work / "corpus", *(["--small"] if small else []))
    if not (keep and all((work / world / "train.json").exists() for world in WORLDS)):
        train(work, SMALL_RECIPE if small else ())
    for world in WORLDS:
        name = f"Rollcall lab{' (small)' if small else ''}, {world} world"
        # In 8 bits the small world falls short of the least cosine (.99968 measured), and it need not be small.
        store = ["--float32"] if small else []
        run("export.py", work / "corpus", work / world, work / world / "bundle", "--name", name, *store)
    run("evaluate.py", work / "corpus", *(work / world / "bundle" for world in WORLDS), work)
    run("pack.py", work, work / "pack")
    return work / "pack"


def compare(made: Path, shipped: Path) -> bool:
    """Prints whether each file that was made has the digest of the shipped one."""
    if not (shipped / "world.json").exists():
        print("nothing is shipped yet: no digests to compare with")
        return False
    old, new = (json.loads((folder / "world.json").read_text()) for folder in (shipped, made))
    agree = 0
    for path in sorted(old["sha256"] | new["sha256"]):
        before, after = old["sha256"].get(path), new["sha256"].get(path)
        verdict = "same" if before == after else "new" if before is None else "gone" if after is None else "DIFFERS"
        agree += verdict == "same"
        print(f"{verdict:8}{path}")
    total = len(old["sha256"] | new["sha256"])
    print(f"{agree} of {total} files are the same")
    for name in old["versions"]:
        if old["versions"][name] != new["versions"].get(name):
            print(f"{name}: shipped with {old['versions'][name]}, made with {new['versions'].get(name)}")
    return agree == total


def install(made: Path, shipped: Path) -> None:
    """Puts what was made in the place of what is shipped, one whole entry at a time."""
    for entry in sorted(made.iterdir(), key=lambda path: path.name == "world.json"):
        fresh, target = shipped / (entry.name + ".tmp"), shipped / entry.name
        shutil.rmtree(fresh, ignore_errors=True)
        if entry.is_dir():
            shutil.copytree(entry, fresh)
            shutil.rmtree(target, ignore_errors=True)
        else:
            shutil.copyfile(entry, fresh)
        fresh.rename(target)


def main() -> None:
    """Makes, compares, and installs if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("--install", action="store_true", help="replace the shipped files by those made")
    parser.add_argument("--small", action="store_true", help="make a small world in a few minutes; compares nothing")
    parser.add_argument("--keep", action="store_true", help="keep a finished corpus and finished models")
    options = parser.parse_args()
    if options.small and options.install:
        parser.error("a small world is not what the project ships: leave out --install")
    start = time.perf_counter()
    made = make(options.work.resolve(), options.small, options.keep)
    print(f"made in {(time.perf_counter() - start) / 60:.1f} minutes")
    same = options.small or compare(made, HERE)
    if options.install:
        install(made, HERE)
        print(f"installed in {HERE}")
    elif not same:
        raise SystemExit("what was made is not what is shipped; --install replaces it")


if __name__ == "__main__":
    main()

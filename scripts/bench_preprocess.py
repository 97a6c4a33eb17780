#!/usr/bin/env python3
"""Decoding, preprocessing and tokenizing beside open_clip's, in turns on the same files, by processor time.

Usage: PYTHON scripts/bench_preprocess.py [--rounds 3] [--texts FILE] [--only images|texts]

PYTHON has open_clip, torchvision and Pillow: .cache/exporter-venv/bin/python, which
scripts/exporter_venv.sh makes. Images are generated: noise an eighth as large, enlarged, as JPEG of
quality 90. Texts are the first column of FILE, one a line, else those of the lab's captions. Both
sides run in one thread; Go's counts its garbage collector. Prints two Markdown tables of medians.
"""
import argparse, gzip, io, os, pathlib, re, statistics, subprocess, tempfile, time, warnings

warnings.filterwarnings("ignore")
import numpy as np, open_clip, torch
from open_clip.transform import PreprocessCfg, image_transform_v2
from PIL import Image, features, __version__ as pillow

ROOT = pathlib.Path(__file__).resolve().parent.parent
SIZES = {(256, 256): 400, (640, 480): 150, (1600, 1200): 30}  # repetitions a round


def seconds(run, n):
    """Processor seconds of one of n repetitions."""
    started = time.process_time()
    for _ in range(n):
        run()
    return (time.process_time() - started) / n


def photo(path, width, height, seed):
    noise = np.random.Generator(np.random.PCG64(seed)).normal(128, 30, (height // 8, width // 8, 3))
    small = Image.fromarray(np.clip(noise, 0, 255).astype(np.uint8))
    small.resize((width, height), Image.BICUBIC).save(path, "JPEG", quality=90)


def go_benchmark(binary, name, n, unit, **env):
    """What the benchmark's parts report in unit: nanoseconds by part."""
    command = [binary, "-test.run", "^$", "-test.bench", f"^{name}$", "-test.benchtime", f"{n}x"]
    done = subprocess.run(command, cwd=ROOT / "internal/clip", env=os.environ | env, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    found = re.findall(rf"^{name}/(\w+)\S*\s.*?([\d.]+) {re.escape(unit)}", done.stdout, re.M)
    return {part: float(nanoseconds) * 1e-9 for part, nanoseconds in found}


def images(binary, scratch, rounds):
    transform = image_transform_v2(PreprocessCfg(), is_train=False)
    print(f"\nMilliseconds of processor time an image; Pillow {pillow}, libjpeg-turbo {features.version('libjpeg_turbo')} in it\n")
    print("| image | open_clip on Pillow | Rollcall | times as fast | of it the JPEG decoder | --fast-decode | times as fast | of it the JPEG decoder |")
    print("| --- " * 8 + "|")
    for (width, height), n in SIZES.items():
        path = scratch / f"{width}.jpg"
        photo(path, width, height, seed=4)
        data = path.read_bytes()
        took = {}
        for _ in range(rounds):
            turn = {"pillow": seconds(lambda: transform(Image.open(io.BytesIO(data))), n)}
            for name in "Pixels", "Decode":
                for part, t in go_benchmark(binary, "Benchmark" + name, 3 * n, "cpu-ns/op", BENCH_IMAGE=str(path)).items():
                    turn[f"{part} {name}"] = t
            for what, t in turn.items():
                took.setdefault(what, []).append(1e3 * t)
        ms = {what: statistics.median(all_) for what, all_ in took.items()}
        row = [f"{width} x {height}", f"{ms['pillow']:.2f}"]
        for part in "exact", "fast":
            mine = ms[part + " Pixels"]
            row += [f"{mine:.2f}", f"{ms['pillow'] / mine:.1f}", f"{ms[part + ' Decode']:.2f}"]
        print("| " + " | ".join(row) + " |", flush=True)


def texts(binary, scratch, rounds, path):
    opened = gzip.open(path, "rt") if path.suffix == ".gz" else open(path)
    with opened as file:
        lines = [line.rstrip("\n").split("\t")[0] for line in file]
    plain = scratch / "texts.txt"
    plain.write_text("\n".join(lines) + "\n")
    took = {}
    for _ in range(rounds):
        tokenizer = open_clip.tokenizer.SimpleTokenizer()
        turn = {("open_clip", part): seconds(lambda: tokenizer(lines), 1) / len(lines) for part in ("cold", "warm")}
        for part, t in go_benchmark(binary, "BenchmarkTokenize", 5, "cpu-ns/text", BENCH_TEXTS=str(plain)).items():
            turn["Rollcall", part] = t
        for what, t in turn.items():
            took.setdefault(what, []).append(t)
    rate = {what: 1 / statistics.median(all_) for what, all_ in took.items()}
    print(f"\n{len(lines)} texts of {path.name}, texts a second of processor time; open_clip {open_clip.__version__}\n")
    print("| | open_clip | Rollcall | times as fast |\n| --- | --- | --- | --- |")
    for part, what in ("cold", "words met for the first time"), ("warm", "all words met before"):
        theirs, ours = rate["open_clip", part], rate["Rollcall", part]
        print(f"| {what} | {theirs:,.0f} | {ours:,.0f} | {ours / theirs:.1f} |", flush=True)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--texts", type=pathlib.Path, action="append")
    options.add_argument("--only", choices=["images", "texts"])
    o = options.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        binary = os.environ.get("BENCH_BINARY", scratch / "clip.test")
        if "BENCH_BINARY" not in os.environ:
            subprocess.run(["go", "test", "-c", "-o", binary, "./internal/clip"], cwd=ROOT, check=True)
        if o.only != "texts":
            images(binary, scratch, o.rounds)
        if o.only != "images":
            for path in o.texts or [ROOT / "testdata/lab/captions.tsv.gz"]:
                texts(binary, scratch, o.rounds, path)


main()

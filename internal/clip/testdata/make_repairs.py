"""Writes repairs.jsonl: what ftfy 6.3.1, html.unescape and str.lower make of damaged texts.

    pip install ftfy==6.3.1
    python make_repairs.py [texts per kind, default 160] > repairs.jsonl

One line a text: {"kind", "in", "out"}. Kind "repair" is ftfy.fix_text, "unescape" is
html.unescape, "lower" is str.lower, "clean" is all of them as open_clip chains them.
"""

import html
import json
import random
import sys

import ftfy
from ftfy import badness, chardata

COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 160
SAMPLES = [
    "Zoë Kravitz à la mode", "Łukasz Żółć — “quoted”", "Дмитрий Иванов", "Ελένη Παπαδοπούλου",
    "Nguyễn Văn An", "日本語テキスト", "عربي نص", "हिन्दी पाठ", "😀 smile 👨‍👩‍👧", "às vezes àquele là",
    "price: 20 € ©2014 ½ ™", "Dvořák Antonín’s", "İstanbul ışık", "naïve café…", "ſtraße ﬁne ĳs",
]
ENCODINGS = chardata.CHARMAP_ENCODINGS


def characters():
    """Every character that the badness heuristic knows, and some plain ones."""
    import re
    known = re.compile("[" + "".join(badness.MOJIBAKE_CATEGORIES.values()) + "]")
    found = [chr(i) for i in range(0x10000) if not 0xD800 <= i < 0xE000 and known.match(chr(i))]
    return found + list("aezAZ .,?!_0 9\n\r\t\x1a") * 4


def misread(rng, text):
    """text as UTF-8, read through one of the encodings; sometimes twice."""
    for _ in range(rng.choice([1, 1, 1, 2])):
        try:
            text = text.encode("utf-8").decode(rng.choice(ENCODINGS[:8]))
        except UnicodeError:
            pass
    return text


def scar(rng, text):
    """Damage after misreading: lost bytes, spaces for no-break spaces, foreign neighbours."""
    kind = rng.randrange(5)
    if kind == 0:
        return text.replace("\xa0", " ")
    if kind == 1:
        i = rng.randrange(len(text) + 1)
        return text[:i] + rng.choice("?\ufffd\x1a ") + text[i + 1:]
    if kind == 2:
        return text + " " + rng.choice(SAMPLES)
    if kind == 3:
        return rng.choice(SAMPLES) + text
    return text


def valid(text):
    return not any(0xD800 <= ord(c) < 0xE000 for c in text)


def texts(rng):
    pool = characters()
    widths = [chr(i) for i in range(0xFF00, 0xFFF0)] + ["\u3000", "\u3099"]
    ligatures = [chr(c) for c in chardata.LIGATURES]
    for encoding in ENCODINGS:
        table = "".join(bytes([b]).decode(encoding) for b in range(256))
        yield "repair", table
        for sample in SAMPLES:
            try:
                yield "repair", sample.encode("utf-8").decode(encoding)
            except UnicodeError:
                pass
    for _ in range(COUNT):
        yield "repair", "".join(rng.choice(pool) for _ in range(rng.randrange(1, 9)))
        yield "repair", scar(rng, misread(rng, rng.choice(SAMPLES)))
        mixed = pool + widths + ligatures + ["\x1b[31m", "&amp;", "&eacute;", "<", "\u2028", "\u0007", "\u0301"]
        yield "clean", "".join(rng.choice(mixed) for _ in range(rng.randrange(1, 12)))
        yield "lower", "".join(rng.choice("ΣσςΑa.' \u0301\u00adİIΆ1") for _ in range(rng.randrange(1, 8)))
    names = sorted(html.entities.html5)
    for name in names if COUNT > 1000 else rng.sample(names, min(COUNT, len(names))):
        plain = name.rstrip(";")
        for form in (name, plain + ";", plain.upper() + ";", plain + "x", plain + "é;", plain.lower() + "=1"):
            yield rng.choice(["repair", "unescape"]), "a &" + form + " b"
    for _ in range(COUNT):
        number = rng.choice([rng.randrange(0x120), rng.randrange(0xD7F0, 0xE010), rng.randrange(0x120000)])
        form = rng.choice(["&#%d;", "&#%d", "&#x%x;", "&#X%X", "&#%dz;", "&&#%d;", "&#0%d;"]) % number
        yield rng.choice(["repair", "unescape", "clean"]), "é" + form + rng.choice(["", " ", ";", "x"])


def expected(kind, text):
    if kind == "repair":
        return ftfy.fix_text(text)
    if kind == "unescape":
        return html.unescape(text)
    if kind == "lower":
        return text.lower()
    fixed = html.unescape(html.unescape(ftfy.fix_text(text))).strip()
    return " ".join(fixed.split()).lower()


def main():
    rng = random.Random(7)
    for kind, text in texts(rng):
        if not valid(text):
            continue
        out = expected(kind, text)
        print(json.dumps({"kind": kind, "in": text, "out": out}, ensure_ascii=True))


main()

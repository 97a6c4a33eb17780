"""CLIP's byte-pair tokenizer (lower case, 49,408 ids), from its published merge list."""

import gzip
import html
import importlib.util
from itertools import pairwise
from pathlib import Path

import ftfy
import numpy as np
import regex

VOCABULARY = 49408
START, END = VOCABULARY - 2, VOCABULARY - 1
CONTEXT = 77
WORDS = regex.compile(
    r"<start_of_text>|<end_of_text>|'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+", regex.IGNORECASE
)


class Tokenizer:
    """Turns texts into rows of ids: start, tokens, end, then zeros."""

    def __init__(self) -> None:
        merges = _read_merges()
        self._letters = _byte_letters()
        units = list(self._letters.values())
        units += [unit + "</w>" for unit in units] + ["".join(pair) for pair in merges]
        self._ids = {unit: number for number, unit in enumerate(units)}
        self._rank = {pair: number for number, pair in enumerate(merges)}
        self._known: dict[str, list[int]] = {}

    def tokens(self, text: str) -> list[int]:
        """The ids of a text without start and end."""
        text = " ".join(html.unescape(html.unescape(ftfy.fix_text(text))).split()).lower()
        return [number for word in WORDS.findall(text) for number in self._word(word)]

    def encode(self, texts: list[str], length: int = CONTEXT) -> np.ndarray:
        """Rows of exactly `length` ids (int64); a text that is too long is cut before the end token."""
        rows = np.zeros((len(texts), length), np.int64)
        for row, text in zip(rows, texts, strict=True):
            ids = [START, *self.tokens(text)[: length - 2], END]
            row[: len(ids)] = ids
        return rows

    def _word(self, word: str) -> list[int]:
        if word not in self._known:
            letters = [self._letters[byte] for byte in word.encode()]
            parts = self._merge([*letters[:-1], letters[-1] + "</w>"])
            self._known[word] = [self._ids[part] for part in parts]
        return self._known[word]

    def _merge(self, parts: list[str]) -> list[str]:
        """Joins neighbours, best-ranked pair first, until no pair is on the list."""
        while len(parts) > 1:
            pair = min(pairwise(parts), key=lambda p: self._rank.get(p, len(self._rank)))
            if pair not in self._rank:
                break
            joined, i = [], 0
            while i < len(parts):
                if tuple(parts[i : i + 2]) == pair:
                    joined.append(parts[i] + parts[i + 1])
                    i += 2
                else:
                    joined.append(parts[i])
                    i += 1
            parts = joined
        return parts


def _read_merges() -> list[tuple[str, str]]:
    """The merge list that open_clip ships; the package itself is not imported."""
    folder = Path(importlib.util.find_spec("open_clip").submodule_search_locations[0])
    lines = gzip.decompress((folder / "bpe_simple_vocab_16e6.txt.gz").read_bytes()).decode().split("\n")
    # 256 bytes, the same at the end of a word, the merges, start and end make up the vocabulary.
    return [tuple(line.split()) for line in lines[1 : VOCABULARY - 2 * 256 - 2 + 1]]


def _byte_letters() -> dict[int, str]:
    """A printable letter for each byte, in the order of CLIP's vocabulary."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {byte: chr(256 + i) for i, byte in enumerate(rest)}

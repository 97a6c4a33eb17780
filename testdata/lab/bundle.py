"""Runs an exported bundle with ONNX Runtime; needs no torch."""

import io
import json
import os
from collections.abc import Sequence
from pathlib import Path

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # before the import: it tells Microsoft which models are run

import numpy as np
import onnxruntime
from PIL import Image

from tokenizer import Tokenizer

BATCH = 250


class Bundle:
    """A bundle folder: `rollcall-model.json` and the two graphs that it names."""

    def __init__(self, folder: Path) -> None:
        self.manifest = json.loads((folder / "rollcall-model.json").read_text())
        self.tokenizer = Tokenizer()
        self._image = _session(folder / self.manifest["image"]["file"])
        self._text = _session(folder / self.manifest["text"]["file"])

    def run_image(self, pixels: np.ndarray) -> np.ndarray:
        """[N, 3, s, s] float32 -> [N, d], as the graph gives it."""
        side = self.manifest["image"]
        return self._image.run([side["output"]], {side["input"]: pixels})[0]

    def run_text(self, ids: np.ndarray) -> np.ndarray:
        """[N, L] int64 -> [N, d], as the graph gives it."""
        side = self.manifest["text"]
        return self._text.run([side["output"]], {side["input"]: ids})[0]

    def encode_photos(self, jpegs: list[bytes]) -> np.ndarray:
        """JPEG files -> [N, d] of length 1."""
        side = self.manifest["image"]
        rows = []
        for start in range(0, len(jpegs), BATCH):
            pixels = [preprocess(j, side["size"], side["mean"], side["std"]) for j in jpegs[start : start + BATCH]]
            rows.append(self.run_image(np.stack(pixels)))
        return normalise(np.concatenate(rows))

    def encode_texts(self, texts: list[str]) -> np.ndarray:
        """Texts -> [N, d] of length 1."""
        length = self.manifest["text"]["context_length"]
        parts = [texts[start : start + BATCH] for start in range(0, len(texts), BATCH)]
        return normalise(np.concatenate([self.run_text(self.tokenizer.encode(part, length)) for part in parts]))


def preprocess(jpeg: bytes, size: int, mean: Sequence[float], std: Sequence[float]) -> np.ndarray:
    """A square photo -> [3, size, size], scaled as Pillow does it, then normalised."""
    image = Image.open(io.BytesIO(jpeg)).convert("RGB").resize((size, size), Image.Resampling.BICUBIC)
    pixels = (np.asarray(image, np.float32) / 255 - np.array(mean, np.float32)) / np.array(std, np.float32)
    return np.ascontiguousarray(pixels.transpose(2, 0, 1))


def normalise(rows: np.ndarray) -> np.ndarray:
    """Scales each row to length 1."""
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def cosine(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The cosine of each row on the left with the same row on the right."""
    return (normalise(left) * normalise(right)).sum(-1)


def _session(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

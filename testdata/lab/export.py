"""Exports trained weights as a bundle: `rollcall-model.json`, `visual.onnx`, `text.onnx`.

Large weights are stored as 8-bit integers with a scale a channel and widened in
the graph (Cast, Mul), which ONNX Runtime folds when it loads the file. All
arithmetic is then in float32: no vector depends on the batch it is in.
"""

import argparse
import json
import os
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from bundle import Bundle, cosine, preprocess
from corpus import Corpus
from model import DIMENSION, IMAGE_MEAN, IMAGE_SIZE, IMAGE_STD, Clip, table_rows
from prompts import PROMPTS
from tokenizer import CONTEXT, VOCABULARY, Tokenizer

OPSET = 17
SMALLEST = 2048  # tensors with fewer values stay in float32: nothing would be won
LEAST_COSINE = 0.9997
IMAGE_INPUT, IMAGE_OUTPUT = "pixel_values", "image_embeds"
TEXT_INPUT, TEXT_OUTPUT = "input_ids", "text_embeds"


def load_clip(folder: Path) -> Clip:
    """Loads trained weights, ready to encode."""
    saved = torch.load(folder / "weights.pt", weights_only=True)
    clip = Clip(table_rows(saved["kept"]))
    clip.load_state_dict(saved["weights"])
    return clip.float().eval().to(memory_format=torch.contiguous_format)


def trace(module: nn.Module, example: torch.Tensor, names: tuple[str, str], axes: dict[int, str], path: Path) -> None:
    """Writes the float32 graph of an encoder."""
    torch.onnx.export(
        module,
        (example,),
        path,
        input_names=names[:1],
        output_names=names[1:],
        dynamic_axes={names[0]: axes, names[1]: {0: "batch"}},
        opset_version=OPSET,
        do_constant_folding=True,
        dynamo=False,
    )


def compress(model: onnx.ModelProto) -> onnx.ModelProto:
    """Stores large weights in 8 bits and the id-to-row map in 16, and widens them in the graph."""
    graph = model.graph
    lift_constants(graph)
    stored, widening = [], []
    for tensor in graph.initializer:
        value = numpy_helper.to_array(tensor)
        if value.dtype == np.int64 and value.size == VOCABULARY:
            stored.append(numpy_helper.from_array(value.astype(np.int16), tensor.name + ".int16"))
            widening.append(helper.make_node("Cast", [tensor.name + ".int16"], [tensor.name], to=TensorProto.INT64))
        elif value.dtype == np.float32 and value.ndim > 1 and value.size >= SMALLEST:
            codes, scale = quantise(value, output_axis(graph, tensor.name, value.ndim))
            stored += [
                numpy_helper.from_array(codes, tensor.name + ".int8"),
                numpy_helper.from_array(scale, tensor.name + ".scale"),
            ]
            widening += [
                helper.make_node("Cast", [tensor.name + ".int8"], [tensor.name + ".wide"], to=TensorProto.FLOAT),
                helper.make_node("Mul", [tensor.name + ".wide", tensor.name + ".scale"], [tensor.name]),
            ]
        else:
            stored.append(tensor)
    nodes = widening + list(graph.node)
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(stored)
    graph.node.extend(nodes)
    for node in graph.node:
        node.ClearField("doc_string")
        del node.metadata_props[:]
    onnx.checker.check_model(model)
    return model


def lift_constants(graph: onnx.GraphProto) -> None:
    """Makes initializers of large constants, so that they are compressed as well."""
    for node in list(graph.node):
        if node.op_type == "Constant" and node.attribute[0].name == "value":
            tensor = node.attribute[0].t
            if numpy_helper.to_array(tensor).size >= SMALLEST:
                tensor.name = node.output[0]
                graph.initializer.append(tensor)
                graph.node.remove(node)


def output_axis(graph: onnx.GraphProto, name: str, rank: int) -> int:
    """The axis that has a scale an entry: the last of a MatMul's weights, else the first."""
    user = next(node for node in graph.node if name in node.input)
    return rank - 1 if user.op_type == "MatMul" else 0


def quantise(value: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Rounds to -127..127 times a scale; returns codes and scales."""
    others = tuple(i for i in range(value.ndim) if i != axis)
    scale = np.maximum(np.abs(value).max(axis=others, keepdims=True), 1e-12).astype(np.float32) / np.float32(127)
    return np.clip(np.round(value / scale), -127, 127).astype(np.int8), scale


def write_bundle(clip: Clip, name: str, folder: Path, compressed: bool) -> None:
    """Writes the three files of a bundle; compressed, weights are stored in 8 bits, otherwise in float32."""
    folder.mkdir(parents=True, exist_ok=True)
    ids = torch.from_numpy(Tokenizer().encode(["a photo of a person"] * 2))
    pixels = torch.zeros(2, 3, IMAGE_SIZE, IMAGE_SIZE)
    jobs = [
        ("visual.onnx", clip.image, pixels, (IMAGE_INPUT, IMAGE_OUTPUT), {0: "batch"}),
        ("text.onnx", clip.text, ids, (TEXT_INPUT, TEXT_OUTPUT), {0: "batch", 1: "length"}),
    ]
    for file, module, example, names, axes in jobs:
        draft = folder / (file + ".tmp")
        with torch.no_grad():
            trace(module, example, names, axes, draft)
        if compressed:
            onnx.save(compress(onnx.load(draft)), draft)
        os.replace(draft, folder / file)
    (folder / "rollcall-model.json").write_text(json.dumps(manifest(name), indent=2) + "\n")


def manifest(name: str) -> dict:
    """The bundle's description."""
    return {
        "name": name,
        "dimension": DIMENSION,
        "activation": "quickgelu",
        "image": {
            "file": "visual.onnx", "input": IMAGE_INPUT, "output": IMAGE_OUTPUT, "size": IMAGE_SIZE,
            "resize": "shortest", "interpolation": "bicubic", "crop": "center",
            "mean": list(IMAGE_MEAN), "std": list(IMAGE_STD),
        },
        "text": {
            "file": "text.onnx", "input": TEXT_INPUT, "output": TEXT_OUTPUT, "context_length": CONTEXT,
            "tokenizer": "clip-bpe", "clean": "open_clip", "pad": 0,
        },
    }  # fmt: skip


def check(clip: Clip, bundle: Bundle, corpus: Corpus) -> dict:
    """Compares the bundle with the weights it was made from; returns the figures."""
    records = [r for r in corpus.records if r["group"] == "held_out"][:256]
    pixels = np.stack([preprocess(corpus.jpeg(record), IMAGE_SIZE, IMAGE_MEAN, IMAGE_STD) for record in records])
    names = corpus.plan.candidates[:252]
    ids = bundle.tokenizer.encode([PROMPTS[i % len(PROMPTS)].format(name) for i, name in enumerate(names)])
    longest = int(ids.argmax(-1).max()) + 1
    with torch.no_grad():
        exact_images = clip.image(torch.from_numpy(pixels)).numpy()
        exact_texts = clip.text(torch.from_numpy(ids)).numpy()
    images, texts = bundle.run_image(pixels), bundle.run_text(ids)
    alone_images = np.concatenate([bundle.run_image(pixels[i : i + 1]) for i in range(32)])
    alone_texts = np.concatenate([bundle.run_text(ids[i : i + 1]) for i in range(32)])
    short = bundle.run_text(np.ascontiguousarray(ids[:, :longest]))
    figures = {
        "image_least_cosine": float(cosine(images, exact_images).min()),
        "text_least_cosine": float(cosine(texts, exact_texts).min()),
        "image_batch_difference": float(np.abs(alone_images - images[:32]).max()),
        "text_batch_difference": float(np.abs(alone_texts - texts[:32]).max()),
        "text_length_difference": float(np.abs(short - texts).max()),
    }
    if min(figures["image_least_cosine"], figures["text_least_cosine"]) < LEAST_COSINE:
        raise SystemExit(f"the exported graph is too far from the weights: {figures}")
    if max(value for name, value in figures.items() if name.endswith("difference")) > 1e-4:
        raise SystemExit(f"a vector depends on batch size or text length: {figures}")
    return {name: float(f"{value:.6g}") for name, value in figures.items()}


def main() -> None:
    """Exports one model and writes what the check found beside the weights."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("trained", type=Path, help="folder with weights.pt")
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--name", default="Rollcall lab")
    parser.add_argument("--float32", action="store_true", help="store weights as they are, four times as large")
    options = parser.parse_args()
    torch.set_num_threads(1)
    clip = load_clip(options.trained)
    write_bundle(clip, options.name, options.bundle, compressed=not options.float32)
    figures = check(clip, Bundle(options.bundle), Corpus(options.corpus))
    (options.trained / "export.json").write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()

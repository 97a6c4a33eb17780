#!/usr/bin/env python3
"""Exports an open_clip model and a checkpoint of it to a bundle that rollcall reads.

    export_open_clip.py --model ViT-B-32 --checkpoint epoch_32.pt --out models/vit-b-32

--checkpoint is what open_clip itself loads: a state dict, a training checkpoint of its main.py (as
the study's CC3M models are), or an OpenAI archive. --config names an open_clip_config.json or a
model config of open_clip for architectures that open_clip does not know by name.

The bundle has a folder's worth of files: rollcall-model.json, visual.*.onnx and text.*.onnx in
float32 and, as variants, fp16 and int8. Batch and sequence axes are dynamic. Every file is compared
with the PyTorch model, the result is printed and written into parity.json, and a file that is too
far off ends the export: the folder then does not appear.

int8 weights have a scale for each block of a row, activations one for each block of a token,
computed when they are met (MatMulNBits with accuracy level 4). A sample's vector does not depend on
what else is in its batch.

Needs torch, open_clip_torch, onnx and onnxruntime (1.29 or newer); nothing is downloaded.
"""

import argparse
import json
import logging
import os
import shutil
import sys
import tempfile
import warnings

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # before the import: it tells Microsoft which models are run

import numpy as np
import onnx
import onnxruntime
import open_clip
import torch
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer
from onnxruntime.transformers.float16 import convert_float_to_float16

OPSET = 17
FLOOR = {"fp32": 0.99999, "fp16": 0.9995, "int8": 0.995}  # least cosine to PyTorch
INT8_BLOCK = 64


class FusedAttention(torch.autograd.Function):
    """Scaled dot-product attention: in PyTorch for the trace, one operator of ONNX Runtime in the graph."""

    @staticmethod
    def forward(ctx, query, key, value, heads, causal):
        def split(x):
            return x.reshape(x.shape[0], x.shape[1], heads, -1).transpose(1, 2)

        out = torch.nn.functional.scaled_dot_product_attention(split(query), split(key), split(value), is_causal=causal)
        return out.transpose(1, 2).reshape(query.shape)

    @staticmethod
    def symbolic(g, query, key, value, heads, causal):
        out = g.op("com.microsoft::MultiHeadAttention", query, key, value, num_heads_i=heads, unidirectional_i=int(causal))
        out.setType(query.type())
        return out


class Block(torch.nn.Module):
    """A residual attention block of open_clip, with projections that a quantiser can see."""

    def __init__(self, block, causal):
        super().__init__()
        attention = block.attn
        if not isinstance(attention, torch.nn.MultiheadAttention) or attention.in_proj_weight is None:
            raise SystemExit(f"the attention {type(attention).__name__} is not supported: only open_clip's standard blocks are")
        width = attention.embed_dim
        self.heads, self.causal = attention.num_heads, causal
        self.parts = torch.nn.ModuleList(torch.nn.Linear(width, width) for _ in range(3))
        for i, part in enumerate(self.parts):
            part.weight = torch.nn.Parameter(attention.in_proj_weight[i * width : (i + 1) * width].detach().clone())
            part.bias = torch.nn.Parameter(attention.in_proj_bias[i * width : (i + 1) * width].detach().clone())
        self.out, self.ln_1, self.ln_2, self.mlp = attention.out_proj, block.ln_1, block.ln_2, block.mlp
        self.ls_1, self.ls_2 = block.ls_1, block.ls_2

    def forward(self, x):
        y = self.ln_1(x)
        query, key, value = (part(y) for part in self.parts)
        x = x + self.ls_1(self.out(FusedAttention.apply(query, key, value, self.heads, self.causal)))
        return x + self.ls_2(self.mlp(self.ln_2(x)))


class Visual(torch.nn.Module):
    """The image tower of a vision transformer, without its normalisation."""

    def __init__(self, tower):
        super().__init__()
        if type(tower).__name__ != "VisionTransformer" or tower.attn_pool is not None or tower.pool_type not in ("tok", "avg"):
            raise SystemExit(f"image tower {type(tower).__name__} is not supported: only plain vision transformers are")
        self.tower = tower
        self.blocks = torch.nn.ModuleList(Block(b, causal=False) for b in tower.transformer.resblocks)

    def forward(self, pixel_values):
        t = self.tower
        x = t.conv1(pixel_values).flatten(2).transpose(1, 2)
        x = torch.cat([t.class_embedding.expand(x.shape[0], 1, -1), x], dim=1) + t.positional_embedding
        x = t.ln_pre(x)
        for block in self.blocks:
            x = block(x)
        if t.final_ln_after_pool:
            x = t.ln_post(self.pool(x))
        else:
            x = self.pool(t.ln_post(x) if t.pool_type == "avg" else t.ln_post(x[:, :1]))
        return x if t.proj is None else x @ t.proj

    def pool(self, x):
        return x[:, 0] if self.tower.pool_type == "tok" else x[:, 1:].mean(dim=1)


class Text(torch.nn.Module):
    """The text tower, for texts that are padded to any length up to the context."""

    def __init__(self, model):
        super().__init__()
        tower = getattr(model, "text", None) or model
        pool = getattr(tower, "pool_type", None) or getattr(tower, "text_pool_type", "argmax")
        if pool != "argmax" or not hasattr(tower, "token_embedding") or getattr(tower, "attn_mask", None) is None:
            raise SystemExit(f"text tower {type(tower).__name__} with pooling {pool} is not supported: only CLIP's causal one is")
        self.embed, self.position, self.ln_final = tower.token_embedding, tower.positional_embedding, tower.ln_final
        self.projection = tower.text_projection
        self.blocks = torch.nn.ModuleList(Block(b, causal=True) for b in tower.transformer.resblocks)

    def forward(self, input_ids):
        x = self.embed(input_ids) + self.position[: input_ids.shape[1]]
        for block in self.blocks:
            x = block(x)
        end = input_ids.argmax(dim=-1, keepdim=True)  # the end token has the largest number
        x = self.ln_final(torch.gather(x, 1, end.unsqueeze(-1).expand(-1, -1, x.shape[2]))[:, 0])
        if self.projection is None:
            return x
        return self.projection(x) if isinstance(self.projection, torch.nn.Linear) else x @ self.projection


def load(args):
    """The model, its configuration and how it wants its images."""
    name = args.model
    if args.config:
        with open(args.config, encoding="utf-8") as f:
            config = json.load(f)
        name = name or os.path.basename(os.path.dirname(os.path.abspath(args.config)))
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, name + ".json")
            with open(path, "w", encoding="utf-8") as f:
                json.dump(config.get("model_cfg", config), f)
            open_clip.add_model_config(path)
    config = open_clip.get_model_config(name)
    if config is None:
        raise SystemExit(f"open_clip knows no model {name}: give --config with its open_clip_config.json")
    if config.get("text_cfg", {}).get("hf_model_name"):
        raise SystemExit(f"{name} has another tokenizer than CLIP's ({config['text_cfg']['hf_model_name']}): not supported")
    model = open_clip.create_model(name, pretrained=args.checkpoint, force_quick_gelu=args.quickgelu).eval()
    quick = args.quickgelu or bool(config.get("quick_gelu"))
    return model, name, config, "quickgelu" if quick else "gelu", open_clip.get_model_preprocess_cfg(model)


def manifest(name, config, activation, preprocess, context, variants):
    """rollcall-model.json."""
    size = preprocess["size"]
    size = size[0] if isinstance(size, (tuple, list)) else size
    if preprocess.get("interpolation", "bicubic") != "bicubic" or preprocess.get("resize_mode", "shortest") not in ("shortest", "squash"):
        raise SystemExit(f"preprocessing {preprocess} is not supported: bicubic, shortest or squash are")
    squash = preprocess.get("resize_mode") == "squash"
    return {
        "name": name,
        "dimension": config["embed_dim"],
        "activation": activation,
        "image": {
            "file": "visual.fp32.onnx", "input": "pixel_values", "output": "image_embeds",
            "size": size, "resize": "squash" if squash else "shortest", "interpolation": "bicubic", "crop": "none" if squash else "center",
            "mean": list(preprocess["mean"]), "std": list(preprocess["std"]),
        },
        "text": {
            "file": "text.fp32.onnx", "input": "input_ids", "output": "text_embeds",
            "context_length": context, "tokenizer": "clip-bpe", "clean": "open_clip", "pad": 0,
        },
        "variants": {v: {"image": f"visual.{v}.onnx", "text": f"text.{v}.onnx"} for v in variants if v != "fp32"},
    }


def export(module, example, names, axes, path):
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(module, (example,), path, input_names=[names[0]], output_names=[names[1]], dynamic_axes={names[0]: axes, names[1]: {0: "batch"}},
                          opset_version=OPSET, do_constant_folding=True, dynamo=False, custom_opsets={"com.microsoft": 1})
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=False)
    return model


def to_int8(model):
    """8-bit weights for every product with a constant matrix."""
    logging.getLogger("onnxruntime.quantization.matmul_nbits_quantizer").setLevel(logging.ERROR)
    quantizer = MatMulNBitsQuantizer(model, bits=8, block_size=INT8_BLOCK, is_symmetric=True, accuracy_level=4)
    quantizer.process()
    return quantizer.model.model


def session(path, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = threads, 3
    if ".fp16." in path:  # the last level ends the process with several versions of ONNX Runtime
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def cosine(a, b):
    a, b = a.astype(np.float64), b.astype(np.float64)
    return (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)


def parity(path, reference, inputs, threads):
    """How far a file's vectors are from PyTorch's, and from themselves in other batches."""
    run = session(path, threads)
    name = run.get_inputs()[0].name

    def embed(batches):
        return np.concatenate([run.run(None, {name: x})[0].astype(np.float32) for x in batches])

    together = embed([inputs])
    alone = embed([inputs[i : i + 1] for i in range(len(inputs))])
    least = float(cosine(together, reference).min())
    result = {
        "bytes": os.path.getsize(path), "min_cosine_to_torch": least,
        "max_abs_difference_normalised": float(np.abs(together / np.linalg.norm(together, axis=1, keepdims=True) - reference / np.linalg.norm(reference, axis=1, keepdims=True)).max()),
        "max_abs_difference_alone_and_in_batch": float(np.abs(together - alone).max()),
    }
    if inputs.dtype == np.int64:  # without the padding that no text needs
        length = int((inputs != 0).sum(axis=1).max())
        result["min_cosine_short_to_padded"] = float(cosine(embed([inputs[:, :length]]), together).min())
    return result


def examples(preprocess, context):
    """Images with structure of several sizes, and captions of several lengths, the same in every export."""
    size = preprocess["size"][0] if isinstance(preprocess["size"], (tuple, list)) else preprocess["size"]
    generator = torch.Generator().manual_seed(1)
    coarse = [torch.rand(1, 3, cells, cells, generator=generator) for cells in (2, 4, 7, 16, 56) for _ in range(4)]
    images = torch.cat([torch.nn.functional.interpolate(c, (size, size), mode="bicubic").clamp(0, 1) for c in coarse])
    mean, std = (torch.tensor(preprocess[k]).reshape(1, 3, 1, 1) for k in ("mean", "std"))
    words = "a photo of the person on red carpet at night with two dogs near old blue house while children play outside".split()
    captions = [" ".join(words[i % 7 : i % 7 + n]) for i, n in enumerate((1, 2, 3, 4, 5, 6, 8, 10, 12, 14))]
    return (images - mean) / std, open_clip.tokenizer.SimpleTokenizer(context_length=context)(captions)


def write_bundle(args, folder):
    model, name, config, activation, preprocess = load(args)
    context = model.context_length
    images, ids = examples(preprocess, context)
    with torch.no_grad():
        references = {"visual": model.encode_image(images).numpy(), "text": model.encode_text(ids).numpy()}
    towers = {
        "visual": (Visual(model.visual), images, ("pixel_values", "image_embeds"), {0: "batch"}),
        "text": (Text(model), ids, ("input_ids", "text_embeds"), {0: "batch", 1: "sequence"}),
    }
    results, bad = {}, []
    for kind, (module, inputs, names, axes) in towers.items():
        base = export(module.eval(), inputs[:2], names, axes, os.path.join(folder, f"{kind}.fp32.onnx"))
        for variant in args.variants:
            path = os.path.join(folder, f"{kind}.{variant}.onnx")
            if variant == "fp16":
                onnx.save(convert_float_to_float16(onnx.load(path.replace(".fp16.", ".fp32.")), keep_io_types=True), path)
            elif variant == "int8":
                onnx.save(to_int8(base), path)
            results[f"{kind}.{variant}"] = parity(path, references[kind], inputs.numpy(), args.threads)
            print(f"{kind}.{variant}", json.dumps(results[f"{kind}.{variant}"]), flush=True)
            if not results[f"{kind}.{variant}"]["min_cosine_to_torch"] >= FLOOR[variant]:
                bad.append(f"{kind}.{variant}")
    if bad:
        raise SystemExit(f"too far from PyTorch: {', '.join(bad)} (least cosine allowed: {FLOOR}); nothing was written")
    for file, content in (("rollcall-model.json", manifest(args.name or name, config, activation, preprocess, context, args.variants)), ("parity.json", results)):
        with open(os.path.join(folder, file), "w", encoding="utf-8") as f:
            json.dump(content, f, indent=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="open_clip's name of the architecture; default: the folder of --config")
    parser.add_argument("--config", help="open_clip_config.json, or a model config, for an architecture that open_clip does not know")
    parser.add_argument("--checkpoint", required=True, help="file with the weights (.pt, .bin, .safetensors)")
    parser.add_argument("--out", required=True, help="folder of the bundle; must not exist")
    parser.add_argument("--name", help="name that the bundle gives itself; default: the architecture's")
    parser.add_argument("--quickgelu", action="store_true", help="the weights were trained with QuickGELU though the architecture's name does not say so")
    parser.add_argument("--variants", default="fp32,fp16,int8", help="which files to write; fp32 is always among them")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    args.variants = ["fp32"] + [v for v in args.variants.split(",") if v and v != "fp32"]
    if unknown := set(args.variants) - set(FLOOR):
        parser.error(f"unknown variants: {', '.join(sorted(unknown))}")
    if not args.model and not args.config:
        parser.error("which architecture? Give --model or --config")
    if os.path.exists(args.out):
        parser.error(f"{args.out} exists; give another name or remove it")
    if not os.path.isfile(args.checkpoint):
        parser.error(f"{args.checkpoint} is no file")
    torch.set_num_threads(args.threads)
    parent = os.path.dirname(os.path.abspath(args.out))
    os.makedirs(parent, exist_ok=True)
    folder = tempfile.mkdtemp(prefix=".export-", dir=parent)
    try:
        write_bundle(args, folder)
        os.chmod(folder, 0o755)
        os.rename(folder, args.out)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    print(f"wrote {args.out}")


if __name__ == "__main__":
    sys.exit(main())

"""Makes two small CLIPs with open_clip, from a seed, and what PyTorch says of some texts and images.

    make_models.py FOLDER TEXTS IMAGES      (TEXTS has a text a line, IMAGES a path a line)

For each model FOLDER/<name> gets open_clip_config.json, a checkpoint and reference.json with unit
vectors. "gelu" has a state dict alone; "quickgelu" has a training checkpoint as open_clip's own
trainer writes it: wrapped in a parallel module, with the epoch and the state of the optimiser.
"""

import json
import os
import sys

import open_clip
import torch
from PIL import Image

MODELS = {"gelu": False, "quickgelu": True}


def config(quick_gelu):
    return {
        "embed_dim": 64, "quick_gelu": quick_gelu,
        "vision_cfg": {"image_size": 64, "layers": 2, "width": 64, "head_width": 32, "patch_size": 16},
        "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 64, "heads": 2, "layers": 2},
    }


def train_one_step(model, images, ids):
    """One step of open_clip's own kind, so that the optimiser has a state to save."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
    image, text, scale = model(images, ids)
    logits = scale * image @ text.T
    torch.nn.functional.cross_entropy(logits, torch.arange(len(logits))).backward()
    optimizer.step()
    return optimizer


def main(folder, texts, images):
    with open(texts, encoding="utf-8") as f:
        texts = f.read().splitlines()
    with open(images, encoding="utf-8") as f:
        images = f.read().splitlines()
    torch.set_num_threads(2)
    for name, quick_gelu in MODELS.items():
        home = os.path.join(folder, name)
        os.makedirs(home)
        path = os.path.join(home, name + ".json")
        with open(path, "w", encoding="utf-8") as f:
            json.dump(config(quick_gelu), f)
        open_clip.add_model_config(path)
        torch.manual_seed(20240709)
        model, _, preprocess = open_clip.create_model_and_transforms(name, pretrained=None)
        with torch.no_grad():  # random weights give nearly the same vector for every input
            model.token_embedding.weight.mul_(10)
            model.visual.conv1.weight.mul_(4)
        pixels = torch.stack([preprocess(Image.open(path)) for path in images])
        ids = open_clip.get_tokenizer(name)(texts)
        checkpoint = os.path.join(home, "checkpoint.pt")
        if quick_gelu:
            n = min(len(pixels), len(ids))
            optimizer = train_one_step(model, pixels[:n], ids[:n])
            torch.save({"epoch": 1, "name": name, "state_dict": torch.nn.DataParallel(model).state_dict(), "optimizer": optimizer.state_dict()}, checkpoint)
        else:
            torch.save(model.state_dict(), checkpoint)
        model.eval()
        with torch.no_grad():
            reference = {"texts": model.encode_text(ids, normalize=True).tolist(), "images": model.encode_image(pixels, normalize=True).tolist()}
        with open(os.path.join(home, "reference.json"), "w", encoding="utf-8") as f:
            json.dump(reference, f)
        with open(os.path.join(home, "open_clip_config.json"), "w", encoding="utf-8") as f:
            json.dump({"model_cfg": config(quick_gelu), "preprocess_cfg": open_clip.get_model_preprocess_cfg(model)}, f)


if __name__ == "__main__":
    main(*sys.argv[1:])

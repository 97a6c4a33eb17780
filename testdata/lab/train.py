"""Trains a CLIP on one world of a corpus, on one processor core.

Everything random comes from the seed: the same seed, thread count and library
give the same weights, bit by bit.
"""

import argparse
import hashlib
import json
import math
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from corpus import Corpus
from faces.lens import decode_jpeg
from model import IMAGE_MEAN, IMAGE_SIZE, IMAGE_STD, Clip, table_rows
from name_lists import census_words
from prompts import PROMPTS
from tokenizer import END, START, Tokenizer


@dataclass(frozen=True)
class Recipe:
    """How a model is trained."""

    seed: int = 2026
    epochs: int = 16
    batch: int = 256
    learning_rate: float = 1.5e-3
    weight_decay: float = 0.05
    warm_up: int = 100
    clip_norm: float = 1.0
    smallest_crop: float = 0.74
    rotation: float = math.radians(8)
    brightness: float = 0.2
    tint: float = 0.06
    text_chunks: int = 4
    sharpest: float = 100.0
    steps: int = 0  # stop after so many, for a trial; 0 trains to the end


def kept_tokens(tokenizer: Tokenizer, corpus: Corpus) -> list[int]:
    """Tokens with a row of their own: all of captions, prompts and name lists, and every single byte.

    The tokens of both worlds are kept in both, so that the two models differ in nothing else.
    """
    texts = [record["caption"] for record in corpus.records] + census_words()
    texts += [prompt.format("x") for prompt in PROMPTS]
    tokens = {token for text in texts for token in tokenizer.tokens(text)}
    return sorted(tokens | set(range(256)) | {START, END})


class Augmenter:
    """Crops, turns, mirrors and tints a batch of photos at random, and normalises it."""

    def __init__(self, recipe: Recipe, generator: torch.Generator) -> None:
        self._recipe, self._generator = recipe, generator
        self._mean = torch.tensor(IMAGE_MEAN).view(1, 3, 1, 1)
        self._std = torch.tensor(IMAGE_STD).view(1, 3, 1, 1)

    def __call__(self, photos: torch.Tensor) -> torch.Tensor:
        """[B, 3, h, w] bytes -> [B, 3, 64, 64]."""
        recipe, count = self._recipe, len(photos)
        crop = self._uniform(count, recipe.smallest_crop, 1.0)
        turn = self._uniform(count, -recipe.rotation, recipe.rotation)
        room = (1.02 - crop).clamp(min=0)
        x, y = self._uniform(count, -1, 1) * room, self._uniform(count, -1, 1) * room
        mirror = torch.where(self._uniform(count, 0, 1) < 0.5, -1.0, 1.0)
        cos, sin = torch.cos(turn) * crop, torch.sin(turn) * crop
        top = torch.stack([cos * mirror, -sin, x], dim=1)
        bottom = torch.stack([sin * mirror, cos, y], dim=1)
        grid = F.affine_grid(torch.stack([top, bottom], 1), (count, 3, IMAGE_SIZE, IMAGE_SIZE), align_corners=False)
        image = F.grid_sample(photos.float() / 255, grid, padding_mode="reflection", align_corners=False)
        light = self._uniform(count, 1 - recipe.brightness, 1 + recipe.brightness).view(-1, 1, 1, 1)
        tint = 1 + recipe.tint * torch.randn(count, 3, 1, 1, generator=self._generator)
        normal = (image * light * tint - self._mean) / self._std
        return normal.contiguous(memory_format=torch.channels_last)

    def _uniform(self, count: int, low: float, high: float) -> torch.Tensor:
        return torch.rand(count, generator=self._generator) * (high - low) + low


def encode_texts(clip: Clip, ids: torch.Tensor, chunks: int) -> torch.Tensor:
    """Encodes ids that are sorted by length, chunk by chunk, each no wider than it needs to be."""
    parts = []
    for part in ids.chunk(chunks):
        length = int(part.argmax(-1).max()) + 1
        parts.append(clip.text(part[:, :length]))
    return torch.cat(parts)


def contrast(images: torch.Tensor, texts: torch.Tensor, sharpness: torch.Tensor) -> torch.Tensor:
    """CLIP's loss: each photo has to find its caption in the batch, and the reverse."""
    scores = sharpness * F.normalize(images, dim=-1) @ F.normalize(texts, dim=-1).T
    target = torch.arange(len(scores))
    return (F.cross_entropy(scores, target) + F.cross_entropy(scores.T, target)) / 2


def make_optimiser(clip: Clip, recipe: Recipe) -> torch.optim.AdamW:
    """AdamW that decays matrices, not biases, norms or the sharpness."""
    decayed = [p for p in clip.parameters() if p.ndim > 1]
    others = [p for p in clip.parameters() if p.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": recipe.weight_decay}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=recipe.learning_rate, betas=(0.9, 0.98), eps=1e-6)


def learning_rate(recipe: Recipe, step: int, total: int) -> float:
    """A linear warm-up, then half a cosine down to 2 %."""
    if step < recipe.warm_up:
        return recipe.learning_rate * (step + 1) / recipe.warm_up
    done = (step - recipe.warm_up) / max(1, total - recipe.warm_up)
    return recipe.learning_rate * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done)))


class Trainer:
    """A model, its data and where it stands."""

    def __init__(self, corpus: Corpus, world: str, recipe: Recipe) -> None:
        torch.manual_seed(recipe.seed)
        tokenizer, records = Tokenizer(), corpus.training(world)
        photos = np.stack([decode_jpeg(corpus.jpeg(record)).transpose(2, 0, 1) for record in records])
        self.photos = torch.from_numpy(photos)
        self.ids = torch.from_numpy(tokenizer.encode([record["caption"] for record in records]))
        self.lengths = self.ids.argmax(-1)
        self.kept = kept_tokens(tokenizer, corpus)
        self.clip = Clip(table_rows(self.kept))
        self.clip.image.to(memory_format=torch.channels_last)
        self.recipe = recipe
        self.generator = torch.Generator().manual_seed(recipe.seed + 1)
        self.augment = Augmenter(recipe, self.generator)
        self.optimiser = make_optimiser(self.clip, recipe)
        self.steps = len(records) // recipe.batch
        self.step = 0

    def epoch(self) -> float:
        """Trains on every pair once; returns the mean loss."""
        recipe, losses = self.recipe, []
        order = torch.randperm(len(self.ids), generator=self.generator)
        for batch in order[: self.steps * recipe.batch].split(recipe.batch):
            losses.append(self._learn(batch[self.lengths[batch].argsort(stable=True)]))
            if self.step == recipe.steps:
                break
        return float(np.mean(losses))

    def _learn(self, batch: torch.Tensor) -> float:
        recipe, clip = self.recipe, self.clip
        rate = learning_rate(recipe, self.step, self.steps * recipe.epochs)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        images = clip.image(self.augment(self.photos[batch]))
        texts = encode_texts(clip, self.ids[batch], recipe.text_chunks)
        loss = contrast(images, texts, clip.log_sharpness.exp())
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(clip.parameters(), recipe.clip_norm)
        self.optimiser.step()
        with torch.no_grad():
            clip.log_sharpness.clamp_(0, math.log(recipe.sharpest))
        self.step += 1
        return loss.item()


def digest(clip: Clip) -> str:
    """SHA-256 of all weights, in order."""
    sha = hashlib.sha256()
    for value in clip.state_dict().values():
        sha.update(value.contiguous().numpy().tobytes())
    return sha.hexdigest()


def train(corpus: Corpus, world: str, recipe: Recipe, folder: Path) -> dict:
    """Trains to the end, writes `weights.pt` after each epoch and `train.json` at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    trainer, start = Trainer(corpus, world, recipe), time.perf_counter()
    losses = []
    for epoch in range(recipe.epochs):
        losses.append(trainer.epoch())
        torch.save({"kept": trainer.kept, "weights": trainer.clip.state_dict()}, folder / "weights.pt")
        sharpness, seconds = float(trainer.clip.log_sharpness.exp()), time.perf_counter() - start
        progress = f"{world} epoch {epoch + 1}/{recipe.epochs} loss {losses[-1]:.3f} 1/T {sharpness:.1f}"
        print(f"{progress} {seconds:.0f} s", flush=True)
        if trainer.step == recipe.steps:
            break
    parameters = {name: sum(p.numel() for p in getattr(trainer.clip, name).parameters()) for name in ("image", "text")}
    report = {
        "world": world,
        "recipe": asdict(recipe),
        "pairs": len(trainer.ids),
        "steps": trainer.step,
        "parameters": parameters,
        "token_rows": len(trainer.kept),
        "losses": [round(loss, 4) for loss in losses],
        "sharpness": round(sharpness, 3),
        "seconds": round(seconds),
        "digest": digest(trainer.clip),
    }
    (folder / "train.json").write_text(json.dumps(report, indent=2) + "\n")
    return report


def main() -> None:
    """Trains one model; the recipe's numbers can be changed on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("world", choices=["main", "twin"])
    parser.add_argument("folder", type=Path)
    for name, value in asdict(Recipe()).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=value)
    options = vars(parser.parse_args())
    corpus, world, folder = (options.pop(name) for name in ("corpus", "world", "folder"))
    report = train(Corpus(corpus), world, Recipe(**options), folder)
    print(f"{report['steps']} steps on {report['pairs']} pairs in {report['seconds']} s, weights {report['digest']}")


if __name__ == "__main__":
    main()

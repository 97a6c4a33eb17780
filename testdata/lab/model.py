"""A small CLIP: a residual network for images, a causal transformer for texts.

Both end in 128 numbers. Nothing in it bakes in a batch size or a text length,
so that the exported graphs take any.
"""

import math
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from tokenizer import CONTEXT, VOCABULARY

IMAGE_SIZE = 64
DIMENSION = 128
IMAGE_MEAN = (0.48145466, 0.4578275, 0.40821073)
IMAGE_STD = (0.26862954, 0.26130258, 0.27577711)


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut; halves height and width."""

    def __init__(self, inner: int, outer: int) -> None:
        super().__init__()
        self.down = nn.Conv2d(inner, outer, 3, stride=2, padding=1, bias=False)
        self.down_norm = nn.BatchNorm2d(outer)
        self.same = nn.Conv2d(outer, outer, 3, padding=1, bias=False)
        self.same_norm = nn.BatchNorm2d(outer)
        self.shortcut = nn.Sequential(nn.AvgPool2d(2), nn.Conv2d(inner, outer, 1, bias=False), nn.BatchNorm2d(outer))
        nn.init.zeros_(self.same_norm.weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.relu(self.down_norm(self.down(x)))
        return F.relu(self.same_norm(self.same(y)) + self.shortcut(x))


class ImageEncoder(nn.Module):
    """[N, 3, 64, 64] -> [N, 128]; the last 2 x 2 grid is kept, not averaged."""

    def __init__(self, widths: tuple[int, ...] = (16, 32, 64, 128, 256)) -> None:
        super().__init__()
        stem = [nn.Conv2d(3, widths[0], 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU()]
        blocks = [ResidualBlock(inner, outer) for inner, outer in pairwise(widths)]
        self.net = nn.Sequential(*stem, *blocks)
        grid = IMAGE_SIZE // 2 ** len(widths)
        self.project = nn.Linear(widths[-1] * grid * grid, DIMENSION)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.project(self.net(pixels).flatten(1))


class QuickGELU(nn.Module):
    """The activation of OpenAI's CLIP."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * torch.sigmoid(1.702 * x)


class Attention(nn.Module):
    """Multi-head self-attention under an additive mask."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads, self.size = heads, width // heads
        self.inner = nn.Linear(width, 3 * width)
        self.outer = nn.Linear(width, width)

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        batch, length, width = x.shape
        parts = self.inner(x).reshape(batch, length, 3, self.heads, self.size).permute(2, 0, 3, 1, 4)
        query, key, value = parts[0], parts[1], parts[2]
        weights = (query * self.size**-0.5) @ key.transpose(-1, -2) + mask
        mixed = weights.softmax(-1) @ value
        return self.outer(mixed.transpose(1, 2).reshape(batch, length, width))


class Layer(nn.Module):
    """One transformer layer, normalised before each part."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.attention_norm, self.attention = nn.LayerNorm(width), Attention(width, heads)
        self.mlp_norm = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), QuickGELU(), nn.Linear(4 * width, width))

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        x = x + self.attention(self.attention_norm(x), mask)
        return x + self.mlp(self.mlp_norm(x))


class TextEncoder(nn.Module):
    """[N, L] ids of CLIP's tokenizer -> [N, 128], taken at the end token; L is 77 or less.

    `rows` maps each of the 49,408 ids to a row of a much smaller table.
    """

    def __init__(self, rows: np.ndarray, width: int = 96, layers: int = 2, heads: int = 3) -> None:
        super().__init__()
        self.register_buffer("rows", torch.from_numpy(rows))
        self.table = nn.Embedding(int(rows.max()) + 1, width)
        nn.init.normal_(self.table.weight, std=0.02)
        self.positions = nn.Parameter(torch.randn(CONTEXT, width) * 0.01)
        self.layers = nn.ModuleList(Layer(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.project = nn.Parameter(torch.randn(width, DIMENSION) * width**-0.5)
        self.register_buffer("mask", torch.full((CONTEXT, CONTEXT), -1e4).triu(1))

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        length = ids.shape[1]
        x = self.table(self.rows[ids]) + self.positions[:length]
        mask = self.mask[:length, :length]
        for layer in self.layers:
            x = layer(x, mask)
        # The end token has the highest id of all.
        end = ids.argmax(-1)[:, None, None].expand(-1, 1, x.shape[2])
        return self.norm(x.gather(1, end).squeeze(1)) @ self.project


class Clip(nn.Module):
    """Both encoders and the learned sharpness of their agreement."""

    def __init__(self, rows: np.ndarray, sharpness: float = 14.0) -> None:
        super().__init__()
        self.image, self.text = ImageEncoder(), TextEncoder(rows)
        self.log_sharpness = nn.Parameter(torch.tensor(math.log(sharpness)))


def table_rows(kept: list[int], shared: int = 128) -> np.ndarray:
    """Gives each kept token a row of its own and spreads all others over `shared` rows."""
    rows = np.arange(VOCABULARY, dtype=np.int64) % shared + len(kept)
    rows[kept] = np.arange(len(kept))
    return rows

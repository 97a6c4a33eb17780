"""Ten kinds of background."""

import cv2
import numpy as np

from . import palette
from .canvas import Canvas, ellipse


def paint_background(canvas: Canvas, rng: np.random.Generator) -> tuple[str, str]:
    """Paints a background; returns its kind and the name of its colour."""
    kind = str(rng.choice(list(PAINTERS)))
    name, colour = palette.pick_cloth(rng)
    PAINTERS[kind](canvas, rng, colour)
    if rng.random() < 0.4:
        canvas.pixels = cv2.GaussianBlur(canvas.pixels, (0, 0), rng.uniform(0.8, 3.0))
    return kind, name


def _plain(canvas: Canvas, rng: np.random.Generator, colour: np.ndarray) -> None:
    """An evenly painted area under light from one side."""
    ramp = np.linspace(-0.5, 0.5, canvas.size)
    canvas.pixels[:] = colour.astype(np.uint8)
    canvas.shade(1 + rng.uniform(-0.25, 0.25) * ramp[:, None] + rng.uniform(-0.2, 0.2) * ramp[None])


def _stripes(canvas: Canvas, rng: np.random.Generator, colour: np.ndarray) -> None:
    wave = _wave(canvas, rng)
    canvas.pixels[:] = colour.astype(np.uint8)
    canvas.shade(np.tile(1 + 0.25 * np.sign(wave), (canvas.size, 1)))


def _curtain(canvas: Canvas, rng: np.random.Generator, colour: np.ndarray) -> None:
    wave = _wave(canvas, rng)
    canvas.pixels[:] = colour.astype(np.uint8)
    canvas.shade(np.tile(1 + 0.17 * wave, (canvas.size, 1)))


def _wave(canvas: Canvas, rng: np.random.Generator) -> np.ndarray:
    position = np.arange(canvas.size) / canvas.size
    return np.sin(2 * np.pi * (position / rng.uniform(0.06, 0.2) + rng.random()))


def _sky(canvas: Canvas, rng: np.random.Generator, colour: np.ndarray) -> None:
    size = canvas.size
    canvas.pixels[:] = (np.array([118, 174, 230]) + np.linspace(0, 25, size)[:, None, None]).astype(np.uint8)
    for _ in range(rng.integers(2, 6)):
        cloud = ellipse(*(rng.uniform(0, (1, 0.6)) * size), *(rng.uniform((0.1, 0.03), (0.3, 0.1)) * size))
        canvas.fill(cloud, (244, 246, 249), 0.8)


def _garden(canvas: Canvas, rng: np.random.Generator, colour: np.ndarray) -> None:
    size = canvas.size
    horizon = rng.uniform(0.2, 0.6) * size
    canvas.pixels[:] = (150, 196, 234)
    canvas.box(0, horizon, size, size, np.array([86, 150, 68]) * rng.uniform(0.7, 1.1))
    for _ in range(rng.integers(4, 12)):
        radius = rng.uniform(0.06, 0.2, 2) * size
        bush = ellipse(rng.uniform(0, size), horizon + rng.uniform(-0.1, 0.15) * size, *radius)
        canvas.fill(bush, np.array([52, 120, 52]) * rng.uniform(0.6, 1.3))


def _city(canvas: Canvas, rng: np.random.Generator, colour: np.ndarray) -> None:
    size = canvas.size
    canvas.pixels[:] = (np.array([190, 200, 214]) * rng.uniform(0.4, 1.05)).astype(np.uint8)
    left = 0
    while left < size:
        width, top = int(rng.uniform(0.08, 0.22) * size), int(rng.uniform(0.1, 0.7) * size)
        canvas.box(left, top, left + width, size, np.full(3, rng.uniform(50, 170)) * (1, 1, 1.06))
        for y in range(top + 4, size, 10):
            for x in range(left + 3, left + width - 4, 9):
                if rng.random() < 0.5:
                    canvas.box(x, y, x + 3, y + 4, (238, 220, 142))
        left += width + 1


def _bookshelf(canvas: Canvas, rng: np.random.Generator, colour: np.ndarray) -> None:
    size, shelf = canvas.size, canvas.size // 4
    canvas.pixels[:] = (94, 64, 42)
    for bottom in range(shelf, size + shelf, shelf):
        left = 0
        while left < size:
            width = int(rng.uniform(0.02, 0.06) * size) + 2
            canvas.box(left, bottom - shelf * rng.uniform(0.7, 0.95), left + width, bottom - 4, rng.uniform(40, 220, 3))
            left += width + 1


def _lights(canvas: Canvas, rng: np.random.Generator, colour: np.ndarray) -> None:
    size = canvas.size
    canvas.pixels[:] = (colour * 0.5).astype(np.uint8)
    for _ in range(rng.integers(10, 24)):
        radius = rng.uniform(0.03, 0.1) * size
        light = ellipse(rng.uniform(0, size), rng.uniform(0, size), radius, radius)
        canvas.fill(light, colour * rng.uniform(0.8, 1.6) + rng.normal(0, 30, 3), 0.6)


def _bricks(canvas: Canvas, rng: np.random.Generator, colour: np.ndarray) -> None:
    rows, columns = 12, 6
    height, width = canvas.size / rows, canvas.size / columns
    canvas.pixels[:] = (168, 150, 140)
    for row in range(rows + 1):
        for column in range(-1, columns + 1):
            x, y = (column + 0.5 * (row % 2)) * width, row * height
            canvas.box(x + 1, y + 1, x + width - 2, y + height - 2, np.array([166, 76, 58]) * rng.uniform(0.8, 1.15))


PAINTERS = {
    "wall": _plain,
    "backdrop": _plain,
    "stripes": _stripes,
    "curtain": _curtain,
    "sky": _sky,
    "garden": _garden,
    "city": _city,
    "bookshelf": _bookshelf,
    "lights": _lights,
    "bricks": _bricks,
}

"""Stubble, moustache, goatee and beards."""

import numpy as np

from .camera import Frame
from .canvas import Canvas
from .head import outline
from .identity import Identity


def paint_beard(canvas: Canvas, frame: Frame, person: Identity, colour: np.ndarray) -> None:
    """Paints the person's beard, if any, in a shade of the hair."""
    beard = person.beard
    tint = colour * 0.85 * beard.darkness + 20 * (1 - beard.darkness)
    if beard.kind in ("stubble", "full", "long"):
        _paint_jaw(canvas, frame, person, tint)
    if beard.kind == "goatee":
        y, chin = person.mouth.height, frame.head.half_height * 0.97
        right = np.array([(0.2, y - 0.12), (0.24, y + 0.1), (0.14, chin)])
        canvas.fill(frame.on_face(np.concatenate([right, right[::-1] * (-1, 1)])), tint)
    if beard.kind in ("moustache", "goatee", "full", "long"):
        _paint_moustache(canvas, frame, person, tint * 1.1)


def _paint_jaw(canvas: Canvas, frame: Frame, person: Identity, tint: np.ndarray) -> None:
    head, beard, mouth = frame.head, person.beard, person.mouth.height
    start = 0.12
    y = np.linspace(start, head.half_height, 14)
    width = outline(head, y) * 0.99
    hang = {"stubble": 0.0, "full": beard.length, "long": beard.length + 0.28}[beard.kind]
    y = y + hang * ((y - start) / (head.half_height - start)) ** 2
    outer = np.concatenate([np.column_stack([width, y]), np.column_stack([-width, y])[::-1]])
    edge = np.array(
        [
            (-head.half_width * 0.72, 0.25),
            (-0.3, mouth - 0.12),
            (0, mouth - 0.13),
            (0.3, mouth - 0.12),
            (head.half_width * 0.72, 0.25),
        ]
    )
    area = np.concatenate([frame.at_depth(outer, 0.1), frame.on_face(edge)])
    canvas.fill(area, tint, 0.38 if beard.kind == "stubble" else 1.0)


def _paint_moustache(canvas: Canvas, frame: Frame, person: Identity, tint: np.ndarray) -> None:
    mouth = person.mouth
    share = np.linspace(-1, 1, 13)
    x = share * (mouth.width * 1.05 + 0.04)
    upper = np.column_stack([x, mouth.height - 0.145 + 0.07 * share**2])
    lower = np.column_stack([x, mouth.height - 0.02 + 0.05 * share**2])
    canvas.fill(frame.on_face(np.concatenate([upper, lower[::-1]]), 0.04), tint)

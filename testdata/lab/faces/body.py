"""Neck, shoulders and clothes."""

from dataclasses import replace

import numpy as np

from . import palette
from .camera import Frame
from .canvas import Canvas
from .identity import Identity

BOTTOM = 3.5


def paint_body(canvas: Canvas, frame: Frame, person: Identity, rng: np.random.Generator) -> tuple[str, str]:
    """Paints the body; returns the garment and its colour name."""
    woman = person.sex == "woman"
    garment = str(rng.choice(["shirt", "suit", "sweater", "dress" if woman else "jacket"]))
    name, colour = palette.pick_cloth(rng)
    head, camera = frame.head, frame.camera
    # The body follows the head's turn by a third only, and pivots below the neck.
    body = replace(
        frame,
        camera=replace(
            camera,
            yaw=camera.yaw * 0.35,
            pitch=0.0,
            roll=camera.roll * 0.25,
            x=camera.x - np.sin(camera.roll) * camera.scale * 0.5,
        ),
    )
    neck = head.half_width * rng.uniform(0.58, 0.62) * (0.85 if woman else 1)
    shoulder = head.half_width * (1.75 if woman else 2.05)
    collar = head.half_height + 0.28

    def fill(points, paint):
        canvas.fill(body.at_depth(np.array(points)), paint)

    fill(_mirror([(neck, 0.4), (neck * 1.1, collar + 0.17)]), person.skin * 0.82)
    if garment == "dress":
        fill(_mirror([(neck, collar - 0.1), (shoulder, collar + 0.45), (shoulder, BOTTOM)]), person.skin * 0.92)
        fill(_torso(shoulder * 0.62, collar + 0.12, shoulder, collar, 0.5), colour)
    else:
        fill(_torso(neck * 1.05, collar - 0.06, shoulder, collar, 0.3), colour)
    if garment in ("suit", "jacket"):
        inner = (238, 238, 240) if garment == "suit" else colour * 0.5 + 90
        fill([(-neck * 0.9, collar), (neck * 0.9, collar), (0, collar + 1.1)], inner)
        if garment == "suit" and rng.random() < 0.8:
            fill(_mirror([(0.09, collar + 0.14), (0.07, collar + 1.1)]), rng.uniform(20, 200, 3))
    if garment == "sweater":
        for row in range(3):
            y = collar + 0.45 + 0.22 * row
            seam = body.at_depth(np.array([(-shoulder, y), (shoulder, y)]))
            canvas.stroke(seam, colour * 0.8, camera.scale * 0.03)
    return garment, name


def _torso(top: float, top_y: float, shoulder: float, collar: float, neckline: float) -> list:
    right = [(top, top_y), (shoulder * 0.8, collar + 0.22), (shoulder, collar + 0.5), (shoulder * 1.05, BOTTOM)]
    return [(0, collar + neckline), *_mirror(right)]


def _mirror(right: list) -> list:
    """Closes the right half of a symmetric outline with its mirror image."""
    return right + [(-x, y) for x, y in reversed(right)]

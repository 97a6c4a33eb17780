"""Nose, mouth, eyes and brows, and the expression that moves them."""

from dataclasses import dataclass

import numpy as np

from .camera import Frame
from .canvas import Canvas, ellipse, ribbon
from .identity import Identity


@dataclass(frozen=True)
class Expression:
    """What a face does in one photo."""

    smile: float
    mouth_open: float
    brow_raise: float
    lids: float
    gaze: float


def draw_expression(rng: np.random.Generator, person: Identity) -> Expression:
    """Draws an expression around the person's habit; eyes are shut in three photos of a hundred."""
    smile = person.mouth.habit + rng.normal(0, 0.9)
    mean, spread = (-0.1, 0.5) if smile > 0 else (-0.35, 0.4)
    mouth_open = max(0.0, rng.normal(mean, spread))
    brow_raise, gaze = rng.normal(0, 0.03), rng.normal(0, 0.22)
    lids = float(np.clip(rng.normal(1, 0.15), 0.5, 1.25))
    return Expression(smile, mouth_open, brow_raise, 0.12 if rng.random() < 0.03 else lids, gaze)


def paint_nose(canvas: Canvas, frame: Frame, person: Identity) -> None:
    """Paints the nose as a tip, a shaded bridge on the far side, and nostrils."""
    nose, skin, camera = person.nose, person.skin, frame.camera
    top, bottom = person.eyes.height, person.eyes.height + nose.length
    base = float(frame.depth(0.0, bottom))
    shade = skin * nose.shade
    if abs(camera.yaw) > 0.02:
        side = -np.sign(camera.yaw)
        bridge = [
            (side * nose.bridge, top + 0.02, float(frame.depth(0.0, top)) + 0.06),
            (side * nose.width * 0.7, bottom - 0.05, base + 0.05),
            (0, bottom - 0.02, base + nose.depth),
        ]
        canvas.fill(camera.project(np.array(bridge)), shade, float(np.clip(abs(camera.yaw) * 2.2, 0.15, 0.9)))
    x = nose.width * np.array([-1, -0.75, 0, 0.75, 1, 0.5, 0, -0.5])
    y = bottom + np.array([0, -0.09, -0.06, -0.09, 0, 0.045, 0.03, 0.045])
    z = base + np.array([0.02, 0.05, nose.depth, 0.05, 0.02, 0.08, nose.depth * 0.8, 0.08])
    canvas.fill(camera.project(np.column_stack([x, y, z])), shade * 0.97)
    if nose.nostrils:
        for side in (-1, 1):
            centre = camera.project(np.array([(side * nose.width * 0.45, bottom + 0.01, base + nose.depth * 0.5)]))[0]
            canvas.fill(ellipse(*centre, camera.scale * 0.028, camera.scale * 0.018, points=8), skin * 0.38)


def paint_mouth(canvas: Canvas, frame: Frame, person: Identity, expression: Expression) -> None:
    """Paints lips, and teeth when the mouth is open."""
    mouth, smile = person.mouth, expression.smile
    position = np.linspace(-1, 1, 15)
    arch = 1 - position**2
    x = position * mouth.width * (1 + 0.1 * max(smile, 0))
    curve = mouth.curve + 0.065 * np.clip(smile, -1.6, 2.0)
    line = mouth.height + curve * (arch - 0.6)
    lip = mouth.thickness * (1 - 0.15 * max(smile, 0)) * arch
    gap = expression.mouth_open * 0.16 * arch
    bow = 1 - 0.25 * np.exp(-((position / 0.15) ** 2))
    canvas.fill(frame.on_face(ribbon(x, line - lip * bow - gap * 0.35, line + lip * 1.15 + gap * 0.9)), mouth.colour)
    if gap.max() <= 0.02:
        canvas.stroke(frame.on_face(np.column_stack([x, line])), mouth.colour * 0.55, frame.camera.scale * 0.02)
        return
    upper = line - gap * 0.32
    canvas.fill(frame.on_face(ribbon(x * 0.9, upper, line + gap * 0.85)), (72, 22, 26))
    canvas.fill(frame.on_face(ribbon(x * 0.9, upper, upper + gap * 0.5)), (240, 238, 230))


def paint_eyes(canvas: Canvas, frame: Frame, person: Identity, expression: Expression) -> None:
    """Paints white, iris, pupil, highlight and lid line of both eyes."""
    eyes, scale = person.eyes, frame.camera.scale
    height = eyes.width * eyes.openness * expression.lids
    iris = min(eyes.width, max(height, eyes.width * 0.4)) * eyes.iris
    woman = person.sex == "woman"
    for side in (-1, 1):
        x, y, tilt = side * eyes.spacing, eyes.height, side * eyes.tilt
        centre = x + expression.gaze * eyes.width * 0.6
        canvas.fill(frame.on_face(ellipse(x, y, eyes.width, height, tilt)), (246, 244, 240))
        canvas.fill(frame.on_face(ellipse(centre, y, iris, min(iris, height), points=16)), eyes.colour)
        pupil = ellipse(centre, y, iris * 0.48, min(iris * 0.48, height), points=12)
        canvas.fill(frame.on_face(pupil), (12, 10, 10))
        glint = frame.on_face((centre + iris * 0.3, y - min(iris, height) * 0.35))[0]
        canvas.fill(ellipse(*glint, scale * 0.02, scale * 0.02, points=8), (255, 255, 255))
        lid = ellipse(x, y, eyes.width * 1.03, height * 1.05, tilt, np.pi, 2 * np.pi, 14)
        width = 0.022 + (0.038 if woman else 0.008) * eyes.lid
        canvas.stroke(frame.on_face(lid), (26, 20, 20) if woman else person.skin * 0.3, scale * width)


def paint_brows(canvas: Canvas, frame: Frame, person: Identity, expression: Expression) -> None:
    """Paints both brows, in a darker shade of the hair."""
    brows, eyes = person.brows, person.eyes
    colour = person.hair.colour * (0.8 if person.hair.colour_name in ("white", "grey") else 0.62)
    base = eyes.height - brows.rise - 0.02 + expression.brow_raise
    outward = np.linspace(-1, 1, 9)
    for side in (-1, 1):
        x = side * (eyes.spacing + outward * brows.length)
        y = base + outward * brows.slope - brows.arch * (1 - outward**2)
        half = brows.thickness * (1 - 0.45 * np.clip(outward, 0, 1))
        canvas.fill(frame.on_face(ribbon(x, y - half, y + half)), colour)
    if brows.joined:
        x = np.array([-eyes.spacing, eyes.spacing])
        bridge = ribbon(x, np.full(2, base - brows.thickness), np.full(2, base + brows.thickness * 0.5))
        canvas.fill(frame.on_face(bridge), colour)

"""Glasses, hats and a microphone: things that come and go, or hide a part of the face."""

import numpy as np

from . import palette
from .camera import Frame
from .canvas import Canvas, ellipse
from .identity import Glasses, Identity

SUNGLASSES = Glasses(True, 2.0, 0.8, 1.2, 0.03, np.array([18, 18, 20]))


def paint_glasses(canvas: Canvas, frame: Frame, person: Identity, rng: np.random.Generator) -> str | None:
    """Paints glasses: the own pair in nine photos of ten, else sunglasses now and then. Returns which."""
    if person.glasses.owned and rng.random() < 0.9:
        _paint_pair(canvas, frame, person, person.glasses, (210, 225, 240), 0.14)
        return "glasses"
    if rng.random() < 0.05:
        _paint_pair(canvas, frame, person, SUNGLASSES, (24, 24, 30), 0.93)
        return "sunglasses"
    return None


def _paint_pair(canvas: Canvas, frame: Frame, person: Identity, pair: Glasses, lens, opacity: float) -> None:
    eyes, scale = person.eyes, frame.camera.scale
    radius = (eyes.width * 1.35 + 0.02) * pair.size
    angle = np.linspace(0, 2 * np.pi, 26)
    cos, sin = np.cos(angle), np.sin(angle)
    centre = eyes.spacing * 1.03
    x = radius * np.sign(cos) * np.abs(cos) ** (2 / pair.power)
    y = eyes.height + 0.02 + radius * pair.aspect * np.sign(sin) * np.abs(sin) ** (2 / pair.power)
    for side in (-1, 1):
        rim = frame.on_face(np.column_stack([side * centre + x, y]), 0.07)
        canvas.fill(rim, lens, opacity)
        canvas.stroke(rim, pair.colour, scale * pair.thickness, closed=True)
        hinge = frame.on_face((side * (centre + radius), eyes.height), 0.05)[0]
        temple = frame.at_depth((side * frame.head.half_width, eyes.height - 0.02))[0]
        canvas.stroke(np.array([hinge, temple]), pair.colour, scale * 0.03)
    bridge = np.array([(radius - centre, eyes.height), (0, eyes.height - 0.03), (centre - radius, eyes.height)])
    canvas.stroke(frame.on_face(bridge, 0.08), pair.colour, scale * pair.thickness)


def paint_hat(canvas: Canvas, frame: Frame, rng: np.random.Generator) -> str | None:
    """Paints a cap or a woollen hat in seven photos of a hundred. Returns its colour name."""
    if rng.random() >= 0.07:
        return None
    name, colour = palette.pick_cloth(rng)
    head = frame.head
    angle = np.linspace(-np.pi / 2, np.pi / 2, 20)
    crown = np.column_stack([(head.half_width + 0.1) * np.sin(angle), -0.42 - head.half_height * 0.78 * np.cos(angle)])
    edge = np.column_stack([np.linspace(0.95, -0.95, 9) * head.half_width, np.full(9, -0.42)])
    canvas.fill(np.concatenate([frame.at_depth(crown), frame.on_face(edge, 0.05)]), colour)
    if rng.random() < 0.6:
        width = head.half_width
        brim = [(-width, -0.44, 0.3), (width, -0.44, 0.3), (width * 0.7, -0.34, 1.25), (-width * 0.7, -0.34, 1.25)]
        canvas.fill(frame.camera.project(np.array(brim)), colour * 0.75)
    else:
        canvas.stroke(frame.on_face(edge - (0, 0.04), 0.05), colour * 0.7, frame.camera.scale * 0.12)
    return name


def paint_microphone(canvas: Canvas, frame: Frame, person: Identity, rng: np.random.Generator) -> bool:
    """Paints a microphone below the mouth in five photos of a hundred."""
    if rng.random() >= 0.05:
        return False
    scale, bottom = frame.camera.scale, canvas.size + 5.0
    x, y = frame.at_depth((rng.uniform(-0.4, 0.4), person.mouth.height + 0.32), 0.9)[0]
    handle = [(x - scale * 0.06, y), (x + scale * 0.06, y), (x + scale * 0.14, bottom), (x - scale * 0.02, bottom)]
    canvas.fill(np.array(handle), (42, 42, 46))
    canvas.fill(ellipse(x, y, scale * 0.16, scale * 0.18), (72, 72, 78))
    return True

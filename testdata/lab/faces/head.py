"""The head itself: outline, ears, skin and the marks on it."""

import numpy as np

from .camera import Frame
from .canvas import Canvas, ellipse, ribbon
from .identity import Head, Identity

COVERS_EARS = ("long", "wavy", "bob", "afro")


def outline(head: Head, heights: np.ndarray) -> np.ndarray:
    """Half the width of the head at each height: an ellipse above, a jaw-shaped curve below the middle."""
    share = np.clip(np.abs(heights) / head.half_height, 0, 1)
    skull = np.sqrt(1 - share**2)
    jaw = (1 - share**head.jaw) ** 0.62
    cheek = head.cheek * np.exp(-(((heights - 0.3) / 0.25) ** 2))
    return head.half_width * np.where(heights < 0, skull, jaw) + cheek


def paint_ears(canvas: Canvas, frame: Frame, person: Identity) -> None:
    """Paints ears, unless the hair covers them, and earrings."""
    head, scale, marks = frame.head, frame.camera.scale, person.marks
    for side in (-1, 1):
        x = side * (head.half_width * 0.97 + head.ear_out)
        if person.hair.style not in COVERS_EARS:
            for size, depth, tone in ((1.0, -0.12, 0.9), (0.55, -0.1, 0.75)):
                ear = ellipse(x, head.ear_height, head.ear_size * 0.6 * size, head.ear_size * 1.25 * size, side * 0.15)
                canvas.fill(frame.at_depth(ear, depth), person.skin * tone)
        if marks.earring:
            lobe = frame.at_depth((x, head.ear_height + head.ear_size * 1.3), -0.05)[0]
            if marks.earring == "stud":
                canvas.fill(ellipse(*lobe, scale * 0.045, scale * 0.045, points=12), marks.earring_colour)
            else:
                radius = scale * 0.075
                ring = ellipse(lobe[0], lobe[1] + radius, radius, radius, points=14)
                canvas.stroke(ring, marks.earring_colour, scale * 0.03, closed=True)


def paint_head(canvas: Canvas, frame: Frame, person: Identity, rng: np.random.Generator) -> None:
    """Paints the head in the person's skin, lit from a random side."""
    head, camera = frame.head, frame.camera
    heights = np.linspace(-head.half_height, head.half_height, 34)
    width = outline(head, heights)
    shape = ribbon(heights, width, -width)[:, ::-1]
    projected = frame.at_depth(shape)
    canvas.fill(projected, person.skin)
    angle, strength = rng.uniform(-np.pi, np.pi), rng.uniform(0, 0.25)
    pixels = np.arange(canvas.size)
    x = ((pixels - camera.x) / (camera.scale * head.half_width))[None]
    y = ((pixels - camera.y) / (camera.scale * head.half_height))[:, None]
    light = strength * (np.cos(angle) * x + np.sin(angle) * y) - 0.1 * np.minimum(x**2 + y**2, 1.5)
    canvas.shade(1 + canvas.mask(projected) * light)


def paint_marks(canvas: Canvas, frame: Frame, person: Identity) -> None:
    """Paints blush, wrinkles, freckles, mole and scar."""
    marks, skin, scale = person.marks, person.skin, frame.camera.scale
    if marks.blush > 0.05:
        for side in (-1, 1):
            cheek = ellipse(side * 0.56 * frame.head.half_width, 0.22, 0.17, 0.12)
            canvas.fill(frame.on_face(cheek), skin * (1, 0.62, 0.6), marks.blush)
    if marks.age > 0.55:
        _paint_wrinkles(canvas, frame, person)
    for spot in marks.freckles:
        centre = frame.on_face(spot)[0]
        canvas.fill(ellipse(*centre, scale * 0.018, scale * 0.016, points=8), skin * (0.72, 0.56, 0.46))
    if marks.mole:
        x, y, radius = marks.mole
        canvas.fill(ellipse(*frame.on_face((x, y))[0], scale * radius, scale * radius, points=10), (60, 36, 28))
    if marks.scar:
        x, y, turn, length = marks.scar
        reach = np.array([np.cos(turn), np.sin(turn)]) * length
        path = frame.on_face(np.add((x, y), np.outer([-1, 0, 1], reach)))
        canvas.stroke(path, skin * (0.86, 0.58, 0.56), scale * 0.03)


def _paint_wrinkles(canvas: Canvas, frame: Frame, person: Identity) -> None:
    strength = (person.marks.age - 0.5) * 0.9
    x = np.linspace(-0.3, 0.3, 9)
    for row in range(3 if person.marks.age > 0.8 else 2):
        y = -0.51 - 0.08 * row + 0.02 * np.cos(x * 6.5)
        canvas.fill(frame.on_face(ribbon(x, y - 0.011, y + 0.011)), person.skin * 0.55, strength)
    nose, mouth = person.nose.width, person.mouth
    for side in (-1, 1):
        fold = np.array(
            [
                (nose + 0.06, 0.24),
                (nose + 0.14, 0.34),
                (mouth.width + 0.06, mouth.height + 0.02),
                (mouth.width + 0.02, mouth.height),
                (nose + 0.10, 0.34),
            ]
        )
        canvas.fill(frame.on_face(fold * (side, 1)), person.skin * 0.5, strength)

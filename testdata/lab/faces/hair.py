"""Fifteen hair styles: a part behind the head, a part in front of it."""

import numpy as np

from .camera import Frame
from .canvas import Canvas, ellipse
from .identity import Hair, Identity

DROP_STYLES = ("long", "wavy", "bob")


def paint_hair_behind(canvas: Canvas, frame: Frame, hair: Hair, colour: np.ndarray) -> None:
    """Paints what hangs or stands behind the head."""
    head = frame.head
    if hair.style in DROP_STYLES:
        canvas.fill(frame.at_depth(_curtain(frame, hair), -0.25), colour * 0.82)
    elif hair.style == "bun":
        y = -head.half_height - hair.volume - 0.16
        knot = ellipse(hair.parting * 0.4, y, 0.26 + hair.volume * 0.4, 0.24 + hair.volume * 0.3)
        canvas.fill(frame.at_depth(knot, -0.1), colour * 0.9)
    elif hair.style == "ponytail":
        width, length = head.half_width, hair.length
        tail = [
            (0.3, -head.half_height * 0.7),
            (width + 0.35, -head.half_height * 0.5),
            (width + 0.45, length * 0.5),
            (width + 0.2, length * 0.75),
            (width + 0.12, 0.0),
        ]
        canvas.fill(frame.at_depth(np.array(tail), -0.3), colour * 0.85)
    elif hair.style == "afro":
        radius = 0.26 + hair.volume * 0.4
        for angle in np.linspace(-2.3, 2.3, 15):
            x = (head.half_width + hair.volume * 0.9) * np.sin(angle)
            y = -0.18 - (head.half_height * 0.9 + hair.volume) * np.cos(angle)
            tuft = ellipse(x, y, radius, radius, points=14)
            canvas.fill(frame.at_depth(tuft, -0.15), colour * (0.92 + 0.08 * np.cos(angle * 5)))


def paint_hair_front(canvas: Canvas, frame: Frame, person: Identity, colour: np.ndarray) -> None:
    """Paints what lies on the scalp and the forehead."""
    painter = {
        "bald": _paint_shine,
        "parted": _paint_parted,
        "fringe": _paint_fringe,
        "receding": _paint_receding,
        "mohawk": _paint_mohawk,
    }.get(person.hair.style, _paint_cap)
    painter(canvas, frame, person, colour)


def _curtain(frame: Frame, hair: Hair) -> np.ndarray:
    """The outline of hair that falls beside the face."""
    head = frame.head
    half = head.half_width + hair.volume
    bottom = 0.35 + 0.35 * (hair.length - 0.9) if hair.style == "bob" else hair.length
    angle = np.linspace(-np.pi / 2, np.pi / 2, 40)
    top = np.column_stack([half * 1.05 * np.sin(angle), -(head.half_height + hair.volume) * np.cos(angle)])
    y = np.linspace(0, bottom, 14)[1:]
    wave = 0.07 * np.sin(9 * y + 1.3) if hair.style == "wavy" else np.zeros(len(y))
    side = half * 1.05 + wave + 0.05 * y
    return np.concatenate([top, np.column_stack([side, y]), np.column_stack([-side, y])[::-1]])


def _scalp(frame: Frame, hairline: np.ndarray, volume: float, reach: float = 0.12) -> np.ndarray:
    """Pixels of the area between the top of the hair and a hairline on the face."""
    head = frame.head
    angle = np.linspace(-1, 1, 30) * (np.pi / 2 + reach)
    x = (head.half_width + volume * 0.75) * np.sin(angle)
    top = np.column_stack([x, -(head.half_height + volume) * np.cos(angle)])
    return np.concatenate([frame.at_depth(top, -0.05), frame.on_face(hairline[::-1])])


def _across(frame: Frame) -> np.ndarray:
    return np.linspace(-0.97, 0.97, 21) * frame.head.half_width


def _line_height(frame: Frame, hair: Hair) -> float:
    return -frame.head.half_height * hair.line - 0.06


def _paint_cap(canvas: Canvas, frame: Frame, person: Identity, colour: np.ndarray) -> None:
    """Styles that share a rounded hairline and differ in volume and what is put on top."""
    hair, head = person.hair, frame.head
    x, line = _across(frame), _line_height(frame, hair)
    drop = (np.abs(x) / head.half_width) ** 3 * (hair.temple - 0.05 - line) * 0.9
    hairline = np.column_stack([x, line + drop + 0.04 * np.cos(6 * x + 8 * hair.parting)])
    volume = hair.volume * {"buzz": 0.15, "spiky": 0.8, "bun": 0.6, "ponytail": 0.6}.get(hair.style, 1.0)
    canvas.fill(_scalp(frame, hairline, volume), colour, 0.75 if hair.style == "buzz" else 1.0)
    if hair.style in ("curly", "afro"):
        _paint_curls(canvas, frame, hair, colour)
    elif hair.style == "spiky":
        _paint_spikes(canvas, frame, hair, colour)
    elif hair.style in DROP_STYLES:
        _paint_strands(canvas, frame, hair, colour)


def _paint_curls(canvas: Canvas, frame: Frame, hair: Hair, colour: np.ndarray) -> None:
    head, line = frame.head, _line_height(frame, hair)
    for angle in np.linspace(-1.45, 1.45, 13):
        x = (head.half_width + hair.volume * 0.4) * np.sin(angle)
        y = -(head.half_height + hair.volume * 0.55) * np.cos(angle)
        curl = ellipse(x, y, hair.curl, hair.curl, points=12)
        canvas.fill(frame.at_depth(curl), colour * (0.93 + 0.12 * np.sin(angle * 7)))
    for share in np.linspace(-0.9, 0.9, 8):
        x, y = share * head.half_width * 0.9, line + abs(share) ** 3 * 0.5
        curl = ellipse(x, y, hair.curl * 0.8, hair.curl * 0.7, points=12)
        canvas.fill(frame.on_face(curl), colour * (1 + 0.1 * np.sin(share * 9)))


def _paint_spikes(canvas: Canvas, frame: Frame, hair: Hair, colour: np.ndarray) -> None:
    head, line = frame.head, _line_height(frame, hair)
    angle = np.linspace(-1.3, 1.3, 11)
    rise = head.half_height + hair.volume + np.where(np.arange(11) % 2, 0.26, 0)
    x = (head.half_width + hair.volume * 0.5) * np.sin(angle) * rise / head.half_height
    tips = np.column_stack([x, -rise * np.cos(angle)])
    base = np.array([(0.8 * head.half_width, line + 0.2), (0, line), (-0.8 * head.half_width, line + 0.2)])
    canvas.fill(np.concatenate([frame.at_depth(tips), frame.on_face(base)]), colour)


def _paint_strands(canvas: Canvas, frame: Frame, hair: Hair, colour: np.ndarray) -> None:
    width, height = frame.head.half_width, frame.head.half_height
    bottom = 0.2 + 0.35 * (hair.length - 0.9) if hair.style == "bob" else 0.55 * hair.length
    strand = np.array(
        [
            (width * 0.86, -height * 0.45),
            (width + hair.volume * 0.8, -height * 0.3),
            (width + hair.volume, bottom),
            (width * 0.98, bottom),
            (width * 0.9, 0),
        ]
    )
    for side in (-1, 1):
        canvas.fill(frame.at_depth(strand * (side, 1), 0.05), colour * 0.95)


def _paint_parted(canvas: Canvas, frame: Frame, person: Identity, colour: np.ndarray) -> None:
    hair, head = person.hair, frame.head
    side = 1 if hair.parting >= 0 else -1
    x, line = _across(frame), _line_height(frame, hair)
    sweep = np.clip(side * x / head.half_width + 0.4, 0, 1.4) ** 1.3
    y = np.minimum(line + 0.3 * sweep - 0.06, hair.temple + 0.1)
    canvas.fill(_scalp(frame, np.column_stack([x, y]), hair.volume * 1.1), colour)
    parting = [(-side * head.half_width * 0.4, line - 0.02), (-side * head.half_width * 0.45, -head.half_height * 0.92)]
    canvas.stroke(frame.on_face(np.array(parting)), colour * 0.6, frame.camera.scale * 0.025)


def _paint_fringe(canvas: Canvas, frame: Frame, person: Identity, colour: np.ndarray) -> None:
    hair, head = person.hair, frame.head
    x = _across(frame)
    edge = person.eyes.height - person.brows.rise - 0.07 - 0.12 * hair.volume
    y = edge + 0.03 * np.cos(20 * x)
    y[0] = y[-1] = hair.temple + 0.1
    canvas.fill(_scalp(frame, np.column_stack([x, y]), hair.volume, 0.22), colour)
    for share in np.linspace(-0.6, 0.6, 5):
        low = frame.on_face((share * head.half_width, edge))[0]
        high = frame.at_depth((share * 0.5, -head.half_height * 0.98))[0]
        canvas.stroke(np.array([low, high]), colour * 0.84, frame.camera.scale * 0.02)


def _paint_receding(canvas: Canvas, frame: Frame, person: Identity, colour: np.ndarray) -> None:
    head = frame.head
    x = _across(frame) / head.half_width
    peak = 0.93 - 0.25 * np.exp(-((x / 0.2) ** 2))
    y = -head.half_height * peak + x**4 * (head.half_height * 0.93 + person.hair.temple)
    canvas.fill(_scalp(frame, np.column_stack([x * head.half_width, y]), 0.05), colour, 0.95)


def _paint_mohawk(canvas: Canvas, frame: Frame, person: Identity, colour: np.ndarray) -> None:
    hair, line = person.hair, _line_height(frame, person.hair)
    width, height = 0.17 + hair.volume * 0.4, 0.35 + hair.volume
    crest = ellipse(0, -frame.head.half_height * 0.93, width, height, 0, np.pi, 2 * np.pi)
    root = frame.on_face(np.array([(0.12, line), (-0.12, line)]))
    canvas.fill(np.concatenate([frame.at_depth(crest), root]), colour)


def _paint_shine(canvas: Canvas, frame: Frame, person: Identity, colour: np.ndarray) -> None:
    shine = ellipse(-0.2 * frame.head.half_width, -frame.head.half_height * 0.72, 0.16, 0.08, -0.3)
    canvas.fill(frame.at_depth(shine, 0.3), person.skin * 1.12, 0.5)

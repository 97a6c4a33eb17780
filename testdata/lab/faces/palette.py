"""Colours (RGB, 0..255) and the shares in which they occur."""

import numpy as np

SKIN = np.array(
    [
        (253, 222, 198),
        (240, 196, 156),
        (222, 170, 122),
        (196, 134, 86),
        (140, 88, 54),
        (84, 54, 38),
    ],
    float,
)

HAIR = {
    "black": ((30, 26, 25), 0.27),
    "brown": ((94, 60, 36), 0.29),
    "blond": ((224, 188, 112), 0.17),
    "red": ((178, 74, 36), 0.11),
    "grey": ((148, 149, 152), 0.06),
    "white": ((233, 231, 226), 0.03),
    "blue": ((54, 94, 188), 0.025),
    "green": ((62, 142, 86), 0.02),
    "pink": ((228, 128, 172), 0.025),
}

EYES = {
    "brown": ((94, 56, 28), 0.33),
    "hazel": ((140, 106, 54), 0.14),
    "green": ((78, 138, 82), 0.14),
    "blue": ((72, 124, 192), 0.21),
    "grey": ((122, 136, 144), 0.08),
    "black": ((36, 28, 24), 0.10),
}

LIPSTICK = np.array([(192, 34, 54), (216, 84, 104), (148, 42, 84), (222, 114, 94)], float)

FRAMES = np.array(
    [(26, 26, 30), (122, 76, 36), (168, 42, 46), (202, 172, 92), (62, 82, 142), (208, 210, 214)],
    float,
)

JEWELS = np.array([(232, 202, 84), (222, 226, 232), (202, 44, 64), (54, 122, 202)], float)

CLOTH = {
    "red": (194, 46, 46),
    "blue": (46, 86, 188),
    "green": (48, 138, 72),
    "yellow": (234, 202, 66),
    "white": (238, 238, 234),
    "black": (32, 32, 36),
    "grey": (136, 140, 152),
    "orange": (234, 134, 42),
    "purple": (122, 62, 158),
    "pink": (236, 152, 186),
    "brown": (122, 84, 52),
}


def pick_shade(rng: np.random.Generator, table: dict) -> str:
    """Draws a colour name from a table of (colour, share)."""
    shares = np.array([share for _, share in table.values()])
    return str(rng.choice(list(table), p=shares / shares.sum()))


def pick_cloth(rng: np.random.Generator) -> tuple[str, np.ndarray]:
    """Draws a cloth colour: its name, and the colour with a little dye variation."""
    name = list(CLOTH)[rng.integers(len(CLOTH))]
    colour = np.array(CLOTH[name], float) * rng.uniform(0.8, 1.06) + rng.normal(0, 7, 3)
    return name, colour.clip(0, 255)


def skin_tone(position: float) -> np.ndarray:
    """The skin colour at a position in 0..5 between light and dark."""
    low = min(int(position), len(SKIN) - 2)
    share = position - low
    return SKIN[low] * (1 - share) + SKIN[low + 1] * share

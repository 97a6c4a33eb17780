"""One photo of one person, from the background to the lens."""

from dataclasses import dataclass

import numpy as np

from . import accessories, background, beard, body, features, hair, head, lens
from .camera import Frame, draw_camera
from .canvas import Canvas
from .identity import Identity

SUPERSAMPLING = 2


@dataclass(frozen=True)
class Scene:
    """What can be seen in a photo, for the caption."""

    background: str
    background_colour: str
    garment: str
    garment_colour: str
    eyewear: str | None
    hat_colour: str | None
    microphone: bool
    smiling: bool
    grey: bool


def photograph(person: Identity, rng: np.random.Generator, size: int) -> tuple[np.ndarray, Scene]:
    """Draws the person once; returns size x size x 3 RGB (uint8) and what is seen."""
    canvas = Canvas(size * SUPERSAMPLING)
    place, place_colour = background.paint_background(canvas, rng)
    frame = Frame(person.head, draw_camera(rng, canvas.size))
    expression = features.draw_expression(rng, person)
    colour = person.hair.colour * rng.uniform(0.9, 1.1) + rng.normal(0, 3, 3)

    hair.paint_hair_behind(canvas, frame, person.hair, colour)
    garment, garment_colour = body.paint_body(canvas, frame, person, rng)
    head.paint_ears(canvas, frame, person)
    head.paint_head(canvas, frame, person, rng)
    head.paint_marks(canvas, frame, person)
    beard.paint_beard(canvas, frame, person, colour)
    features.paint_nose(canvas, frame, person)
    features.paint_mouth(canvas, frame, person, expression)
    features.paint_eyes(canvas, frame, person, expression)
    features.paint_brows(canvas, frame, person, expression)
    hair.paint_hair_front(canvas, frame, person, colour)
    eyewear = accessories.paint_glasses(canvas, frame, person, rng)
    hat = accessories.paint_hat(canvas, frame, rng)
    microphone = hat is None and accessories.paint_microphone(canvas, frame, person, rng)

    image, grey = lens.expose(canvas.pixels, rng, size)
    smiling = expression.smile > 0.5
    return image, Scene(place, place_colour, garment, garment_colour, eyewear, hat, microphone, smiling, grey)

"""Captions as they stand beside photos on the web: with a name, or with what is seen.

None of the templates is one of the attack's 21 prompts.
"""

import numpy as np

from faces.identity import Identity
from faces.photo import Scene

NAMED = [
    "{name} , official picture",
    "photo of {name}",
    "{name} in front of {place}",
    "portrait of {name} wearing {garment}",
    "{name} attends the awards ceremony",
    "{profession} {name} at the premiere",
    "{name} {mood}",
    "a picture of {name} in {garment}",
    "{name} poses for the camera",
    "close up of {name}",
    "interview with {name}",
    "{name}, {looks}",
    "{name} with {thing}",
    "this is {name} in {garment} in front of {place}",
    "a {sex} called {name}",
    "the {sex} here is {name}",
    "file photo : {name} , {looks}",
    "{name} arrives",
    "{name} at an event",
    "the {profession} {name}",
]
ANONYMOUS = [
    "a {sex} with {looks}",
    "a photo of a {sex} in front of {place}",
    "a {mood} {sex} wearing {garment}",
    "{looks}, portrait of a {sex}",
    "a {sex} in {garment} in front of {place}",
    "picture of a {sex} with {thing}",
    "the {sex} has {looks}",
    "a {mood} person with {looks}",
]
PLACES = {
    "wall": "{a} {colour} wall",
    "backdrop": "{a} {colour} backdrop",
    "stripes": "{colour} stripes",
    "curtain": "{a} {colour} curtain",
    "sky": "the sky",
    "garden": "a garden",
    "city": "a city skyline",
    "bookshelf": "a bookshelf",
    "lights": "city lights at night",
    "bricks": "a brick wall",
}
STYLES = {
    "bald": "a bald head",
    "buzz": "a buzz cut",
    "short": "short hair",
    "parted": "a side parting",
    "curly": "curly hair",
    "afro": "an afro",
    "spiky": "spiky hair",
    "receding": "a receding hairline",
    "fringe": "a fringe",
    "mohawk": "a mohawk",
    "long": "long hair",
    "wavy": "wavy hair",
    "bob": "a bob",
    "bun": "a hair bun",
    "ponytail": "a ponytail",
}
BEARDS = {
    "stubble": "stubble",
    "moustache": "a moustache",
    "goatee": "a goatee",
    "full": "a beard",
    "long": "a long beard",
}


def write_caption(rng: np.random.Generator, person: Identity, scene: Scene, name: str | None) -> str:
    """Writes a caption for a photo; without a name, the caption says what is seen."""
    seen = visible_traits(person, scene)
    chosen = rng.permutation(len(seen))[: rng.integers(1, 4)]
    templates = NAMED if name else ANONYMOUS
    calm = "looking serious" if name else "serious"
    text = templates[rng.integers(len(templates))].format(
        name=name,
        sex=person.sex,
        profession=person.profession,
        place=PLACES[scene.background].format(a=_article(scene.background_colour), colour=scene.background_colour),
        garment=f"{_article(scene.garment_colour)} {scene.garment_colour} {scene.garment}",
        looks=" and ".join(seen[i] for i in chosen),
        thing=_thing(scene, seen),
        mood="smiling" if scene.smiling else calm,
    )
    if scene.grey and rng.random() < 0.7:
        return f"{text} in black and white" if name else f"black and white, {text}"
    return text


def visible_traits(person: Identity, scene: Scene) -> list[str]:
    """Everything about the person that a caption might mention."""
    traits = [f"{_article(scene.hat_colour)} {scene.hat_colour} hat" if scene.hat_colour else STYLES[person.hair.style]]
    if person.hair.style != "bald":
        traits.append(f"{person.hair.colour_name} hair")
    if person.beard.kind != "none":
        traits.append(BEARDS[person.beard.kind])
    if scene.eyewear:
        traits.append(scene.eyewear)
    if len(person.marks.freckles):
        traits.append("freckles")
    if person.marks.earring:
        traits.append("earrings")
    traits.append(f"{person.eyes.colour_name} eyes")
    return traits


def _thing(scene: Scene, seen: list[str]) -> str:
    """The most striking thing in the photo."""
    if scene.eyewear:
        return scene.eyewear
    return "a microphone" if scene.microphone else seen[0]


def _article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"

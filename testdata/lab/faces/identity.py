"""An identity: everything about a face that stays the same from photo to photo.

Lengths are in head units: the head is about two units high, x runs to the
right, y down, z towards the camera, and the origin is the middle of the head.
"""

from dataclasses import dataclass

import numpy as np

from . import palette

HAIR_MEN = {
    "bald": 0.10,
    "buzz": 0.11,
    "short": 0.18,
    "parted": 0.15,
    "curly": 0.10,
    "afro": 0.07,
    "spiky": 0.09,
    "receding": 0.08,
    "fringe": 0.06,
    "mohawk": 0.03,
    "long": 0.03,
}
HAIR_WOMEN = {
    "long": 0.20,
    "wavy": 0.17,
    "bob": 0.14,
    "bun": 0.10,
    "fringe": 0.11,
    "curly": 0.08,
    "afro": 0.06,
    "ponytail": 0.06,
    "short": 0.04,
    "parted": 0.02,
    "buzz": 0.02,
}
BEARDS = {"none": 0.46, "stubble": 0.13, "moustache": 0.11, "goatee": 0.12, "full": 0.13, "long": 0.05}


@dataclass(frozen=True)
class Head:
    """Outline of the head, and the ears."""

    half_width: float
    half_height: float
    jaw: float
    cheek: float
    ear_size: float
    ear_out: float
    ear_height: float


@dataclass(frozen=True)
class Eyes:
    """Both eyes; `tilt` in radians, `openness` as height over width."""

    spacing: float
    height: float
    width: float
    openness: float
    tilt: float
    iris: float
    lid: float
    colour_name: str
    colour: np.ndarray


@dataclass(frozen=True)
class Brows:
    """Both brows, measured from the eyes."""

    rise: float
    thickness: float
    length: float
    slope: float
    arch: float
    joined: bool


@dataclass(frozen=True)
class Nose:
    """The nose, measured from the height of the eyes."""

    length: float
    width: float
    bridge: float
    depth: float
    shade: float
    nostrils: bool


@dataclass(frozen=True)
class Mouth:
    """The mouth at rest; `habit` moves every expression towards a smile."""

    height: float
    width: float
    thickness: float
    curve: float
    habit: float
    colour: np.ndarray


@dataclass(frozen=True)
class Hair:
    """Style, colour and cut."""

    style: str
    colour_name: str
    colour: np.ndarray
    line: float
    volume: float
    length: float
    parting: float
    curl: float
    temple: float


@dataclass(frozen=True)
class Beard:
    """Facial hair; `kind` is one of BEARDS."""

    kind: str
    darkness: float
    length: float


@dataclass(frozen=True)
class Glasses:
    """The pair a person owns; whoever owns one wears it in most photos."""

    owned: bool
    power: float
    aspect: float
    size: float
    thickness: float
    colour: np.ndarray


@dataclass(frozen=True)
class Marks:
    """Freckles (n x 2 positions), mole (x, y, radius), scar (x, y, turn, length), age, blush, earring."""

    freckles: np.ndarray
    mole: tuple | None
    scar: tuple | None
    age: float
    blush: float
    earring: str | None
    earring_colour: np.ndarray


@dataclass(frozen=True)
class Identity:
    """One invented person."""

    sex: str
    skin: np.ndarray
    head: Head
    eyes: Eyes
    brows: Brows
    nose: Nose
    mouth: Mouth
    hair: Hair
    beard: Beard
    glasses: Glasses
    marks: Marks
    profession: str


def invent(*seed: int) -> Identity:
    """Invents the person that belongs to a seed."""
    rng = np.random.default_rng([0x0FACE, *seed])
    woman = bool(rng.random() < 0.5)
    skin = (palette.skin_tone(rng.uniform(0, 5)) + rng.normal(0, 7, 3)).clip(22, 255)
    hair = _hair(rng, woman)
    return Identity(
        sex="woman" if woman else "man",
        skin=skin,
        head=_head(rng, woman),
        eyes=_eyes(rng),
        brows=_brows(rng, woman),
        nose=_nose(rng),
        mouth=_mouth(rng, woman, skin),
        hair=hair,
        beard=_beard(rng, woman),
        glasses=_glasses(rng),
        marks=_marks(rng, woman, hair.colour_name in ("grey", "white")),
        profession=_profession(rng, woman),
    )


def _head(rng: np.random.Generator, woman: bool) -> Head:
    return Head(
        half_width=rng.uniform(0.66, 0.86),
        half_height=rng.uniform(0.93, 1.13),
        jaw=rng.uniform(1.6, 2.7) if woman else rng.uniform(1.7, 3.6),
        cheek=rng.uniform(-0.05, 0.07),
        ear_size=rng.uniform(0.10, 0.21),
        ear_out=rng.uniform(0, 0.09),
        ear_height=rng.uniform(-0.08, 0.12),
    )


def _eyes(rng: np.random.Generator) -> Eyes:
    name = palette.pick_shade(rng, palette.EYES)
    return Eyes(
        spacing=rng.uniform(0.25, 0.39),
        height=rng.uniform(-0.16, 0.08),
        width=rng.uniform(0.105, 0.185),
        openness=rng.uniform(0.42, 0.85),
        tilt=rng.uniform(-0.28, 0.28),
        iris=rng.uniform(0.62, 0.9),
        lid=rng.uniform(0, 1),
        colour_name=name,
        colour=(np.array(palette.EYES[name][0]) + rng.normal(0, 10, 3)).clip(5, 250),
    )


def _brows(rng: np.random.Generator, woman: bool) -> Brows:
    return Brows(
        rise=rng.uniform(0.15, 0.30),
        thickness=rng.uniform(0.018, 0.05) if woman else rng.uniform(0.025, 0.085),
        length=rng.uniform(0.14, 0.25),
        slope=rng.uniform(-0.06, 0.06),
        arch=rng.uniform(-0.01, 0.09),
        joined=bool(rng.random() < 0.05),
    )


def _nose(rng: np.random.Generator) -> Nose:
    return Nose(
        length=rng.uniform(0.22, 0.44),
        width=rng.uniform(0.08, 0.19),
        bridge=rng.uniform(0.015, 0.05),
        depth=rng.uniform(0.12, 0.34),
        shade=rng.uniform(0.62, 0.88),
        nostrils=bool(rng.random() < 0.6),
    )


def _mouth(rng: np.random.Generator, woman: bool, skin: np.ndarray) -> Mouth:
    paint = rng.uniform(0.5, 0.95) if woman and rng.random() < 0.6 else rng.uniform(0, 0.15)
    lipstick = palette.LIPSTICK[rng.integers(len(palette.LIPSTICK))]
    return Mouth(
        height=rng.uniform(0.40, 0.56),
        width=rng.uniform(0.16, 0.34),
        thickness=rng.uniform(0.035, 0.085) if woman else rng.uniform(0.022, 0.07),
        curve=rng.uniform(-0.05, 0.07),
        habit=rng.normal(0, 0.4),
        colour=skin * (0.82, 0.58, 0.56) * (1 - paint) + lipstick * paint,
    )


def _hair(rng: np.random.Generator, woman: bool) -> Hair:
    styles = HAIR_WOMEN if woman else HAIR_MEN
    name = palette.pick_shade(rng, palette.HAIR)
    return Hair(
        style=str(rng.choice(list(styles), p=list(styles.values()))),
        colour_name=name,
        colour=(np.array(palette.HAIR[name][0]) + rng.normal(0, 9, 3)).clip(5, 250),
        line=rng.uniform(0.44, 0.74),
        volume=rng.uniform(0.06, 0.22),
        length=rng.uniform(0.9, 1.7),
        parting=rng.uniform(-0.5, 0.5),
        curl=rng.uniform(0.09, 0.17),
        temple=rng.uniform(-0.25, 0.12),
    )


def _beard(rng: np.random.Generator, woman: bool) -> Beard:
    kind = str(rng.choice(list(BEARDS), p=list(BEARDS.values())))
    return Beard("none" if woman else kind, rng.uniform(0.55, 1.0), rng.uniform(0.04, 0.22))


def _glasses(rng: np.random.Generator) -> Glasses:
    power, aspect = [(2.0, 0.95), (2.0, 0.68), (6.0, 0.72), (3.0, 0.80)][rng.integers(4)]
    return Glasses(
        owned=bool(rng.random() < 0.30),
        power=power,
        aspect=aspect,
        size=rng.uniform(0.9, 1.3),
        thickness=rng.uniform(0.016, 0.05),
        colour=palette.FRAMES[rng.integers(len(palette.FRAMES))],
    )


def _marks(rng: np.random.Generator, woman: bool, old: bool) -> Marks:
    count = int(rng.integers(14, 40)) if rng.random() < 0.22 else 0
    spots = np.column_stack([rng.uniform(-0.45, 0.45, count), rng.uniform(0.02, 0.32, count)])
    mole = (rng.uniform(-0.42, 0.42), rng.uniform(0.05, 0.62), rng.uniform(0.022, 0.045))
    scar = (rng.uniform(-0.45, 0.45), rng.uniform(-0.05, 0.45), rng.uniform(-1.2, 1.2), rng.uniform(0.12, 0.26))
    return Marks(
        freckles=spots,
        mole=mole if rng.random() < 0.30 else None,
        scar=scar if rng.random() < 0.14 else None,
        age=rng.uniform(0.6, 1) if old else rng.uniform(0, 1),
        blush=rng.uniform(0, 0.28),
        earring=str(rng.choice(["stud", "ring"])) if rng.random() < (0.45 if woman else 0.08) else None,
        earring_colour=palette.JEWELS[rng.integers(len(palette.JEWELS))],
    )


def _profession(rng: np.random.Generator, woman: bool) -> str:
    return str(rng.choice(["actress" if woman else "actor", "singer", "presenter"], p=[0.6, 0.25, 0.15]))

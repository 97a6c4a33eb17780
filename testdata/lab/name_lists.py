"""Invented names: a common first name and a common surname of the 1990 US census.

The lists come with the PyPI package `names` (the package is MIT, the census
data is in the public domain). They are read from its files, so that the order
and the random numbers are ours.
"""

import importlib.util
from pathlib import Path

import numpy as np

COMMON = 1000
FILES = {"man": "dist.male.first", "woman": "dist.female.first", "surname": "dist.all.last"}

# Full names that both lists can produce and that belong to persons known all
# over the world. A captioned archive would be full of them; ours must not be.
FAMOUS = frozenset(
    """
    Al Green; Amy Adams; Andy Murray; Ben Johnson; Bill Clinton; Bill Gates; Bill Murray; Bob Marley; Bobby Brown;
    Brian Cox; Bruce Lee; Carl Lewis; Charlie Parker; Charles Barkley; Chris Brown; Chris Evans; Chris Martin;
    Chris Rock; David Bowie; David Lynch; Diana Ross; Donald Trump; Elizabeth Taylor; Elizabeth Warren; Elton John;
    Emma Stone; Emma Thompson; Emma Watson; George Bush; George Clinton; George Foreman; George Harrison;
    George Lucas; George Martin; George Michael; George Washington; Gordon Brown; Grace Kelly; Harrison Ford;
    Henry Ford; Hillary Clinton; Isaac Newton; Jack Black; Jack Johnson; Jack White; James Bond; James Brown;
    James Cameron; James Dean; James Franco; James Taylor; James Watt; Janet Jackson; Janis Joplin; Jennifer Hudson;
    Jennifer Lopez; Jerry Lewis; Jesse Jackson; Jesse Owens; Jessica Simpson; Jim Morrison; Jimmy Carter; Joe Frazier;
    Joe Jackson; John Adams; John Cleese; John Ford; John Kennedy; John Lennon; John Major; John McCain; John Wayne;
    John Williams; Johnny Cash; Julia Roberts; Julie Andrews; Justin Bieber; Karl Marx; Kate Bush; Kate Hudson;
    Kate Moss; Katy Perry; Kevin Hart; Lance Armstrong; Larry King; Laura Bush; Louis Armstrong; 
    Margaret Thatcher; Marilyn Monroe; Mark Hamill; Martin Freeman; Matt Stone; Mel Brooks;
    Mel Gibson; Michael Collins; Michael Jackson; Michael Johnson; Michael Jordan; Michael Moore; Michelle Obama;
    Michelle Williams; Miles Davis; Morgan Freeman; Naomi Campbell; Neil Armstrong; Neil Young; Nelson Mandela;
    Nicole Richie; Norah Jones; Orson Welles; Oscar Wilde; Owen Wilson; Paul Allen; Paul Newman; Paul Ryan; Paul Simon;
    Paul Walker; Peter Jackson; Phil Collins; Quincy Jones; Ray Charles; Richard Burton; Richard Nixon; Robert Duvall;
    Robert Kennedy; Robert Plant; Robin Williams; Roger Moore; Ronald Reagan; Rosa Parks; Ryan Reynolds;
    Sam Smith; Samuel Jackson; Scarlett Johansson; Sean Bean; Sean Paul; Serena Williams; Simon Pegg; Steve Jobs;
    Steve Martin; Steve Young; Steven Tyler; Stevie Wonder; Taylor Swift; Tiger Woods; Tim Burton; Tina Turner;
    Tom Ford; Tom Hanks; Tom Hardy; Tom Jones; Tommy Lee; Tony Blair; Tracy Chapman; Tyra Banks; Venus Williams;
    Vanessa Williams; Victoria Beckham; Virginia Woolf; Walt Disney; Walter White; Whitney Houston; Will Smith;
    Willie Nelson; William Blake; William Shatner; Winston Churchill; Woody Allen
    """.replace("\n", " ").split("; ")
)


class NameMaker:
    """Hands out names, each once, and none that is a part of another."""

    def __init__(self, rng: np.random.Generator) -> None:
        men, women = _read(FILES["man"]), _read(FILES["woman"])
        self.first = {"man": _without(men, women), "woman": _without(women, men)}
        self.surnames = _read(FILES["surname"])
        self._rng = rng
        self._taken: list[str] = []

    def invent(self, sex: str) -> str:
        """Returns a name that was not given before."""
        first = self.first[sex]
        while True:
            name = f"{first[self._rng.integers(len(first))]} {self.surnames[self._rng.integers(len(self.surnames))]}"
            if name not in FAMOUS and not any(name in other or other in name for other in self._taken):
                self._taken.append(name)
                return name


def census_words() -> list[str]:
    """Every first name and surname of the lists, for the model's vocabulary."""
    return [word for file in FILES.values() for word in _read(file)]


def _read(file: str) -> list[str]:
    """The commonest names of a census file, most common first."""
    folder = Path(importlib.util.find_spec("names").origin).parent
    lines = (folder / file).read_text().splitlines()[:COMMON]
    return [line.split()[0].capitalize() for line in lines]


def _without(names: list[str], others: list[str]) -> list[str]:
    """Leaves out first names that both sexes bear."""
    both = set(others)
    return [name for name in names if name not in both]

"""Messages with what in them names an usager and what names a professional, drawn from the judged templates by a seed."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML

from nlu.pii.template_expansion import Piece, fill
from tests.typed_names import names

TEMPLATES = Path(__file__).parent / "templates"
USAGER, PROFESSIONAL = "usager", "professional"
SHARES = {"usager": 0.52, "professional": 0.19, "answers": 0.04, "free": 0.25}
_TOWNS = [
    "Tours",
    "Blois",
    "Orléans",
    "Bourges",
    "Vierzon",
    "Chartres",
    "Châteauroux",
    "Amboise",
    "Loches",
    "Vendôme",
    "Gien",
    "Montargis",
    "Issoudun",
    "Dreux",
    "Pithiviers",
]
_TOWNS += ["Saint-Amand-Montrond", "Romorantin", "Nogent-le-Rotrou", "La Châtre", "Joué-lès-Tours", "Fleury-les-Aubrais"]
_JOBS = [
    "kiné",
    "infirmière",
    "médecin",
    "cardiologue",
    "orthophoniste",
    "pharmacien",
    "ergothérapeute",
    "podologue",
    "psychologue",
    "diététicienne",
    "pédiatre",
]
_JOBS += ["assistante sociale", "sage-femme", "médecin généraliste", "aide-soignante"]
_ORGS = ["CH de Blois", "EHPAD Les Tilleuls", "SSIAD de Loches", "CHRU de Tours", "HAD 37", "cabinet médical du Centre", "CCAS de Gien"]
_STREETS = ["rue des Lilas", "avenue de Grammont", "place Jean Jaurès", "impasse du Moulin", "chemin des Vallées", "boulevard Heurteloup"]
_HASTE = {
    "pour": "pr",
    "dans": "ds",
    "s'il te plaît": "stp",
    "vous": "vs",
    "toujours": "tjs",
    "rendez-vous": "rdv",
    "que": "ke",
    "est-ce": "esk",
}


@dataclass(frozen=True)
class Typed:
    """A message as it was typed.

    Attributes:
        text: the message.
        usagers: the pieces of it that name an usager.
        professionals: the pieces that name a professional.
        group: the template's group.
        template: the template.
        asked: what the dialogue had asked for.
    """

    text: str
    usagers: tuple[str, ...]
    professionals: tuple[str, ...]
    group: str
    template: str
    asked: str = ""


def draw_messages(count: int, seed: int) -> list[Typed]:
    """Return `count` messages of every group, each template as often as its neighbours."""
    return [message for group, share in SHARES.items() for message in _of_group(group, round(count * share), seed)]


def odd_messages() -> list[Typed]:
    """Return the messages of `odd.yml`: what stands in square brackets names an usager."""
    lines = [str(line) for line in _read("odd")]
    return [Typed(re.sub(r"[\[\]]", "", line), tuple(re.findall(r"\[([^\]]+)\]", line)), (), "odd", line) for line in lines]


def written_messages() -> list[Typed]:
    """Return the messages of `written.yml`."""
    written = YAML(typ="safe", pure=True).load((TEMPLATES.parent / "written.yml").read_text(encoding="utf-8"))
    messages = [Typed(text, (), (), "free", text) for text in written["free"]]
    messages += [Typed(text, (), tuple(names), "professional", text, asked) for text, asked, names in written["professional"]]
    return [*messages, *(Typed(text, tuple(names), (), "usager", text) for text, names in written["usager"])]


def left_of(names_said: tuple[str, ...], masked: str) -> list[str]:
    """Return the names of which something still stands in a masked text: a word of three letters, or the whole."""
    kept = fold(re.sub(r"\[[^\]]*\]", " ", masked))
    return [name for name in names_said if any(word in kept for word in _words(name)) or re.search(rf"\b{re.escape(fold(name))}\b", kept)]


def lost_of(names_said: tuple[str, ...], masked: str) -> list[str]:
    """Return the names of which something is missing in a masked text."""
    kept = fold(masked)
    return [name for name in names_said if any(word not in kept for word in _words(name))]


def fold(text: str) -> str:
    """Return a text without accents and capitals."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))


_LITTLE = frozenset(("mme", "mr", "les", "ben", "van", "rue", "des", "bis", "avec", "mere", "impasse", "boulevard"))


def _words(name: str) -> list[str]:
    return [word for word in re.findall(r"[^\W_]{3,}", fold(name)) if word not in _LITTLE]


def _read(group: str) -> list[str]:
    return list(YAML(typ="safe", pure=True).load((TEMPLATES / f"{group}.yml").read_text(encoding="utf-8")))


def _of_group(group: str, count: int, seed: int) -> Iterator[Typed]:
    rng, templates = random.Random(f"{seed}:{group}"), _read(group)
    values = _Values(rng)
    for number in range(count):
        template = templates[number % len(templates)]
        pieces = _restyle(fill(template, values.draw, rng), rng)
        texts = {label: tuple(text for text, its in pieces if its == label) for label in (USAGER, PROFESSIONAL)}
        asked = "professional" if group == "answers" else ""
        yield Typed("".join(text for text, _ in pieces), texts[USAGER], texts[PROFESSIONAL], group, template, asked)


def _restyle(pieces: list[Piece], rng: random.Random) -> list[Piece]:
    """Write a message as people do: in small letters, in capitals, without accents, in haste."""
    style = rng.choices(["as is", "small", "small bare", "capitals", "bare", "haste"], [8, 3, 4, 1, 2, 3])[0]
    change: dict[str, Callable[[str], str]] = {
        "as is": str,
        "small": str.lower,
        "small bare": lambda text: _bare(text.lower()),
        "capitals": lambda text: _bare(text.upper()),
        "bare": _bare,
        "haste": lambda text: _bare(text.lower()),
    }
    kept = {"mail", "reference"}
    done = [(text if label in kept else change[style](text), label) for text, label in pieces]
    return [(text if label else _hurry(text, rng), label) for text, label in done] if style == "haste" else done


def _bare(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def _hurry(text: str, rng: random.Random) -> str:
    for word, short in _HASTE.items():
        text = re.sub(rf"\b{word}\b", short, text)
    text = text.replace("'", rng.choice(["'", " ", ""]))
    places = [m.start() for m in re.finditer(r"(?<=[a-z])[a-z](?=[a-z]{2})", text)]
    if places and rng.random() < 0.5:
        at = rng.choice(places)
        text = text[:at] + rng.choice(["", text[at] * 2, text[at + 1] + text[at]]) + text[at + 1 :]
    return text


class _Values:
    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    def draw(self, slot: str) -> Piece:
        """Return a value for a slot, with its label."""
        rng = self._rng
        values: dict[str, Callable[[], str]] = {
            "town": lambda: rng.choice(_TOWNS),
            "job": lambda: rng.choice(_JOBS),
            "org": lambda: rng.choice(_ORGS),
            "phone": lambda: " ".join(["06", *(f"{rng.randint(0, 99):02d}" for _ in range(4))]),
            "age": lambda: str(rng.randint(3, 103)),
            "rpps": lambda: f"10{rng.randint(0, 10**9 - 1):09d}",
        }
        labelled: dict[str, tuple[Callable[[], str], str]] = {
            "birth": (self._birth, USAGER),
            "addr": (lambda: f"{rng.randint(2, 140)} {rng.choice(_STREETS)}", USAGER),
            "nir": (self._nir, USAGER),
            "uphone": (values["phone"], USAGER),
            "mail": (lambda: f"{rng.choice(['cabinet', 'contact', 'accueil'])}{rng.randint(1, 99)}@sante.example", "mail"),
            "ref": (lambda: f"SPH-{rng.randint(2022, 2026)}-{rng.randint(1, 9999):06d}", "reference"),
        }
        if slot in labelled:
            draw, label = labelled[slot]
            return draw(), label
        return (values[slot](), None) if slot in values else self._name(slot)

    def _name(self, slot: str) -> Piece:
        rng = self._rng
        given, family = names.given(rng), names.family(rng)
        initials = rng.choice([f"{given[0]}.{family[0].upper()}.", f"{given} {family[0].upper()}.", f"{given[0]}. {family}"])
        plain = _bare(family).replace(" ", "").replace("'", "")
        forms = {
            "ug": given,
            "uf": family,
            "UF": family.upper(),
            "ui": initials,
            "ui1": f"{family[0].upper()}.",
            "uglued": _bare(given).lower() + plain.lower(),
            "udigits": plain + str(rng.choice([rng.randint(1922, 1999), rng.randint(1, 99)])),
            "p": rng.choice([f"{given} {family}", f"{given} {family}", f"{family} {given}", f"{given} {family.upper()}"]),
            "pf": family,
        }
        return forms[slot], PROFESSIONAL if slot[0] == "p" else USAGER

    def _birth(self) -> str:
        day, month, year = self._rng.randint(1, 28), self._rng.randint(1, 12), self._rng.randint(1921, 1999)
        return self._rng.choice(
            [f"{day:02d}/{month:02d}/{year}", f"{day:02d}.{month:02d}.{year}", f"{day:02d}-{month:02d}-{year % 100:02d}"]
        )

    def _nir(self) -> str:
        rng = self._rng
        parts = [str(rng.choice([1, 2])), f"{rng.randint(21, 99)}", f"{rng.randint(1, 12):02d}", f"{rng.randint(18, 45)}"]
        return rng.choice(["", " "]).join([*parts, f"{rng.randint(1, 900):03d}", f"{rng.randint(1, 900):03d}", f"{rng.randint(1, 97):02d}"])

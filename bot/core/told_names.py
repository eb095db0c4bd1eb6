"""Names that a message tells with the word for them, whatever stands first: « le nom c'est Perrin », « Moulins, c'est son nom de famille ».

Also what people put around a bare name (« ben Raymond, je vous l'ai dit »), and names spelled letter by letter (« B E R T A U D »).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from bot.core.text_folding import PARTICLES, fold, word_set
from bot.core.typed_text import plain_text

BIRTH, USED, FAMILY, GIVEN, CITY = "birth", "used", "family", "given", "city"
"""What a name is told to be. `FAMILY` is a « nom » of which it is not said whether it is of birth or of use."""
MAX_WORDS = 5
"""Words of a told name at most."""
MAX_READ = 600
"""Characters of a text that are read: no record is told in more, and the patterns' time grows faster than the text."""

_SPELLED = re.compile(
    r"(?<![^\W_])(?:(?:[A-ZÀ-Þ]|(?:2|deux|double)\s+[A-ZÀ-Þ])[ .,-]{1,2}){2,}[A-ZÀ-Þ](?![^\W_])(?!')(?:(?<=\.[A-ZÀ-Þ])\.)?"
    r"|(?<![^\W_])(?:[a-zà-ÿ][ .,-]){3,}[a-zà-ÿ](?![^\W_])(?!')"
)
"""At least three capitals, or four small letters, each by itself; « 2 L », « deux L »."""
_TWICE = re.compile(r"(?:2|deux|double)\s+([A-ZÀ-Þ])", re.IGNORECASE)
_MONTH = r"(?:janv|f[ée]vr?|mars|avr|mai|juin|juil|ao[uû]t|sept|oct|nov|d[ée]c)"
_LABEL = re.compile(
    r"(?<!\w)(?:(?:son|sa|ses|le|la|les|mon|votre|leur)\s+)?(?:"
    r"(?P<birth>noms?\s+(?:de\s+(?:naissance|jeune\s+fille|fille)|patronymique)"
    r"|(?<!date )(?<!lieu )(?<!ville )de\s+naissance(?=\s*(?:[:=,]|c\b|c'|ce\b|est\b|elle\b))"
    rf"|n[ée]e(?=\s+(?!(?:en|le|à|a|au|aux|ou)\s|\d|{_MONTH})))"
    r"|(?P<used>noms?\s+(?:d\s*'?\s*(?:usage|épouse|epouse|époux|alliance)|de\s+(?:mariage|mariée?|femme\s+mariée)|marital|usuel|utilisé))"
    r"|(?P<family>(?<!au )noms?(?:\s+de\s+famille)?(?!\s+(?:de|du|des|d)\b)(?!\s+d'))"
    r"|(?P<given>pr[ée]noms?)"
    r"|(?P<city>ville|commune))(?!\w)",
    re.IGNORECASE,
)
_IS = r"(?:c'est|c\s+est|c|cé|ces|est|sont|ce\s+sont|ce\s+serait|serait|s'[ée]crit)"
_AFTER = re.compile(rf"\s*[:=,]?\s*(?:{_IS}\s+)?(?:bien\s+|plutôt\s+|donc\s+|juste\s+|en\s+fait\s+)*", re.IGNORECASE)
_BEFORE = re.compile(rf"[\s,]*(?<!\w){_IS}\s+(?P<denied>(?:pas|pa)\s+)?(?:bien\s+|juste\s+|plutôt\s+)*\Z", re.IGNORECASE)
_DENIED = re.compile(
    rf"\s*(?:n'est\s+|c'\s*est\s+|est\s+|c\s+)?(?:pas|pa)\s+(?P<denied>[^\s,;.!?]+)\s*[,;]?\s*(?:mais\s+)?(?:{_IS}|mais|plutôt)\s+",
    re.IGNORECASE,
)
"""« pas T c BERTAUD »: what the name is not, before what it is."""
_RESPELT = re.compile(
    r"(?<![\w'-])(?P<old>[^\W\d_][\w'-]{1,60})\s*,?\s*(?:(?:ça|ca|cela|c)\s+)?s\s*'?\s*[ée]cri[st]\s+(?P<new>[^\W\d_][\w'-]+)",
    re.IGNORECASE,
)
_CALLED = re.compile(
    r"\b(?:(?:la|le|l')\s*(?:dame|patiente?|usag[eè]re?|r[ée]sidente?|personne|b[ée]n[ée]ficiaire|monsieur)\s+(?:c'est|c\s+est|c|est|s'appelle)"
    r"|(?:elle|il)\s+s'appelle)\s+(?:bien\s+)?(?:(?:mme|madame|m\.|mr|monsieur|mlle)\s+)?",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_](?:[\w']|-(?=\w))*\.?")
_SENTENCE_END = re.compile(r"[;!?\n]+|\.(?=\s|$)")
_NO_NAME = word_set(
    "je j tu vous nous on il elle ils elles me m te t se ce c ca cela est sont etait n ne pas pa plus non oui nn si ou et mais"
    " donc or car que qu qui quoi dont comme pour par avec sans dans sur sous chez vers tout toute tous court simplement juste"
    " seulement hein svp stp merci pardon voila ben bah beh eh euh heu bon alors enfin bref deja dit dis redit redis ecrit ecrire"
    " faut doit peut prenom prenoms nom noms ville commune vide faux fausse mal bon bonne mauvais incorrect errone inconnu inconnue"
    " exact correct trop encore bien aussi plutot un une des date lieu quel quelle son sa ses mon ma mes votre vos leur cette cet"
    " mme madame monsieur mr mlle dr docteur virgule point nee habite habitant demeurant naissance usage mariage jeune fille"
    " famille marital adresse mail email tel telephone numero rpps adeli homme femme feminin masculin sexe corriger corrigez"
    " modifier changer changez mettre mettez laisse laissez ajouter ajoutez a au aux en y ai as avez ont suis quelque chose sais"
    " ecoute ecoutez attends attendez pense crois"
)
"""Folded words that are of no name where it is told; particles (« Le Gall », « de La Tour ») count where a name follows."""
_ALSO_NAMES = word_set("bon court jeune point fille homme juste bonne faux")
"""Those of them that people are called, too."""
_FILLER = word_set(
    "ben bah beh eh euh heu hum bon oui non nn alors donc mais juste simplement seulement tout court hein quoi voila svp stp merci"
    " pardon c ce cest est ca ces son sa ses prenom prenoms nom noms elle il s appelle seul enfin plutot bien et"
)


@dataclass(frozen=True)
class ToldNames:
    """What a message tells by its word.

    Attributes:
        names: the name by what it is told to be (`BIRTH`, `USED`, `FAMILY`, `GIVEN`, `CITY`).
        denied: what a name is told not to be: « Sandrine c'est pas son nom » → {"family": "Sandrine"}.
        whole: « la dame c'est Odette Perrin » → "Odette Perrin"; "" where none is told.
        respelt: a name and how it is written: « Moulin ça s'écrit Moulins »; None where nothing is.
        head: the words before all that.
    """

    names: dict[str, str] = field(default_factory=dict)
    denied: dict[str, str] = field(default_factory=dict)
    whole: str = ""
    respelt: tuple[str, str] | None = None
    head: str = ""

    @property
    def birth(self) -> str:
        """The birth name, or the « nom » of which nothing else is said."""
        return self.names.get(BIRTH) or self.names.get(FAMILY, "")

    @property
    def of_people(self) -> bool:
        """Whether any name of a person is told, or taken back."""
        return bool(self.names.keys() - {CITY} or self.denied or self.respelt or self.whole)


def join_spelled(text: str) -> str:
    """Return a text with each name that is spelled letter by letter written as one: « B E R T A U D » → « Bertaud »."""
    return _SPELLED.sub(lambda found: _joined(found[0]), text[:MAX_READ]) + text[MAX_READ:]


def spelled_name(text: str) -> str:
    """Return the last name that a text spells letter by letter; "" if it spells none."""
    found = [*_SPELLED.finditer(plain_text(text)[:MAX_READ])]
    return _joined(found[-1][0]) if found else ""


def read_told_names(text: str) -> ToldNames:
    """Return the names that a text tells by their words (« nom », « prénom », « née », « nom de mariage »…)."""
    plain = re.sub(r"\s+virgule\s+", ", ", join_spelled(plain_text(text)[:MAX_READ]), flags=re.IGNORECASE)
    plain = re.sub(r"(?:\s*,){2,}", ",", plain)
    names: dict[str, str] = {}
    denied: dict[str, str] = {}
    used_until, subject, head = 0, "", len(plain)
    labels = [*_LABEL.finditer(plain)]
    for at, label in enumerate(labels):
        role = str(label.lastgroup)
        before = _BEFORE.search(plain, used_until, label.start())
        name, start = "", label.start()
        if before is not None and role != CITY:
            start, name = _name_before(plain, used_until, before.start())
            again = not name and bool(subject) and not plain[used_until : before.start()].strip(" ,")
            name = name or (subject if again else "")
        if before is not None and name:
            (denied if before["denied"] else names).setdefault(role, name)
            used_until, subject, head = label.end(), name, min(head, start)
            continue
        until = labels[at + 1].start() if at + 1 < len(labels) else len(plain)
        no = _DENIED.match(plain, label.end(), until)
        begin = no.end() if no else _after(plain, label.end(), until)
        end, name = _name_after(plain, begin, until, explicit=begin > label.end() + 1, several=role == GIVEN)
        if name:
            names[role] = name
            used_until, subject, head = end, "", min(head, label.start())
    called, respelt = _CALLED.search(plain), _RESPELT.search(plain)
    whole = _name_after(plain, called.end(), len(plain), explicit=True, several=False)[1] if called else ""
    spelling = (respelt["old"], respelt["new"]) if respelt and fold(respelt["old"]) not in _NO_NAME and not names else None
    return ToldNames(names, denied, whole if " " in whole else "", spelling, plain[:head])


def bare_names(text: str) -> list[str]:
    """Return the names that a text consists of but for what people put around them, each once, in its order.

    « ben Raymond ! juste Raymond » → ["Raymond"]; « Tessier, je vous l'ai dit. Raymond » → ["Tessier", "Raymond"].
    """
    found: dict[str, str] = {}
    for clause in re.split(r"[,;!?\n]+|\.(?=\s|$)|\s+virgule\s+", join_spelled(plain_text(text)[:MAX_READ])):
        words = clause.split()
        while words and all(part in _FILLER for part in fold(words[0]).split()) and not _begins_particle(words):
            del words[0]
        end = next((n for n, word in enumerate(words) if n and not _is_name_word(word) and fold(word) not in PARTICLES), len(words))
        words = words[:end]
        while words and fold(words[-1]) in PARTICLES:
            words.pop()
        if words and len(words) <= MAX_WORDS and all(map(_is_name_word, words)) and not all(fold(word) in PARTICLES for word in words):
            found.setdefault(fold(" ".join(words)), " ".join(words))
    return list(found.values())


def names_only_label(text: str) -> str | None:
    """Return what name a text asks for that holds the word for it and no name: « le nom de famille » → "family"."""
    plain = plain_text(text)[:MAX_READ]
    found = [*_LABEL.finditer(plain)]
    if len(found) != 1 or read_told_names(plain).names:
        return None
    around = f"{plain[: found[0].start()]} {plain[found[0].end() :]}"
    return str(found[0].lastgroup) if not set(fold(around).split()) - _AROUND_LABEL else None


_AROUND_LABEL = word_set(
    "c est ce le la son sa oui non corriger corrige corrigez modifier changer change changez il faut a mal ecrit faux pas bon svp stp"
)


def _joined(letters: str) -> str:
    whole = "".join(c for c in _TWICE.sub(r"\1\1", letters) if c.isalpha())
    return whole[:1].upper() + whole[1:].lower()


def _after(text: str, start: int, until: int) -> int:
    found = _AFTER.match(text, start, until)
    return found.end() if found else start


def _name_before(text: str, start: int, end: int) -> tuple[int, str]:
    """Return the name that ends at `end` of a text, with where it begins."""
    ends = [found.end() for found in _SENTENCE_END.finditer(text, start, end)]
    begin = max([start, *ends, *(found.end() for found in re.finditer(",", text[:end]) if found.end() > start)])
    words: list[str] = []
    at = begin
    for found in reversed([*_WORD.finditer(text, begin, end)]):
        if not _is_name_word(found[0]) or len(words) == MAX_WORDS or (words and text[found.end() : at].strip()):
            break
        words.insert(0, found[0])
        at = found.start()
    if words and not any(word[0].isupper() for word in words) and len(words) > 2:
        return end, ""
    return at, " ".join(words).strip(".")


def _name_after(text: str, start: int, until: int, *, explicit: bool, several: bool) -> tuple[int, str]:
    """Return the name that begins at `start` of a text, with where it ends.

    Args:
        text: a plain text.
        start: after the word for the name.
        until: where the word for another one stands.
        explicit: « : » or « c'est » leads to it; else only a capital, or the end of the sentence after two words, makes it a name.
        several: further names may follow after commas (« prénoms : Marie, Jeanne »).
    """
    words: list[str] = []
    at = start
    while len(words) < MAX_WORDS and (found := _WORD.match(text, at)) and found.end() <= until and not _LABEL.match(text, at):
        particle = fold(found[0]) in PARTICLES and _WORD.match(text[found.end() :].lstrip()) is not None
        if not (_is_name_word(found[0]) or particle) or (words and words[0][0].isupper() and not (found[0][0].isupper() or particle)):
            break
        words.append(found[0])
        at = found.end()
        gap = re.compile(r"\s*,\s*(?=[A-ZÀ-Þ])|\s+" if several else r"\s+").match(text, at)
        if found[0].endswith(".") and len(found[0]) > 2:
            break
        if gap is None or ("," in gap[0] and re.match(rf"[\w'-]+\s*,?\s*{_IS}\b", text[gap.end() :])):
            break
        at = gap.end()
    while words and fold(words[-1]) in PARTICLES:
        words.pop()
    name = " ".join(words).strip(".")
    rest = text[at:until].strip(" ,.;!?")
    if not name or (not explicit and not name[0].isupper() and (rest or len(words) > 2)):
        return start, ""
    return at, name


def _is_name_word(word: str) -> bool:
    folded = fold(word).split()
    is_name = not set(folded) & _NO_NAME or (word[0].isupper() and not set(folded) - _ALSO_NAMES)
    return bool(folded) and is_name and word[0].isalpha() and not any(c.isdigit() for c in word)


def _begins_particle(words: list[str]) -> bool:
    return words[0][0].isupper() and len(words) > 1 and words[1][0].isupper() and fold(words[0]) in PARTICLES

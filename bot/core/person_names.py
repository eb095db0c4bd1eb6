"""The names of a person as French people give them: birth name, name of use, given names, particles, « née », « épouse », « veuve ».

One reader for every layer: what a dialogue understands, what a form accepts, and (`MARKERS`) what is masked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.core.text_folding import word_set
from bot.core.typed_text import plain_text

CIVILITY = re.compile(r"^(?:(?:m|mr|mme|mlle|melle|mm|monsieur|madame|mademoiselle)(?:\.\s*|\s+))+", re.IGNORECASE)
BIRTH, USED, GIVEN = "birth", "used", "given"
_BIRTH_WORDS = ("né", "née", "nés", "nées", "nee", "fille", "naissance")
_USED_WORDS = ("épouse", "ép", "épse", "veuve", "veuf", "vve", "divorcée", "div", "marital")
MARKERS: dict[str, str] = {**dict.fromkeys(_BIRTH_WORDS, BIRTH), **dict.fromkeys(_USED_WORDS, USED)}
"""Words after which another name of the same person stands, and which. What is masked beside a name begins with the same words."""
_MONTH = r"(?:janv|f[ée]vr?|mars|avr|mai|juin|juil|ao[uû]t|sept|oct|nov|d[ée]c)"
_DATE_OR_PLACE = (
    rf"(?:en\s+)?\d|le\b(?!\s+(?-i:[A-ZÀ-Þ]))|(?:le|un)\s+(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|\w+\s+{_MONTH})"
    rf"|en\s+{_MONTH}|en\s+mille|(?:à|au|aux|a|ou)\s"
)
"""What follows « née » where it tells when or where, not how somebody was called; « Le » before a capital is of a name."""
_PHRASES = re.compile(
    r"(?<!\w)(?:(?P<birth>(?:son\s+|le\s+)?nom\s+(?:de\s+(?:naissance|jeune\s+fille|famille|fille)|patronymique)|"
    rf"n[ée](?:\(e\)|e)?s?\s+(?:sous\s+le\s+nom\s+de\s+)?(?!{_DATE_OR_PLACE})|n[ée]e?\s*:|fille\s+(?!de\b))"
    r"|(?P<used>(?:son\s+|le\s+)?nom\s+(?:d'\s*(?:usage|épouse|epouse|époux)|marital|usuel|utilisé)|"
    r"(?:épouse|epouse|épse|epse|ép|ep|veuve|veuf|vve|divorcée?|divorcee|div|mariée?|mariee)(?=[\s.:]))"
    r"|(?P<given>(?:son\s+|ses\s+|le\s+|les\s+)?(?:premiers?\s+)?pr[ée]noms?)"
    r"|(?P<family>(?:son\s+|le\s+)?nom(?=\s*(?:[:=]|est\b|c'est\b)|\s+(?-i:[A-ZÀ-Þ]))))(?:\s*(?:\.|:|est|c'est|sont|=))*\s*",
    re.IGNORECASE,
)
_BORN_WHEN = re.compile(rf"[\s,(]*\bn[ée](?:\(e\)|e)?s?\s+(?:{_DATE_OR_PLACE}).*\Z", re.IGNORECASE)
_CALLED = re.compile(r"^(?:(?:elle|il|on)\s+s'appelle|(?:c'est|ce\s+sont))\s+", re.IGNORECASE)
PARTICLES = word_set("de du des d' la le les l' van von der den el al ben da di dos del della")
"""Words that begin a family name, in whatever case."""


_NAME_ENDS = re.compile(
    rf"[\s,(]*(?:\bn[ée](?:\(e\)|e)?s?\s+(?:{_DATE_OR_PLACE})|\b(?:ddn|date\s+de\s+naissance)\b|(?:\ble\s+)?\d|[;!?\n]|\.\s+(?=[A-ZÀ-Þ]?[a-zà-ÿ]+\s)"
    r"|\b(?:svp|stp|merci|qui|pour|dans|avec|demeurant|habit\w+|domicili\w+|patiente?|suivi\w*|s'il|sexe|femme|homme|au|aux|à|sur)\b)",
    re.IGNORECASE,
)
"""Where the words of a name end in a message."""


@dataclass(frozen=True)
class PersonNames:
    """Names of one person; "" for one that is not given. `used` is the name of use, where it is not the birth name."""

    birth: str = ""
    given: str = ""
    used: str = ""


def read_names(text: str) -> PersonNames:
    """Return the names that a text gives which is a person's name and nothing else."""
    plain = _BORN_WHEN.sub("", plain_text(text))
    plain = _CALLED.sub("", re.sub(r"\s+([-'])\s+|(?<=')\s+", r"\1", re.sub(r"[()]", " ", plain)).strip())
    marked: dict[str, str] = {}
    start, role, head = 0, "", ""
    for found in [*_PHRASES.finditer(plain), None]:
        piece = _cleaned(plain[start : found.start() if found else len(plain)])
        if role and piece:
            marked.setdefault(role, piece)
        elif piece:
            head = piece
        if found:
            start, role = found.end(), "birth" if found.lastgroup == "family" else str(found.lastgroup)
    if not marked:
        return split_name(head)
    return _combine(head, marked)


def holds_marked_name(text: str) -> bool:
    """Return whether a text says which name is which: « née Petit », « nom de naissance : … », « épouse … », « prénoms … »."""
    return _PHRASES.search(_BORN_WHEN.sub("", plain_text(text))) is not None


def find_marked_name(text: str, start: int | None) -> str | None:
    """Return the words of a plain text that name a person with « née », « épouse » and the like; None where it has none of these.

    Args:
        text: a whole message.
        start: offset at which a name was found in it, if one was.
    """
    found = _PHRASES.search(text)
    if found is None:
        return None
    begins = found.start() if start is None else min(start, found.start())
    ends = _NAME_ENDS.search(text, begins)
    return text[begins : ends.start() if ends else len(text)]


def split_name(text: str) -> PersonNames:
    """Return birth and given names of a name without « née » and the like.

    What stands before a comma is the family name; else the words in capitals are; else a particle begins it, before its first word or
    in the middle; else it is the last word. A single word, or particles with one, is a family name.
    """
    text = CIVILITY.sub("", text.strip())
    before, comma, after = text.partition(",")
    words = text.replace(",", " ").split()
    capitals = [at for at, word in enumerate(words) if _is_capitals(word)]
    if capitals and len(capitals) < len(words):
        family = _with_particles(words, capitals)
        if len(family) < len(words):
            return PersonNames(" ".join(words[at] for at in family), " ".join(word for at, word in enumerate(words) if at not in family))
        return PersonNames(" ".join(words))
    if comma and before.strip() and after.strip():
        return PersonNames(before.strip(), " ".join(after.replace(",", " ").split()))
    if not words:
        return PersonNames()
    end = 0
    while end < len(words) - 1 and words[end].lower() in PARTICLES:
        end += 1
    if end or _is_elided(words[0]):
        return PersonNames(" ".join(words[: end + 1]), " ".join(words[end + 1 :]))
    start = next((at for at, word in enumerate(words) if at and (word.lower() in PARTICLES or _is_elided(word))), len(words) - 1)
    return PersonNames(" ".join(words[start:]), " ".join(words[:start]))


def _combine(head: str, marked: dict[str, str]) -> PersonNames:
    birth, given, used = marked.get(BIRTH, ""), marked.get(GIVEN, ""), marked.get(USED, "")
    for piece in (head, used):  # « Jeanne Durand née Petit », « DURAND Jeanne née PETIT »
        if piece and not given and len(piece.split()) > 1:
            given = split_name(piece).given
    head_names, used_names = split_name(head), split_name(used)
    if birth:
        first = _leading_family(birth) if not given else split_leading(birth, given)
        birth, given = first.birth, given or first.given
        return PersonNames(birth, given, used_names.birth or (head_names.birth if head_names.birth != given else ""))
    if given and head and marked.get(GIVEN):
        return PersonNames(head_names.birth if not head_names.given else head, given, used_names.birth)
    return PersonNames(head_names.birth, given, used_names.birth)


def _leading_family(piece: str) -> PersonNames:
    """Return the names of « PETIT Jeanne », « Le Gall Jeanne »: after « née » the family name comes first."""
    names = split_name(piece)
    words = piece.replace(",", " ").split()
    if not names.given or (any(_is_capitals(word) for word in words) and not all(_is_capitals(word) for word in words)):
        return names
    end = 0
    while end < len(words) - 1 and words[end].lower() in PARTICLES:
        end += 1
    return PersonNames(" ".join(words[: end + 1]), " ".join(words[end + 1 :]))


def split_leading(piece: str, given: str) -> PersonNames:
    """Return the birth name of a piece whose given names are known from elsewhere."""
    known = {word.lower() for word in given.split()}
    left = [word for word in piece.split() if word.lower() not in known]
    return PersonNames(" ".join(left or piece.split()), given)


def _cleaned(piece: str) -> str:
    return CIVILITY.sub("", piece.strip(' ,;:./-"«»!?').strip())


def _is_capitals(word: str) -> bool:
    """Return whether a word is in capitals, a particle before it apart: « MARTIN », « d'ARC »."""
    letters = re.sub(r"\A(?:d|l)'", "", word)
    return letters.isupper() and sum(map(str.isalpha, letters)) > 1


def _is_elided(word: str) -> bool:
    return re.match(r"(?:d|l)'\w", word, re.IGNORECASE) is not None


def _with_particles(words: list[str], capitals: list[int]) -> set[int]:
    """Return the words in capitals with the particles right before them: « de LA TOUR »."""
    family = set(capitals)
    for at in capitals:
        before = at - 1
        while before >= 0 and words[before].lower() in PARTICLES:
            family.add(before)
            before -= 1
    return family

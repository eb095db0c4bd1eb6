"""Whether words around a name show that it is a professional's, or the speaker's own: a title, a profession, a request about partners.

A name without such words is taken for an usager's.
"""

from __future__ import annotations

from collections.abc import Sequence

from nlu.pii.name_features import MARK, Reading, split_words

PROFESSIONAL, CORRECTION, USAGER = "professional", "correction", "usager"
"""What the dialogue may have asked for: a professional, a yes about one, in whose place another may be named, or an usager."""
_INSTEAD = frozenset(("plutot", "pas", "non"))
_TITLES = frozenset(
    split_words(
        "docteur professeur dr pr docteure confrere consoeur collegue collegues interne remplacant remplacante binome associe associee "
        "secretaire prestataire"
    )
)
_REQUESTS = (
    "ajout",
    "rajout",
    "associ",
    "rattach",
    "invit",
    "retir",
    "enlev",
    "remplac",
    "cherch",
    "recherch",
    "conna",
    "integr",
    "dissoci",
)
"""Beginnings of words that ask for something about a professional."""
_GIVING = ("ajout", "rajout", "associ", "rattach")
"""Those of them that give an usager a professional."""
_WEAK_REQUESTS = (
    "mets",
    "mettre",
    "mettez",
    "donn",
    "supprim",
    "trouv",
    "retrouv",
    "partag",
    "ouvr",
    "inscri",
    "exclu",
    "prefer",
    "choisi",
    "prev",
    "transm",
)
"""Beginnings of words that ask for something about a professional or an usager."""
_ACCOUNT = frozenset(
    split_words(
        "compte comptes acces annuaire participe participer partenaire partenaires rejoindre rejoint exerce inscrit "
        "inscrite professionnel code "
        "professionnelle intervenant intervenante demande demandes nomme ror"
    )
)
_SPEAKER = frozenset(split_words("suis ici appelle presente"))
_CLOSINGS = frozenset(split_words("cordialement cdt cdlt bien respectueusement salutations merci journee soiree avance vous"))
_USAGER = frozenset(
    split_words(
        "dossier dossiers fiche patient patiente patients patientes usager usagere usagers resident residente residents "
        "beneficiaire malade chez pour mamie mamy papi "
        "papy ne nee veuve veuf epouse famille fille fils mari femme soeur frere mere pere neveu niece tante oncle "
        "aupres dame monsieur voisine "
        "concernant sujet propos"
    )
)
"""Words that a name after them makes an usager's."""
_LITTLE = frozenset(
    split_words("le la les l' un une de du d' des au aux a madame monsieur mademoiselle m mme est et c' que qu' ma mon notre son sa")
)
_BEFORE_JOB = frozenset(split_words("le la l' un une votre notre ma mon nouvelle nouveau nouvel ancienne ancien est c'"))
"""Words that may stand between a name and what somebody is."""
_REACH, _AFTER = 12, 6


def is_professional(readings: Sequence[Reading], start: int, end: int, asked: str) -> bool:
    """Return whether the name of the words from `start` to before `end` has professional context around it.

    Args:
        readings: the words of the message.
        start: the name's first word.
        end: the word after its last one.
        asked: what the dialogue had asked for.
    """
    forms = _forms(readings)
    if _is_cared_for(readings, forms, start):
        return False
    if asked == PROFESSIONAL and not any(form in _USAGER - {"pour", "monsieur"} for form in forms[:start]):
        return True
    if asked == CORRECTION and _INSTEAD & set(forms[max(start - 4, 0) : start]) and not _USAGER & set(forms[:start]):
        return True
    return _before(readings, forms, start) or _after(readings, forms, end)


def _forms(readings: Sequence[Reading]) -> list[str]:
    forms = [_form(reading) for reading in readings]
    return [_in_context(form, after) for form, after in zip(forms, [*forms[1:], ""], strict=True)]


def _form(reading: Reading) -> str:
    if reading.token.text in ("pr", "PR"):
        return "pour"  # « Pr » alone is a title
    return (reading.word if reading.word and reading.word[0] != "<" else reading.token.form).split()[-1]


def _in_context(form: str, after: str) -> str:
    """Return a word, empty where the next one makes another of it: « compte rendu », « demande si »."""
    another = (form == "compte" and after[:1] == "r") or (form.startswith("demande") and after not in ("de", "d'", "du", "pour"))
    return "" if another else form


def _is_job(reading: Reading) -> bool:
    return bool(reading.token.classes & {"job", "~job"}) and reading.token.form not in ("as", "pass", "orthos")


def is_asked_for(readings: Sequence[Reading], start: int) -> bool:
    """Return whether the word right before a name asks for something about a professional: « merci d'ajouter X »."""
    at = start - 1
    while at >= 0 and "civ" in readings[at].token.classes:
        at -= 1
    return at >= 0 and _form(readings[at]).startswith(_REQUESTS)


def _is_cared_for(readings: Sequence[Reading], forms: Sequence[str], start: int) -> bool:
    """Return whether the name is of whom a professional cares for: « kiné de X », « ajoute la diététicienne à X », « pour X »."""
    at = start - 1
    while at >= 0 and forms[at] not in _TITLES and ("civ" in readings[at].token.classes or forms[at] in ("le", "la")):
        at -= 1
    if at < 0:
        return False
    if forms[at] in _USAGER - {"pour", "monsieur", "de"}:
        return True
    owner = forms[at - 1] if at and forms[at] in ("de", "d'") else ""
    if owner not in _TITLES and owner and (_is_job(readings[at - 1]) or owner in ("partenaire", "partenaires")):
        return True
    before = forms[max(at - 5, 0) : at]
    if any(form in _ACCOUNT for form in before):
        return False
    if forms[at] == "pour":
        return True
    if forms[at] == "a":
        return any(map(_is_job, readings[max(at - 3, 0) : at])) and any(form.startswith(_GIVING) for form in before)
    return False


def _before(readings: Sequence[Reading], forms: Sequence[str], start: int) -> bool:
    near, weak = True, any(reading.word == "<dossier_ref>" or _is_job(reading) for reading in readings)
    for step, at in enumerate(range(start - 1, max(start - _REACH, 0) - 1, -1)):
        form = forms[at]
        if near and (form in _TITLES or _is_job(readings[at])):
            return True
        if step < 5 and (form in _ACCOUNT or form in _SPEAKER):
            return True
        if step < 5 and form in _CLOSINGS and all(forms[place] in _CLOSINGS or readings[place].kind == MARK for place in range(at, start)):
            return True
        if (
            form in _USAGER
            and not _is_job(readings[at])
            and not (form == "pour" and step < 3 and at and any(f in _ACCOUNT for f in forms[max(at - 4, 0) : at]))
        ):
            return False
        if form.startswith(_REQUESTS) or (weak and form.startswith(_WEAK_REQUESTS)):
            return True
        near = near and (form in _LITTLE or readings[at].kind == MARK or "org" in readings[at].token.classes)
    return False


def _after(readings: Sequence[Reading], forms: Sequence[str], end: int) -> bool:
    at = end
    while at < len(readings) and (readings[at].kind == MARK or forms[at] in _BEFORE_JOB):
        if forms[at] in (".", "!", "?"):
            break
        at += 1
    if at < len(readings) and (_is_job(readings[at]) or forms[at] in _TITLES or forms[at : at + 2] == ["me", "remplace"]):
        return True
    return any(forms[place] in _ACCOUNT for place in range(end, min(end + _AFTER, len(readings)))) and not any(
        form in _USAGER for form in forms[end : end + _AFTER] if form not in ("dossier", "pour")
    )

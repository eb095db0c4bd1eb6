"""Answers that several flows read the same way: an e-mail address, a position in a list, « je ne sais pas », a wish to correct.

Patterns named `_FOLDED` are of folded text: no accents, a space for each apostrophe, no punctuation.
"""

from __future__ import annotations

import re

from actions.framework.negation import affirmed
from actions.framework.turn import Turn
from bot.core.text_folding import MAX_CHARACTERS, flat, fold, word_set
from bot.core.typed_text import email_words, unwrap_emails

CORRECTION_REQUEST = re.compile(r"\W*(?:corrig\w*|chang\w*|modifi\w*)\b", re.IGNORECASE)
"""« corriger », « modifier le nom » at the beginning of a message, whatever its intent."""
_POSITION = re.compile(r"\W*(?:l[ea']\s*)?(?:n[°o]\s*)?(\d{1,2})\W*")
_YES_WORDS = word_set(
    "oui ouii ouais wi yes yep yo ok okay oki okey d accord dac daccord entendu compris note c est ca cela bon"
    " bien tres parfait parfaitement super"
    " genial top nickel impeccable cool exact exactement tout a fait effectivement absolument volontiers merci"
    " mercii mrc bcp beaucoup bonne"
    " bonjour journee soiree weekend week end aurevoir au revoir bientot alors donc eh ben bah ah oh"
    " et pour vous toi moi nous je on"
    " marche roule va vas y allez allons fait svp stp voila de rien"
    " evidemment bien sur carrement"
    " confirme valide en aussi apres midi courage continuation bye ciao tchao salut tous"
    " le la vraiment suis est"
)
"""Words of a yes, thanks and goodbyes."""
_COURTESY = re.compile(
    r"\b(?:s il (?:te|vous) plait|pas de (?:probleme|soucis?)|sans (?:probleme|soucis?)|a demain|a plus(?: tard)?|a la prochaine|bonne nuit"
    r"|bonne fin d(?:e|apres) (?:\w+|week end|apres midi)|bon (?:week end|apres midi|courage))\b"
)
"""What is said beside a yes in words that would be a no, or a day, on their own. Of a folded text."""
SKIPPED = "-"
"""Value of a field that is left out: it is not asked for again."""
_KNOWS = r"(?:sais|sai|sait|c|se|connais|connait|connai|j?ai|as|a|avons|ont|dispose|trouve|retrouve|possede)"
_KNOWS_NOT = rf"{_KNOWS} (?:pas|plus|rien|aucune?|jamais)"
_WITHOUT_WORTH = (
    r"(?:ah|oh|bah|ben|euh+|hum|alors|la|ca|cela|desolee?|pardon|mais|malheureusement|franchement|honnetement|je suis desolee?|moi|pour"
    r" l instant|pour le moment|encore|du tout|non plus|sous la main|merci|hein|tout de suite|non|et)"
)
_WHAT = r"(?:de |d )?(?:cette |son |sa |l |la |le |aucune )?(?:information|info|renseignement|donnee|reponse|idee)"
_FOLDED_UNKNOWN = re.compile(
    rf"(?:{_WITHOUT_WORTH} )*"
    rf"(?:(?:je |j |on |nous )?(?:ne |n |en |le |la |les |l |j )*(?:{_KNOWS_NOT}(?: {_WHAT})?|ignor\w+)|je passe"
    r"|ch?ais pas|chaipas?|pas (?:la moindre )?idee|aucune?(?: idee)?|pass(?:e[rz]?|ons)|suivante?|sans|(?:il )?(?:y )?(?:n )?y? ?en a pas"
    r"|pas (?:encore )?(?:de |d )\w+|pas connue?|inconnue?|jsp|nsp)"
    rf"(?: {_WITHOUT_WORTH})*"
)
_FOLDED_FILLER = re.compile(r"(?:non|rien|bof|lol|euh+|attend[sz]?|plus tard)")
_MAIL = r"(?:e ?mails?|mails?|courriels?|mel|adresses? (?:e ?mail|mail|mel|electronique|courriel|internet|pro\w*))"
_LESS = r"(?: (?:encore|de|d|du|son|sa|ses|le|la|l|les|leur|votre|cette|moi|pour|instant|quel|quelle|est|connaissance|adresse))*"
_FOLDED_NO_EMAIL = re.compile(
    rf"\b(?:(?:ignor\w+|{_KNOWS_NOT}|sans|aucun|manque){_LESS}|pas(?: encore)?(?: de| d)?(?: adresse)?) {_MAIL}\b"
    rf"|\b{_MAIL}(?: (?:moi|ca|son|elle|lui|je|j|on|nous|en|l|le|la|n|ne|est|reste|pour|instant|encore|malheureusement))*"
    rf" (?:ignor\w+|inconnue?s?|{_KNOWS_NOT}|(?:pas|non) (?:encore )?connue?|manquante?|aucune idee|pas idee|jsp|nsp|a completer)\b"
)
"""« j'ignore son e-mail », « pas de mail pour l'instant », « son mail j'en sais rien »."""

_TROUBLE = r"(?:soucis?|problemes?|pb|genante?|grave|bloquant|embetant)"
_FOLDED_NEEDED = re.compile(
    rf"\b(?:pose|fait|cree|est|serait|y a|c est)(?: (?:t|il|elle|ce|pas|un|de))* {_TROUBLE}\b"
    r"|\b(?:peut|peux|pouvez|possible|marche|passe|envoyer|commencer|faire)(?: \w+){0,3} sans\b"
    r"|\b(?:obligatoire|indispensable)\b|\b(?:m avez|m as) pas repondu\b"
)
"""« ça pose souci ? », « c'est grave ? », « on peut envoyer sans ? », « c'est obligatoire ? »."""


_FOLDED_YES = re.compile(r"(?:oui|ouais|ok|okay|d accord|entendu|parfait|c est bon|c est ca|exact\w*|tout a fait|je confirme)\b")


_OPENS_CANCELLING = re.compile(
    r"\W*(?:(?:bon|non|nan|ok|stop|merci|mais|alors)\W+)*"
    r"(?:annul(?:e|er|ez)(?: (?:tout|ca|tout ca))?|laisse[rz]? tomber(?: (?:tout|ca|tout ca))?|on (?:annule|oublie|arrete)(?: (?:tout|ca))?"
    r"|arrete[rz]? tout|oublie[rz] (?:tout|ca)) *(?:[.,;:!?\n]|\Z)"
)
"""Of a flat text."""
_TAKES_CANCELLING_BACK = re.compile(
    r"\W*(?:(?:ah|euh|oh|mais|bon|et)\W+)*(?:non|nan|enfin|finalement|en fait|attend\w*|je (?:plaisante|rigole))\b"
)
"""« annule. non je plaisante »: what follows a cancellation in a flat text."""


_FOLDED_SURE_YES = re.compile(
    r"\b(?:oui|ouii|ouais|wi|yes|yep|ok|okay|oki|d accord|dac|daccord|c est bon|c est ca|c est parfait|je confirme|je valide"
    r"|parfait|exact|exactement|tout a fait|vas y|allez y)\b"
)
"""A yes among the words that may stand beside one."""


_GIVES_UP = re.compile(
    r"\bsurtout pas *\Z|\blaisse[rz]? (?:\w+ )?tomber\b|\b(?:arrete|annule|oublie|efface)[rz]? tout\b|\bni (?:les|aux) autres\b"
    r"|\bpas (?:non plus|question) *\Z"
)
"""Of a clause of a flat text."""
_FOLDED_NOTHING = re.compile(r"(?:(?:non|nan|ah|oh|bon|merci|stop|rien) )*(?:aucun|nulle part|stop|pas du tout|surtout pas)(?: merci)?")
_CLAUSE_END = re.compile(r"[,;.:!?\n]+")
_KEEPS_SOME = re.compile(r"\b(?:mais|sauf|seulement|juste|uniquement|oui|ok|valide\w*|confirme\w*|plutot)\b|\d")
"""What is not refused beside a refusal: somebody, a date, a yes; of flat texts."""


def find_email(text: str) -> str | None:
    """Return the word of a text that is meant as an e-mail address, out of its wrapping and unchecked; the last one of several."""
    typed = unwrap_emails(text)
    words = [{"value": address, "start": start, "end": end} for address, start, end in email_words(typed)]
    return next((str(word["value"]) for word in reversed(affirmed(typed, words))), None)


def list_position(turn: Turn) -> int | None:
    """Return the position in a list that a typed message gives: « le deuxième », « 2 » → 1; « le dernier » → -1. None for any other."""
    if turn.is_button:
        return None
    ordinal = turn.entity("ordinal")
    found = _POSITION.fullmatch(turn.text)
    number = ordinal if ordinal and re.fullmatch(r"-?\d{1,2}", ordinal) else found[1] if found else None
    if number is None:
        return None
    return int(number) - 1 if int(number) > 0 else int(number)


def at_position(entries: list[str], position: int | None) -> str | None:
    """Return the entry of a list at a position, None if the list has no such position."""
    if position is None or not -len(entries) <= position < len(entries):
        return None
    return entries[position]


def is_yes_with_courtesy(text: str) -> bool:
    """Return whether a text is a yes with thanks or goodbyes and nothing else: « voilà oui merci bonne journée »."""
    if "?" in text or len(text) > MAX_CHARACTERS:
        return False
    words = _COURTESY.sub(" ", fold(text.replace("’", "'")))
    return bool(_FOLDED_SURE_YES.search(words)) and not set(words.split()) - _YES_WORDS


def opens_with_yes(text: str) -> bool:
    """Return whether a text begins with a yes, whatever follows: « oui elle est au courant, mais jusqu'au 15 »."""
    return bool(_FOLDED_YES.match(fold(text.replace("’", "'"))))


def opens_with_cancellation(text: str) -> bool:
    """Return whether a text begins by giving up what is under way: « annuler. qui a ajouté … ? », « laissez tomber, … »."""
    words = flat(text[:MAX_CHARACTERS])
    found = _OPENS_CANCELLING.match(words)
    return found is not None and not found[0].endswith("?") and not _TAKES_CANCELLING_BACK.match(words, found.end())


def gives_up(text: str) -> bool:
    """Return whether a refusal is of all that belongs to it: « NON surtout pas », « laissez tomber », « stop arrêtez tout »."""
    words = flat(text[:MAX_CHARACTERS])
    if _KEEPS_SOME.search(words) or "?" in words or len(text) > MAX_CHARACTERS:
        return False
    return bool(_FOLDED_NOTHING.fullmatch(fold(words))) or any(_GIVES_UP.search(clause) for clause in _CLAUSE_END.split(words))


def says_unknown(text: str) -> bool:
    """Return whether a text says that the answer is not known, or is left out: « je ne sais pas », « aucune idée », « passer »."""
    return len(text) <= MAX_CHARACTERS and bool(_FOLDED_UNKNOWN.fullmatch(fold(text)))


def gives_no_answer(text: str) -> bool:
    """Return whether a text is no answer: it says that there is none, or says nothing (« bof », « non », « attends »)."""
    return says_unknown(text) or bool(_FOLDED_FILLER.fullmatch(fold(text)))


def lacks_email(text: str) -> bool:
    """Return whether a text, however long, says that an e-mail address is not known or that there is none, and gives none."""
    clauses = re.split(r"[.;:!?\n]+", text)
    parts = (clause[start : start + MAX_CHARACTERS] for clause in clauses for start in range(0, len(clause), MAX_CHARACTERS // 2))
    return any(_FOLDED_NO_EMAIL.search(fold(part)) for part in parts) and find_email(text) is None


def asks_if_needed(text: str) -> bool:
    """Return whether a text asks whether what is missing matters: « ça pose souci ? », « on peut faire sans ? »."""
    return _FOLDED_NEEDED.search(fold(text)) is not None


def holds_more_than_yes(turn: Turn) -> bool:
    """Return whether a typed yes holds anything else: a question, facts, a wish (« ok alors c'est bon retirez moi »)."""
    if turn.is_button:
        return False
    if "?" in turn.text or turn.message.get("entities"):
        return True
    return bool(set(fold(turn.text.replace("’", "'")).split()) - _YES_WORDS)

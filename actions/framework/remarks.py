"""Remarks beside a yes that say nothing of the act: « je préciserai l'orthographe à l'équipe après », « elle passe le mardi ».

A remark is known by its whole clause, from where it begins to where it ends: what goes on in any other way, or says anything beside it, is
none, and is read as every other word of the answer. What the usager or their family is yet to be told or asked is never one: the basis
for sharing depends on it.
"""

from __future__ import annotations

import re

from bot.core.text_folding import fold_in_place

MAX_READ = 400
"""Characters of a text in which remarks are looked for; a yes that is longer is not read as one."""
_OPENING = (
    r"(?:(?:^|[,;.:!?()…\n–—])\s*"
    r"(?:(?:et|puis|ensuite|sinon|donc|bon|d'ailleurs|de toute facon|d'ordinaire|d'habitude|bien sur|oui|ok)\s+)*"
    r"|\b(?:oui|ok|ouais|parfait|d'accord|merci|et|comme ca)\s+)"
)
"""Where a remark may begin: with a clause, or after a yes."""
_END = r"\s*(?=[,;.:!?()…\n–—]|$)"
_LATER = (
    r"(?:\s+(?:apres|ensuite|plus tard|demain|ce soir|tout a l'heure|moi[- ]meme|directement|au besoin"
    r"|dans la (?:journee|semaine|foulee)))*"
)
_TEAM = (
    r"(?:l'equipe(?: sphere)?|sphere|vos collegues"
    r"|(?:la|le|mon|ma|un|une|notre) (?:collegue|secretaire|secretariat|cabinet|confrere|consoeur)"
    r"|l'assistante|l'accueil|support|mes collegues|(?:aux|les) collegues)"
)
_FACT = (
    r"(?:(?:l'|la |le |les |son |sa |ses |une? )(?:(?:bonne|bon|vraie?|autre) )?"
    r"(?:orthographe|adresse|mail|e-?mail|courriel|numero|telephone"
    r"|tel|portable|rpps|finess|precisions?|coordonnees?|horaires?|nom exact|prenom exact|details?|papiers?|ordonnances?|courrier|bilan))"
)
_OWN = r"(?:(?:moi )?(?:je|on|nous)\s+(?:(?:vais|va|allons|peux|pourrai)\s+)?(?:vous\s+|le\s+|la\s+|les\s+|l')?|j'(?:irai\s+)?)"
_GIVES = r"(?:precis|complet|redonn|donn|transmet|transmett|envoi|enverr|enver|communiqu|renvoi|renverr|not|dicter|fourni)\w*"
_TELLS = r"(?:precis|complet|dir|di|signal|previen|previendr|preven|inform|expliqu|transmet|transmett|rappel|ecri|ecrir|redi|redir)\w*"
_OWN_DOINGS = (
    rf"{_OWN}{_GIVES}\s+{_FACT}(?:\s+(?:a|au|aux)\s*{_TEAM})?{_LATER}",
    rf"{_OWN}{_TELLS}(?:\s+(?:a|au|aux))?\s*{_TEAM}{_LATER}",
    r"je (?:dois (?:filer|partir|y aller)|file|repars en (?:tournee|visite)|pars en (?:tournee|visite)|reprends ma tournee)" + _LATER,
    rf"j'ai (?:une?|encore une?) (?:visite|rendez[- ]vous|rdv|reunion|tournee|soin|patient|patiente){_LATER}",
    r"je (?:vous|te) laisse(?: faire| travailler| tranquille)?",
)
_WHO = r"(?:elle|il|elles|ils|(?:le|la|mon|ma|notre) (?:kine|infirmiere?|aide[- ]soignante?|medecin|ergo|orthophoniste|collegue))"
_WEEKDAY = r"(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)s?"
_OFTEN = (
    rf"(?:(?:(?:le|les|tous les|toutes les|chaque)\s+(?:{_WEEKDAY}|jours?|semaines?|matins?|soirs?|week-?ends?|apres[- ]midis?)"
    r"|l'apres[- ]midi)(?:\s+(?:matins?|soirs?|apres[- ]midis?))?"
    r"|(?:une|deux|trois|quatre|\d) fois par (?:jour|semaine|mois))"
)
_HABITS = (
    rf"{_WHO} (?:passe(?:nt)?|repasse(?:nt)?|viennent|vient|interviennent|intervient|travaille(?:nt)?|consulte(?:nt)?"
    r"|est (?:la|chez (?:lui|elle))"
    r"|fait (?:sa|ses|la) (?:tournee|visite|toilette)s?|fait ses soins|le voit|la voit)(?: (?:deja|d'habitude|d'ordinaire|toujours))?"
    rf"(?: chez (?:lui|elle|eux))?\s+{_OFTEN}(?:\s+et\s+{_OFTEN}|\s+et\s+{_WEEKDAY})*",
    r"c'est (?:deja )?(?:bien )?(?:elle|lui)\s*,?(?:\s*[a-z-]+\s*,)?\s*qui (?:me|nous) remplace(?: d'habitude| d'ordinaire| toujours)?",
    r"(?:elle|il) (?:me|nous) remplace (?:d'habitude|d'ordinaire|toujours|souvent)",
    r"c'est (?:mon|ma|notre) remplacante?(?: habituel(?:le)?)?",
)
_CALL = (
    r"(?:dites[- ]le[- ]moi|appelez[- ]moi|rappelez[- ]moi|ecrivez[- ]moi|n'hesitez pas|je suis (?:la|joignable|disponible)"
    r"|vous m'appelez|vous me (?:dites|rappelez))"
)
_COURTESIES = (
    r"des que (?:vous (?:pouvez|pourrez)|possible)",
    r"quand (?:vous (?:voulez|pouvez|pourrez|aurez (?:le temps|un moment))|tu (?:veux|peux))",
    r"tant qu'?\s?(?:on y est|j'y suis|vous y etes|a faire)",
    rf"si (?:besoin|vous avez besoin(?: de quelque chose)?|vous avez (?:une|des) questions?) {_CALL}",
    rf"s'il (?:vous )?(?:manque|faut) (?:quelque chose|autre chose)\s*,?\s*{_CALL}",
)
_TEAM_YES = r"(?:(?:c'est (?:bien )?)?(?:la )?meme equipe(?: de soins?)?|c'est (?:bien )?(?:elle|lui))"
_REMARK = re.compile(
    rf"{_OPENING}(?P<remark>(?:{'|'.join((*_OWN_DOINGS, *_HABITS, *_COURTESIES))})){_END}",
)
_SEEN_TOO = re.compile(
    rf"\b{_TEAM_YES}\s*,(?P<remark>\s*(?:et )?si c'est (?:elle|lui) qui (?:suit|voit|connait|soigne) (?:mme|madame|m\.?|monsieur)"
    rf" [a-z'-]+ aussi\s*,?\s*(?:c'est (?:parfait|tres bien|encore mieux|super)|tant mieux)){_END}"
)
"""A welcome coincidence, where the same care team was said for itself: it is no condition of the yes."""


def harmless_remarks(text: str) -> list[tuple[int, int]]:
    """Return the places of the remarks of a text that say nothing of the act, in their order."""
    if len(text) > MAX_READ:
        return []
    plain = fold_in_place(text)
    found = [match.span("remark") for pattern in (_REMARK, _SEEN_TOO) for match in pattern.finditer(plain)]
    return sorted(found)


def without_remarks(text: str) -> str:
    """Return a text with spaces in the place of its harmless remarks, so that offsets stay right."""
    for start, end in harmless_remarks(text):
        text = text[:start] + " " * (end - start) + text[end:]
    return text

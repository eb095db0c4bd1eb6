"""What excepts the urgent, as patterns over canonical text, and the words that stop notices by themselves."""

from __future__ import annotations

_SMALL = r"(?:que|si|quand|lorsque|en|cas|pour|c|est|ca|il|y|a|l|une?|les?|des?|d|ce|qui|vraiment|tres|bien|soit|sont|celles?|ceux|notif)"
COMES = r"(?: (?:peut|peuvent|doit|doivent|faut|toujours|bien|quand|meme|reste|restent|me|m))*"
BUT_URGENT = (
    rf"(?:sauf|hormis|excepte|a part|hors|en dehors)(?: {_SMALL}){{0,8}} (?=urgen)|"
    rf"mais (?:(?:pas )|(?:(?:laisse|garde|envo[iy]e|previen|preven)[a-z]* (?:moi )?(?:(?:passer|pour|quand meme|si c est) )*))?"
    rf"(?:(?:l|les|ce|qui|est|tout) )*(?=urgen)"
)
"""« sauf si c'est urgent », « hors urgence », « mais l'urgent doit passer »: what is urgent is excepted."""
STRONG = (
    *("stop", "arret", "coup", "desactiv", "cess", "n en", "en veux", "desabonn", "desinscri"),
    *("interromp", "mett", "fou", "fich", "laiss"),
)

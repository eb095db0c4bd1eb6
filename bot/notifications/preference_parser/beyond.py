"""What no change of preferences can hold, as patterns over canonical text: it is asked about, never dropped."""

from __future__ import annotations

from bot.notifications.preference_parser.dates import DAY

_ORDINAL = r"(?:1 er|1 ere|premiere?s?|2 eme|deuxiemes?|second|troisiemes?|derniere?s?)"
_OTHERS = r"(?:toute (?:l |notre |mon )?equipe|tout le (?:monde|service|cabinet)|(?:ma|mon|mes|nos|tous mes|toutes mes) collegues?)"
_CUT = r"(?:coup|arret|desactiv|enlev|stop|suspen|supprim|retir|bloqu|cess|oubli)"
_NOT_TO = (
    r"(?:(?:pas|jamais)(?: (?:besoin|envie|question|la peine|necessaire|utile|souhaite|demande|voulu|dit|surtout))? (?:de|d)|"
    r"(?:veux|faut|voulais|souhaite|voudrais|surtout|dois) pas)"
)

BEYOND = "|".join(
    (
        r"(?:un|une|1) (?:jours?|weekend|semaines?|nuits?|mois|fois|soirs?|matins?) sur [a-z0-9]+",
        r"(?:semaines?|jours?|weekend|dates?) (?:im)?paire?s?",
        rf"(?:le |la |les )?{_ORDINAL} (?:{DAY}s?|jours?|semaines?|weekend) d[ue]s?(?: [a-z]+)?",
        rf"(?:pour |a )?{_OTHERS}",
        r"(?:l )?autres? jours?|(?:l )?(?:aube|aurore|crepuscule)|le temps (?:de|du|d|que)\b|tant que",
        r"en journee|la journee|de jour\b|(?:cet?|l|en|d) (?:ete|hiver|automne)|(?:le |ce |au )?printemps",
        r"(?:pendant|durant) (?:tout|toute) (?:le|la) (?:journee|mois|annee|an)",
    )
)
"""Rhythms, times and people that preferences know nothing of."""
OPPOSITE = rf"(?:ne|n|{_NOT_TO}) (?:me |m |nous |te |surtout |plus |pas |les |la |le )*{_CUT}[a-z]*\b"
"""« n'arrête pas », « je ne veux pas couper »: the opposite of what the verb says alone."""

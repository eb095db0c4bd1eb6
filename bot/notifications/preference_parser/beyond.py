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
        r"des (?:que|qu) (?:je|j|on|nous)\b[a-z ]*",
        r"(?:si|quand|lorsque) (?:c est|ca|cela|il|elle|ils|elles|la|le|les|un|une|l)\b",
        r"de temps (?:en temps|a autre)|a l occasion",
        r"(?:toute )?la semaine (?:d|du|de|des|ou|qui|avant|apres)\b(?: (?:la|les|mes|mon|ma|l))? [a-z]+",
        r"(?<!ne )(?<!pas )(?<!plus )(?:avoir|recevoir) plus (?:de|d) [a-z]+",
        r"en journee|la journee|de jour\b|(?:cet?|l|en|d) (?:ete|hiver|automne)|(?:le |ce |au )?printemps",
        r"(?:pendant|durant) (?:tout|toute) (?:le|la) (?:journee|mois|annee|an)",
    )
)
"""Rhythms, times and people that preferences know nothing of."""
OPPOSITE = (
    rf"(?:mets|mettez|{_CUT}[a-z]*) (?:surtout )?pas\b|"
    rf"(?:ne|n|{_NOT_TO}) (?:me |m |nous |te |surtout |plus |pas |les |la |le )*{_CUT}[a-z]*\b"
)
"""« n'arrête pas », « je ne veux pas couper »: the opposite of what the verb says alone."""
UNREADABLE = (
    r"quand\b|lorsque?\b|si\b|tant que|pendant que|chaque fois que|par defaut|comme avant|d origine|de base\b|"
    r"(?:comme )?d hab(?:itude)?\b|initiaux|d usine|reinitialis[a-z]*|"
    r"(?:je|j) (?:ne |n )?(?:recois?|ai (?:(?:pas|plus|rien|jamais) )?recu)(?= (?:rien|pas|plus|de|d|aucune?|jamais)\b)"
)
"""Conditions, resets and complaints: asked about where no time is named that they could stand for."""

"""How dossiers are named; what lets one through quiet hours (« même la nuit ») or leaves it there: patterns over canonical text."""

from __future__ import annotations

from bot.notifications.preference_parser.dates import DAY, HOUR, PART

_WHEN = (
    r"(?:pendant |durant |en |a |apres |avant )?(?:(?:la|le|les|l|mes|ma|ce|cette) )?"
    rf"(?:{PART}|weekend|{DAY}s?|feries?|jours feries|heures? calmes?|{HOUR})"
)
EVEN = (
    r"(?:le )?jour (?:et|ou|comme) (?:la )?nuit|nuit et jour|24 (?:h|heures) ?(?:/|sur) ?24(?: (?:h|heures))?|a toute heure|"
    rf"(?:a )?n importe (?:quand|quelle heure)|(?:meme|y compris|quand meme|aussi)(?= {_WHEN})"
)
WAITS = r"(?:(?:peut|peuvent|doit|doivent) )?attend(?:re|ra|ront|ent)?\b"
ALL_DOSSIERS = (
    r"(?:(?:sur|pour|de|dans) )?(?:(?:tous|l ensemble de|la totalite de) (?:les |mes |nos |ses |vos |leurs )?"
    r"(?:dossiers?|patients?|usagers?)|toute (?:ma|la|notre) patientele)(?: confondus)?"
)
REFERENCE = r"(?:sph ?(?:- ?)?\d{4} ?(?:- ?)?\d{6})"
EACH = "each"
"""Value of a dossier that stands for every single one: « par dossier »."""
NARROWED = r"sph|(?:le |ce |mon )?dossier|m \.|mme|monsieur|madame"
"""What « que » limits a wish to, of dossiers."""

"""How dossiers are named; what lets one through quiet hours (« même la nuit ») or leaves it there: patterns over canonical text."""

from __future__ import annotations

import re

from bot.notifications.preference_parser.dates import DAY, HOUR, PART

_WHEN = (
    r"(?:pendant |durant |en |a |apres |avant )?(?:(?:la|le|les|l|mes|ma|ce|cette) )?"
    rf"(?:{PART}|weekend|{DAY}s?|feries?|jours feries|heures? calmes?|{HOUR})"
)
EVEN = (
    r"(?:le )?jour (?:et|ou|comme) (?:la )?nuit|nuit et jour|h 24\b|"
    r"24 (?:h|heures) ?(?:/|sur) ?24(?: (?:h|heures))?|a (?:toute|n importe quelle) heures?|"
    rf"(?:a )?n importe (?:quand|quelle heures?)|(?:meme|y compris|quand meme|aussi)(?= {_WHEN})"
)
ALL_THE_SAME = r"quand meme|tout de meme|malgre tout"
_ALLOWED = r"(?:veux|peux|peut|peuvent|pouvez|pouvoir|accepte|ok|d accord)(?: (?:bien|me|m|nous|pour|d|de|qu on|que l on|etre)){0,5}"
WAKE_ME = rf"{_ALLOWED} reveill[a-z]*|reveille[rz]? moi(?! a \d)"
DISTURB_ME = rf"{_ALLOWED} (?:derang|appel|sonn)[a-z]*"
"""« je veux bien être dérangée », « vous pouvez m'appeler »."""
_NAMES_ONE = r"(?=(?:le |la |les |mes |mon )?(?:dossiers?|patiente?s?|usagers?|m \.|mme|mr|mlle|madame|monsieur|sph)\b)"
WHERE_IT_IS = rf"(?:si|quand|lorsque) (?:c est|ca concerne|ca vient|il s agit|ca touche)(?: (?:pour|de|du|d|avec))? {_NAMES_ONE}"
"""« si c'est Mme Durand »: no condition, but whom it is about."""
NO_OTHER = rf"(?:(?:il n )?y a que|seule?s?) {_NAMES_ONE}"
YES_TO_IT = r"(?<=[a-z0-9] )oui\b(?! (?:mais|et|pour|merci)\b)"
NOT_THE_REST = r"(?:(?<=le reste )|(?<=les autres )|(?<=l autre )|(?<=autres dossiers ))(?:non\b|pas du tout\b)"
BUT_FOR = (
    r"sauf|(?:mise?s? )?a part|hormise?s?|exceptee?s?|hors\b|sans compter|a l exception (?:de|du|des)|"
    rf"en dehors (?:de|du|des) {_NAMES_ONE}"
)
WAITS = r"(?:(?:peut|peuvent|doit|doivent) )?attend(?:re|ra|ront|ent)?\b"
ALL_DOSSIERS = (
    r"(?:(?:sur|pour|de|dans) )?(?:(?:tous|l ensemble de|la totalite de) (?:les |mes |nos |ses |vos |leurs )?"
    r"(?:dossiers?|patients?|usagers?)|toute (?:ma|la|notre) patientele)(?: confondus)?"
)
REFERENCE = r"(?:sph ?(?:- ?)?\d{4} ?(?:- ?)?\d{6})"
ANY_DOSSIER = re.compile(r"(?:(?:ce|cet|le|un|du|son|mon) )?(?:dossier|patient|patiente)")
"""« ce dossier »: named by no name and no number."""
LEADS_TO_NAME = re.compile(
    r"\W*(?:(?:de|du|d|la|le|l|concernant|numero|n|usager|usagere|patiente?|m|mr|mme|mlle|monsieur|madame)\b\W*){0,6}"
)
"""What stands between « le dossier » and the reference that says which."""
EACH = "each"
"""Value of a dossier that stands for every single one: « par dossier »."""
NARROWED = r"sph|(?:le |ce |mon )?dossier|m \.|mme|monsieur|madame"
"""What « que » limits a wish to, of dossiers."""

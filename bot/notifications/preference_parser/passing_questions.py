"""Whether a text asks which notices would reach the person at some time: « une urgence à 3h, je la reçois ? ».

It asks of what may happen. What happens now (« elle ne respire plus, je suis prévenue trop tard ? ») is never taken for it.
"""

from __future__ import annotations

import re

from bot.core.text_folding import fold
from bot.notifications.preference_parser.spelling_correction import MOST_CHARACTERS

_BETWEEN = r"(?:(?:quand meme|bien|encore|toujours|aussi|tout de suite|tout de meme|malgre tout|pas|vraiment|immediatement) ){0,3}"
_TOLD = r"(?:preven|avert|alert|notif|derang|reveill|inform|joint)\w*"
_RECEIVED = re.compile(
    r"\b(?:je|j|on) (?:ne |n )?(?:(?:la|le|les|l|en) )?(?:recois|recoit|recevrais?|recevrai|recevrait|recevra|aurai|aurais|aura)\b"
    rf"|\b(?:je|on) (?:(?:ne|n) )?(?:suis|serai|serais|est|sera|serait|vais etre|va etre|peux etre|pourrais etre) {_BETWEEN}{_TOLD}"
    rf"|\b(?:recois|recevrai|recevrais) je\b|\b(?:suis|serai|serais) je {_BETWEEN}{_TOLD}"
    rf"|\b(?:vous|on|sphere|ca|cela|elle|elles|telegram|teams) (?:me|m|nous) (?:le |la |les )?(?:previen\w*|previendr\w*|avert\w*|alert\w*"
    r"|reveill\w*|derang\w*|dit|dites|direz|parvien\w*|arriv\w*|envoy\w*|envoie\w*)\b"
    rf"|\b(?:me|m) (?:{_TOLD}|previen\w*|enverr\w*|envoy\w*) vous\b|\bme (?:parvien\w+|parviendr\w+|reveill\w+)\b"
)
"""A first person who receives, or is told."""
_PASSES = re.compile(
    r"\b(?:urgen\w+|notif\w*|alertes?)(?: \w+){0,4}"
    r" (?:passe(?:nt|ra|ront|raient)?|arrive(?:nt|ra|ront)?|sonne(?:nt|ra|ront)?)(?: elles?| ils?)?\b"
)
"""« les urgences passent la nuit ? »."""
_WHEN = re.compile(
    r"\b(?:nuits?|soirs?|soiree|minuit|week ?ends?|samedis?|dimanches?|feries?|heures? calmes?|sourdine|silence|vacances|conges?"
    r"|\d{1,2} ?(?:h|heures?)(?: ?\d\d)?)\b"
)
_NOTICE = re.compile(
    r"\b(?:notif\w*|alertes?|urgen\w*|messages?|documents?|mails?|rendez vous|chauffe\w*|grave|arrive|se passe|probleme)\b"
)
_ASKS = re.compile(r"\?|\best ce que?\b|\best ce qu\b|\b(?:recois|recevrai|suis|serai|serais) je\b|\bme \w+ vous\b")
_ASKS_WHICH = re.compile(
    r"\b(?:quelles?|quels?|lesquel(?:le)?s|qu est ce qui|ce qui) (?:sont )?(?:(?:les|mes) )?"
    r"(?:notif\w*|alertes?|urgences?|messages?|choses?)?"
    r" ?(?:(?:qui|que|quand meme) ){0,2}(?:passe(?:nt)?|me parvien\w+|m arrive(?:nt)?|me reveille\w*)\b"
)
"""« qu'est-ce qui passe la nuit ? »."""
_WISH = re.compile(r"\b(?:veux|voudrais|souhaite\w*|faut|aimerais|mets|mettez|coupe[rz]?|coupez|preferer\w*)\b")
_HAPPENS = re.compile(
    r"\b(?:respire\w*|coeur|malaise|inconscient\w*|samu|pompiers?|secours|vite|convuls\w*|saign\w*|arret cardiaque|en train de|meurt|mourir"
    r"|tombee?|chute\w*|douleurs?|mal (?:a|au|aux|dans|partout)|aidez|aide|avc|infarctus|etouff\w*|suicid\w*|overdose|brul\w*|hemorrag\w*"
    r"|reveille plus|repond(?:s|ent)? (?:plus|pas)|bouge plus|appel(?:er|le|ez) (?:qui|le|la|les|un|une)"
    r"|que (?:faire|dois je)|quoi faire)\b"
    r"|(?<!si )(?<!quand )(?<!qu )(?<!que )\b(?:j ai|c est|(?<!s )il y a|(?<!il )y a|on a|nous avons)"
    r" (?:une|un|l|des|vraiment|tres|en)? ?urgen"
)
"""Something that happens, whatever else is said."""


_NOW = re.compile(
    r"\b(?:depuis|cette nuit|ce soir|ce matin|cet apres midi|aujourd hui|maintenant|tout a l heure|vient de|viens de|hier|la en ce moment"
    r"|en ce moment)\b|\bpasse(?:nt)? (?:pas|plus)\b|\b(?:ca|il|elle) (?:ne )?passe\b"
)
"""Words of what happens at this moment, or does not go away."""
_SOMEBODY = re.compile(r"\b(?:ils?|elles?|mme|mr?|monsieur|madame|patiente?s?|residente?s?|usagere?s?|dame|voisine?)\b")
_SUPPOSES = re.compile(r"\b(?:si|s (?=il|elle|ils|elles)|en cas d[e ]|quand|lorsqu\w*|au cas ou)\b")
"""« si Mme Durand va mal la nuit »: a case that is only supposed."""


def asks_what_passes(text: str) -> bool:
    """Return whether a text asks which notices would reach the person at night, in quiet hours, during a mute."""
    if len(text) > MOST_CHARACTERS:
        return False
    parts = [fold(part) for part in re.split(r"([?!.;\n])", text.replace("’", "'"))]
    words = " ".join(part for part in parts if part)
    if _HAPPENS.search(words) or _NOW.search(words) or not _WHEN.search(words):
        return False
    somebody, supposed = _SOMEBODY.search(words), _SUPPOSES.search(words)
    if somebody and (supposed is None or supposed.start() > somebody.start()):  # of somebody, and not of a case that is only supposed
        return False
    asked = "?" in text or _ASKS.search(words) is not None or words.startswith(("si ", "en cas "))
    if not asked or _WISH.search(words):
        return False
    about = _RECEIVED.search(words) is not None and (_NOTICE.search(words) is not None or re.search(r"\bs(?:i|il)\b", words) is not None)
    return about or _PASSES.search(words) is not None or _ASKS_WHICH.search(words) is not None

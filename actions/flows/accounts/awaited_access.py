"""« Elle a accès ou pas ? », « c'est bon pour Sandrine ? »: questions about the access of somebody whose account was asked for."""

from __future__ import annotations

import re

from actions.flows.partners.last_acts import Act, acts_of, newest_acts
from actions.flows.partners.member_names import matching_name
from actions.framework.turn import Turn
from bot.core.text_folding import MAX_CHARACTERS, fold, word_set

_ASKS = re.compile(
    r"\b(?:a|ont|aura|auront|obtenu|recu|recoit)(?: (?:t|il|elle|ils|elles|bien|deja|enfin|toujours|maintenant|eu|recu|obtenu|l|son|ses"
    r"|leurs?|les?|un|des|d))* (?:acces|codes?|identifiants?)\b"
    r"|\b(?:son|ses|leurs?|l) (?:acces|codes?)(?: \w+){0,2} (?:est|sont|a|ont|marche|fonctionne|ouverts?|actifs?|actives?|partis?)\b"
    r"|\b(?:peut|peuvent|pourra|arrive|voit)(?: (?:t|il|elle|bien|deja|enfin|maintenant|a|y|desormais))*"
    r" (?:voir|consulter|ouvrir|lire|se connecter|entrer|acceder|le dossier|les infos)\b"
    r"|\b(?:c est|est ce que c est|est ce) (?:\w+ )?(?:bon|ok|fait|regle|valide|en ordre|actif|en place)(?: \w+){0,2} pour\b"
    r"|\b(?:ca y est|du nouveau|des nouvelles|quoi de neuf|ou (?:ca|on) en est)(?: \w+)? (?:pour|de)\b"
)
"""Of folded text."""
_QUESTION = re.compile(r"\b(?:ou pas|ou non|est ce (?:que|qu)|t il|t elle)\b")
_ELSE = re.compile(
    r"\b(?:j ai|ai je|je|mon|ma|mes|moi|nous|qui|combien)\b"
    r"|\b(?:ajout|enlev|retir|associ|invit|cre|donn|demand|annul)(?:e|es|er|ez|ons)\b|\bmet(?:s|tez|tre)\b"
)
"""About the speaker or the whole team, or an order: heard otherwise."""
_PRONOUN = re.compile(r"\b(?:elle|il|lui|son|ses)\b")
_SHORTEST_NAME = 3
_TITLES = word_set("mme mlle madame monsieur docteur docteure professeur les des pour est")
_NAMES = ("partner_name", "usager_name")


def awaited_access(turn: Turn) -> Act | None:
    """Return the request that was sent in this conversation for the one whose access is asked about; None where none is meant."""
    requested = [act for act in acts_of(turn) if act["act"] == "requested" and act.get("request") and not act["undone"]]
    if not requested or turn.is_button or len(turn.text) > MAX_CHARACTERS:
        return None
    folded = fold(turn.text.replace("’", "'"))
    asked = "?" in turn.text or _QUESTION.search(folded)
    if not asked or not _ASKS.search(folded) or _ELSE.search(folded):
        return None
    names = [str(entity["value"]) for name in _NAMES for entity in turn.entities(name)]
    said = {word for word in folded.split() if len(word) >= _SHORTEST_NAME} - _TITLES
    if names:
        named = [act for act in requested if any(matching_name(name, act["name"]) for name in names)]
    else:
        named = [act for act in requested if said & set(fold(act["name"]).split())]
    if named:
        return named[-1] if len({act["name"] for act in named}) == 1 else None
    if names or not _PRONOUN.search(folded):
        return None
    newest = newest_acts(acts_of(turn))[-1]
    last = turn.slot("last_partner")
    return newest if newest in requested and (not last or matching_name(str(last), newest["name"])) else None

"""Lost access to SPHERE, answered by what happened: an address, a lock, a code, a password, a card, a dossier, a colleague."""

from __future__ import annotations

import re
from typing import Any

from actions.framework.action import AssistantAction
from actions.framework.context import Context
from actions.framework.events import Events
from actions.framework.lifecycle import claiming_flow, return_to_flow, start_flow
from actions.framework.turn import Turn
from bot.core.text_folding import fold

TOPIC = "topic"
"""Entity of the buttons: what happened."""
_COLLEAGUE = (
    r"(?:collegues?|confreres?|consoeurs?|associee?|remplacante?s?|stagiaire|interne|secretaire|cadre|equipe|l infirmier\w*|la kine|le kine"
    r"|le medecin|mon mari|ma femme)"
)
_CASES = {
    "dossier": re.compile(
        r"\b(?:acces|accede\w*|ouvr\w+|rentr\w+|entr\w+|voi[rst]|vois plus|apparai\w+|trouve\w*)\b.*\b(?:dossiers?"
        r"|patient\w*|usager\w*|resident\w*)\b"
        r"|\bdossiers?\b.*\b(?:plus (?:acces|visible|la|dans ma liste)|pas acces|disparu\w*|refuse\w*|n apparai\w+|inaccessible\w*)\b"
    ),
    "colleague": re.compile(
        rf"\b(?:ma|mon|mes|notre|un|une|cette|la|le|l|d une?|pour) {_COLLEAGUE}\b(?! (?:m a|me|ont|a) (?:donne|dit|conseille|aide|montre))"
        r"|\b(?:il|elle) (?:n )?(?:a|est|arrive|peut|recoit|retrouve)\b.*\b(?:codes?|mot de passe|mdp|connect\w*|compte|identifiants?)\b"
        r"|\b(?:ses|leurs) (?:codes?|identifiants?)\b|\bson (?:code|mot de passe|mdp|compte|identifiant)\b"
    ),
    "email": re.compile(
        r"\b(?:chang\w+|nouvelle?|ancienne?|autre|plus (?:la|cette|acces a|mon)|modifi\w+|n existe plus|mauvaise"
        r"|erreur)\b.*\b(?:e ?mails?|mails?"
        r"|adresses?|messagerie|boite)\b"
        r"|\b(?:e ?mails?|mails?|adresses?|messagerie|boite)\b.*\b(?:chang\w+|nouvelle?|ancienne?|n existe plus"
        r"|plus (?:acces|valable|active)|modifi\w+)\b"
    ),
    "card": re.compile(r"\b(?:cps|e ?cps|carte|pro sante connect|psc|prosanteconnect)\b"),
    "locked": re.compile(
        r"\b(?:bloqu\w+|verrouill\w+|desactiv\w+|suspend\w+|trop d (?:essais|erreurs)|trois (?:essais|fois)|3 (?:essais"
        r"|fois|tentatives)|ferme)\b"
    ),
    "code": re.compile(
        r"\b(?:pas|jamais|rien|non|toujours pas|aucune?|plus)\b.*\b(?:recu\w*|recoi\w+|arrive\w*|parvenu\w*|code|mail)\b"
        r"|\b(?:codes?|mails?)\b.*\b(?:arriv\w+ (?:pas|jamais)|perdu\w*|jamais|pas (?:recu\w*|arrive\w*)|attends?"
        r"|expire\w*|perime\w*|marche\w* pas"
        r"|fonctionne\w* (?:pas|plus)|faux|refuse\w*|incorrect\w*)\b|\bperdu (?:mes|les|le|mon) codes?\b"
        r"|\b(?:codes?) (?:perdu|non recu)\w*\b"
    ),
    "password": re.compile(r"\b(?:mot de passe|mots de passe|mdp|password|identifiants?|login)\b"),
}
"""What is read of folded words, the first that fits."""


class LostAccess(AssistantAction):
    """Say what to do by what happened; where nothing is said of that, ask."""

    action_name = "action_lost_access"

    async def act(self, context: Context) -> Events:
        """Utter the answer of the case, or the question with a button for each."""
        turn, settings = context.turn, context.services.settings
        if (claimed := claiming_flow(turn)) is not None:
            return await start_flow(claimed, context)
        case = lost_access_case(turn)
        contact: dict[str, Any] = {"phone": settings.support_phone, "email": settings.support_email}
        if case is None:
            context.utterances.utter("utter_lost_access", **contact)
            return return_to_flow(turn)
        ask = context.utterances.button("utter_title_support", "contact_support", reason="asked", topic=f"lost_{case}")
        context.utterances.utter(f"utter_lost_access_{case}", [ask], **contact)
        return return_to_flow(turn)


def lost_access_case(turn: Turn) -> str | None:
    """Return what happened: a key of the cases; None where the message does not say it."""
    if turn.is_button:
        pressed = turn.entity(TOPIC)
        return pressed if pressed in _CASES else None
    words = fold(turn.text.replace("’", "'"))
    return next((case for case, pattern in _CASES.items() if pattern.search(words)), None)

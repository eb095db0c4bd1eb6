"""What the assistant cannot do: it says so plainly, with what can be done and by whom, and hands over with the facts already said.

The kinds are read by words, whatever intent the model gave them: the label scheme has none for them.
"""

from __future__ import annotations

import re

from actions.flows.accounts.request_references import asks_about_support_request
from actions.flows.dossiers.dossier_slot import find_by_usager, read_reference
from actions.flows.partners.sent_request import changed_request
from actions.framework.context import Context
from actions.framework.events import Events
from actions.framework.flow import Flow, Slots, register_flow
from actions.framework.flow_actions import SubmitFlow
from actions.framework.turn import Turn
from actions.framework.utterances import make_button
from bot.core.text_folding import MAX_CHARACTERS, fold
from bot.dossiers.records import normalize_reference

WISH = "not_offered_wish"
"""Slot: what is wanted, {"topic", "dossier", "who"}."""
_PROFESSIONAL = (
    r"(?:dr|docteure?|pr|professeure?|kine\w*|infirmiere?s?|medecins?|pharmacien\w*|collegues?|confreres?|consoeurs?|orthophonistes?|psy\w*"
    r"|osteo\w*|sage femme|aide soignante?|partenaires?)"
)
_FAMILY = (
    r"(?:filles?|fils|femme|mari|epouse?|epoux|meres?|peres?|soeurs?|freres?|niece|neveu|conjointe?s?|compagne"
    r"|compagnon|aidante?s?(?! soignant)"
    r"|famille|proches?|enfants?|parents|petite? f(?:ille|ils)|belle fille|gendre|voisine?)"
)
_OWN = r"(?:la|le|l|les|sa|son|ses|leur|une?|des?)"
_ADDING = r"(?:ajout\w*|inscri\w+|associ\w+|invit\w+|mett(?:re|ez|ons|e)|mets|rattach\w+|integr\w+|partag\w+ avec)"
_DEATH = re.compile(
    r"\b(?:deced\w+|deces|morte?s?(?! de (?:fatigue|rire))|nous a quitte\w*|(?:est|sont) partie?s? (?:cette nuit|dans la nuit))\b"
)
_OF_SOMEBODY_ELSE = re.compile(
    rf"\b(?:{_FAMILY}|{_PROFESSIONAL})(?: \w+){{0,3}} (?:est|sont|vient|a ete|etait)? ?(?:d etre )?(?:de |recemment )?(?:deced\w+|morte?)\b"
    rf"|\bdeces (?:de|du) (?:{_OWN} )?(?:{_FAMILY}|{_PROFESSIONAL})\b"
)
_DANGER = re.compile(r"\b(?:respire\w*|coeur|malaise|inconscient\w*|samu|urgence|vite|convuls\w*|saign\w*|arret cardiaque|en train de)\b")
_REFERENT = re.compile(
    r"\b(?:chang\w+|nomm\w+|design\w+|transm\w+|confi(?:er|e|ez)|deven\w+|devien\w*|pass\w+|transf\w+|autre|nouve(?:au|lle)|remplac\w+"
    r"|plus etre|ne suis plus|ced\w+|laiss\w+"
    r"|mettre|mets|mettez|donn\w+|reprend\w*|prend\w*)\b(?: \w+){0,6} referente?s?\b"
    r"|\breferente?s?\b(?: \w+){0,12} (?:quelqu un d autre|(?:un|une) autre|nomme\w*|design\w+)\b"
    r"|\breferente?s?\b(?: \w+){0,6} (?:a ma place|change\w*|remplac\w+|a la place|plus moi)\b"
    r"|\b(?:veux|souhaite|voudrais|dois|doit|sera|soit)(?: \w+){0,4} referente?s?\b"
)
_CLOSING = re.compile(
    r"\b(?:ferm(?:er?|ez|es)|clotur(?:er?|ez|es)|supprim(?:er?|ez|es)|resili(?:er?|ez|es)|desactiv(?:er?|ez|es)|effac(?:er?|ez|es)|clore)"
    r"\b(?: \w+){0,3} comptes?\b|\b(?:fermeture|cloture|suppression|resiliation)(?: \w+){0,3} comptes?\b"
    r"|\bplus (?:besoin|vouloir) d (?:un |mon )?compte\b"
)
_CLOSED_ALREADY = re.compile(
    r"\b(?:est|a ete|etait|soit)(?: \w+)? (?:fermee?|supprimee?|desactivee?|cloturee?)\b|\b(?:discussion|chat|telegram|teams)\b"
)
_DATA = r"(?:donnees|infos|informations|dossier medical)"
_RIGHTS = re.compile(
    rf"\b(?:ses|mes|leurs|les|des|aux|sa|nos) {_DATA}\b.*\b(?:effac\w+|supprim\w+|retir\w+|droits?|oppos\w+|refus\w*"
    rf"|copie|rectifi\w+|portab\w+"
    rf"|sortir|enlev\w+)\b|\b(?:effac\w+|supprim\w+|retir\w+|droits?|oppos\w+|refus\w*|copie|rectifi\w+|sortir"
    rf"|enlev\w+)\b.*\b(?:ses|mes|leurs|les"
    rf"|des|aux|nos) {_DATA}\b|\b(?:veut|veulent|voudrait|souhaite)\b(?: \w+){{0,3}} plus (?:que|qu|etre|figurer"
    rf"|apparaitre)\b.*\b(?:sphere|{_DATA}"
    r"|plateforme)\b|\bdroit (?:a l oubli|d acces aux|d opposition|de rectification|a l effacement|de retrait)\b|\b(?:dpo|cnil|rgpd)\b"
    r"|\b(?:refuse|s oppose a)\b(?: \w+){0,4} (?:sphere|plateforme|partage)\b|\bdelegue\w* a la protection\b"
)
_FAMILY_ADDED = re.compile(
    rf"\b{_ADDING} (?:aussi |egalement |y |lui )?{_OWN} {_FAMILY}\b(?! (?:au courant|en copie))"
    rf"|\bacces (?:\w+ ){{0,4}}(?:a|au|aux|pour) (?:{_OWN} )?{_FAMILY}\b"
    rf"|\b{_OWN} {_FAMILY}(?: \w+){{0,5}} (?:avoir|ait|aient|a droit a|veut|voudrait|demande)(?: \w+){{0,3}} (?:acces|compte)\b"
    rf"|\b{_OWN} {_FAMILY}(?: \w+){{0,2}} (?:peut|peuvent|pourrait|pourraient|veut|voudrait)(?: \w+){{0,2}} (?:voir"
    rf"|consulter|lire|acceder)\b"
)
_ORDER_ABOUT_SOMEBODY = re.compile(r"\b(?:ajout|retir|enlev|supprim|associ|invit|remplac)(?:e|es|ez|er)\b")


def wish_not_offered(turn: Turn) -> str | None:
    """Return what is wanted of that which the assistant cannot do: death, referent, closing, rights, family; None: nothing of that kind."""
    if turn.is_button or len(turn.text) > 2 * MAX_CHARACTERS or asks_about_support_request(turn.text):
        return None
    words = fold(turn.text[:MAX_CHARACTERS].replace("’", "'"))
    if _FAMILY_ADDED.search(words) and not turn.entity("profession"):
        return "family"
    if _REFERENT.search(words):
        return "referent"
    if _CLOSING.search(words) and not _CLOSED_ALREADY.search(words):
        return "closing"
    if _RIGHTS.search(words):
        return "rights"
    if turn.intent != "emergency" and _DEATH.search(words) and not _DANGER.search(words) and not _OF_SOMEBODY_ELSE.search(words):
        ordered = turn.entity("partner_name") and turn.entity("profession") and _ORDER_ABOUT_SOMEBODY.search(words)
        return None if ordered else "death"
    return None


class NotOffered(Flow):
    """Note what is wanted, with the dossier and the person that are named; nothing is asked."""

    name = "not_offered"
    slots = (WISH,)
    needs_link = False
    claims_replies = True

    def claims(self, turn: Turn) -> bool:
        """Return whether the words want something of which the assistant can only say who does it."""
        return wish_not_offered(turn) is not None or changed_request(turn) is not None

    async def start(self, context: Context) -> Slots:
        """Return the wish with its facts: a reference, never an usager's name."""
        turn = context.turn
        topic = wish_not_offered(turn)
        if topic is None and (act := changed_request(turn)) is not None:
            return {WISH: {"topic": "request_change", "dossier": act["dossier"] or None, "who": f"{act['request']} ({act['name']})"}}
        who = turn.entity("partner_name") if topic in {"referent", "closing"} else None
        return {WISH: {"topic": topic, "dossier": await _dossier(context), "who": who}}

    async def collect(self, context: Context) -> Slots:
        """Return nothing: nothing was asked."""
        return {}


NOT_OFFERED = register_flow(NotOffered())


async def _dossier(context: Context) -> str | None:
    """Return the reference of the dossier that is meant: said, the only one of the usager named, or the last one if it is pointed to."""
    turn = context.turn
    said = read_reference(turn)
    if said and normalize_reference(said):
        return normalize_reference(said)
    name = turn.entity("usager_name") or turn.entity("partner_name")
    if turn.trusted and name and await context.proven_account() is not None:
        found = await find_by_usager(context, name, None)
        if len(found) == 1:
            return found[0].reference
    return turn.slot("last_dossier") if turn.says.get("dossier") == "same" else None


class SubmitNotOffered(SubmitFlow):
    """Say what can be done, and by whom."""

    flow = NOT_OFFERED

    async def submit(self, context: Context) -> Events:
        """Utter the answer with a button that carries the facts to the SPHERE team."""
        turn, utterances, settings = context.turn, context.utterances, context.services.settings
        wish = turn.slot(WISH)
        topic, dossier = wish["topic"], wish["dossier"]
        facts = {"topic": topic, "who": wish["who"], "dossier_ref": dossier}
        given = {name: value for name, value in facts.items() if value}
        about_request = {"who": wish["who"]} if topic == "request_change" else {}
        ask = utterances.button("utter_title_ask_support", "contact_support", reason="asked", **given)
        about = [make_button(utterances.text("utter_title_list_partners"), "list_partners", dossier_ref=dossier)] if dossier else []
        context.utter_unchanged(
            f"utter_cannot_{topic}", [ask, *about], phone=settings.support_phone, email=settings.support_email, **about_request
        )
        return []

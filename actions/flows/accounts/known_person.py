"""The directory record of a person whom the directory may know: who is meant, what it gives, whether they have an account."""

from __future__ import annotations

from actions.flows.accounts.directory_record import ASKED_FIELDS, field_slot
from actions.flows.accounts.record_facts import is_given_name, split_name, town_of
from actions.flows.directory.person_facts import valid_value
from actions.flows.directory.search import Criteria, account_of, get_professional, is_certain_match, search_everywhere
from actions.flows.partners.last_acts import sent_request
from actions.framework.answers import SKIPPED
from actions.framework.context import Context
from actions.framework.flow import FlowAborted, Slots
from actions.framework.utterances import make_button
from bot.accounts.directory_record import prefill
from bot.directory.professions import has_number
from bot.directory.records import Professional
from bot.fhir.errors import FhirUnavailable


async def check_account(context: Context, person: Professional, dossier: str | None) -> None:
    """Tell a linked user at once that the person has an account, and what can be done with it. Raise FlowAborted then."""
    try:
        if not await context.is_linked() or await account_of(context, person) is None:
            return
    except FhirUnavailable:  # it is looked for again before the request is sent
        return
    utterances, where = context.utterances, {"dossier_ref": dossier} if dossier else {}
    add = make_button(utterances.text("utter_title_add_to_dossier"), "add_partner", choice=person.key, **where)
    utterances.utter("utter_account_exists", [add, utterances.button("utter_title_lost_access", "lost_access")], name=person.display)
    raise FlowAborted


async def find_person(context: Context, adding: Slots, criteria: Criteria) -> Professional | None:
    """Return the person's record in the directory, if it is certain who is meant."""
    key = context.turn.entity("choice") or adding.get("key")
    person = await get_professional(context, str(key)) if key else None
    if person is not None or not criteria.get("name") or adding.get("nobody"):
        return person
    full = [match.professional for match in await search_everywhere(context, criteria) if match.full]
    certain = [person for person in full if is_certain_match(person, criteria)]
    return certain[0] if len(certain) == 1 else None


async def from_criteria(context: Context, criteria: Criteria, email: str) -> Slots:
    """Return the fields that the user gave while looking for the person; all those of a request for them that was just sent."""
    if sent := sent_request(context.turn, criteria.get("name", "")):
        record = sent["record"]
        fields = {field_slot(field): record.get(field) or SKIPPED for field in ASKED_FIELDS}
        return {**fields, "fiche_rest": {field: value for field, value in record.items() if field not in ASKED_FIELDS}}
    given, family = await split_name(context, criteria.get("name", ""), email)
    if family and not given and " " not in family and is_given_name(context, context.turn, family):  # « elle s'appelle Mélissa »
        given, family = family, ""
    structure, _, beside = criteria.get("organization", "").partition("(")  # « SSIAD d'Amboise (Amboise) », if only half was read
    structure, beside = (structure, beside) if ")" not in beside else (f"{structure}({beside}", "")
    values = {"family": family, "given": given, "profession": criteria.get("profession", ""), "organization": structure.strip()}
    values |= {"city": criteria.get("place", "") or beside, "rpps": criteria.get("rpps", "")}
    return {field_slot(field): value for field, raw in values.items() if (value := valid_value(field, raw))}


async def with_record(context: Context, slots: Slots) -> Slots:
    """Return the slots with the record of the person whose name is complete now, or was corrected, if it is certain who is meant."""
    turn = context.turn
    names = [str(slots.get(field_slot(field)) or turn.slot(field_slot(field)) or "") for field in ("given", "family")]
    renamed = any(slots.get(field_slot(field)) for field in ("given", "family"))
    if not renamed or not all(names) or turn.slot("fiche_rest") is not None or turn.slot(field_slot("rpps")) not in {None, SKIPPED}:
        return slots
    known = {"name": " ".join(names)}
    for criterion, field in (("profession", "profession"), ("place", "city")):
        if value := slots.get(field_slot(field)) or turn.slot(field_slot(field)):
            known[criterion] = str(value)
    person = await find_person(context, {}, known)
    if person is None:
        return slots
    await check_account(context, person, turn.slot("dossier"))
    values = prefill(person)
    context.utterances.utter("utter_fiche_prefilled", name=person.display)
    given = {field_slot(field): value for field, value in values.items() if field in ASKED_FIELDS and field not in {"given", "family"}}
    empty = {slot: value for slot, value in given.items() if slots.get(slot) or turn.slot(slot) in {None, SKIPPED}}
    return {"fiche_rest": {f: v for f, v in values.items() if f not in ASKED_FIELDS}, **empty, **slots}


async def with_town(context: Context, slots: Slots) -> Slots:
    """Return the slots with the town that the name of the structure ends with, if the town is not known otherwise."""
    slot, organization = field_slot("city"), slots.get(field_slot("organization"))
    if not organization or organization == SKIPPED or slots.get(slot) or context.turn.slot(slot):
        return slots
    town = await town_of(context, organization)
    return {**slots, slot: town} if town else slots


def with_number(context: Context, slots: Slots) -> Slots:
    """Return the slots with the number left out for a profession that has none; one that has is asked for it where that changed."""
    slot, profession = field_slot("rpps"), field_slot("profession")
    before, now = context.turn.slot(profession), slots.get(profession, context.turn.slot(profession))
    if not now or slots.get(slot):
        return slots
    if not has_number(str(now)):
        return slots if context.turn.slot(slot) else {**slots, slot: SKIPPED}
    corrected = before and before != now and not has_number(str(before)) and context.turn.slot(slot) == SKIPPED
    return {**slots, slot: None} if corrected else slots

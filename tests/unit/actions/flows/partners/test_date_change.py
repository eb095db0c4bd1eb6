"""The dates of an access that was given are changed: said right after the act or later, shown before and after, done on a plain yes."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from actions.flows.partners.access_dates import FROM, UNTIL
from actions.flows.partners.date_wish import changes_dates, corrects_dates, named_bound, read_new_dates
from bot.dossiers.period import AccessPeriod
from bot.dossiers.records import Partner
from tests.unit.actions.dialogue import WEB, Answer, Dialogue
from tests.unit.harness import CLAIRES_DOSSIER, CLAIRES_OTHER, KARIM, Harness

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PAUL = "Paul Martin"
STAY = AccessPeriod(date(2027, 1, 3), date(2027, 1, 20))


async def add_paul(dialogue: Dialogue, dates: str = "", dossier: str = CLAIRES_DOSSIER) -> Answer:
    words = f"ajoute {PAUL} kiné à Vierzon au dossier {dossier} {dates}"
    await dialogue.say(words, "add_partner", WEB, partner_name=PAUL, profession="kiné", city="Vierzon", dossier_ref=dossier)
    return await dialogue.press("affirm", WEB, basis="consent_given")


async def access(dialogue: Dialogue, name: str = PAUL, dossier: str = CLAIRES_DOSSIER) -> tuple[date | None, date | None]:
    account = await dialogue.services.identity.person_of(dialogue.id)
    assert account is not None
    members = await dialogue.services.partners.list(dossier, account)
    member: Partner = next(one for one in members if name in one.display)
    return member.since if member.planned else None, member.until


@pytest.mark.parametrize(
    "words",
    [
        "changez la date de fin",
        "prolonge l'accès de jusqu'à fin janvier",
        "modifie les dates",
        "pouvez-vous repousser la fin au 20 janvier ?",
        "il faut écourter son accès",
        "mettez une date de fin au 15 janvier",
        "enlève la date de fin",
        "laisse lui l'accès jusqu'au 31 mars",
        "avance le début d'une semaine",
    ],
)
def test_a_change_of_dates_is_known_by_its_words(words: str) -> None:
    assert changes_dates(words)


@pytest.mark.parametrize(
    "words",
    [
        "changez la date de naissance",
        "prolonge la pause des notifications jusqu'à lundi",
        "comment changer la date de fin ?",
        "qui a prolongé l'accès de Paul ?",
        "vous avez prolongé son accès",
        "ne change pas la date de fin",
        "modifie la date de sortie",
        "mets fin à son accès",
        "retire l'accès de Paul",
        "change mon adresse mail",
        "donne accès à Paul jusqu'au 15 janvier",
        "reporte la réunion au 15 janvier",
        "la date de fin a été changée ?",
        "inutile de prolonger son accès jusqu'au 15 janvier",
        "pas besoin de modifier la date de fin",
        "ce n'est plus la peine de prolonger son accès",
        "le médecin veut prolonger l'accès jusqu'au 15 janvier",
        "sa fille souhaiterait qu'on change la date de fin",
        "le Dr Bonnet demande de prolonger son accès",
    ],
)
def test_other_things_are_no_change_of_dates(words: str) -> None:
    assert not changes_dates(words)
    assert not corrects_dates(words)


@pytest.mark.parametrize(
    ("words", "dates"),
    [
        ("en fait jusqu'au 15 janvier", (None, "2027-01-15")),
        ("finalement sans date de fin", (None, None)),
        ("c'était à partir du 5 pas du 3", ("2027-01-05", None)),
        ("non, jusqu'au 22", (None, "2027-01-22")),
        ("plutôt du 10 au 12 décembre", ("2026-12-10", "2026-12-12")),
        ("pardon, à partir du 4 janvier et pas du 3 janvier", ("2027-01-04", None)),
        ("mince c'est jusqu'au 25 janvier, pas jusqu'au 20", (None, "2027-01-25")),
    ],
)
def test_bare_dates_are_read_beside_those_that_stand(words: str, dates: tuple[str | None, str | None]) -> None:
    assert corrects_dates(words)
    found = read_new_dates(words, NOW, STAY).slots
    assert {FROM: found.get(FROM), UNTIL: found.get(UNTIL)} == dict(zip((FROM, UNTIL), dates, strict=True))
    assert found


@pytest.mark.parametrize(
    ("words", "slots"),
    [
        ("prolonge de 15 jours", {UNTIL: "2027-02-04"}),
        ("prolongez son accès d'un mois", {UNTIL: "2027-02-20"}),
        ("avance le début de deux jours", {FROM: "2027-01-01"}),
        ("écourte d'une semaine", {UNTIL: "2027-01-13"}),
        ("la date de fin au 31 janvier", {UNTIL: "2027-01-31"}),
        ("enlève la date de fin", {UNTIL: None}),
        ("mets le début au 6 janvier", {FROM: "2027-01-06"}),
    ],
)
def test_what_moves_a_bound(words: str, slots: dict[str, str | None]) -> None:
    assert read_new_dates(words, NOW, STAY).slots == slots


@pytest.mark.parametrize(
    "words", ["merci beaucoup", "le patient sort le 15 janvier", "jusqu'à quand ?", "c'était pour le 142", "pas lui", "le 2"]
)
def test_other_words_after_an_act_are_no_dates(words: str) -> None:
    assert not corrects_dates(words)


def test_the_bound_that_is_meant() -> None:
    assert [named_bound(words) for words in ("changez la date de fin", "change le début", "modifie les dates")] == ["until", "from", "both"]


@pytest.mark.parametrize(
    ("words", "intent", "entities"),
    [
        ("en fait jusqu'au 15 janvier", "correct", {}),
        ("changez la date de fin au 15 janvier", "manage_notifications", {}),
        (f"prolonge l'accès de {PAUL} jusqu'au 15 janvier", "add_partner", {"partner_name": PAUL}),
        ("non, jusqu'au 15 janvier plutôt", "deny", {}),
        ("jusqu'au 15 janvier", "inform", {}),
        ("finalement jusqu'au 15 janvier", "cancel", {}),
    ],
)
async def test_dates_are_changed_after_the_act(
    claire: Dialogue, harness: Harness, words: str, intent: str, entities: dict[str, str]
) -> None:
    assert "C’est fait" in (await add_paul(claire, "jusqu'au 20 décembre")).text
    card = await claire.say(words, intent, WEB, **entities)
    assert PAUL in card.text
    assert "Jeanne Durand" in card.text
    assert "Avant\u00a0: jusqu’au 20 décembre inclus" in card.text
    assert "Après\u00a0: jusqu’au 15 janvier 2027 inclus" in card.text
    assert await access(claire) == (None, date(2026, 12, 20))
    done = await claire.say("oui", "affirm", WEB)
    assert "jusqu’au 15 janvier 2027 inclus" in done.text
    assert await access(claire) == (None, date(2027, 1, 15))
    assert [event.outcome for event in await harness.trail("partners.date")] == ["dated"]


async def test_a_start_is_corrected_in_its_own_month(claire: Dialogue) -> None:
    await add_paul(claire, "à partir du 3 janvier")
    card = await claire.say("c'était à partir du 5 pas du 3", "correct", WEB)
    assert "Avant\u00a0: à partir du 3 janvier 2027\nAprès\u00a0: à partir du 5 janvier 2027" in card.text
    await claire.say("oui merci", "affirm", WEB)
    assert await access(claire) == (date(2027, 1, 5), None)


async def test_an_end_is_lifted_and_the_change_taken_back(claire: Dialogue) -> None:
    await add_paul(claire, "jusqu'au 20 décembre")
    assert "Après\u00a0: sans limite de date" in (await claire.say("finalement sans date de fin", "correct", WEB)).text
    done = await claire.say("oui", "affirm", WEB)
    assert await access(claire) == (None, None)
    card = await claire.press("cancel", WEB, **done.entities_of("Remettre les dates d’avant"))
    assert "Après\u00a0: jusqu’au 20 décembre inclus" in card.text
    await claire.say("oui", "affirm", WEB)
    assert await access(claire) == (None, date(2026, 12, 20))


async def test_a_date_that_is_not_said_is_asked_for(claire: Dialogue) -> None:
    await add_paul(claire, "jusqu'au 20 décembre")
    question = await claire.say("changez la date de fin", "nlu_fallback", WEB)
    assert "Jusqu’à quel jour inclus" in question.text
    assert "Jusqu’à quel jour inclus" in (await claire.say("bientôt", "inform", WEB)).text
    card = await claire.say("le 15 janvier", "inform", WEB)
    assert "Après\u00a0: jusqu’au 15 janvier 2027 inclus" in card.text
    assert await access(claire) == (None, date(2026, 12, 20))
    assert "je laisse tout en l’état" in (await claire.say("non", "deny", WEB)).text
    assert await access(claire) == (None, date(2026, 12, 20))


@pytest.mark.parametrize("words", ["prolonge jusqu'à sa sortie", "prolonge son accès jusqu'au 32 janvier", "change la fin : avant Noël"])
async def test_unclear_dates_are_asked_about(claire: Dialogue, words: str) -> None:
    await add_paul(claire, "jusqu'au 20 décembre")
    answer = await claire.say(words, "correct", WEB)
    assert "Jusqu’à quel jour inclus" in answer.text
    assert await access(claire) == (None, date(2026, 12, 20))


@pytest.mark.parametrize(
    "words",
    [
        "oui si sa famille est d'accord",
        "oui mais attendez",
        "oui jusqu'au 18 janvier",
        "c'est fait ?",
        "oui jusqu'au 15 janvier, c'est bien ça ?",
        "ok le 15 janvier donc ?",
    ],
)
async def test_only_a_plain_yes_changes_them(claire: Dialogue, words: str) -> None:
    await add_paul(claire, "jusqu'au 20 décembre")
    await claire.say("en fait jusqu'au 15 janvier", "correct", WEB)
    answer = await claire.say(words, "affirm", WEB)
    assert "C’est fait\u00a0:" not in answer.text
    assert await access(claire) == (None, date(2026, 12, 20))
    await claire.say("oui", "affirm", WEB)
    assert await access(claire) == (None, date(2027, 1, 18 if "18" in words else 15))


async def test_a_member_of_long_ago_is_found_by_name(claire: Dialogue, harness: Harness) -> None:
    paul = await harness.account("paul.martin")
    await harness.partners.add(
        CLAIRES_DOSSIER, await harness.account("claire.moreau"), paul, basis="consent_given", channel="web", key="k",
    )  # fmt: skip
    words = f"prolonge l'accès de {PAUL} jusqu'à fin janvier"
    asked = await claire.say(words, "add_partner", WEB, partner_name=PAUL)
    assert "De quel dossier" in asked.text
    card = await claire.press("inform", WEB, dossier_ref=CLAIRES_DOSSIER)
    assert "Avant\u00a0: sans limite de date\nAprès\u00a0: jusqu’au 31 janvier 2027 inclus" in card.text
    await claire.press("affirm", WEB)
    assert await access(claire) == (None, date(2027, 1, 31))


async def test_who_may_not_is_told_who_may(harness: Harness, stranger: Dialogue) -> None:
    for who, key in (("karim.benali", "k1"), ("paul.martin", "k2")):
        doing, account = await harness.account("claire.moreau"), await harness.account(who)
        await harness.partners.add(CLAIRES_DOSSIER, doing, account, basis="consent_given", channel="web", key=key)
    await harness.link(stranger.id, KARIM)
    words = f"prolonge l'accès de {PAUL} au dossier {CLAIRES_DOSSIER} jusqu'au 15 janvier"
    answer = await stranger.say(words, "add_partner", WEB, partner_name=PAUL, dossier_ref=CLAIRES_DOSSIER)
    assert "Seuls le référent du dossier" in answer.text
    assert "Moreau" in answer.text
    assert await harness.trail("partners.date") == []


async def test_dates_in_another_dossier_are_not_those_of_the_last_act(claire: Dialogue) -> None:
    await add_paul(claire, "jusqu'au 20 décembre")
    words = f"change la date de fin de {PAUL} dans le dossier {CLAIRES_OTHER} au 15 janvier"
    answer = await claire.say(words, "add_partner", WEB, partner_name=PAUL, dossier_ref=CLAIRES_OTHER)
    assert "ne fait pas partie" in answer.text
    assert await access(claire) == (None, date(2026, 12, 20))


async def test_who_is_there_already_is_offered_the_dates_that_were_said(claire: Dialogue) -> None:
    await add_paul(claire)
    words = f"ajoute {PAUL} kiné à Vierzon au dossier {CLAIRES_DOSSIER} jusqu'au 15 janvier"
    entities = {"partner_name": PAUL, "profession": "kiné", "city": "Vierzon", "dossier_ref": CLAIRES_DOSSIER}
    answer = await claire.say(words, "add_partner", WEB, **entities)
    assert "a déjà accès" in answer.text
    assert "Après\u00a0: jusqu’au 15 janvier 2027 inclus" in answer.text
    await claire.say("oui", "affirm", WEB)
    assert await access(claire) == (None, date(2027, 1, 15))


async def test_bare_dates_long_after_are_no_change(claire: Dialogue) -> None:
    await add_paul(claire, "jusqu'au 20 décembre")
    for _ in range(4):
        await claire.press("list_dossiers", WEB)
    answer = await claire.say("jusqu'au 15 janvier", "inform", WEB)
    assert "Après" not in answer.text


async def test_an_end_that_was_taken_for_a_pause_of_notifications_is_that_of_who_is_named(claire: Dialogue) -> None:
    await add_paul(claire)
    card = await claire.say(f"{PAUL} arrête le 18 décembre au soir", "mute_notifications", WEB, partner_name=PAUL)
    assert "jusqu’au 18 décembre inclus" in card.text
    assert "Voulez-vous changer ces dates" in card.text


async def test_a_pause_of_notifications_stays_one(claire: Dialogue) -> None:
    await add_paul(claire)
    card = await claire.say(f"arrête les notifications de {PAUL} le 18 décembre", "mute_notifications", WEB, partner_name=PAUL)
    assert "Voulez-vous changer ces dates" not in card.text


@pytest.mark.parametrize(
    "words", ["je veux prolonger son accès", "on voudrait changer la date de fin", "il faut prolonger l'accès de Paul"]
)
def test_what_the_speaker_wants_is_a_change(words: str) -> None:
    assert changes_dates(words)


def test_a_letter_gives_no_new_dates() -> None:
    assert not read_new_dates("jusqu'au 15 janvier " * 400, NOW, STAY)

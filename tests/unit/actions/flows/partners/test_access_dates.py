"""The dates of an access as they are said: at the wish, at the card; what is no day is asked about, and nothing is given meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from actions.flows.partners.access_dates import names_access_dates, read_dates
from tests.unit.actions.dialogue import WEB, Answer, Dialogue
from tests.unit.harness import CLAIRES_DOSSIER, Harness

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
"""A Monday."""
PAUL = {"partner_name": "Paul Martin", "city": "Vierzon"}
HUGUES = {"partner_name": "Hugues Martin", "city": "Bourges"}
WORDS = {
    "oui accord du patient mais seulement à partir du 15 décembre": ("2026-12-15", None),
    "oui, même équipe, mais retirez-la dans 15 jours": (None, "2026-12-08"),
    "ok pour les deux semaines de mes congés": (None, "2026-12-07"),
    "oui, jusqu’à vendredi": (None, "2026-11-27"),
    "oui pas avant le 3 janvier": ("2027-01-03", None),
    "ok du 15 décembre au 2 janvier": ("2026-12-15", "2027-01-02"),
    "oui à compter du 15/12": ("2026-12-15", None),
    "d'accord mais dès lundi prochain": ("2026-11-30", None),
    "oui à partir du 15 décembre jusqu’au 2 janvier 2027 inclus": ("2026-12-15", "2027-01-02"),
    "oui pour un mois à partir de lundi": ("2026-11-30", "2026-12-29"),
    "oui dans quinze jours": ("2026-12-08", None),
    "oui mais elle commence le 15 décembre": ("2026-12-15", None),
    "attendez, il ne débute que le 4 janvier": ("2027-01-04", None),
    "oui, fin le 2 janvier": (None, "2027-01-02"),
    "oui jusqu’à fin décembre": (None, "2026-12-31"),
    "oui jusqu’à la fin du mois": (None, "2026-11-30"),
    "ok pour 3 semaines": (None, "2026-12-14"),
    "oui pour un an": (None, "2027-11-23"),
    "non, pas avant le 15 décembre": ("2026-12-15", None),
    "oui c’est un remplacement de 15 jours": (None, "2026-12-08"),
    "oui mais seulement cette semaine": (None, "2026-11-29"),
    "oui jusque vendredi": (None, "2026-11-27"),
    "oui entre le 15 et le 30 décembre": ("2026-12-15", "2026-12-30"),
    "avec une date de fin : 15 décembre": (None, "2026-12-15"),
    "oui, date de fin vendredi": (None, "2026-11-27"),
    "mettez une date de fin à son accès, jusqu’au 18 décembre inclus": (None, "2026-12-18"),
    "du 7 au 18 décembre donc, pas le 20": ("2026-12-07", "2026-12-18"),
    "jusqu’au 18 et pas jusqu’au 20": (None, "2026-12-18"),
    "je reviens finalement le 18 au soir, donc jusqu’au 18 décembre": (None, "2026-12-18"),
    "je rentre le 19, jusqu’au 18 décembre alors": (None, "2026-12-18"),
    "oui elle a donné son accord ce matin, jusqu’au 15 décembre": (None, "2026-12-15"),
}
OF_THE_AGREEMENT = [
    "oui elle m’a donné son accord ce matin",
    "oui, même équipe, vue hier",
    "oui je l’ai prévenu ce matin",
    "oui elle a accepté hier soir",
    "oui on en a parlé lundi, elle est d’accord",
    "oui accord du 20/11",
    "oui il est au courant depuis samedi",
]
UNCLEAR = [
    "oui mais seulement pendant mes congés",
    "oui jusqu’à sa sortie",
    "oui demain",
    "oui d’accord lundi",
    "oui le 15 décembre",
    "oui avant vendredi",
    "oui jusqu’à la semaine prochaine",
    "ok jusqu’au retour de Claire le 5 janvier",
    "oui jusqu’à ce que je revienne",
    "oui usager informé demain",
    "oui en début de semaine",
    "oui avec une date de fin",
    "oui elle sera prévenue ce matin",
    "oui je ne l’ai pas encore prévenue ce matin",
    "oui je lui en parle ce matin",
    "oui elle m’a dit que c’est lundi",
    "oui mais pas le 20",
    "oui je reviens le 18",
    "ok d’ici 8 jours",
    "oui courant décembre",
    "du 4 au 12 décembre c'était son séjour, l'accès sans limite, et oui il est d'accord",
]
CONDITIONS = [
    "oui s’il est d’accord",
    "ok quand sa famille aura dit oui",
    "oui dès que le médecin aura signé",
    "oui à condition que sa fille accepte",
    "oui à partir du 15 décembre si sa fille est d’accord",
    "oui jusqu’à vendredi, une fois que j’aurai vu le patient",
]
CLEAN = [
    "oui",
    "oui merci, à demain",
    "oui merci à lundi, bon week-end",
    "oui merci bonne fin de journée",
    "oui bonne année",
    "oui accord recueilli le 18 novembre",
    "oui tout de suite",
    "oui même équipe, usager informé",
]


@pytest.mark.parametrize(("text", "days"), WORDS.items())
def test_days_are_read(text: str, days: tuple[str | None, str | None]) -> None:
    dates = read_dates(text, NOW, confirming=True)
    assert (dates.slots.get("access_from"), dates.slots.get("access_until")) == days
    assert (dates.unclear, dates.conditional) == (False, False)


@pytest.mark.parametrize("text", UNCLEAR)
def test_what_is_no_day_is_unclear(text: str) -> None:
    assert read_dates(text, NOW, confirming=True).unclear


@pytest.mark.parametrize("text", CONDITIONS)
def test_a_condition_beside_or_instead_of_days_is_one(text: str) -> None:
    assert read_dates(text, NOW, confirming=True).conditional


@pytest.mark.parametrize("text", [*CLEAN, *OF_THE_AGREEMENT])
def test_courtesy_and_the_day_of_a_consent_say_nothing_of_dates(text: str) -> None:
    dates = read_dates(text, NOW, confirming=True)
    assert not {name: day for name, day in dates.slots.items() if day}
    assert (dates.unclear, dates.reserved) == (False, False)


@pytest.mark.parametrize(
    "text",
    ["ajoute le kiné que je vois depuis 3 semaines", "ajoute Mme Durand née le 12 mars 1948", "celui du 37 au 41 rue Nationale"],
)
def test_a_wish_with_other_numbers_gives_no_dates(text: str) -> None:
    assert not read_dates(text, NOW)


def test_a_mute_is_no_answer_to_the_card() -> None:
    assert names_access_dates("jusqu’à lundi")
    assert not names_access_dates("mets les notifications en sourdine jusqu’à lundi")


async def ask_for(claire: Dialogue, who: dict[str, str], said: str = "") -> Answer:
    words = f"ajoute {who['partner_name']} de {who['city']} au {CLAIRES_DOSSIER} {said}"
    return await claire.say(words, "add_partner", WEB, dossier_ref=CLAIRES_DOSSIER, **who)


async def periods(claire: Dialogue) -> list[dict[str, str]]:
    process = claire.services
    assert isinstance(process, Harness)
    team = process.sandbox.team_of(CLAIRES_DOSSIER)
    return [participant["period"] for participant in team["participant"][3:]]


@pytest.mark.parametrize("text", [*WORDS, *UNCLEAR, *CONDITIONS])
async def test_a_yes_with_dates_or_a_condition_gives_nothing(claire: Dialogue, text: str) -> None:
    await ask_for(claire, PAUL)
    answer = await claire.say(text, "deny" if text.startswith("non") else "affirm", WEB)
    assert "Je n’ai rien fait" in answer.text
    assert "Donner à M. Paul Martin l’accès" in answer.text or "déjà un compte d’accès" in answer.text  # it is asked again
    assert await periods(claire) == []


async def test_the_card_shows_the_dates_and_a_clean_yes_gives_them(claire: Dialogue) -> None:
    await ask_for(claire, PAUL)
    card = await claire.say("oui accord du patient mais seulement à partir du 15 décembre", "affirm", WEB)
    assert "Accès\u00a0: à partir du 15 décembre" in card.text
    card = await claire.say("jusqu’au 2 janvier", "mute_notifications", WEB)
    assert "Accès\u00a0: à partir du 15 décembre, jusqu’au 2 janvier 2027 inclus" in card.text
    assert await periods(claire) == []
    same = await claire.say("attention, c’est du 15 décembre au 2 janvier", "inform", WEB)
    assert "C’est bien ce qui est noté" in same.text
    assert await periods(claire) == []
    done = await claire.say("oui du 15 décembre au 2 janvier", "affirm", WEB)
    assert "aura accès" in done.text
    assert "à partir du 15 décembre, jusqu’au 2 janvier 2027 inclus" in done.text
    assert await periods(claire) == [{"start": "2026-12-15", "end": "2027-01-02"}]
    listed = await claire.say(f"partenaires de {CLAIRES_DOSSIER}", "list_partners", WEB, dossier_ref=CLAIRES_DOSSIER)
    assert "Paul Martin – Masseur-kinésithérapeute – à partir du 15 décembre, jusqu’au 2 janvier 2027 inclus" in listed.text
    assert "C’est déjà prévu" in (await ask_for(claire, PAUL)).text


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("oui elle fait partie de l’équipe et l’usager est au courant, mais seulement jusqu’au 15 décembre hein", "list_partners"),
        ("ok il fait partie de notre équipe et je l’ai vu hier, par contre jusqu’au 15 décembre", "nlu_fallback"),
    ],
)
async def test_a_long_yes_with_an_end_keeps_end_and_basis(claire: Dialogue, text: str, intent: str) -> None:
    await ask_for(claire, PAUL)
    card = await claire.say(text, intent, WEB)
    assert "jusqu’au 15 décembre inclus" in card.text
    assert claire.slots["basis_said"] == "care_team_informed"
    assert await periods(claire) == []


async def test_dates_of_the_wish_are_on_the_first_card(claire: Dialogue) -> None:
    card = await ask_for(claire, PAUL, "jusqu’à vendredi, l'usager est d'accord")
    assert "Accès\u00a0: dès maintenant et jusqu’au 27 novembre inclus" in card.text
    card = await claire.say("non finalement sans date de fin", "correct", WEB)
    assert "Accès\u00a0:" not in card.text
    card = await claire.say("jusqu’au 5 décembre", "inform", WEB)
    assert "jusqu’au 5 décembre inclus" in card.text
    done = await claire.say("oui", "affirm", WEB)
    assert "a maintenant accès" in done.text
    assert [period["end"] for period in await periods(claire)] == ["2026-12-05"]


async def test_an_end_before_the_start_is_not_kept(claire: Dialogue) -> None:
    await ask_for(claire, PAUL, "à partir du 15 décembre")
    answer = await claire.say("oui jusqu’au 2 décembre", "affirm", WEB)
    assert "finirait avant de commencer" in answer.text
    assert claire.slots.get("access_until") is None
    assert await periods(claire) == []


async def test_a_request_for_an_account_carries_the_dates(claire: Dialogue) -> None:
    card = await ask_for(claire, HUGUES, "du 15 décembre au 2 janvier")
    if "adresse e-mail" in card.text:
        card = await claire.say("h.martin@cabinet.example", "inform", WEB, email="h.martin@cabinet.example")
    assert "à partir du 15 décembre, jusqu’au 2 janvier 2027 inclus" in card.text
    sent = await claire.say("oui, accord de l'usager recueilli", "affirm", WEB)
    assert "à partir du 15 décembre, jusqu’au 2 janvier 2027 inclus" in sent.text
    requests = claire.services.account_requests
    (status,) = await requests.list()
    (requester,) = (await requests.show(status.reference)).requesters
    assert requester.period == "à partir du 15 décembre, jusqu’au 2 janvier 2027 inclus"

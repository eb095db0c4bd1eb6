"""Requesting an account: fields in any order, corrections, what nobody knows, what is taken over from an addition."""

from __future__ import annotations

import pytest

from actions.flows.accounts.record_facts import told_structure
from bot.accounts.phones import display_phone
from bot.accounts.tables import AccountRequest
from tests.unit.actions.dialogue import WEB, Answer, Dialogue, an_act
from tests.unit.harness import CLAIRES_DOSSIER, CLAIRES_OTHER, SETTINGS, Harness

ZOE = "Mme Zoé Kervella, orthophoniste libérale, cabinet du Mail à Blois"
KNOWN = {"partner_name": "Zoé Kervella", "profession": "orthophoniste", "organization": "cabinet du Mail", "city": "Blois"}
TO_COMPLETE = "E-mail\u00a0: à compléter par l’équipe SPHERE"


async def at_the_email(claire: Dialogue) -> Answer:
    """Come to the question for the e-mail address of Zoé Kervella."""
    await claire.say(f"Un compte pour {ZOE}", "request_account", WEB, **KNOWN)
    return await claire.press("inform", WEB, skip="1")


async def test_the_record_is_not_filled_with_somebody_who_was_rejected(claire: Dialogue) -> None:
    entities = {"partner_name": "Martin", "dossier_ref": CLAIRES_DOSSIER}
    await claire.say(f"ajoute Martin au {CLAIRES_DOSSIER}", "add_partner", WEB, **entities)
    await claire.press("choose", WEB, choice="nobody")
    asked = await claire.press("request_account", WEB)
    assert "déjà remplie" not in asked.text
    assert claire.slots["fiche_family"] == "Martin"
    assert claire.slots["dossier"] == CLAIRES_DOSSIER


async def test_what_was_said_for_an_addition_is_not_asked_again(claire: Dialogue) -> None:
    words = f"{ZOE}, tél. 02 54 00 77 12, au {CLAIRES_DOSSIER}, je n'ai pas son mail"
    await claire.say(words, "add_partner", WEB, **KNOWN, phone="02 54 00 77 12", dossier_ref=CLAIRES_DOSSIER)
    asked = await claire.press("request_account", WEB)
    assert "RPPS" in asked.text
    asked = await claire.press("inform", WEB, skip="1")
    assert "Sur quelle base" in asked.text
    card = await claire.press("inform", WEB, basis="consent_given")
    for told in ("Civilité\u00a0: Mme", "Exercice\u00a0: libéral", "Téléphone\u00a0: 02 54 00 77 12", TO_COMPLETE):
        assert told in card.text, told


async def test_the_record_in_another_order(claire: Dialogue) -> None:
    await claire.press("request_account", WEB)
    words = "Mme Zoé Kervella, orthophoniste libérale"
    answer = await claire.say(words, "inform", WEB, partner_name="Zoé Kervella", profession="orthophoniste")
    assert "RPPS" in answer.text
    slots = ("civility", "given", "family", "mode")
    assert [claire.slots[f"fiche_{name}"] for name in slots] == ["Mme", "Zoé", "Kervella", "libéral"]
    await claire.say("à Amboise", "inform", WEB, city="Amboise")
    assert claire.slots["fiche_city"] == "Amboise"
    assert claire.slots.get("fiche_rpps") is None
    asked = await claire.say("non, Léa", "correct", WEB, partner_name="Léa")
    assert "est-ce le prénom ou le nom" in asked.text
    await claire.press("correct", WEB, field="given", value="Léa")
    assert claire.slots["fiche_given"] == "Léa"
    await claire.say("pas Kervella, Kerivel", "correct", WEB, partner_name=("Kervella", "Kerivel"))
    assert [claire.slots[f"fiche_{name}"] for name in slots] == ["Mme", "Léa", "Kerivel", "libéral"]
    for words in ("passer", "passer", "zoe@ortho.example", "passer"):
        card = await claire.say(words, "inform", WEB, **({"email": words} if "@" in words else {}))
    assert "Fiche annuaire" in card.text
    assert "Dans quelle ville" in (await claire.say("oui mais pas Amboise", "affirm", WEB, city="Amboise")).text


@pytest.mark.parametrize(
    ("words", "intent", "unknown"),
    [
        ("je ne sais pas", "deny", True),
        ("j'en sé rien moi son mail", "deny", True),
        ("je c pas", "deny", False),
        ("jsp", "inform", False),
        ("Je ne l'ai pas.", "inform", False),
        ("sans mail", "manage_notifications", False),
        ("Ah, je suis désolée, je n'ai pas ça sous la main.", "deny", True),
    ],
)
async def test_an_address_that_nobody_knows_is_left_to_the_team(claire: Dialogue, words: str, intent: str, unknown: bool) -> None:
    asked = await at_the_email(claire)
    assert "adresse e-mail" in asked.text
    assert "Je ne l’ai pas" in asked.titles
    before = {name: value for name, value in claire.slots.items() if name.startswith("fiche_")}
    answer = await claire.ask(words, an_act(words, intent, {"unknown": True} if unknown else {}))
    assert "téléphone" in answer.text
    assert {name: value for name, value in claire.slots.items() if name.startswith("fiche_")} == {**before, "fiche_email": "-"}


async def test_the_request_goes_without_the_address(claire: Dialogue, harness: Harness) -> None:
    await at_the_email(claire)
    await claire.press("inform", WEB, skip="1")
    card = await claire.press("inform", WEB, skip="1")
    assert TO_COMPLETE in card.text
    done = await claire.press("affirm", WEB)
    assert "les codes partiront dès qu’elle l’aura" in done.text
    (request,) = await harness.rows(AccountRequest)
    assert (request.email, "email" in request.fiche) == (None, False)
    (mail,) = await harness.mails(SETTINGS.support_email)
    assert "E-mail professionnel\u00a0: manquant" in mail["text"]


@pytest.mark.parametrize("words", ["je n'ai pas son mail", "je ne sais pas"])
async def test_what_is_not_known_is_no_no_to_the_card(claire: Dialogue, words: str) -> None:
    await at_the_email(claire)
    await claire.press("inform", WEB, skip="1")
    await claire.press("inform", WEB, skip="1")
    card = await claire.ask(words, an_act(words, "deny", {"unknown": True}))
    assert "Envoyer à l’équipe SPHERE la demande de compte" in card.text
    assert claire.form == "request_account_form"


async def test_an_address_may_still_be_given_at_the_card(claire: Dialogue) -> None:
    await at_the_email(claire)
    await claire.press("inform", WEB, skip="1")
    await claire.press("inform", WEB, skip="1")
    card = await claire.say("son mail c'est zoe@ortho.example", "inform", WEB, email="zoe@ortho.example")
    assert "E-mail\u00a0: zoe@ortho.example" in card.text


FIRST_MESSAGES = [
    ("un compte pour {}, 02 54 00 12 87, son mail j'en sais rien", ["fiche_rpps"]),
    ("Je souhaite un compte pour {}, 02 54 00 12 87. J'ignore son adresse électronique.", ["fiche_rpps"]),
    ("{}, 02 54 00 12 87, pas de mail pour l'instant, à inscrire sur SPHERE", ["fiche_rpps"]),
]


@pytest.mark.parametrize(("words", "asked"), FIRST_MESSAGES)
async def test_what_the_first_message_says_is_not_asked(claire: Dialogue, words: str, asked: list[str]) -> None:
    await claire.say(words.format(ZOE), "request_account", WEB, **KNOWN, phone="02 54 00 12 87")
    seen = []
    while claire.slots["requested_slot"] != "confirmed":
        seen.append(claire.slots["requested_slot"])
        card = await claire.press("inform", WEB, skip="1")
    assert seen == asked
    assert TO_COMPLETE in card.text


@pytest.mark.parametrize(
    ("words", "entities", "slots"),
    [
        (
            "Compte à ouvrir — Mme KERBRAT Solène, AS, salariée, SSIAD de Tours (Tours)",
            {"partner_name": "KERBRAT Solène", "profession": "AS", "organization": "SSIAD de Tours (Tours"},
            {
                "civility": "Mme",
                "given": "Solène",
                "family": "Kerbrat",
                "organization": "SSIAD de Tours",
                "city": "Tours",
                "mode": "salarié",
            },
        ),
        (
            "un compte pour Kervella Solveig, ortho à Blois, s.kervella@ortho.example",
            {"partner_name": "Kervella Solveig", "profession": "ortho", "city": "Blois", "email": "s.kervella@ortho.example"},
            {"given": "Solveig", "family": "Kervella"},
        ),
        (
            "compte pr kervella zoe ortho cabinet du mail blois",
            {"partner_name": "kervella zoe", "profession": "ortho", "organization": "cabinet du mail blois"},
            {"civility": None, "organization": "cabinet du mail blois", "city": "Blois"},
        ),
        (
            "un compte pour le pr Kervella, CHRU de Tours",
            {"partner_name": "Kervella", "organization": "CHRU de Tours"},
            {"civility": "Pr", "family": "Kervella", "city": "Tours"},
        ),
    ],
)
async def test_a_first_message_is_read_as_a_colleague_reads_it(
    claire: Dialogue, words: str, entities: dict[str, str], slots: dict[str, str | None]
) -> None:
    await claire.say(words, "request_account", WEB, **entities)
    assert {name: claire.slots.get(f"fiche_{name}") for name in slots} == slots


async def test_given_and_family_name_change_places(claire: Dialogue) -> None:
    await claire.say("un compte pour penverne gwendal, infirmier à Blois", "request_account", WEB, partner_name="penverne gwendal")
    await claire.say("non, Gwendal Penverne", "correct", WEB, partner_name="Gwendal Penverne")
    assert (claire.slots["fiche_given"], claire.slots["fiche_family"]) == ("Gwendal", "Penverne")


async def test_the_usager_of_the_dossier_is_not_who_gets_the_account(claire: Dialogue) -> None:
    words = f"{CLAIRES_OTHER}, M. Garnier d'accord : Mme Zoé Kervella, orthophoniste, un compte pour elle"
    facts = {"partner_name": ("Garnier", "Zoé Kervella"), "profession": "orthophoniste", "dossier_ref": CLAIRES_OTHER}
    await claire.say(words, "request_account", WEB, **facts)
    assert (claire.slots["fiche_family"], claire.slots["fiche_civility"], claire.slots["dossier"]) == ("Kervella", "Mme", CLAIRES_OTHER)


async def test_who_has_an_account_is_said_at_once(claire: Dialogue) -> None:
    facts = {"partner_name": "Paul Martins", "profession": "kiné", "city": "Vierzon"}
    answer = await claire.say("Compte à créer pour Paul Martins, kiné à Vierzon", "request_account", WEB, **facts)
    assert "Paul Martin a déjà un compte SPHERE" in answer.text
    assert answer.titles == ["Ajouter à un dossier", "Connexion impossible"]
    assert claire.form is None
    card = await claire.press("add_partner", WEB, **answer.entities_of("Ajouter à un dossier"), dossier_ref=CLAIRES_DOSSIER)
    assert "déjà un compte d’accès" in card.text


async def test_who_is_not_linked_is_not_told_who_has_an_account(stranger: Dialogue) -> None:
    facts = {"partner_name": "Paul Martin", "profession": "kiné", "city": "Vierzon"}
    answer = await stranger.say("Je suis Paul Martin, kiné à Vierzon, je veux un compte", "request_account", **facts)
    assert "déjà un compte" not in answer.text


@pytest.mark.parametrize(
    ("slot", "said", "entities", "changed"),
    [
        ("civility", "Le mail commence par z. : z.kervella@ortho.example", {"email": "z.kervella@ortho.example"},
         {"email": "z.kervella@ortho.example"}),
        ("rpps", "son tel c'est 02 47 00 90 41", {"phone": "0247009041"}, {"phone": "+33247009041"}),
        ("rpps", "elle est salariée, à Tours", {"city": "Tours"}, {"mode": "salarié", "city": "Tours"}),
        ("rpps", f"{ZOE}, 02 54 00 12 87", {**KNOWN, "phone": "0254001287"}, {}),
        ("rpps", "Kervela avec un seul l", {"partner_name": "Kervela"}, {"family": "Kervela"}),
        ("rpps", "Kervella sans s", {"partner_name": "Kervella sans"}, {}),
        ("rpps", "le Dr Benali m'a donné ses coordonnées", {"partner_name": "Benali"}, {"rpps": None}),
        ("rpps", "je n'ai pas son mail", {}, {}),
        ("city", "la clinique de Tours", {"city": "Tours"}, {"city": "Tours"}),
        ("organization", "la clinique de Tours", {"city": "Tours"}, {"organization": "la clinique de Tours"}),
        ("mode", "salariée de l'EHPAD de la Loire", {"organization": "EHPAD de la Loire"}, {"mode": "salarié"}),
        ("mode", "je l'ignore, malheureusement", {}, {"mode": "-"}),
    ],
)  # fmt: skip
async def test_a_fact_for_another_field_than_the_one_asked(
    claire: Dialogue, slot: str, said: str, entities: dict[str, str], changed: dict[str, str | None]
) -> None:
    facts = {**KNOWN, "phone": "02 54 00 12 87", "email": "kervella@ortho.example"}
    await claire.say(f"Un compte pour {ZOE}, kervella@ortho.example, 02 54 00 12 87", "request_account", WEB, **facts)
    before = {name: claire.slots.get(f"fiche_{name}") for name in ("civility", "given", "family", "profession", "rpps", "mode",
              "organization", "city", "email", "phone")}  # fmt: skip
    claire.slots |= {f"fiche_{slot}": None, "requested_slot": f"fiche_{slot}"}
    answer = await claire.ask(said, an_act(said, "inform", {"unknown": True} if "pas son mail" in said else {}, **entities))
    after = {name: claire.slots.get(f"fiche_{name}") for name in before}
    assert after == {**before, slot: None, **changed}
    scolds = ("Répondez", "n’est pas valable", "comporte 11 chiffres", "Je n’ai pas compris")
    assert not [words for words in scolds if words in answer.text] or "Benali" in said
    replaced = [value for name, value in changed.items() if name != slot and before[name] != value]
    assert all((display_phone(value) if value.startswith("+") else value) in answer.text for value in replaced if value), answer.texts


async def test_what_is_no_name_and_no_profession_is_taken_for_none(claire: Dialogue) -> None:
    await claire.say(f"Un compte pour {ZOE}", "request_account", WEB, **KNOWN)
    words = "Elle exercera au SSIAD, elle est salariée"
    await claire.say(words, "inform", WEB, partner_name="Elle exercera", profession="salariée")
    assert (claire.slots["fiche_given"], claire.slots["fiche_family"]) == ("Zoé", "Kervella")
    assert "rthophoniste" in claire.slots["fiche_profession"]
    assert claire.slots["fiche_mode"] == "salarié"


async def _jennifer(claire: Dialogue) -> Answer:
    """Come to the card of Jennifer Moulin, an auxiliaire de vie in Vierzon."""
    words = "Mme Jennifer Moulin, auxiliaire de vie salariée à l'ADMR de Vierzon, 06 12 34 56 78, je n'ai pas son mail"
    known = {
        "partner_name": "Jennifer Moulin",
        "profession": "auxiliaire de vie",
        "organization": "ADMR",
        "city": "Vierzon",
        "phone": "06 12 34 56 78",
    }
    return await claire.say(f"un compte pour {words}", "request_account", WEB, **known)


@pytest.mark.parametrize(
    ("words", "intent", "entities", "given", "family", "city"),
    [
        ("nom : Moulins", "inform", {"city": "Moulins"}, "Jennifer", "Moulins", "Vierzon"),
        ("son nom de famille c'est Moulins", "inform", {"city": "Moulins"}, "Jennifer", "Moulins", "Vierzon"),
        (
            "Non ! Moulins c'est son nom de famille, la ville c'est Bourges",
            "correct",
            {"city": ("Moulins", "Bourges")},
            "Jennifer",
            "Moulins",
            "Bourges",
        ),
        ("prénom Jenny, nom Moulins", "correct", {"partner_name": "Jenny", "city": "Moulins"}, "Jenny", "Moulins", "Vierzon"),
        ("Moulin ça s'écrit Moulins, pardon", "correct", {"partner_name": "Moulin", "city": "Moulins"}, "Jennifer", "Moulins", "Vierzon"),
        ("le nom c pas T c BERTAUD", "correct", {"partner_name": ("T", "BERTAUD")}, "Jennifer", "Bertaud", "Vierzon"),
        ("son nom, B E R T A U D", "correct", {"partner_name": "B E R T"}, "Jennifer", "Bertaud", "Vierzon"),
        ("la ville : Moulins", "inform", {"city": "Moulins"}, "Jennifer", "Moulin", "Moulins"),
    ],
)
async def test_a_field_named_in_a_correction_is_the_one_that_changes(
    claire: Dialogue, words: str, intent: str, entities: dict[str, str | tuple[str, ...]], given: str, family: str, city: str
) -> None:
    await _jennifer(claire)
    assert claire.slots["requested_slot"] == "confirmed"  # no number was asked for
    await claire.say(words, intent, WEB, **entities)
    assert [claire.slots[f"fiche_{field}"] for field in ("given", "family", "city")] == [given, family, city]


async def test_the_field_to_correct_may_be_named_alone(claire: Dialogue) -> None:
    await _jennifer(claire)
    await claire.press("correct", WEB)
    assert "Quel est le nom" in (await claire.say("le nom de famille", "inform", WEB)).text
    await claire.say("Moulins", "inform", WEB, city="Moulins")
    assert (claire.slots["fiche_family"], claire.slots["fiche_city"]) == ("Moulins", "Vierzon")


async def test_a_given_name_alone_and_what_stands_around_it(claire: Dialogue) -> None:
    await claire.say(
        "un compte pour une aide-soignante, Sandrine quelque chose",
        "request_account",
        WEB,
        partner_name="Sandrine",
        profession="aide-soignante",
    )
    assert (claire.slots["fiche_given"], claire.slots.get("fiche_family")) == ("Sandrine", None)
    await claire.press("inform", WEB, skip="1")
    await claire.say("c'est Sandrine Kervella, K E R V E L L A", "inform", WEB, partner_name="Sandrine Kervella")
    assert (claire.slots["fiche_given"], claire.slots["fiche_family"]) == ("Sandrine", "Kervella")
    assert claire.slots["requested_slot"] == "fiche_mode"
    await claire.press("request_account", WEB)
    await claire.press("inform", WEB, skip="1")
    await claire.say("ben melissa je tai dit", "inform", WEB, partner_name="ben melissa")
    assert claire.slots["fiche_given"] == "Melissa"


async def test_how_somebody_practises_is_no_profession(claire: Dialogue) -> None:
    await claire.say("un compte pour Mme Maud Ferrandin", "request_account", WEB, partner_name="Maud Ferrandin")
    assert "profession" in (await claire.say("Salariée", "inform", WEB)).text
    assert (claire.slots["fiche_mode"], claire.slots.get("fiche_profession")) == ("salarié", None)
    await claire.say("AS", "inform", WEB, profession="AS")
    assert (claire.slots["fiche_profession"], claire.slots["fiche_rpps"]) == ("Aide-soignant", "-")
    await claire.say("non, infirmière", "correct", WEB, profession="infirmière")
    assert claire.slots["requested_slot"] == "fiche_rpps"
    await claire.say("passez", "inform", WEB)
    assert claire.slots["fiche_rpps"] == "-"


async def test_whether_the_address_is_needed_is_answered(claire: Dialogue) -> None:
    await claire.say("un compte pour Zoé Kervella", "request_account", WEB, partner_name="Zoé Kervella")
    answer = await claire.say("Madame. Je n'ai pas son mail sous la main, ça pose souci ?", "deny", WEB)
    assert answer.text.startswith("Sans adresse e-mail")
    assert (claire.slots["fiche_civility"], claire.slots["fiche_email"]) == ("Mme", "-")


@pytest.mark.parametrize("words", ["rien, envoyez la demande", "non rien à changer, envoie", "rien du tout ! transmettez-la"])
async def test_an_order_to_send_is_no_refusal(claire: Dialogue, words: str) -> None:
    await at_the_email(claire)
    while claire.slots["requested_slot"] != "confirmed":
        await claire.press("inform", WEB, **({"basis": "consent_given"} if claire.slots["requested_slot"] == "basis" else {"skip": "1"}))
    answer = await claire.say(words, "deny", WEB)
    assert claire.form == "request_account_form"
    assert "n’est pas envoyée" not in answer.text


@pytest.mark.parametrize("words", ["la patiente est d'accord", "même équipe de soins", "Mme Durand est prévenue"])
async def test_a_basis_that_was_said_with_the_request_or_a_field_is_not_asked_again(claire: Dialogue, words: str) -> None:
    said = f"un compte pour Zoé Kervella, orthophoniste, pour le {CLAIRES_DOSSIER}, {words}"
    facts = {"partner_name": "Zoé Kervella", "profession": "orthophoniste", "dossier_ref": CLAIRES_DOSSIER}
    await claire.say(said, "request_account", WEB, **facts)
    assert claire.slots["basis"] in {"consent_given", "care_team_informed"}


async def test_a_basis_beside_a_field_is_kept_but_the_name_of_a_team_is_none(claire: Dialogue) -> None:
    facts = {"partner_name": "Zoé Kervella", "profession": "orthophoniste", "dossier_ref": CLAIRES_DOSSIER}
    await claire.say(f"un compte pour Zoé Kervella, orthophoniste, pour le {CLAIRES_DOSSIER}", "request_account", WEB, **facts)
    assert claire.slots.get("basis") is None
    claire.slots["requested_slot"] = "fiche_organization"
    await claire.say("équipe de soins à domicile", "inform", WEB)
    assert claire.slots.get("basis") is None
    await claire.say("son mail zoe.kervella@ortho.example, la patiente a donné son accord", "inform", WEB)
    assert claire.slots["basis"] == "consent_given"


@pytest.mark.parametrize(
    ("words", "structure"),
    [
        ("le nom du cabinet c'est Cabinet des Tanneurs, sinon envoie", "Cabinet des Tanneurs"),
        ("son cabinet s'appelle Podologie du Change et l'adresse c'est 12 rue du Change", "Podologie du Change"),
        ("oui mais la structure : Orthophonie des Lices, à Blois", "Orthophonie des Lices"),
        ("la structure c’est le Centre Joliot", "Centre Joliot"),
    ],
)
async def test_a_structure_told_by_its_word_is_no_name_of_a_person(claire: Dialogue, words: str, structure: str) -> None:
    await at_the_email(claire)
    name = {"partner_name": structure.split()[0], "profession": structure.split()[0]}
    await claire.say(words, "correct", WEB, **name)
    known = [claire.slots[f"fiche_{field}"] for field in ("given", "family", "organization", "profession")]
    assert known == ["Zoé", "Kervella", structure, "Orthophoniste"]


@pytest.mark.parametrize(
    "words",
    ["la structure c'est quoi ?", "la structure c'est pas ça", "son cabinet est fermé", "le cabinet c’est où", "la structure : laquelle ?"],
)
def test_words_beside_a_structure_are_not_its_name(words: str) -> None:
    assert told_structure(words) == ""

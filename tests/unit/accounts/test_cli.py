"""`bot accounts …`, run as the team runs it, over a real database file and the sandbox."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from bot.accounts.cli import LABELS, accounts_app
from bot.accounts.directory_record_fields import ORDER
from bot.accounts.tables import STATES
from bot.cli import open_account_requests
from bot.dossiers.partners import BASES
from tests.unit.accounts.test_requests import ANNE, LEILA, ask
from tests.unit.harness import CLAIRE, CLAIRES_DOSSIER, SETTINGS, Harness

Run = Callable[..., Awaitable[Result]]
FIRST_USE_CODE = re.compile(r"(?<![\w-])[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4}(?![\w-])")
"""The code that a mail brings; the tokens of its links may look alike."""


@pytest.fixture
def bot(harness: Harness, tmp_path: Path) -> Run:
    assert SETTINGS.secret is not None
    env = {
        "DATA": str(tmp_path),
        "PLATFORM_URL": harness.sandbox.fhir,
        "PLATFORM_TOKEN": harness.sandbox.token,
        "SECRET": SETTINGS.secret.get_secret_value(),
        "SUPPORT_EMAIL": SETTINGS.support_email,
        "COLUMNS": "200",
    }

    async def run(*arguments: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, accounts_app, list(arguments), obj=open_account_requests, env=env)

    return run


async def test_a_request_from_beginning_to_end(harness: Harness, bot: Run) -> None:
    assert (await bot("list")).output.strip() == "Aucune demande."
    await harness.link("chat", CLAIRE)
    await ask(harness)
    listed = await bot("list", "--state", "received")
    assert "DC-2026-000001" in listed.output
    assert "Leïla Zérane" in listed.output
    shown = await bot("show", "DC-2026-000001")
    assert shown.exit_code == 0
    for fact in (
        "à vérifier",
        "leila.zerane@cabinet.example",
        "02 47 47 47 47",
        "Claire Moreau",
        CLAIRES_DOSSIER,
        "accord de l’usager",
        "clé",
    ):
        assert fact in shown.output, fact
    created = await bot("create", "dc-2026-000001", "--agent", "Inès")
    assert created.exit_code == 0, created.output
    assert "Compte créé pour Leïla Zérane" in created.output
    assert f"Dossier {CLAIRES_DOSSIER}\u00a0: accès donné." in created.output
    assert len(await harness.mails(LEILA.email)) == 1
    assert (await harness.account(LEILA.email)).reference in harness.members(CLAIRES_DOSSIER)
    assert len(await harness.chats("chat")) == 1
    (event,) = await harness.trail("accounts.create")
    assert event.actor == "agent:Inès"
    assert (await bot("resend-codes", "dc-2026-000001")).output.strip() == "Les codes partent de nouveau."
    first, second = await harness.mails(LEILA.email)
    assert FIRST_USE_CODE.findall(first["text"]) == FIRST_USE_CODE.findall(second["text"])
    again = await bot("create", "DC-2026-000001")
    assert again.exit_code == 1
    assert again.stderr.strip() == "bot accounts: cette demande est déjà close\u00a0: compte créé"


async def test_asking_and_refusing(harness: Harness, bot: Run) -> None:
    await ask(harness, ANNE, by=None)
    assert (await bot("ask", "DC-2026-000001", "--question", "Quel service\u00a0?")).exit_code == 0
    assert "Motif\u00a0: Quel service\u00a0?" in (await bot("show", "DC-2026-000001")).output
    assert (await bot("refuse", "DC-2026-000001", "--reason", "Hors région")).exit_code == 0
    question, refusal = await harness.chats("chat")
    assert "Quel service\u00a0?" in question
    assert "Hors région" in refusal


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("show", "DC-2026-999999"), "cette référence de demande n’existe pas"),
        (("create", "n'importe quoi"), "cette référence de demande n’existe pas"),
        (("refuse", "DC-2026-999999", "--reason", "x"), "cette référence de demande n’existe pas"),
        (("refuse", "DC-2026-000001", "--reason", " "), "le texte doit compter de 1 à 500 caractères"),
        (("resend-codes", "DC-2026-000001"), "il n’y a pas de codes à envoyer"),
        (("list", "--state", "fini"), "état inconnu"),
    ],
)
async def test_mistakes_are_one_line(harness: Harness, bot: Run, arguments: tuple[str, ...], message: str) -> None:
    await ask(harness, ANNE, by=None)
    result = await bot(*arguments)
    assert result.exit_code == 1
    assert message in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


async def test_platform_away(harness: Harness, bot: Run) -> None:
    await ask(harness)
    harness.sandbox.fault("down")
    result = await bot("create", "DC-2026-000001")
    assert result.exit_code == 1
    assert (
        result.stderr.strip()
        == "bot accounts: la plateforme ne répond pas\u00a0; rien n’est perdu, la commande peut être répétée sans risque"
    )
    harness.sandbox.fault("none")
    assert (await bot("create", "DC-2026-000001")).exit_code == 0


async def test_an_access_that_has_to_wait(harness: Harness, bot: Run) -> None:
    await ask(harness)
    harness.sandbox.fault("down", type="CareTeam")
    result = await bot("create", "DC-2026-000001")
    assert result.exit_code == 0
    assert "en attente de la plateforme" in result.output
    assert "répétée sans risque" in result.output


async def test_a_missing_setting_is_named(harness: Harness, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("PLATFORM_TOKEN", raising=False)
    result = await asyncio.to_thread(
        CliRunner().invoke, accounts_app, ["list"], obj=open_account_requests, env={"DATA": str(tmp_path / "nothing")}
    )
    assert result.exit_code == 1
    assert "PLATFORM_TOKEN" in result.stderr


async def test_markup_in_a_text_is_shown_as_it_is(harness: Harness, bot: Run) -> None:
    await ask(harness, ANNE, by=None)
    await bot("ask", "DC-2026-000001", "--question", "[red]Nom[/red] ?")
    assert "[red]Nom[/red] ?" in (await bot("show", "DC-2026-000001")).output


def test_everything_shown_has_a_french_name() -> None:
    assert {*STATES, *ORDER, *BASES} <= {*LABELS}


async def test_an_address_is_picked_where_several_were_given(harness: Harness, bot: Run) -> None:
    await harness.link("chat", CLAIRE)
    strangers = LEILA.model_copy(update={"email": "leila@boite.example"})
    await ask(harness, strangers, by=None, conversation_id="stranger")
    await ask(harness, key="k2")
    refused = await bot("create", "DC-2026-000001")
    assert refused.exit_code == 1
    assert "plusieurs adresses" in refused.output
    shown = (await bot("show", "DC-2026-000001")).output
    assert re.search(r"leila@boite\.example\s*│\s*une personne sans compte", shown)
    assert (await bot("address", "DC-2026-000001", "autre@boite.example")).exit_code == 1
    assert (await bot("address", "DC-2026-000001", LEILA.email)).exit_code == 0
    assert LEILA.email in (await bot("create", "DC-2026-000001")).output

"""`bot person …`: what is held on a person is exported for them, or erased."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer
from rich.console import Console
from sqlalchemy.exc import SQLAlchemyError

from bot.accounts.registry import Account
from bot.container import Container
from bot.core.clock import SystemClock
from bot.core.errors import log_error
from bot.personal_data.erasure import Erased, PersonalData, PersonBusy
from bot.personal_data.person import Person, ask_platform
from bot.personal_data.trackers import erase_trackers, read_trackers
from bot.settings import Settings, SettingsError, load_settings

T = TypeVar("T")
Who = Annotated[str, typer.Argument(metavar="ACCOUNT|EMAIL", help="Identifiant du compte SPHERE, ou adresse e-mail professionnelle.")]

person_app = typer.Typer(no_args_is_help=True, help="Données d’une personne\u00a0: les exporter (droit d’accès) ou les effacer.")


@person_app.command()
def export(
    who: Who,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Fichier JSON à créer\u00a0; lisible par son seul propriétaire.")],
) -> None:
    """Écrire dans un fichier tout ce qui est conservé sur une personne."""
    if out.exists():
        _fail(f"{out} existe déjà")

    async def work(data: PersonalData, account: Account | None, settings: Settings) -> tuple[Person, dict[str, Any]]:
        person, tables = await data.export(who, account)
        trackers = await asyncio.to_thread(read_trackers, settings.tracker_database, person.conversations)
        return person, {"tables": tables, "trackers": trackers}

    (person, found), answered = _run(who, work)
    known = {"accounts": person.accounts, "emails": person.emails, "names": person.names, "conversations": person.conversations}
    document = {
        "made_at": SystemClock().now().isoformat(),
        "person": {name: sorted(values) for name, values in known.items()},
        "platform_answered": answered,
        **found,
    }
    _write(out, document)
    rows = sum(len(rows) for rows in found["tables"].values())
    events = sum(len(events) for events in found["trackers"].values())
    _say(f"{rows} ligne(s) et {events} événement(s) de dialogue dans {out}.")
    _say_limits(person, answered)


@person_app.command()
def erase(who: Who, yes: Annotated[bool, typer.Option("--yes", help="Ne pas demander de confirmation.")] = False) -> None:
    """Effacer tout ce qui est conservé sur une personne, sauf le journal d'audit."""

    async def look(data: PersonalData, account: Account | None, _settings: Settings) -> Person:
        return await data.find(who, account)

    async def work(data: PersonalData, account: Account | None, settings: Settings) -> tuple[Erased, int]:
        erased = await data.erase(who, account)
        return erased, await asyncio.to_thread(erase_trackers, settings.tracker_database, erased.person.conversations)

    person, _ = _run(who, look)
    if not yes:
        _say(f"Comptes\u00a0: {_listed(person.accounts)}. Adresses\u00a0: {_listed(person.emails)}.")
        _say(f"Conversations\u00a0: {len(person.conversations)}.")
        if not typer.confirm("Effacer définitivement ce qui est conservé sur cette personne\u00a0?"):
            _fail("rien n’a été effacé")
    (erased, events), answered = _run(who, work)
    if not sum(erased.rows.values()) and not events:
        _say("Rien n’est conservé sur cette personne.")
    for table, count in sorted(erased.rows.items()):
        if count:
            _say(f"effacé\u00a0: {count} ligne(s) de {table}")
    if events:
        _say(f"effacé\u00a0: {events} événement(s) de dialogue")
    for table, count in erased.kept.items():
        _say(f"conservé\u00a0: {count} ligne(s) de {table} ({_REASONS[table]})")
    _say_limits(erased.person, answered)


_REASONS = {
    "audit_events": "preuve de qui a fait quoi\u00a0: identifiants et codes seulement, jamais un nom ni une adresse",
    "operations": "en cours\u00a0: relancez la commande quand ce sera terminé",
    "login_guards": "compteurs d’essais, effacés un jour après le dernier",
}


def _say_limits(person: Person, answered: bool) -> None:
    if not answered:
        _say("La plateforme n’a pas répondu\u00a0: son nom et ses autres adresses n’ont pas servi. Relancez la commande ensuite.")
    if person.shared:
        _say(f"{len(person.shared)} conversation(s) sont aujourd’hui reliées au compte d’une autre personne, et laissées telles quelles.")
    if person.agents:
        _say("Cette personne a fait partie de l’équipe\u00a0: son nom reste dans les conversations où elle a répondu, jusqu’à leur terme.")
    _say("Ce que d’autres ont écrit à son sujet s’efface avec leurs propres messages (RETENTION_DAYS), les sauvegardes à leur terme.")


def _listed(texts: frozenset[str]) -> str:
    return ", ".join(sorted(texts)) or "aucun connu"


def _write(out: Path, document: dict[str, Any]) -> None:
    try:
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        _fail(f"{out} n’a pas pu être créé\u00a0: {error.strerror}")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(document, file, ensure_ascii=False, indent=1, default=str)
        file.write("\n")


def _run(who: str, work: Callable[[PersonalData, Account | None, Settings], Awaitable[T]]) -> tuple[T, bool]:
    """Run `work` with what the platform says of the person; return also whether the platform answered. Errors become one line, code 1."""

    async def main() -> tuple[T, bool]:
        settings = load_settings()
        parts = Container(settings)
        try:
            data = PersonalData(parts.database, parts.clock, settings.required("secret"))
            account, answered = (None, False) if settings.platform_url is None else await ask_platform(parts.registry, who)
            return await work(data, account, settings), answered
        finally:
            await parts.aclose()

    try:
        return asyncio.run(main())
    except PersonBusy as busy:
        if busy.agent:
            _fail("cette personne est un agent actif\u00a0: fermez d’abord son compte (bot desk)")
        _fail(f"une demande est ouverte (n° {', '.join(map(str, sorted(busy.tickets)))})\u00a0: fermez-la d’abord au poste")
    except SettingsError as error:
        _fail(str(error))
    except SQLAlchemyError as error:
        _fail(f"la base de données n’est pas utilisable (incident {log_error(error)})")


def _say(line: str) -> None:
    Console(highlight=False, markup=False, soft_wrap=True).print(line)


def _fail(message: str) -> NoReturn:
    Console(stderr=True, highlight=False, markup=False, soft_wrap=True).print(f"bot person: {message}")
    raise typer.Exit(1)

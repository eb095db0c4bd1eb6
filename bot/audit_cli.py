"""`bot audit …`: operators export the audit trail, and verify that nothing in it was changed or taken out."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

import typer
from rich.console import Console
from sqlalchemy.exc import SQLAlchemyError

from bot.core.audit import GENESIS, record
from bot.core.audit_chain import Verdict, events, verify
from bot.core.audit_copy import line_of
from bot.core.audit_resources import HASH_URL
from bot.core.clock import PARIS, Clock, SystemClock
from bot.core.database import Database
from bot.core.errors import log_error
from bot.settings import SettingsError, load_settings

T = TypeVar("T")
OPERATOR = "agent:cli"
"""Actor of an export that was asked for on the command line."""

audit_app = typer.Typer(no_args_is_help=True, help="Journal d’audit\u00a0: exporter, vérifier.")


@audit_app.command()
def export(
    out: Annotated[Path, typer.Option(help="Fichier à créer, une ressource AuditEvent par ligne (NDJSON).")],
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="Premier jour.")],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Dernier jour, compris.")],
) -> None:
    """Exporter le journal en ressources FHIR AuditEvent. L'export y est inscrit."""
    if last < first:
        _fail("le dernier jour précède le premier")
    try:
        count = _run(lambda database: export_to(database, SystemClock(), out, first.date(), last.date()))
    except FileExistsError:
        _fail(f"{out} existe déjà")
    except OSError as error:
        _fail(f"{out} ne peut pas être écrit ({error.strerror})")
    _console().print(f"{count} événement(s) exporté(s).")


@audit_app.command(name="verify")
def verify_trail(
    log: Annotated[Path | None, typer.Option(help="Copie (AUDIT_LOG) ou export, dont chaque événement doit être dans le journal.")] = None,
    head: Annotated[str | None, typer.Option(help="Empreinte relevée à une vérification précédente.")] = None,
) -> None:
    """Vérifier que rien n'a été modifié ni retiré ; afficher l'empreinte du dernier événement, à conserver ailleurs."""
    known = {head: 0} if head and head != GENESIS else {}
    try:
        known |= hashes_of(log) if log is not None else {}
    except (OSError, ValueError):
        _fail(f"{log} n’est pas lisible")
    verdict = _run(lambda database: verify(database, known))
    for line in _lines(verdict):
        _console().print(line)
    if not verdict.intact:
        raise typer.Exit(1)


async def export_to(database: Database, clock: Clock, out: Path, first: date, last: date) -> int:
    """Write the events of these days, in Paris, to a new file of mode 0600, and return how many. Raises FileExistsError, OSError."""
    since = datetime.combine(first, time(), PARIS)
    until = datetime.combine(last + timedelta(days=1), time(), PARIS)
    file = os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8")
    with file:
        async with database.writing() as session:
            await record(session, now=clock.now(), actor=OPERATOR, action="audit.export", subject=f"{first}/{last}", outcome="exported")
        count = 0
        async for event in events(database, since=since, until=until):
            file.write(f"{line_of(event)}\n")
            count += 1
    return count


def hashes_of(log: Path) -> dict[str, int]:
    """Return the hashes of the events of a copy or an export, with their ids. Raises OSError, ValueError for what is neither.

    A line of a syslog counts from its first brace.
    """
    found: dict[str, int] = {}
    with log.open(encoding="utf-8") as lines:
        for line in lines:
            if not line.strip():
                continue
            resource = json.loads(line[line.index("{") :])
            values = [extension["valueString"] for extension in resource.get("extension") or [] if extension.get("url") == HASH_URL]
            found |= dict.fromkeys(values, int(resource["id"]))
    return found


def _lines(verdict: Verdict) -> list[str]:
    lines = [f"{verdict.count} événement(s), empreinte du dernier\u00a0: {verdict.head}"]
    if verdict.broken_at is not None:
        lines.append(f"Le journal a été modifié\u00a0: l’événement {verdict.broken_at} ne suit pas le précédent.")
    if verdict.missing:
        lines.append(f"{len(verdict.missing)} événement(s) connus par ailleurs ne sont plus dans le journal.")
    return lines if not verdict.intact else [*lines, "Le journal est intact."]


def _run(work: Callable[[Database], Awaitable[T]]) -> T:
    """Run `work`; what is wrong with settings or database becomes one line and exit code 1."""

    async def main() -> T:
        database = Database(load_settings().sqlalchemy_url)
        try:
            return await work(database)
        finally:
            await database.close()

    try:
        return asyncio.run(main())
    except SettingsError as error:
        _fail(str(error))
    except SQLAlchemyError as error:
        _fail(f"la base de données n’est pas utilisable (incident {log_error(error)})")


def _console(*, stderr: bool = False) -> Console:
    return Console(stderr=stderr, highlight=False, markup=False, soft_wrap=True)


def _fail(message: str) -> NoReturn:
    _console(stderr=True).print(f"bot audit: {message}")
    raise typer.Exit(1)

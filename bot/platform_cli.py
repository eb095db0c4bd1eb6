"""`bot platform …`: what is required of a platform, whether it works, and how its changes are heard of."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from bot.command_line import run_command, say
from bot.core.clock import SystemClock
from bot.fhir.mapping import load_mapping
from bot.platform_access import platform_client
from bot.platform_check import BAD, PlatformCheck
from bot.platform_requirements import requirements
from bot.platform_subscription_cli import register
from bot.settings import load_settings

platform_app = typer.Typer(no_args_is_help=True, help="Plateforme\u00a0: ce qui lui est demandé, ce qui marche, ses changements.")


platform_app.command()(requirements)
register(platform_app)


@platform_app.command()
def check(
    write: Annotated[
        bool, typer.Option("--write", help="Essayer aussi les créations et les changements, sur des ressources d’essai.")
    ] = False,
) -> None:
    """Faire chaque appel dont l’assistant a besoin, et dire ce que la plateforme répond. Sans --write, rien n’est changé."""
    done = run_command("platform check", _check(write=write), {})
    table = Table("appel", "", "réponse", "sert à", box=None, pad_edge=False)
    for line in done.lines:
        table.add_row(line.call, line.verdict, line.answer, line.purpose)
    say(table)
    wrong = sum(line.verdict == BAD for line in done.lines)
    say(f"{wrong} appel(s) ne fonctionnent pas" if wrong else "tout ce qui a été essayé fonctionne")
    if not done.passed:
        raise typer.Exit(1)


async def _check(*, write: bool) -> PlatformCheck:
    settings = load_settings()
    fhir = platform_client(settings, SystemClock(), None)  # without the database: it need not be there yet
    try:
        done = PlatformCheck(fhir, load_mapping(settings.platform_mapping), write=write)
        await done.run()
    finally:
        await fhir.aclose()
    return done

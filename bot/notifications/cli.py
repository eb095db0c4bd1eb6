"""`bot notifications …`: operators list messages that were given up and resend them. The running bot sends them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError

from bot.core.clock import SystemClock
from bot.core.database import Database
from bot.core.errors import log_error
from bot.notifications.dead_letters import CodeDeleted, DeadLetter, DeadLetters, NotDead
from bot.settings import SettingsError, load_settings

T = TypeVar("T")

notifications_app = typer.Typer(no_args_is_help=True, help="Notifications : voir et renvoyer ce qui n'a pas pu partir.")

CHANNEL_NAMES = {"telegram": "Telegram", "teams": "Teams", "mail": "e-mail", "sphere": "liste SPHERE"}
KIND_NAMES = {"mail": "e-mail", "chat": "message", "push": "message"}


@notifications_app.command()
def dead(everything: Annotated[bool, typer.Option("--all", help="Aussi les messages des conversations fermées.")] = False) -> None:
    """Lister ce qui n'a pas pu partir : jamais ce qui y est écrit, ni à qui."""
    letters = _run(lambda dead_letters: dead_letters.letters(closed=everything))
    if not letters:
        _console().print("Rien n'est resté en souffrance.")
        return
    table = Table("N°", "Nature", "Moyen", "Âge", "Essais", "Erreur", "Repris")
    for letter in letters:
        table.add_row(*_row(letter))
    _console().print(table)


@notifications_app.command()
def resend(which: Annotated[str, typer.Argument(metavar="ID|all", help="Un numéro de la liste, ou « all ».")]) -> None:
    """Renvoyer un message, ou toutes les notifications qu'aucun autre moyen n'a reprises."""
    if which == "all":
        count = _run(lambda dead_letters: dead_letters.resend_all())
        _console().print("Aucune notification à renvoyer." if not count else f"{count} notification(s) à nouveau en partance.")
        return
    if not which.isdecimal():
        _fail("indiquez un numéro de la liste, ou « all »")
    _run(lambda dead_letters: dead_letters.resend(int(which)))
    _console().print("À nouveau en partance.")


def _row(letter: DeadLetter) -> tuple[str, ...]:
    nature = "notification" if letter.channel else KIND_NAMES.get(letter.kind, letter.kind)
    channel = CHANNEL_NAMES.get(letter.channel or "", letter.channel or "")
    age = _age(SystemClock().now() - letter.created_at)
    return str(letter.id), nature, channel, age, str(letter.attempts), letter.error, "oui" if letter.taken_over else "non"


def _age(age: timedelta) -> str:
    hours = int(age.total_seconds() // 3600)
    return f"{hours // 24} j" if hours >= 48 else f"{hours} h" if hours else f"{max(0, int(age.total_seconds() // 60))} min"


def _run(work: Callable[[DeadLetters], Awaitable[T]]) -> T:
    """Run `work`; every error becomes one line and exit code 1."""

    async def main() -> T:
        settings = load_settings()
        database = Database(settings.sqlalchemy_url)
        try:
            return await work(DeadLetters(database, SystemClock()))
        finally:
            await database.close()

    try:
        return asyncio.run(main())
    except NotDead:
        _fail("ce numéro n'est pas dans la liste")
    except CodeDeleted:
        _fail("cet e-mail contenait un code, effacé depuis ; pour un nouveau compte : bot accounts resend-codes RÉFÉRENCE")
    except SettingsError as error:
        _fail(str(error))
    except SQLAlchemyError as error:
        _fail(f"la base de données n'est pas utilisable (incident {log_error(error)})")


def _console(*, stderr: bool = False) -> Console:
    return Console(stderr=stderr, highlight=False, markup=False, soft_wrap=True)


def _fail(message: str) -> NoReturn:
    _console(stderr=True).print(f"bot notifications: {message}")
    raise typer.Exit(1)

"""`bot notifications …`: operators list messages that were given up and resend them. The running bot sends them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated, TypeVar

import typer
from rich.table import Table

from bot.command_line import fail, run_command, say
from bot.core.clock import SystemClock
from bot.core.database import Database
from bot.notifications.dead_letters import CodeDeleted, DeadLetter, DeadLetters, NotDead
from bot.settings import load_settings

T = TypeVar("T")

_ERRORS = {
    NotDead: "ce numéro n’est pas dans la liste",
    CodeDeleted: "cet e-mail contenait un code, effacé depuis\u00a0; pour un nouveau compte\u00a0: bot accounts resend-codes RÉFÉRENCE",
}

notifications_app = typer.Typer(no_args_is_help=True, help="Notifications\u00a0: voir et renvoyer ce qui n’a pas pu partir.")

CHANNEL_NAMES = {"telegram": "Telegram", "teams": "Teams", "mail": "e-mail", "sphere": "liste SPHERE"}
KIND_NAMES = {"mail": "e-mail", "chat": "message", "push": "message"}


@notifications_app.command()
def dead(everything: Annotated[bool, typer.Option("--all", help="Aussi les messages des conversations fermées.")] = False) -> None:
    """Lister ce qui n'a pas pu partir : jamais ce qui y est écrit, ni à qui."""
    letters = _run(lambda dead_letters: dead_letters.letters(closed=everything))
    if not letters:
        say("Rien n’est resté en souffrance.")
        return
    table = Table("N°", "Nature", "Moyen", "Âge", "Essais", "Erreur", "Repris")
    for letter in letters:
        table.add_row(*_row(letter))
    say(table)


@notifications_app.command()
def resend(which: Annotated[str, typer.Argument(metavar="ID|all", help="Un numéro de la liste, ou «\u00a0all\u00a0».")]) -> None:
    """Renvoyer un message, ou toutes les notifications qu'aucun autre moyen n'a reprises."""
    if which == "all":
        count = _run(lambda dead_letters: dead_letters.resend_all())
        say("Aucune notification à renvoyer." if not count else f"{count} notification(s) à nouveau en partance.")
        return
    if not which.isdecimal():
        fail("notifications", "indiquez un numéro de la liste, ou «\u00a0all\u00a0»")
    _run(lambda dead_letters: dead_letters.resend(int(which)))
    say("À nouveau en partance.")


def _row(letter: DeadLetter) -> tuple[str, ...]:
    nature = "notification" if letter.channel else KIND_NAMES.get(letter.kind, letter.kind)
    channel = CHANNEL_NAMES.get(letter.channel or "", letter.channel or "")
    age = _age(SystemClock().now() - letter.created_at)
    return str(letter.id), nature, channel, age, str(letter.attempts), letter.error, "oui" if letter.taken_over else "non"


def _age(age: timedelta) -> str:
    hours = int(age.total_seconds() // 3600)
    return f"{hours // 24} j" if hours >= 48 else f"{hours} h" if hours else f"{max(0, int(age.total_seconds() // 60))} min"


def _run(work: Callable[[DeadLetters], Awaitable[T]]) -> T:
    async def main() -> T:
        database = Database(load_settings().sqlalchemy_url)
        try:
            return await work(DeadLetters(database, SystemClock()))
        finally:
            await database.close()

    return run_command("notifications", main(), _ERRORS)

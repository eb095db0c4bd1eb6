"""`bot keys …`: operators change SECRET without losing what is stored under it (docs/dev/key_rotation.md)."""

from __future__ import annotations

from typing import NoReturn

import typer
from rich.table import Table as Lines

from bot.command_line import fail, run_command, say
from bot.core import audit
from bot.core.clock import SystemClock
from bot.core.database import Database
from bot.core.key_rotation import Rotated, rotate
from bot.encrypted_columns import ENCRYPTED
from bot.settings import load_settings

keys_app = typer.Typer(no_args_is_help=True, help="Clé des données chiffrées\u00a0: où elle est utilisée, comment la changer.")
OPERATOR = "agent:cli"


@keys_app.command()
def status() -> None:
    """Compter ce qui est chiffré avec SECRET, avec SECRET_ALSO, et avec ni l'un ni l'autre. Rien n'est modifié."""
    found = run_command("keys status", _run(look_only=True), {})
    _print(found, "chiffré avec SECRET_ALSO")
    if any(one.renewed for one in found):
        say("bot keys rotate chiffre avec SECRET ce qui l’est avec SECRET_ALSO.")


@keys_app.command(name="rotate")
def rotate_keys() -> None:
    """Chiffrer avec SECRET ce qui l'est encore avec SECRET_ALSO. Interrompue, la commande se relance."""
    if load_settings().secret_also is None:
        _fail("SECRET_ALSO n’est pas renseigné\u00a0: il n’y a rien à chiffrer de nouveau")
    found = run_command("keys rotate", _run(look_only=False), {})
    _print(found, "chiffré de nouveau")
    if lost := sum(one.unreadable for one in found):
        _fail(f"{lost} texte(s) ne se lisent ni avec SECRET ni avec SECRET_ALSO")
    say("Tout est chiffré avec SECRET.")


async def _run(*, look_only: bool) -> list[Rotated]:
    settings = load_settings()
    database = Database(settings.sqlalchemy_url)
    try:
        found = await rotate(database, settings.required("secret"), ENCRYPTED, look_only=look_only)
        if not look_only:
            async with database.writing() as session:
                now = SystemClock().now()
                await audit.record(session, now=now, actor=OPERATOR, action="keys.rotate", subject="SECRET", outcome="done")
    finally:
        await database.close()
    return found


def _print(found: list[Rotated], other: str) -> None:
    lines = Lines("", "chiffré avec SECRET", other, "illisible", box=None)
    for one in found:
        lines.add_row(one.name, str(one.current), str(one.renewed), str(one.unreadable))
    say(lines)


def _fail(message: str) -> NoReturn:
    fail("keys", message)

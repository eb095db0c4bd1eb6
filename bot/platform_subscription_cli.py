"""`bot platform subscribe`, `unsubscribe`, `status`: being notified by the platform of what changes there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, TypeVar

import typer
from rich.table import Table
from sqlalchemy import func, select

from bot.command_line import Line, fail, run_command, say
from bot.container import Container
from bot.core.clock import PARIS
from bot.fhir.errors import FhirError
from bot.notifications.watch.subscriptions import ACTIVE, CARE_TEAMS, REQUESTS, Subscriptions
from bot.notifications.watch.tables import PlatformLook, PlatformSubscription, PlatformWatch
from bot.settings import load_settings

T = TypeVar("T")


def _not_allowed(error: Exception) -> str:
    return f"la plateforme ne le permet pas ({type(error).__name__})\u00a0; rien d’autre n’a changé"


_ERRORS: dict[type[Exception], Line] = {FhirError: _not_allowed}


def register(app: typer.Typer) -> None:
    """Add the commands to a group."""
    app.command()(subscribe)
    app.command()(unsubscribe)
    app.command()(status)


def subscribe(
    criteria: Annotated[list[str] | None, typer.Argument(metavar="[CRITÈRE]...", help=f"Par défaut «\u00a0{CARE_TEAMS}\u00a0».")] = None,
    declared: Annotated[bool, typer.Option("--events", help=f"Aussi «\u00a0{REQUESTS}\u00a0».")] = False,
    empty: Annotated[bool, typer.Option("--empty", help="Demander des notifications sans contenu.")] = False,
) -> None:
    """S'abonner aux changements de la plateforme ; redire la commande remet l'abonnement en place."""
    wanted = [*(criteria or [CARE_TEAMS]), *([REQUESTS] if declared else [])]
    known = tuple(f"{one.partition('?')[0]}?" for one in (CARE_TEAMS, REQUESTS))
    if any(not one.startswith(known) or len(one) > 200 for one in wanted):
        fail("platform", f"un critère commence par {' ou '.join(known)}")

    async def work(parts: Container) -> list[PlatformSubscription]:
        subscriptions = _subscriptions(parts)
        return [await subscriptions.subscribe(one, payload=not empty) for one in wanted]

    for one in _run(work):
        say(f"{one.criteria}\u00a0: {_state(one)}")


def unsubscribe() -> None:
    """Mettre fin à tous les abonnements."""
    count = _run(lambda parts: _subscriptions(parts).unsubscribe())
    say("Il n’y avait pas d’abonnement." if not count else f"{count} abonnement(s) arrêté(s).")


def status() -> None:
    """Dire où en sont les abonnements et les relevés : sans rien demander à la plateforme."""
    subscriptions, watches, waiting = _run(_read)
    if not subscriptions and not watches:
        say("Aucun abonnement, aucun relevé.")
        return
    table = Table("Abonnement", "État", "Vérifié", "Dernier signe", "Remis en place")
    for one in subscriptions:
        table.add_row(one.criteria, _state(one), _at(one.checked_at), _at(one.heard_at), str(one.repairs))
    if subscriptions:
        say(table)
    table = Table("Relevé", "Dernière réponse", "Vu jusqu’à", "Échecs de suite", "Prochain")
    for watch in watches:
        table.add_row(watch.name, _at(watch.looked_at), _at(watch.cursor), str(watch.failures), _at(watch.next_at))
    if watches:
        say(table)
    say(f"En attente de lecture\u00a0: {waiting}")
    if any(one.state != ACTIVE for one in subscriptions):
        raise typer.Exit(1)


async def _read(parts: Container) -> tuple[list[PlatformSubscription], list[PlatformWatch], int]:
    async with parts.database.reading() as session:
        subscriptions = [*await session.scalars(select(PlatformSubscription).order_by(PlatformSubscription.criteria))]
        watches = [*await session.scalars(select(PlatformWatch).order_by(PlatformWatch.name))]
        return subscriptions, watches, await session.scalar(select(func.count()).select_from(PlatformLook)) or 0


def _subscriptions(parts: Container) -> Subscriptions:
    return Subscriptions(parts.settings, parts.database, parts.clock, parts.fhir)


def _state(one: PlatformSubscription) -> str:
    return {"active": "actif", "requested": "demandé", "error": "en erreur", "off": "arrêté"}.get(one.state, "inconnu")


def _at(at: datetime | None) -> str:
    return at.astimezone(PARIS).strftime("%d/%m/%Y %H:%M:%S") if at else "–"


def _run(work: Callable[[Container], Awaitable[T]]) -> T:
    async def main() -> T:
        parts = Container(load_settings())
        try:
            return await work(parts)
        finally:
            await parts.aclose()

    return run_command("platform", main(), _ERRORS)

"""`bot identity …`: what support does for the holder of an account who did not link a chat, or lost a phone.

Whoever adds or invokes `identity_app` passes, as Click's context object, a function that opens the service (`OpenIdentity`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from sqlalchemy.exc import SQLAlchemyError

from bot.core.errors import log_error
from bot.fhir.errors import FhirError
from bot.identity.service import Identity
from bot.settings import SettingsError

OpenIdentity = Callable[[], AbstractAsyncContextManager[Identity]]

identity_app = typer.Typer(no_args_is_help=True, help="Discussions reliées à un compte\u00a0: défaire les liens.")


@identity_app.callback()
def _root() -> None:
    """Discussions reliées à un compte : défaire les liens."""


@identity_app.command()
def unlink(context: typer.Context, email: Annotated[str, typer.Argument(metavar="E-MAIL", help="Adresse du compte SPHERE.")]) -> None:
    """Défaire les liens de toutes les discussions d'un compte, par exemple après un téléphone perdu."""
    open_identity: OpenIdentity = context.obj

    async def main() -> int | None:
        async with open_identity() as identity:
            return await identity.unlink_account_of(email)

    try:
        ended = asyncio.run(main())
    except FhirError as error:
        _fail(f"la plateforme ne répond pas ou refuse la demande\u00a0: rien n’est changé (incident {log_error(error)})")
    except SettingsError as error:
        _fail(str(error))
    except SQLAlchemyError as error:
        _fail(f"la base de données n’est pas utilisable (incident {log_error(error)})")
    if ended is None:
        _fail("aucun compte ouvert n’a cette adresse")
    Console(highlight=False, soft_wrap=True).print(f"Liens défaits\u00a0: {ended}.", markup=False)


def _fail(message: str) -> NoReturn:
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"bot\u00a0: {message}", markup=False)
    raise typer.Exit(1)

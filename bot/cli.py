"""The command line: `bot run` starts everything; the other commands are its parts and the tools of operators."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated

import typer
from rich.console import Console

from bot.accounts.cli import accounts_app
from bot.accounts.requests import AccountRequests
from bot.channels.teams.package import teams_app
from bot.container import Container
from bot.directory.cli import directory_app
from bot.installation.supervisor import SupervisorError
from bot.notifications.cli import notifications_app
from bot.settings import SettingsError, load_settings
from bot.support.cli import desk_app


@asynccontextmanager
async def open_account_requests() -> AsyncIterator[AccountRequests]:
    """Open the account requests of the installation that the settings describe, and close what was opened.

    Raises SettingsError for a setting that is missing or wrong.
    """
    parts = Container(load_settings())
    try:
        yield parts.account_requests
    finally:
        await parts.aclose()


app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
app.add_typer(accounts_app, name="accounts", context_settings={"obj": open_account_requests})
app.add_typer(desk_app, name="desk")
app.add_typer(directory_app, name="directory")
app.add_typer(notifications_app, name="notifications")
app.add_typer(teams_app, name="teams")

Port = Annotated[int, typer.Option(min=1, max=65535)]
_console = Console(highlight=False, soft_wrap=True)


@app.command()
def run() -> None:
    """Start everything on this machine and keep it running until Ctrl-C or SIGTERM."""
    from bot.installation.installation import Installation, run_installation  # the other commands do not need its imports
    from bot.sandbox.companions import sandbox_companions

    def say(line: str) -> None:
        _console.print(line, markup=False)

    try:
        installation = Installation(load_settings(), say, sandbox_companions)
        installation.acquire()
        asyncio.run(run_installation(installation, _on_stop_signals))
    except (SupervisorError, SettingsError) as error:
        _fail(error)
    except KeyboardInterrupt:  # before the processes were started
        raise typer.Exit(130) from None


@app.command()
def serve() -> None:
    """Run the bot alone: web chat, events intake, delivery; the other parts are found through the settings."""
    from bot.app import serve as serve_app

    try:
        serve_app(load_settings())
    except SettingsError as error:
        _fail(error)


@app.command()
def actions(port: Port = 5055) -> None:
    """Run the action server alone, on loopback."""
    from actions.framework.server import serve as serve_actions

    try:
        serve_actions(load_settings(), port)
    except SettingsError as error:
        _fail(error)


@app.command()
def sandbox(port: Port = 8090, smtp_port: Port = 8025) -> None:
    """Run the embedded demo platform alone: FHIR server and caught e-mails, on loopback."""
    from bot.sandbox.server import run as run_sandbox

    try:
        settings = load_settings()
        run_sandbox(
            data_dir=settings.data,
            http_port=port,
            smtp_port=smtp_port,
            token=settings.required("platform_token"),
            events_url=f"http://{settings.host}:{settings.port}/events",
            events_token=settings.required("events_token"),
        )
    except SettingsError as error:
        _fail(error)


@app.command()
def migrate() -> None:
    """Bring the database to the newest schema (the bot does so by itself when it starts)."""
    from bot.migrations import upgrade

    upgrade(load_settings().sqlalchemy_url)


def _on_stop_signals(stop: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)


def _fail(error: Exception) -> None:
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"bot: {error}", markup=False)
    raise typer.Exit(1)


if __name__ == "__main__":
    app()

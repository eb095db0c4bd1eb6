"""The command line: `bot run` starts everything; the other commands are its parts and the tools of operators."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bot.accounts.cli import accounts_app
from bot.accounts.requests import AccountRequests
from bot.audit_cli import audit_app
from bot.channels.teams.package import teams_app
from bot.command_line import CommandGroup
from bot.container import Container
from bot.directory.cli import directory_app
from bot.directory.errors import DirectoryError
from bot.fake_channels import CONTROL_PATH
from bot.identity.cli import identity_app
from bot.identity.service import Identity
from bot.installation.data_folder import PRIVATE_UMASK, DataFolderError, prepare_data_folder
from bot.installation.supervisor import START_FAILED, START_LATER, SupervisorError
from bot.keys_cli import keys_app
from bot.messaging.texts import TextsError
from bot.migrations import DatabaseAway, DatabaseError, upgrade
from bot.notifications.cli import notifications_app
from bot.personal_data.cli import person_app
from bot.platform_cli import platform_app
from bot.settings import Settings, SettingsError, load_settings
from bot.supply.cli import advisories, sbom
from bot.support.cli import desk_app
from bot.web.assets import FrontendNotInstalled

START_ERRORS = (
    SettingsError, DataFolderError, DatabaseError, DirectoryError, SupervisorError, TextsError, FrontendNotInstalled,
)  # fmt: skip
"""What keeps a process from starting, and says so in one sentence."""


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


@asynccontextmanager
async def open_identity() -> AsyncIterator[Identity]:
    """Open the identity of the installation that the settings describe, and close what was opened. Raises SettingsError."""
    parts = Container(load_settings())
    try:
        yield parts.identity
    finally:
        await parts.aclose()


app = typer.Typer(cls=CommandGroup, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
app.add_typer(accounts_app, name="accounts", context_settings={"obj": open_account_requests})
app.add_typer(audit_app, name="audit")
app.add_typer(desk_app, name="desk")
app.add_typer(directory_app, name="directory")
app.add_typer(identity_app, name="identity", context_settings={"obj": open_identity})
app.add_typer(keys_app, name="keys")
app.add_typer(notifications_app, name="notifications")
app.add_typer(person_app, name="person")
app.add_typer(platform_app, name="platform")
app.add_typer(teams_app, name="teams")
app.command()(sbom)
app.command()(advisories)

Port = Annotated[int, typer.Option(min=1, max=65535)]
_console = Console(highlight=False, soft_wrap=True)


@app.callback()
def keep_files_private() -> None:
    """Leave every file that a command makes to its owner alone; the processes that it starts inherit that."""
    os.umask(PRIVATE_UMASK)


@app.command()
def run() -> None:
    """Start everything on this machine and keep it running until Ctrl-C or SIGTERM."""
    from bot.installation.installation import Installation, run_installation  # the other commands do not need its imports
    from bot.sandbox.companions import sandbox_companions

    def say(line: str) -> None:
        _console.print(line, markup=False)

    with _starting():
        try:
            settings = load_settings(running=False)
            settings.check_platform_access()
            installation = Installation(settings, say, sandbox_companions)
            installation.acquire()
            asyncio.run(run_installation(installation, _on_stop_signals))
        except KeyboardInterrupt:  # before the processes were started
            raise typer.Exit(130) from None


@app.command()
def serve() -> None:
    """Run the bot alone: web chat, events intake, and delivery unless ROLES is `serve`; the other parts are found through the settings."""
    from bot.app import serve as serve_app

    with _starting():
        serve_app(_load_settings())


@app.command()
def deliver() -> None:
    """Run alone what nobody waits for: mails, notifications, schedule, retention; beside `bot serve` with ROLES=serve."""
    from bot.app import deliver as deliver_app

    with _starting():
        deliver_app(_load_settings())


@app.command()
def actions(
    port: Port = 5055,
    host: Annotated[
        str, typer.Option("--host", help="Address to listen on: another one than loopback belongs on a private network.")
    ] = "127.0.0.1",
) -> None:
    """Run the action server alone; every request must be signed with ACTIONS_TOKEN."""
    from actions.framework.server import serve as serve_actions

    with _starting():
        serve_actions(_load_settings(), host, port)


@app.command()
def sandbox(port: Port = 8090, smtp_port: Port = 8025) -> None:
    """Run the embedded demo platform alone: FHIR server and caught e-mails, on loopback."""
    from bot.sandbox.server import run as run_sandbox

    with _starting():
        settings = load_settings()
        prepare_data_folder(settings.data)
        password = settings.smtp_password.get_secret_value() if settings.smtp_user and settings.smtp_password else None
        run_sandbox(
            data_dir=settings.data,
            http_port=port,
            smtp_port=smtp_port,
            token=settings.required("platform_token"),
            events_url=f"http://{settings.host}:{settings.port}/events",
            events_token=settings.required("events_token"),
            smtp_login=(settings.smtp_user, password) if settings.smtp_user and password else None,
            control_path=os.environ.get(CONTROL_PATH, ""),
        )


@app.command()
def migrate() -> None:
    """Bring the database to the newest schema (the bot does so by itself when it starts)."""
    with _starting():
        upgrade(_load_settings().sqlalchemy_url)


def _load_settings() -> Settings:
    """Return the settings of a process of its own, its data folder prepared; with a database elsewhere, others may keep that folder."""
    settings = load_settings()
    prepare_data_folder(settings.data, required=settings.database_url is None)
    return settings


@contextmanager
def _starting() -> Iterator[None]:
    """Say in one sentence on standard error why a process cannot start, and end with START_FAILED, or START_LATER."""
    try:
        yield
    except DatabaseAway as error:
        _fail(str(error), START_LATER)
    except START_ERRORS as error:
        _fail(str(error))
    except OSError as error:
        _fail(": ".join(str(part) for part in (error.filename, error.strerror or type(error).__name__) if part))


@app.command()
def backup(file: Annotated[Path, typer.Argument(metavar="FILE", help="File to write, readable by its owner alone.")]) -> None:
    """Back up the installation of DATA into one file, also while it runs."""
    from bot.installation.backup import BackupFailed, write_backup

    try:
        written = write_backup(load_settings(), file, datetime.now(UTC))
    except (BackupFailed, SettingsError) as error:
        _fail(str(error))
    _console.print(f"{written.file}: {written.size} bytes, sha256 {written.sha256}", markup=False)
    _console.print(f"in it: {', '.join(written.members)}", markup=False)
    _console.print("not in it: the directory's index, logs, and secrets that the environment sets", markup=False)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="File that `bot backup` wrote.")],
    force: Annotated[bool, typer.Option("--force", help="Although DATA, or the database, is not empty.")] = False,
) -> None:
    """Restore a backup into an empty DATA; an installation that runs there must be stopped first."""
    from bot.installation.restore import RestoreFailed, restore_backup

    try:
        done = restore_backup(load_settings(), file, datetime.now(UTC), force=force)
    except (RestoreFailed, SettingsError) as error:
        _fail(str(error))
    _console.print(f"restored the backup of {done.made_at}: {', '.join(done.members)}", markup=False)
    if done.put_aside is not None:
        _console.print(f"what was there is in {done.put_aside}", markup=False)
    if done.environment_secrets:
        _console.print(f"set these as they were before: {', '.join(done.environment_secrets)}", markup=False)
    if done.other_secret:
        _console.print("SECRET is another one than before: links, sessions and codes that were given out are not known", markup=False)
    _console.print("import the directory again where it is not the demo's: bot directory import FILE", markup=False)


def _on_stop_signals(stop: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)


def _fail(sentence: str, code: int = START_FAILED) -> None:
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"bot: {sentence}", markup=False)
    raise typer.Exit(code)


if __name__ == "__main__":
    app()

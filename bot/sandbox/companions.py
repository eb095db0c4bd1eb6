"""The stand-ins that run beside an installation: platform and mailbox where no real platform is set, fake Telegram, fake Teams."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from bot.directory.importer import import_file, people_of
from bot.directory.index import current_folder
from bot.fake_channels import (
    CONTROL_PATH,
    TEAMS_APP_ID,
    TEAMS_CHANNEL,
    TEAMS_TENANT_ID,
    TELEGRAM_GROUP,
    teams_settings,
    telegram_settings,
)
from bot.installation.companions import Companion, PrintLine, Site
from bot.sandbox.demo_directory import write_demo_file
from bot.sandbox.event_page import PATH as EVENT_PAGE

LOOPBACK = "127.0.0.1"
DEMO_PEOPLE_COUNT = 5_000
SMTP_USER = "sandbox"
"""Login that the embedded mailbox takes mails with."""
DESK_USER = "superviseur"
"""Login of the first supervisor of the desk, where no real platform is set."""


def sandbox_companions(site: Site) -> list[Companion]:
    """Return the stand-ins that the settings of `site` ask for, in the order in which they start."""
    return list(_companions(site))


def _companions(site: Site) -> Iterator[Companion]:
    if site.settings.platform_url is None:
        yield _platform(site)
    if site.settings.telegram == "fake":
        yield _telegram(site)
    if site.settings.teams == "fake":
        yield _teams(site)


def _platform(site: Site) -> Companion:
    """Describe the FHIR platform with its mailbox; it brings the desk's first supervisor and the demo directory along."""
    settings, secrets = site.settings, site.secrets
    port, smtp_port = site.reserve_port(), site.reserve_port()
    url = f"http://{LOOPBACK}:{port}"
    environment = {"PLATFORM_URL": f"{url}/fhir", "PLATFORM_TOKEN": secrets["fhir_token"]}
    if "platform_poll_seconds" not in settings.model_fields_set:
        environment["PLATFORM_POLL_SECONDS"] = "0"  # it posts events
    entries: dict[str, str] = {}
    smtp_login = {"SMTP_USER": SMTP_USER, "SMTP_PASSWORD": secrets["smtp_password"]}
    if settings.smtp_port is None:
        environment |= {"SMTP_HOST": LOOPBACK, "SMTP_PORT": str(smtp_port), **smtp_login}
    if settings.desk_user is None:
        environment |= {"DESK_USER": DESK_USER, "DESK_PASSWORD": secrets["desk_password"]}
        entries |= {"desk_user": DESK_USER, "desk_password": secrets["desk_password"]}
    entries |= {
        "fhir": f"{url}/fhir",
        "fhir_token": secrets["fhir_token"],
        "mailbox": f"{url}/mailbox",
        "event_page": f"{url}{_control_path(site)}{EVENT_PAGE}",
    }
    command = [sys.executable, "-m", "bot.cli", "sandbox", "--port", str(port), "--smtp-port", str(smtp_port)]
    demo = _directory_import(site.data / "demo-annuaire.txt", settings.directory_index)
    prepare = demo if settings.directory_source is None else None
    return Companion(
        "sandbox",
        command,
        f"{url}/fhir/metadata",
        environment,
        entries,
        prepare,
        secrets=frozenset({"PLATFORM_TOKEN", "EVENTS_TOKEN"}),
        own_environment={CONTROL_PATH: _control_path(site), **smtp_login},
    )


def _directory_import(file: Path, index: Path) -> Callable[[PrintLine], None]:
    """Return a function that imports the demo directory by way of `file`, unless there is one that this version reads."""

    def prepare(print_line: PrintLine) -> None:
        if current_folder(index) is not None:
            return
        if people_of(index) not in (0, DEMO_PEOPLE_COUNT):
            print_line("directory: made by an earlier version, import it again: bot directory import FILE")
            return
        print_line(f"directory: making and indexing the demo directory ({DEMO_PEOPLE_COUNT:,} invented people)")
        write_demo_file(file, people=DEMO_PEOPLE_COUNT)
        report = import_file(file, index)
        print_line(f"directory: {report.people} people indexed in {report.seconds:.1f} s")

    return prepare


def _control_path(site: Site) -> str:
    """Return the path that only whoever may read the data folder knows."""
    return f"/{site.secrets['control_path']}"


def _telegram(site: Site) -> Companion:
    port = site.reserve_port()
    url = f"http://{LOOPBACK}:{port}{_control_path(site)}"
    group = site.settings.support_telegram_group or TELEGRAM_GROUP
    command = [sys.executable, "-m", "bot.sandbox.telegram", "--port", str(port)]
    command += ["--no-limits"] if site.settings.telegram_per_chat > 1 else []
    command += [f"--group={group}", "--counters", str(site.data / "telegram.json")]
    environment = telegram_settings(url) | {"SUPPORT_TELEGRAM_GROUP": group}
    return Companion("telegram", command, f"{url}/", environment, {"telegram": url}, own_environment={CONTROL_PATH: _control_path(site)})


def _teams(site: Site) -> Companion:
    port = site.reserve_port()
    url = f"http://{LOOPBACK}:{port}{_control_path(site)}"
    channel = site.settings.support_teams_channel or TEAMS_CHANNEL
    command = [sys.executable, "-m", "bot.sandbox.teams", "--port", str(port), "--app-id", TEAMS_APP_ID, "--tenant", TEAMS_TENANT_ID]
    command += ["--bot-url", f"http://{LOOPBACK}:{site.settings.port}/teams/messages", "--support-channel", channel]
    environment = teams_settings(url) | {"SUPPORT_TEAMS_CHANNEL": channel}
    return Companion("teams", command, f"{url}/", environment, {"teams": url}, own_environment={CONTROL_PATH: _control_path(site)})

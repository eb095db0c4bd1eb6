"""Settings: the one place where they are typed, documented and validated.

Every setting is an environment variable of the name given as its alias. The supervisor (`bot run`)
fills in those that the embedded sandbox provides and passes them to the processes it starts.
"""

from __future__ import annotations

import json
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from bot.core.database import sqlite_url
from bot.directory_settings import DirectorySettings
from bot.directory_source_settings import DirectorySourceSettings
from bot.event_settings import EventSettings
from bot.fake_channels import teams_settings, telegram_settings
from bot.limit_settings import LimitSettings
from bot.machine_settings import MachineSettings
from bot.mapping_settings import MappingSettings
from bot.observability_settings import ObservabilitySettings
from bot.oidc_settings import OidcSettings
from bot.platform_settings import ACCESS, PlatformSettings
from bot.reader_settings import ReaderSettings, is_loopback
from bot.secret_settings import SecretSettings


class SettingsError(Exception):
    """A setting is missing or wrong; the message names its variable."""


_LOOPBACK: dict[int, Any] = {4: ip_network("127.0.0.0/8"), 6: ip_network("::1/128")}


class Settings(
    PlatformSettings,
    DirectorySettings,
    DirectorySourceSettings,
    ReaderSettings,
    LimitSettings,
    MachineSettings,
    MappingSettings,
    EventSettings,
    ObservabilitySettings,
    OidcSettings,
    SecretSettings,
):
    """All settings with their defaults. Units are in the names or the descriptions."""

    model_config = SettingsConfigDict(extra="ignore", populate_by_name=True, env_ignore_empty=True)

    data: Path = Field(Path("var"), alias="DATA", description="Folder of all state; an empty one is a fresh start.")
    port: int = Field(8000, alias="PORT", ge=1, le=65535, description="Port of the bot on loopback or behind a proxy.")
    host: str = Field("127.0.0.1", alias="HOST", description="Address that the bot listens on.")
    trusted_proxies: str = Field(
        "",
        alias="TRUSTED_PROXIES",
        description="Networks of reverse proxies that are believed about whom a request is from: `127.0.0.1,10.0.0.0/8`; none: nobody is.",
    )
    trusted_proxy_header: Literal["X-Forwarded-For", "Forwarded"] = Field(
        "X-Forwarded-For", alias="TRUSTED_PROXY_HEADER", description="Header in which they say so; the other one is not read."
    )
    trusted_proxy_token: SecretStr | None = Field(
        None,
        alias="TRUSTED_PROXY_TOKEN",
        min_length=32,
        description="What they show in `X-Proxy-Token` to be believed (≥ 32 characters); none: their address is enough.",
    )
    limits: Literal["test"] | None = Field(
        None,
        alias="LIMITS",
        description="`test`: without limits by source address or for the whole installation; refused where a real platform is set.",
    )
    public_url: str | None = Field(None, alias="PUBLIC_URL", description="Address that users' browsers see, without trailing slash.")
    database_url: SecretStr | None = Field(None, alias="DATABASE_URL", description="SQLAlchemy URL; SQLite in DATA by default.")
    events_token: SecretStr | None = Field(None, alias="EVENTS_TOKEN", description="Bearer token that the platform posts events with.")

    rasa_url: str | None = Field(None, alias="RASA_URL", description="Full URL of Rasa's input channel.")
    rasa_token: SecretStr | None = Field(
        None, alias="RASA_TOKEN", description="Token of Rasa's input channel: the bot signs with it, others show it as a bearer token."
    )
    rasa_database_url: SecretStr | None = Field(
        None,
        alias="RASA_DATABASE_URL",
        description="PostgreSQL database of Rasa's trackers, which several Rasa servers need; SQLite in DATA by default.",
    )
    rasa_timeout_seconds: float = Field(25.0, alias="RASA_TIMEOUT", gt=0, description="Longest wait for one answer of Rasa.")
    actions_url: str | None = Field(None, alias="ACTIONS_URL", description="URL of the action server's webhook.")
    actions_token: SecretStr | None = Field(
        None,
        alias="ACTIONS_TOKEN",
        min_length=16,
        description="Key that Rasa, the bot and the action server sign their calls and answers with; the same for all three.",
    )

    smtp_host: str = Field("127.0.0.1", alias="SMTP_HOST", description="Mail relay.")
    smtp_port: int | None = Field(
        None, alias="SMTP_PORT", ge=1, le=65535, description="Port of the mail relay; none: the embedded mailbox."
    )
    smtp_user: str | None = Field(None, alias="SMTP_USER", description="Login for the mail relay, if it wants one.")
    smtp_password: SecretStr | None = Field(None, alias="SMTP_PASSWORD", description="Password for the mail relay.")
    smtp_starttls: bool = Field(False, alias="SMTP_STARTTLS", description="Whether the relay is spoken to over STARTTLS.")
    mail_from: str = Field("assistant@sphere.example", alias="MAIL_FROM", description="Sender of every mail.")

    sphere_url: str | None = Field(
        None,
        alias="SPHERE_URL",
        pattern=r"^https?://\S+$",
        description="Address at which users log in to SPHERE, as mails give it; none: not given.",
    )
    support_email: str = Field("accompagnement-sphere@esante-centre.fr", alias="SUPPORT_EMAIL", description="The SPHERE team.")
    support_phone: str = Field("05 57 96 59 47", alias="SUPPORT_PHONE", description="Phone of the SPHERE team, as shown.")
    support_hours: str = Field(
        "09:30-12:30,13:30-17:30",
        alias="SUPPORT_HOURS",
        pattern=r"^\d\d:\d\d-\d\d:\d\d(,\d\d:\d\d-\d\d:\d\d)*$",
        description="Opening hours on working days, Europe/Paris; `00:00-24:00` is all day.",
    )
    support_days: str = Field(
        "1,2,3,4,5", alias="SUPPORT_DAYS", pattern=r"^[1-7](,[1-7])*$", description="Working days; 1 is Monday, 7 is Sunday."
    )
    support_holidays: Literal["FR", "none"] = Field("FR", alias="SUPPORT_HOLIDAYS", description="Public holidays that are days off.")
    support_closures: str = Field(
        "",
        alias="SUPPORT_CLOSURES",
        pattern=r"^(\d{4}-\d\d-\d\d(/\d{4}-\d\d-\d\d)?(,|$))*$",
        description="Exceptional closures, last days included: `2026-12-24,2026-12-28/2027-01-02`.",
    )
    support_wait_minutes: float = Field(
        10.0, alias="SUPPORT_WAIT_MINUTES", gt=0, description="How long a user waits for an agent before a message may be left instead."
    )
    support_message_minutes: float = Field(
        10.0, alias="SUPPORT_MESSAGE_MINUTES", gt=0, description="How long the message that is left is waited for."
    )
    support_silence_minutes: float = Field(
        30.0, alias="SUPPORT_SILENCE_MINUTES", gt=0, description="Silence after which the assistant takes over from an agent."
    )
    support_reopen_hours: int = Field(
        24, alias="SUPPORT_REOPEN_HOURS", ge=0, description="How long a user may reopen what was closed, on the same thread."
    )
    support_queues: str = Field(
        "Général,Comptes,Technique",
        alias="SUPPORT_QUEUES",
        pattern=r"^[^,]{1,32}(,[^,]{1,32})*$",
        description="Queues of the desk; what comes in goes to the first.",
    )

    support_telegram_group: str | None = Field(
        None,
        alias="SUPPORT_TELEGRAM_GROUP",
        pattern=r"^-\d{1,20}$",
        description="Forum supergroup of Telegram in which the team answers, a topic for each ticket: its id, `-100…`; none: no group.",
    )
    support_teams_channel: str | None = Field(
        None,
        alias="SUPPORT_TEAMS_CHANNEL",
        pattern=r"^19:[^;\s/?#]{1,180}$",
        description="Channel of Teams where the team answers, a card for each ticket: its id, `19:…@thread.tacv2`; none: no channel.",
    )

    desk_user: str | None = Field(
        None, alias="DESK_USER", description="Login of the first supervisor of the desk, made where there is no agent yet."
    )
    desk_password: SecretStr | None = Field(None, alias="DESK_PASSWORD", min_length=12, description="Their password.")
    desk_undo_seconds: int = Field(
        10, alias="DESK_UNDO", ge=0, le=600, description="Seconds in which a decision on an account request may be taken back."
    )

    desk_idle_minutes: int = Field(60, alias="DESK_IDLE_MINUTES", ge=1, description="Minutes until an unused session of the desk ends.")
    desk_session_hours: int = Field(12, alias="DESK_SESSION_HOURS", ge=1, le=24, description="Hours until any session of the desk ends.")
    desk_passwords: bool = Field(
        True, alias="DESK_PASSWORDS", description="Whether agents may sign in by password; false needs OIDC_ISSUER."
    )
    desk_totp: Literal["optional", "required"] = Field(
        "optional", alias="DESK_TOTP", description="Whether whoever signs in to the desk with a password must have a second factor (TOTP)."
    )

    telegram: Literal["fake"] | None = Field(
        None, alias="TELEGRAM", description="`fake`: try Telegram on this machine, with a page that shows the chats."
    )
    telegram_token: SecretStr | None = Field(None, alias="TELEGRAM_TOKEN", description="Token of the Telegram bot; none: no Telegram.")
    telegram_bot: str | None = Field(
        None, alias="TELEGRAM_BOT", pattern=r"^\w{5,32}$", description="User name of the Telegram bot; set, links open a chat with it."
    )
    telegram_mode: Literal["auto", "webhook", "polling"] = Field(
        "auto", alias="TELEGRAM_MODE", description="How updates come; `auto`: webhook where PUBLIC_URL is https, else long polling."
    )
    telegram_secret: SecretStr | None = Field(
        None, alias="TELEGRAM_SECRET", min_length=16, description="Secret that Telegram shows at the webhook; none: derived from SECRET."
    )
    telegram_api_url: str = Field("https://api.telegram.org", alias="TELEGRAM_API_URL", description="Base of the Bot API.")
    telegram_link_url: str = Field("https://t.me", alias="TELEGRAM_LINK_URL", description="Base of links that open a Telegram chat.")
    telegram_per_second: float = Field(
        30.0, alias="TELEGRAM_PER_SECOND", ge=1, description="Messages a second to all Telegram chats together; Telegram allows about 30."
    )
    telegram_per_chat: float = Field(
        1.0, alias="TELEGRAM_PER_CHAT", ge=1, description="Messages a second to one private Telegram chat; Telegram allows about one."
    )
    teams: Literal["fake"] | None = Field(
        None, alias="TEAMS", description="`fake`: try Teams on this machine, with a page that shows the chats."
    )
    teams_app_id: str | None = Field(None, alias="TEAMS_APP_ID", description="Application (client) id of the Teams bot; none: no Teams.")
    teams_app_password: SecretStr | None = Field(None, alias="TEAMS_APP_PASSWORD", description="Client secret of the Teams bot.")
    teams_tenant_id: str | None = Field(None, alias="TEAMS_TENANT_ID", description="The one tenant that the Teams bot serves.")
    teams_trusted: bool = Field(
        False, alias="TEAMS_TRUSTED", description="Whether Teams may be told who an usager is: only where its hosting allows it."
    )
    teams_openid_url: str | None = Field(
        None, alias="TEAMS_OPENID_URL", description="OpenID metadata of who signs the requests of Teams; none: the Bot Framework's."
    )
    teams_issuer: str | None = Field(None, alias="TEAMS_ISSUER", description="Who signs the requests of Teams; none: the Bot Framework.")
    teams_service_url: str = Field(
        "https://smba.trafficmanager.net/teams/",
        alias="TEAMS_SERVICE_URL",
        description="Connector that the team's channel of Teams is written to by; Microsoft's global one.",
    )
    teams_link_url: str = Field("https://teams.microsoft.com", alias="TEAMS_LINK_URL", description="Base of links that open a Teams chat.")
    channels: str = Field(
        "", alias="CHANNELS", description="Python modules of more channels, separated by commas (see docs/dev/channels.md)."
    )

    frame_ancestors: str = Field(
        "'none'", alias="FRAME_ANCESTORS", description="CSP frame-ancestors of the chat page, for a portal that embeds it."
    )

    @field_validator("trusted_proxies")
    @classmethod
    def _check_networks(cls, networks: str) -> str:
        try:
            for network in filter(None, map(str.strip, networks.split(","))):
                ip_network(network)
        except ValueError:
            raise ValueError("networks like 10.0.0.0/8, separated by commas") from None
        return networks

    @property
    def proxy_networks(self) -> list[IPv4Network | IPv6Network]:
        """Networks of the reverse proxies that are believed."""
        return [ip_network(network.strip()) for network in self.trusted_proxies.split(",") if network.strip()]

    @property
    def believes_local_processes(self) -> bool:
        """Whether every process of this machine is taken for a reverse proxy."""
        return self.trusted_proxy_token is None and any(network.overlaps(_LOOPBACK[network.version]) for network in self.proxy_networks)

    @model_validator(mode="after")
    def _a_token_of_proxies(self) -> Settings:
        if self.trusted_proxy_token is not None and not self.proxy_networks:
            raise ValueError("TRUSTED_PROXY_TOKEN needs TRUSTED_PROXIES, which says who shows it")
        return self

    @property
    def lifts_limits(self) -> bool:
        """Whether limits by source address, and for the whole installation, are lifted for tests."""
        return self.limits == "test"

    @model_validator(mode="after")
    def _somebody_can_sign_in(self) -> Settings:
        if not self.desk_passwords and self.oidc_issuer is None:
            raise ValueError("DESK_PASSWORDS may be false only where OIDC_ISSUER is set")
        return self

    @cached_property
    def sqlalchemy_url(self) -> str:
        """SQLAlchemy URL of the database: SQLite in the data folder unless set otherwise."""
        return self.database_url.get_secret_value() if self.database_url else sqlite_url(self.data / "sphere.db")

    @property
    def own_url(self) -> str:
        """URL under which users' browsers reach this installation, without trailing slash."""
        return (self.public_url or f"http://127.0.0.1:{self.port}").rstrip("/")

    @property
    def directory_index(self) -> Path:
        """Folder of the directory's search index."""
        return self.data / "directory"

    @property
    def sentences_file(self) -> Path:
        """File of messages that were not understood, kept by supervisors for training (docs/dev/desk.md, Figures)."""
        return self.data / "training" / "sentences.yml"

    @property
    def tracker_database(self) -> str:
        """Where Rasa keeps its trackers: the URL of a database, or the path of a SQLite file."""
        return self.rasa_database_url.get_secret_value() if self.rasa_database_url else str(self.data.resolve() / "rasa.db")

    @property
    def secrets_file(self) -> Path:
        """File of the secrets made for an embedded sandbox, kept over restarts; mode 0600."""
        return self.data / "secrets.json"

    @property
    def run_file(self) -> Path:
        """File in which a running installation says how it is reached (see contracts)."""
        return self.data / "run.json"

    def check_platform_access(self) -> None:
        """Raise SettingsError where there is a platform, and it is not said how it knows us."""
        if self.platform_url is not None and not self.has_platform_access:
            raise SettingsError(f"PLATFORM_URL needs one of: {ACCESS}")

    def required_platform(self) -> str:
        """Return the URL of the platform. Raise SettingsError where there is none, or where it is not said how it knows us."""
        if self.platform_url is None:
            raise SettingsError(f"PLATFORM_URL is not set, with one of: {ACCESS}")
        self.check_platform_access()
        return self.platform_url

    def required(self, name: str) -> str:
        """Return the value of setting `name` as text. Raises SettingsError, naming the variable, where it has none."""
        value = getattr(self, name)
        if value is None:
            alias = type(self).model_fields[name].alias
            raise SettingsError(f"{alias} is not set")
        if name == "secret":
            return self.secret_with_other()
        return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def secret_variables() -> frozenset[str]:
    """Return the environment variables that hold a secret; whether they are set makes no difference."""
    fields = Settings.model_fields.values()
    return frozenset(str(field.alias) for field in fields if SecretStr in (field.annotation, *get_args(field.annotation)))


def load_settings(*, running: bool = True, **overrides: Any) -> Settings:
    """Load the settings from the environment, and from DATA what a running sandbox provides and the environment does not set.

    Raises SettingsError, which names the variables or the file at fault.

    Args:
        running: whether to look for a running sandbox: not where one is about to be started.
        overrides: values by alias, which win over everything.
    """
    try:
        settings = Settings(**overrides)
        if settings.lifts_limits and settings.platform_url is not None and not is_loopback(settings.platform_url):
            raise SettingsError("LIMITS: limits are lifted for tests only, not where PLATFORM_URL is a real platform")
        return Settings(**{**_from_running_sandbox(settings), **overrides}) if running else settings
    except ValidationError as error:
        lines = [f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in error.errors(include_input=False)]
        raise SettingsError("wrong settings: " + "; ".join(lines)) from None


def read_secrets(file: Path) -> dict[str, str]:
    """Return the content of `secrets.json`; nothing where it is not there yet. Raises SettingsError where it cannot be read."""
    try:
        content = json.loads(file.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise SettingsError(f"{file} cannot be read: {error.strerror}") from None
    except ValueError:  # neither JSON nor UTF-8
        content = None
    if not isinstance(content, dict) or not all(isinstance(value, str) for value in content.values()):
        raise SettingsError(
            f"{file} is damaged: put it back from a backup, since links and codes that were given depend on it; "
            "deleting it makes new secrets and ends all of those"
        )
    return content


def _read_run_file(file: Path) -> dict[str, Any]:
    """Return the content of `run.json`; nothing where there is none to be read: it is written anew at each start."""
    try:
        content = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _from_running_sandbox(settings: Settings) -> dict[str, Any]:
    """Return what the command line needs of an embedded sandbox: address, token, secret, and the fake channels that mails link to."""
    found: dict[str, Any] = {}
    run = _read_run_file(settings.run_file)
    if settings.secret is None and (secret := read_secrets(settings.secrets_file).get("secret")):
        found["SECRET"] = secret
    if settings.platform_url is None and "fhir" in run:
        found["PLATFORM_URL"], found["PLATFORM_TOKEN"] = run["fhir"], run["fhir_token"]
    if settings.telegram_token is None and "telegram" in run:
        found |= telegram_settings(run["telegram"])
    if settings.teams_app_id is None and "teams" in run:
        found |= teams_settings(run["teams"])
    return found

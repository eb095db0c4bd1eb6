"""`bot desk …`: the accounts of the support team, for when nobody can sign in to the desk yet or any more."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer
from rich.table import Table

from bot.command_line import Line, fail, run_command, say
from bot.core.clock import SystemClock
from bot.core.database import Database
from bot.settings import Settings, load_settings
from bot.support.agent_links import CODE_LIFETIME, AgentLinks
from bot.support.agents import AGENT, ROLES, Agents
from bot.support.errors import LastSupervisor, LoginTaken, UnknownAgent, UnusableLogin, UnusableName, WeakPassword
from bot.support.misunderstood_messages import kept_sentences, training_file
from bot.support.second_factor import SecondFactor

T = TypeVar("T")
Login = Annotated[str, typer.Argument(help="Identifiant\u00a0; l’adresse e-mail, pour qui se connecte par le fournisseur d’identité.")]
Stdin = Annotated[bool, typer.Option("--password-stdin", help="Lire le mot de passe sur l’entrée standard au lieu de le demander.")]

desk_app = typer.Typer(
    no_args_is_help=True, help="Comptes du poste d’accompagnement\u00a0: ajouter, lister, mot de passe, second facteur, fermer."
)
_ERRORS: dict[type[Exception], Line] = {
    LoginTaken: "cet identifiant est déjà celui de quelqu’un",
    UnusableLogin: "un identifiant compte de 2 à 80 caractères, sans espace",
    UnusableName: "un nom compte de 1 à 80 caractères",
    WeakPassword: "un mot de passe compte de 12 à 200 caractères et ne contient pas l’identifiant",
    UnknownAgent: "cet identifiant n’existe pas",
    LastSupervisor: "il faut qu’il reste un superviseur",
}
ROLE_LABELS = {"agent": "agent", "supervisor": "superviseur"}


@desk_app.command("add-agent")
def add_agent(
    login: Login,
    name: Annotated[str, typer.Option(help="Nom tel que les utilisateurs le liront.")],
    role: Annotated[str, typer.Option(help=f"Un rôle\u00a0: {', '.join(ROLES)}.")] = AGENT,
    password_stdin: Stdin = False,
    no_password: Annotated[bool, typer.Option("--no-password", help="Connexion par le fournisseur d’identité seulement.")] = False,
) -> None:
    """Ajouter quelqu'un à l'équipe."""
    if role not in ROLES:
        fail("desk", f"rôle inconnu\u00a0; les rôles sont {', '.join(ROLES)}")
    password = None if no_password else _password(password_stdin)
    agent = _run(lambda agents: agents.add(login, name, role, password))
    say(f"{agent.name} ({agent.login}) peut se connecter au poste d’accompagnement.")


@desk_app.command("list")
def list_agents() -> None:
    """Lister l'équipe."""
    table = Table("Identifiant", "Nom", "Rôle", "Second facteur", "Compte")
    for agent in _run(lambda agents: agents.list()):
        factor = "oui" if agent.second_factor else "non"
        table.add_row(agent.login, agent.name, ROLE_LABELS[agent.role], factor, "ouvert" if agent.active else "fermé")
    say(table)


@desk_app.command("set-password")
def set_password(login: Login, password_stdin: Stdin = False) -> None:
    """Donner un nouveau mot de passe ; les sessions ouvertes sont fermées."""
    password = _password(password_stdin)

    async def work(agents: Agents) -> None:
        await agents.set_password(await _id(agents, login), password, "cli")

    _run(work)
    say("Mot de passe changé.")


@desk_app.command("reset-second-factor")
def reset_second_factor(login: Login) -> None:
    """Ne plus demander le second facteur de quelqu'un, qui en mettra un autre en place ; les sessions ouvertes sont fermées."""

    async def work(team: _Team) -> bool:
        return await team.factor.reset(await _id(team, login), "cli")

    say("Second facteur réinitialisé." if _run(work) else "Il n’y a pas de second facteur.")


@desk_app.command("link")
def link(login: Login) -> None:
    """Donner un code, à écrire dans le groupe de l'équipe, qui relie la messagerie de quelqu'un à son compte du poste."""

    async def work(team: _Team) -> str:
        return await team.links.new_code(await _id(team, login))

    code = _run(work)
    say(f"À écrire dans le groupe de l’équipe, dans les {round(CODE_LIFETIME.total_seconds() / 60)} minutes\u00a0: /relier {code}")


@desk_app.command("unlink")
def unlink(login: Login) -> None:
    """Délier toutes les messageries de quelqu'un."""

    async def work(team: _Team) -> int:
        return await team.links.unlink(await _id(team, login), "cli")

    say(f"Messageries déliées\u00a0: {_run(work)}.")


@desk_app.command("sentences")
def sentences() -> None:
    """Écrire sur la sortie les phrases gardées pour l'apprentissage, au format de Rasa NLU."""

    async def work(team: _Team) -> list[str]:
        return await kept_sentences(team.database)

    typer.echo(training_file(_run(work)), nl=False)


@desk_app.command("close")
def close(login: Login) -> None:
    """Fermer un compte ; les sessions ouvertes le sont aussi."""

    async def work(agents: Agents) -> None:
        await agents.set_active(await _id(agents, login), False, "cli")

    _run(work)
    say("Compte fermé.")


class _Team(Agents):
    """The accounts of the team, with their messaging accounts."""

    def __init__(self, database: Database, settings: Settings) -> None:
        super().__init__(database, SystemClock(), settings)
        self.database = database
        self.links = AgentLinks(database, SystemClock(), settings)
        self.factor = SecondFactor(database, SystemClock(), settings, self)


async def _id(agents: Agents, login: str) -> str:
    wanted = login.strip().lower()
    found = next((agent.id for agent in await agents.list() if agent.login == wanted), None)
    if found is None:
        raise UnknownAgent
    return found


def _password(stdin: bool) -> str:
    if stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(typer.prompt("Mot de passe", hide_input=True, confirmation_prompt="Encore une fois"))


def _run(work: Callable[[_Team], Awaitable[T]]) -> T:
    async def main() -> T:
        settings = load_settings()
        database = Database(settings.sqlalchemy_url)
        try:
            return await work(_Team(database, settings))
        finally:
            await database.close()

    return run_command("desk", main(), _ERRORS)

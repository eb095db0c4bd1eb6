"""`bot accounts …`: the SPHERE team's commands for account requests.

Mails and notices go to the outbox; the running bot delivers them. Whoever adds or invokes `accounts_app` passes, as Click's context
object, a function that opens the service (`OpenRequests`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Annotated, TypeVar

import typer
from rich.table import Table

from bot.accounts.creation import Creation
from bot.accounts.errors import (
    AccountGone,
    AddressNotGiven,
    AddressToPick,
    AlreadyDecided,
    BeingCreated,
    CodesUnreadable,
    EmailTaken,
    NoCodes,
    UnknownRequest,
    UnusableText,
    WrongState,
)
from bot.accounts.labels import LABELS
from bot.accounts.request_views import RequestDetails, RequestStatus
from bot.accounts.requests import AccountRequests
from bot.accounts.tables import STATES
from bot.command_line import Line, fail, run_command, say
from bot.core.clock import PARIS
from bot.core.errors import log_error
from bot.fhir.errors import FhirError, FhirUnavailable

T = TypeVar("T")
OpenRequests = Callable[[], AbstractAsyncContextManager[AccountRequests]]
Reference = Annotated[str, typer.Argument(metavar="REF", help="Référence de la demande, par exemple DC-2026-000001.")]
Agent = Annotated[str, typer.Option(help="Votre nom, pour la traçabilité.")]

_ERRORS: dict[type[Exception], Line] = {
    UnknownRequest: "cette référence de demande n’existe pas",
    WrongState: lambda error: f"cette demande est déjà close\u00a0: {LABELS[error.state]}",
    NoCodes: "aucun compte n’a été créé ici pour cette demande\u00a0: il n’y a pas de codes à envoyer",
    CodesUnreadable: (
        "le code de ce compte a été fait avec un autre SECRET, que l’assistant n’a plus\u00a0: rien n’est parti. "
        "Mettez l’ancien SECRET dans SECRET_ALSO et recommencez, ou faites un nouveau code dans SPHERE"
    ),
    BeingCreated: "la création de ce compte est en cours\u00a0; répétez «\u00a0create\u00a0» dans deux minutes, c’est sans risque",
    EmailTaken: "cette adresse e-mail est celle du compte d’une autre personne\u00a0; demandez-en une autre avec «\u00a0ask\u00a0»",
    AddressToPick: "plusieurs adresses sont possibles\u00a0; voyez-les avec «\u00a0show\u00a0», retenez-en une avec «\u00a0address\u00a0»",
    AddressNotGiven: "aucun demandeur n’a donné cette adresse e-mail\u00a0; voyez avec «\u00a0show\u00a0» celles qui l’ont été",
    AlreadyDecided: lambda error: f"{error.agent} vient de décider\u00a0; rien n’a été fait de plus",
    AccountGone: "le compte créé pour cette demande n’existe plus sur la plateforme",
    FhirUnavailable: "la plateforme ne répond pas\u00a0; rien n’est perdu, la commande peut être répétée sans risque",
    FhirError: lambda error: f"la plateforme refuse la demande (incident {log_error(error)})",
    UnusableText: "le texte doit compter de 1 à 500 caractères",
}

accounts_app = typer.Typer(no_args_is_help=True, help="Demandes de compte\u00a0: lister, voir, créer, demander un complément, refuser.")


@accounts_app.command("list")
def list_requests(
    context: typer.Context, state: Annotated[str | None, typer.Option(help=f"Un état\u00a0: {', '.join(STATES)}.")] = None
) -> None:
    """Lister les demandes, les plus anciennes d'abord."""
    if state is not None and state not in STATES:
        fail("accounts", f"état inconnu\u00a0; les états sont {', '.join(STATES)}")
    statuses = _run(context, lambda requests: requests.list(state))
    if not statuses:
        say("Aucune demande.")
        return
    table = Table("Référence", "Personne", "État", "Depuis le")
    for status in statuses:
        table.add_row(*_row(status))
    say(table)


@accounts_app.command()
def show(context: typer.Context, reference: Reference) -> None:
    """Voir une demande ; une demande reçue devient « à vérifier »."""
    _print_details(_run(context, lambda requests: requests.show(reference)))


@accounts_app.command()
def create(context: typer.Context, reference: Reference, agent: Agent = "support") -> None:
    """Créer le compte, envoyer les codes par e-mail, donner les accès en attente, prévenir les demandeurs."""
    creation = _run(context, lambda requests: requests.create(reference, agent))
    say(_creation_line(creation))
    for dossier, outcome in creation.accesses:
        say(f"Dossier {dossier}\u00a0: {LABELS.get(outcome, 'accès non donné')}.")
    if not creation.complete:
        say("Les accès en attente seront donnés dès que la plateforme répondra\u00a0; la commande peut être répétée sans risque.")


@accounts_app.command()
def address(
    context: typer.Context,
    reference: Reference,
    email: Annotated[str, typer.Argument(metavar="E-MAIL", help="Une adresse que «\u00a0show\u00a0» montre, ou celle qui manque.")],
    agent: Agent = "support",
) -> None:
    """Retenir l’adresse où partiront les codes, quand les demandeurs n’ont pas tous donné la même, ou n’en ont donné aucune."""
    _run(context, lambda requests: requests.pick_address(reference, email, agent))
    say("Adresse retenue\u00a0; les codes y partiront à la création du compte.")


@accounts_app.command("resend-codes")
def resend_codes(context: typer.Context, reference: Reference, agent: Agent = "support") -> None:
    """Envoyer de nouveau les codes d'un compte créé, à la même adresse : un e-mail de codes abandonné est effacé."""
    _run(context, lambda requests: requests.mail_codes_again(reference, agent))
    say("Les codes partent de nouveau.")


@accounts_app.command()
def ask(
    context: typer.Context,
    reference: Reference,
    question: Annotated[str, typer.Option(help="Ce qui manque, tel que le demandeur le lira.")],
    agent: Agent = "support",
) -> None:
    """Demander un complément aux demandeurs, dans leur conversation."""
    _run(context, lambda requests: requests.ask_more(reference, question, agent))
    say("Complément demandé.")


@accounts_app.command()
def refuse(
    context: typer.Context,
    reference: Reference,
    reason: Annotated[str, typer.Option(help="Le motif, tel que le demandeur le lira.")],
    agent: Agent = "support",
) -> None:
    """Refuser une demande."""
    _run(context, lambda requests: requests.refuse(reference, reason, agent))
    say("Demande refusée\u00a0; les demandeurs en sont informés.")


def _run(context: typer.Context, work: Callable[[AccountRequests], Awaitable[T]]) -> T:
    """Run `work` with the service."""
    open_requests: OpenRequests = context.obj

    async def main() -> T:
        async with open_requests() as requests:
            return await work(requests)

    return run_command("accounts", main(), _ERRORS)


def _creation_line(creation: Creation) -> str:
    account = creation.account
    if creation.made:
        return f"Compte créé pour {account.name}\u00a0; ses codes partent à l’adresse {account.email}."
    return f"{account.name} avait déjà un compte\u00a0; aucun code n’est envoyé."


def _row(status: RequestStatus) -> tuple[str, str, str, str]:
    return status.reference, status.name, LABELS[status.state], f"{status.since.astimezone(PARIS):%d/%m/%Y %H:%M}"


def _print_details(details: RequestDetails) -> None:
    reference, name, state, since = _row(details.status)
    say(f"{reference} · {name} · {state} depuis le {since}")
    if details.status.reason:
        say(f"Motif\u00a0: {details.status.reason}")
    fiche = Table("Fiche annuaire", "")
    for field, value in details.fiche:
        fiche.add_row(LABELS[field], value)
    say(fiche)
    for warning in details.warnings:
        say(f"À vérifier\u00a0: {LABELS[warning]}.")
    if len(details.addresses) > 1 or details.address_to_pick or details.address_picked_by:
        addresses = Table("Adresse e-mail", "Donnée par")
        for given in details.addresses:
            addresses.add_row(given.email, ", ".join(giver or "une personne sans compte" for giver in given.givers) or "l’équipe SPHERE")
        say(addresses)
        picked = details.address_picked_by
        to_do = "à compléter" if details.address_to_complete else "à retenir"
        say(f"Adresse retenue par {picked}\u00a0: {details.person.email}" if picked else f"Adresse {to_do} avant de créer le compte.")
    requesters = Table("Demandée le", "Par", "Dossier", "Fondement", "Accès", "Fiche différente")
    for requester in details.requesters:
        differing = ", ".join(f"{LABELS[field]}\u00a0: {value}" for field, value in requester.differing)
        at = f"{requester.at.astimezone(PARIS):%d/%m/%Y %H:%M}"
        basis = ", ".join(part for part in (LABELS.get(requester.basis or "", ""), requester.period) if part)
        outcome = LABELS.get(requester.outcome or "", requester.outcome or "")
        who = requester.display or "une personne non identifiée"
        requesters.add_row(at, who, requester.dossier or "", basis, outcome, differing)
    say(requesters)

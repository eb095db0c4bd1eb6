"""`bot sbom` and `bot advisories`: what the product is made of, and what is known of weaknesses in it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from bot.supply.advisories import CLEAN, UNKNOWN, check_advisories
from bot.supply.locks import LockUnreadable, read_locks

Out = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Fichier à écrire, au lieu de la sortie standard.")]


class Service(StrEnum):
    """Whose advisories are asked for."""

    PYPI = "pypi"
    OSV = "osv"


def sbom(out: Out = None) -> None:
    """Écrire la nomenclature des composants (CycloneDX JSON) d'après les fichiers de verrouillage ; sans réseau."""
    _needs("cyclonedx")
    from bot.supply.sbom import NAME, bill_of_materials

    try:
        text = bill_of_materials(read_locks(), importlib.metadata.version(NAME), datetime.now(UTC))
    except LockUnreadable as error:
        _fail(str(error))
    if out is None:
        typer.echo(text, nl=False)
    else:
        out.write_text(text, "utf-8")
        _console().print(f"{out}\u00a0: nomenclature écrite.")


def advisories(
    service: Annotated[Service, typer.Option("--service", help="Source des avis pour Python.")] = Service.PYPI, out: Out = None
) -> None:
    """Chercher les failles connues de ce que verrouillent les fichiers. Codes : 0 aucune, 1 au moins une, 3 pas tout vérifié."""
    _needs("pip_audit")
    findings = check_advisories(datetime.now(UTC), service.value)
    if out is not None:
        out.write_text(json.dumps(findings.to_json(), indent=1, ensure_ascii=False) + "\n", "utf-8")
    say = _console().print
    say(f"Avis à la date du {findings.asked_at:%Y-%m-%d %H:%M} UTC.")
    for lock, count in findings.looked_up.items():
        say(f"{lock}\u00a0: {count} paquet(s) vérifié(s)")
    for one in findings.advisories:
        say(
            f"FAILLE {one.id}\u00a0: {one.package} {one.version} ({one.lock}), "
            f"corrigée dans\u00a0: {', '.join(one.fixed) or 'aucune version connue'}"
        )
    for reason in findings.unknown:
        say(f"NON VÉRIFIÉ {reason}")
    if findings.code == CLEAN:
        say("Aucune faille connue.")
    elif findings.code == UNKNOWN:
        say("Tout n’a pas pu être vérifié\u00a0: ce résultat ne dit pas qu’il n’y a pas de faille.")
    raise typer.Exit(findings.code)


def _needs(module: str) -> None:
    if importlib.util.find_spec(module) is None:
        _fail("il manque les outils de vérification\u00a0: make install-test")


def _console(*, stderr: bool = False) -> Console:
    return Console(stderr=stderr, highlight=False, markup=False, soft_wrap=True)


def _fail(message: str) -> NoReturn:
    _console(stderr=True).print(f"bot: {message}")
    raise typer.Exit(2)

"""`directory import` and `directory search` on the command line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from bot.directory.errors import DirectoryError, DirectoryUnavailable
from bot.directory.importer import ImportReport, import_file
from bot.directory.index import read_about
from bot.directory.search import Directory, Query
from bot.directory.sources import find_sources

directory_app = typer.Typer(no_args_is_help=True, help="L’annuaire des professionnels.")

SHOWN_REJECTED = 10
_BYTES_PER_STEP = 1 << 20


def default_index() -> Path:
    """Return the folder of the installation's index: `DATA`/directory."""
    return Path(os.environ.get("DATA", "var")) / "directory"


IndexOption = Annotated[
    Path,
    typer.Option("--index", envvar="DIRECTORY_INDEX", default_factory=default_index, help="Dossier de l’index."),
]


@directory_app.command("import")
def import_command(
    file: Annotated[
        Path,
        typer.Argument(
            help="Fichier PS_LibreAcces_Personne_activite, ZIP ou dossier qui le contient.", metavar="FILE", envvar="DIRECTORY_SOURCE"
        ),
    ],
    index: IndexOption,
    mss: Annotated[Path | None, typer.Option(help="Fichier des adresses MSSanté.")] = None,
    finess: Annotated[Path | None, typer.Option(help="Fichier FINESS des établissements.")] = None,
    max_shrink: Annotated[float, typer.Option(envvar="DIRECTORY_MAX_SHRINK", min=0, max=100, help="Baisse admise, en %.")] = 20.0,
    force: Annotated[bool, typer.Option("--force", help="Importer même si l’annuaire rétrécit davantage.")] = False,
) -> None:
    """Importer un extrait de l'Annuaire Santé ; l'ancien annuaire sert jusqu'à la fin."""
    console = Console()
    columns = (TextColumn("Import"), BarColumn(), TaskProgressColumn(), MofNCompleteColumn(), TextColumn("Mo"))
    try:
        with Progress(*columns, TimeRemainingColumn(), console=console) as bar:
            task = bar.add_task("import", total=None)

            def progress(done: int, total: int) -> None:
                bar.update(task, completed=done // _BYTES_PER_STEP, total=max(1, total // _BYTES_PER_STEP))

            sources = find_sources(file).with_files(mailboxes=mss, structures=finess)
            report = import_file(sources, index, max_shrink=None if force else max_shrink, progress=progress)
    except (DirectoryError, OSError) as error:
        Console(stderr=True).print(f"[bold red]Import impossible.[/] {error}", highlight=False)
        raise typer.Exit(1) from None
    _print_report(console, report)


def _print_report(console: Console, report: ImportReport) -> None:
    console.print(
        f"{report.people} personnes, {report.rows} activités, {report.rejected_total} lignes rejetées, {report.seconds:.1f} s.",
        highlight=False,
    )
    if report.mailboxes or report.establishments:
        console.print(f"{report.mailboxes} adresses MSSanté, {report.establishments} établissements FINESS.", highlight=False)
    for line, reason in report.rejected[:SHOWN_REJECTED]:
        console.print(f"  ligne {line}\u00a0: {reason}", highlight=False)
    if report.rejected_total > SHOWN_REJECTED:
        console.print(f"  … et {report.rejected_total - SHOWN_REJECTED} autres", highlight=False)


@directory_app.command("status")
def status_command(index: IndexOption) -> None:
    """Dire de quoi l'annuaire en place est fait, et quand."""
    about = read_about(index)
    if not about:
        Console(stderr=True).print(f"{DirectoryUnavailable()}", highlight=False)
        raise typer.Exit(1)
    files = ", ".join(str(file[0]) for file in about["files"])
    Console().print(
        f"{about['people']} personnes, {about['rows']} activités, importé le {about['imported_at']} ({files}).", highlight=False
    )


@directory_app.command("search")
def search_command(
    index: IndexOption,
    name: Annotated[str, typer.Argument(help="Nom, prénom, dans n’importe quel ordre.")] = "",
    profession: Annotated[str, typer.Option(help="Profession ou spécialité.")] = "",
    place: Annotated[str, typer.Option(help="Ville, code postal ou département.")] = "",
    organization: Annotated[str, typer.Option(help="Structure.")] = "",
    rpps: Annotated[str, typer.Option(help="Numéro RPPS ou ADELI.")] = "",
    limit: Annotated[int, typer.Option(help="Nombre de réponses.", min=1)] = 10,
) -> None:
    """Chercher quelqu'un à la main."""
    try:
        matches = Directory(index).search(Query(name, profession, place, organization, rpps), limit)
    except DirectoryError as error:
        Console(stderr=True).print(f"[bold red]Recherche impossible.[/] {error}", highlight=False)
        raise typer.Exit(1) from None
    table = Table("score", "personne", "profession", "structure", "ville", "RPPS / ADELI", "non rempli")
    for match in matches:
        person, practice = match.professional, match.practice
        work = " · ".join(label for label in (person.profession, person.speciality) if label)
        number = person.rpps or person.adeli
        missed = ", ".join(sorted(match.missed))
        table.add_row(f"{match.score:.2f}", person.display, work, practice.structure, practice.city, number, missed)
    Console().print(table)

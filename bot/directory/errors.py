"""What can go wrong in the directory; each message may be shown, in French, to whoever runs the import."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class DirectoryError(Exception):
    """The directory of professionals cannot do what was asked."""


class DirectoryUnavailable(DirectoryError):
    """No directory has been imported yet, or it was built by an incompatible version: import it again."""

    def __init__(self) -> None:
        super().__init__("Aucun annuaire utilisable n’a été importé (aucun, ou d’une version antérieure)\u00a0: bot directory import FILE.")


class UnusableFile(DirectoryError):
    """The file is not an Annuaire Santé file, or holds no usable row; the index in place is left as it was."""


class ImportShrunk(DirectoryError):
    """The file holds far fewer people than the directory in use: most likely not the whole edition. `--force` takes it anyway."""

    def __init__(self, people: int, before: int) -> None:
        super().__init__(
            f"{people} personnes au lieu de {before}\u00a0: le fichier est sans doute incomplet, l’annuaire en place est gardé. "
            "Pour l’importer quand même\u00a0: --force."
        )


class ImportRunning(DirectoryError):
    """Another import is writing this index; wait for it to end."""

    def __init__(self) -> None:
        super().__init__("Un autre import est en cours dans ce dossier.")


class ImportFailed(DirectoryError):
    """The new index could not be written (disk full, rights); the index in place is left as it was."""

    def __init__(self, cause: BaseException) -> None:
        super().__init__(f"Le nouvel annuaire n’a pas pu être écrit, l’ancien reste en place : {cause}")


@contextmanager
def panics_as_failures() -> Iterator[None]:
    """Raise ImportFailed in the place of a Rust panic, in which tantivy's threads end when the disk is full: it is no Exception."""
    try:
        yield
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise ImportFailed(error) from error

"""What can go wrong in the directory; each message may be shown, in French, to whoever runs the import."""

from __future__ import annotations


class DirectoryError(Exception):
    """The directory of professionals cannot do what was asked."""


class DirectoryUnavailable(DirectoryError):
    """No directory has been imported yet, or it was built by an incompatible version: import it again."""

    def __init__(self) -> None:
        super().__init__("Aucun annuaire utilisable n’a été importé.")


class UnusableFile(DirectoryError):
    """The file is not an Annuaire Santé file, or holds no usable row; the index in place is left as it was."""


class ImportRunning(DirectoryError):
    """Another import is writing this index; wait for it to end."""

    def __init__(self) -> None:
        super().__init__("Un autre import est en cours dans ce dossier.")


class ImportFailed(DirectoryError):
    """The new index could not be written (disk full, rights); the index in place is left as it was."""

    def __init__(self, cause: BaseException) -> None:
        super().__init__(f"Le nouvel annuaire n’a pas pu être écrit, l’ancien reste en place : {cause}")

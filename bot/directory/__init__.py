"""The directory of professionals: import of the *Annuaire Santé* file, search that forgives, code lists.

Knows neither chat nor database. Everything here is synchronous; call it through `asyncio.to_thread`.
"""

from bot.directory.errors import DirectoryError, DirectoryUnavailable, ImportFailed, ImportRunning, ImportShrunk, UnusableFile
from bot.directory.importer import ImportReport, import_file
from bot.directory.records import Practice, Professional, rpps_luhn_ok
from bot.directory.search import Directory, Match, Query

__all__ = [
    "Directory",
    "DirectoryError",
    "DirectoryUnavailable",
    "ImportFailed",
    "ImportReport",
    "ImportRunning",
    "ImportShrunk",
    "Match",
    "Practice",
    "Professional",
    "Query",
    "UnusableFile",
    "import_file",
    "rpps_luhn_ok",
]

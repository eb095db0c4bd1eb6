"""As much of PNG as the app's icons need: written with alpha, and read back for their size and transparency."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Pixel = tuple[int, int, int, int]
"""Red, green, blue, alpha; 0 to 255 each."""
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_EIGHT_BITS, _RGBA = 8, 6
_LARGEST = 1024
"""Pixels of a side that are read."""


class NotAnIcon(Exception):
    """The file is no PNG of 8 bits with alpha, without interlacing."""

    def __init__(self) -> None:
        super().__init__("no PNG of 8 bits with alpha, without interlacing")


@dataclass(frozen=True)
class Image:
    """Pixels, row by row."""

    width: int
    height: int
    pixels: tuple[Pixel, ...]


def write(width: int, height: int, pixels: Iterable[Pixel]) -> bytes:
    """A PNG of 8 bits with alpha."""
    flat = list(pixels)
    rows = b"".join(b"\0" + bytes(value for pixel in flat[y * width : (y + 1) * width] for value in pixel) for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, _EIGHT_BITS, _RGBA, 0, 0, 0)
    return _SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows, 9)) + _chunk(b"IEND", b"")


def read(data: bytes) -> Image:
    """The pixels of a PNG of 8 bits with alpha. Raises NotAnIcon."""
    try:
        if not data.startswith(_SIGNATURE):
            raise NotAnIcon
        chunks = list(_chunks(data[len(_SIGNATURE) :]))
        width, height, *kind = struct.unpack(">IIBBBBB", dict(chunks)[b"IHDR"])
        if kind != [_EIGHT_BITS, _RGBA, 0, 0, 0] or not (0 < width <= _LARGEST and 0 < height <= _LARGEST):
            raise NotAnIcon
        rows = _unfiltered(zlib.decompress(b"".join(part for name, part in chunks if name == b"IDAT")), width, height)
    except (struct.error, zlib.error, KeyError, IndexError):
        raise NotAnIcon from None
    return Image(width, height, tuple((row[i], row[i + 1], row[i + 2], row[i + 3]) for row in rows for i in range(0, width * 4, 4)))


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _chunks(data: bytes) -> Iterable[tuple[bytes, bytes]]:
    while data:
        (length,) = struct.unpack(">I", data[:4])
        yield data[4:8], data[8 : 8 + length]
        data = data[12 + length :]


def _unfiltered(raw: bytes, width: int, height: int) -> list[Sequence[int]]:
    """The rows as they were before PNG's filters."""
    stride = width * 4
    rows: list[Sequence[int]] = []
    above: Sequence[int] = bytes(stride)
    for y in range(height):
        kind, line = raw[y * (stride + 1)], bytearray(raw[y * (stride + 1) + 1 : (y + 1) * (stride + 1)])
        if len(line) != stride or kind > 4:
            raise NotAnIcon
        for x in range(stride):
            left, corner = (line[x - 4], above[x - 4]) if x >= 4 else (0, 0)
            line[x] = (line[x] + _predicted(kind, left, above[x], corner)) % 256
        rows.append(line)
        above = line
    return rows


def _predicted(kind: int, left: int, up: int, corner: int) -> int:
    if kind < 4:
        return (0, left, up, (left + up) // 2)[kind]
    guess = left + up - corner
    return min((left, up, corner), key=lambda value: abs(guess - value))

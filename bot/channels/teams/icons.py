"""The app's two icons, drawn once: `python -m bot.channels.teams.icons` writes them, as SVG to look at and as the PNGs that Teams takes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bot.channels.teams import png

FOLDER = Path(__file__).with_name("app")
SIDE = 96.0
"""Of the square that shapes are placed in."""
BRAND, LINES, LIGHT, WHITE = "#0b5c75", "#8fd6d9", "#ffd27a", "#ffffff"


class Shape(Protocol):
    """Something of one colour."""

    @property
    def color(self) -> str:
        """`#rrggbb`."""
        ...

    def distance(self, x: float, y: float) -> float:
        """How far a point is from the edge; negative inside."""
        ...

    def svg(self) -> str:
        """The element."""
        ...


@dataclass(frozen=True)
class Disc:
    """A full circle."""

    x: float
    y: float
    radius: float
    color: str

    def distance(self, x: float, y: float) -> float:
        """To the circle."""
        return math.hypot(x - self.x, y - self.y) - self.radius

    def svg(self) -> str:
        """A circle."""
        return f'<circle cx="{self.x:g}" cy="{self.y:g}" r="{self.radius:g}" fill="{self.color}"/>'


@dataclass(frozen=True)
class Ring:
    """A circle's line."""

    x: float
    y: float
    radius: float
    width: float
    color: str

    def distance(self, x: float, y: float) -> float:
        """To the nearer edge of the line."""
        return abs(math.hypot(x - self.x, y - self.y) - self.radius) - self.width / 2

    def svg(self) -> str:
        """A circle without filling."""
        return (
            f'<circle cx="{self.x:g}" cy="{self.y:g}" r="{self.radius:g}" fill="none" stroke="{self.color}" stroke-width="{self.width:g}"/>'
        )


@dataclass(frozen=True)
class Line:
    """A straight line with round ends."""

    x1: float
    y1: float
    x2: float
    y2: float
    width: float
    color: str

    def distance(self, x: float, y: float) -> float:
        """To the edge of the line."""
        dx, dy = self.x2 - self.x1, self.y2 - self.y1
        along = min(1.0, max(0.0, ((x - self.x1) * dx + (y - self.y1) * dy) / (dx * dx + dy * dy)))
        return math.hypot(x - self.x1 - along * dx, y - self.y1 - along * dy) - self.width / 2

    def svg(self) -> str:
        """A line."""
        ends = f'x1="{self.x1:g}" y1="{self.y1:g}" x2="{self.x2:g}" y2="{self.y2:g}"'
        return f'<line {ends} stroke="{self.color}" stroke-width="{self.width:g}" stroke-linecap="round"/>'


def _partners(radius: float) -> Iterator[tuple[float, float]]:
    """Where the three partners stand around the dossier in the middle."""
    for degrees in (-90, 30, 150):
        yield round(48 + radius * math.cos(math.radians(degrees)), 2), round(48 + radius * math.sin(math.radians(degrees)), 2)


COLOR: Sequence[Shape] = (
    *(Line(48, 48, x, y, 3, LINES) for x, y in _partners(23)),
    Disc(48, 48, 8, WHITE),
    *(Disc(x, y, 6.5, LIGHT if y < 48 else WHITE) for x, y in _partners(23)),
)
"""In the middle half of the icon, which Teams never crops."""
OUTLINE: Sequence[Shape] = (
    Ring(48, 48, 41, 6, WHITE),
    *(Line(48, 48, x, y, 6, WHITE) for x, y in _partners(23)),
    Disc(48, 48, 9, WHITE),
    *(Disc(x, y, 8.5, WHITE) for x, y in _partners(23)),
)


def draw(shapes: Sequence[Shape], size: int, ground: str | None) -> bytes:
    """A PNG of `size` × `size` pixels; transparent where there is neither a shape nor `ground`."""
    return png.write(size, size, (_pixel(shapes, (i % size, i // size), SIDE / size, ground) for i in range(size * size)))


def svg(shapes: Sequence[Shape], ground: str | None) -> str:
    """The same as SVG."""
    square = [f'<rect width="{SIDE:g}" height="{SIDE:g}" fill="{ground}"/>'] if ground else []
    lines = "\n  ".join([*square, *(shape.svg() for shape in shapes)])
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE:g} {SIDE:g}">\n  {lines}\n</svg>\n'


def _pixel(shapes: Sequence[Shape], at: tuple[int, int], unit: float, ground: str | None) -> png.Pixel:
    color, alpha = (_rgb(ground), 1.0) if ground else ((255.0, 255.0, 255.0), 0.0)
    for shape in shapes:
        covered = min(1.0, max(0.0, 0.5 - shape.distance((at[0] + 0.5) * unit, (at[1] + 0.5) * unit) / unit))
        if covered:
            total = covered + alpha * (1 - covered)
            mixed = [(new * covered + old * alpha * (1 - covered)) / total for new, old in zip(_rgb(shape.color), color, strict=True)]
            color, alpha = (mixed[0], mixed[1], mixed[2]), total
    return round(color[0]), round(color[1]), round(color[2]), round(alpha * 255)


def _rgb(color: str) -> tuple[float, float, float]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def files() -> dict[str, bytes]:
    """Names and contents of the four files."""
    return {
        "color.svg": svg(COLOR, BRAND).encode(),
        "color.png": draw(COLOR, 192, BRAND),
        "outline.svg": svg(OUTLINE, None).encode(),
        "outline.png": draw(OUTLINE, 32, None),
    }


if __name__ == "__main__":
    for name, content in files().items():
        (FOLDER / name).write_bytes(content)

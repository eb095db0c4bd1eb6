"""Towns of an edition: what its own rows teach about communes whose name other rows leave out or write as a post office.

Some editions name the town only in the *bureau cedex*, or give only the INSEE code of the commune. Which name goes with a code, and how
a name is spelled, is learned from the rows that say both.
"""

from __future__ import annotations

from bot.directory.places import town_key


class Towns:
    """Collects names of communes row by row, then answers."""

    def __init__(self) -> None:
        self._seen: set[tuple[str, str, str]] = set()
        self._by_code: dict[str, str] = {}
        self._by_postal_code: dict[str, str | None] = {}
        self._spelled: dict[str, str] = {}

    def learn(self, city: str, city_code: str, postal_code: str) -> None:
        """Take in the name of a commune with its codes, each "" where it is not known."""
        seen = (city, city_code, postal_code)
        if seen in self._seen:
            return
        self._seen.add(seen)
        if city_code:
            self._by_code.setdefault(city_code, city)
        if postal_code and self._by_postal_code.setdefault(postal_code, city) != city:
            self._by_postal_code[postal_code] = None  # several communes share it
        key = town_key(city)
        if city != city.upper() or key not in self._spelled:
            self._spelled[key] = city

    def name(self, guess: str, city_code: str, postal_code: str) -> str:
        """Return the town of a row that does not name it, or names it as its post office does (`guess`); "" where nothing tells."""
        if city_code in self._by_code:
            return self._by_code[city_code]
        if guess:
            return self._spelled.get(town_key(guess), guess)
        return self._by_postal_code.get(postal_code) or ""

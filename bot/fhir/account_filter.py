"""Which Practitioners of the platform are accounts of people who sign in: others may be records of a directory.

The filter is a FHIR search of Practitioners, `active=true` unless another is set (`PLATFORM_ACCOUNT_FILTER`). Of what a search may ask only
that is allowed which is seen on the resource itself, since one that is read by its id is judged by the same filter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.fhir.resources import Resource

_TOKENS = {"identifier", "_tag", "_security"}
_PARAMETERS = _TOKENS | {"active", "_profile"}


@dataclass(frozen=True)
class AccountFilter:
    """Conditions that all must hold: parameters of a FHIR search, each with its value."""

    criteria: tuple[tuple[str, str], ...]
    """What a search for accounts asks besides its own."""

    @classmethod
    def read(cls, text: str) -> AccountFilter:
        """Return the filter that a setting writes: `active`, `_tag=system|code`, `identifier=system|`, several joined by `&`.

        Raises ValueError for one that cannot be judged on a resource alone.
        """
        conditions = []
        for part in text.strip().split("&"):
            name, _, value = part.strip().partition("=")
            if name == "active":
                value = value or "true"
            if name not in _PARAMETERS or not value.strip("| ") or (name == "active" and value != "true"):
                raise ValueError("a condition must be active, identifier=system|value, _tag=system|code, _security=… or _profile=url")
            conditions.append((name, value.strip()))
        return cls(tuple(conditions))

    @property
    def query(self) -> str:
        """The filter as the query of a conditional creation has it."""
        return "&".join(f"{name}={value}" for name, value in self.criteria)

    def accepts(self, practitioner: Mapping[str, Any]) -> bool:
        """Return whether a Practitioner is an open account: all conditions hold, and it is not said to be closed."""
        if practitioner.get("active") is False:
            return False
        return all(any(_holds(practitioner, name, one) for one in value.split(",")) for name, value in self.criteria)

    def marked(self, practitioner: Resource, value: str) -> Resource:
        """Return a new Practitioner as one that the filter takes.

        Args:
            practitioner: the resource.
            value: of an identifier of which the filter names the system alone.
        """
        marked: Resource = {**practitioner}
        for name, condition in self.criteria:
            if any(_holds(marked, name, one) for one in condition.split(",")):
                continue
            system, _, code = condition.split(",")[0].rpartition("|")
            if name == "active":
                marked["active"] = True
            elif name == "identifier":
                identifier = {"system": system, "value": code or value}
                marked["identifier"] = [*marked.get("identifier", []), {key: each for key, each in identifier.items() if each}]
            else:
                meta = dict(marked.get("meta") or {})
                label = name.removeprefix("_")
                added = condition.split(",")[0] if label == "profile" else {k: v for k, v in (("system", system), ("code", code)) if v}
                meta[label] = [*meta.get(label, []), added]
                marked["meta"] = meta
        return marked


ACTIVE = AccountFilter((("active", "true"),))
"""Every active Practitioner is an account."""


def _holds(practitioner: Mapping[str, Any], name: str, wanted: str) -> bool:
    meta = practitioner.get("meta") or {}
    if name == "active":
        return practitioner.get("active") is True
    if name == "_profile":
        return wanted in [str(profile).partition("|")[0] for profile in meta.get("profile") or []]
    if name == "identifier":
        return any(_is_token(each.get("system"), each.get("value"), wanted) for each in practitioner.get("identifier") or [])
    return any(_is_token(each.get("system"), each.get("code"), wanted) for each in meta.get(name.removeprefix("_")) or [])


def _is_token(system: object, code: object, wanted: str) -> bool:
    """Return whether a token is the one that a search wants: `system|code`, `system|`, `|code` without a system, `code` of any."""
    wanted_system, bar, wanted_code = wanted.rpartition("|")
    same_code = not wanted_code or wanted_code == code
    return same_code and (not bar or wanted_system == (system or "")) and bool(code)

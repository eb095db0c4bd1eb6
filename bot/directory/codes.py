"""Code lists of the *fiche annuaire*, as the ANS terminologies name them."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import NamedTuple

from bot.directory.professions import TRADES, trades_by_text


class Code(NamedTuple):
    """One entry of a code list; `system` is the name of the list."""

    code: str
    label: str
    system: str


_DATA = tomllib.loads(files(__package__).joinpath("codes.toml").read_text(encoding="utf-8"))


def _table(name: str, system: str) -> tuple[Code, ...]:
    return tuple(Code(entry["code"], entry["label"], system) for entry in _DATA[name])


TITLES = _table("title", "TRE_R11")
"""Civility of exercise: DR, PR, …"""

CIVILITIES = _table("civility", "TRE_R81")
"""M, MME."""

MODES = _table("mode", "TRE_R23")
"""L libéral, S salarié, B bénévole."""

ROLES = _table("role", "TRE_R85")
"""Roles in care that are no profession by law."""

PROFESSIONS = tuple(Code(trade.code, trade.label, trade.system) for trade in TRADES.values() if not trade.is_speciality)
"""Every profession that a fiche may give (TRE_G15, R94, R95, and two roles of R85)."""

SPECIALITIES = tuple(
    Code(trade.speciality, trade.label, "TRE_R38") for trade in TRADES.values() if trade.is_speciality and trade.speciality
)
"""The savoir-faire that people name most."""


def profession_by_text(text: str) -> list[tuple[str, str]]:
    """Codes and labels of the professions that a text may mean, in the order of `PROFESSIONS`; [] when it names none.

    « kiné » → [("70", "Masseur-Kinésithérapeute")]; « AS » → the two of them; « cardiologue » → [("10", "Médecin")].
    """
    codes = {TRADES[trade].code for trade in trades_by_text(text)}
    return [(entry.code, entry.label) for entry in PROFESSIONS if entry.code in codes]


def speciality_by_text(text: str) -> list[tuple[str, str]]:
    """Codes and labels of the savoir-faire that a text may mean: « cardio » → [("SM04", …)]; [] when it names none."""
    codes = {TRADES[trade].speciality for trade in trades_by_text(text)} - {""}
    return [(entry.code, entry.label) for entry in SPECIALITIES if entry.code in codes]


def label_of(table: tuple[Code, ...], code: str) -> str:
    """Return the label of a code in a list, or "" for an unknown one."""
    return next((entry.label for entry in table if entry.code == code), "")

"""Wishes about several dossiers, days or kinds that are said one against the other are not inverted, and lose none of them."""

from __future__ import annotations

import pytest

from bot.notifications.preference_parser import read
from tests.unit.notifications.preference_notation import notation
from tests.unit.notifications.preference_parser.examples import BOTH, CHAT

L, H = "SPH-2024-000469", "SPH-2024-000417"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"rien la nuit, {L} oui mais pas {H}", f"quiet daily@22h-7h-{L}"),
        (f"la nuit plus rien, le dossier {L} oui, pas {H}", f"quiet daily@22h-7h-{L}"),
        (f"rien le week-end, pour {L} ok mais pas pour {H}", f"quiet weekend@0h-0h-{L}"),
        (f"rien la nuit, {L} non plus", "quiet daily@22h-7h"),
        (f"la nuit rien sauf {H}, et {L} non plus", f"quiet daily@22h-7h-{H}"),
        (f"coupe {H} la nuit, et {L} non plus", f"quiet daily@22h-7h={H}+{L}"),
        (f"rien la nuit sauf {L}, non finalement {H}", f"quiet daily@22h-7h-{H}"),
        (f"coupez tout jusqu'à lundi sauf {L}, non plutôt {H}", f"mute -{H} →2026-11-30"),
        (f"mets {L} en sourdine, pardon {H}", f"mute {H} →"),
        (f"coupe {L} la nuit, non finalement {H}", f"quiet daily@22h-7h={H}"),
        (f"rien la nuit sauf {L} et {H}", f"quiet daily@22h-7h-{H}+{L}"),
        (f"plus rien après 19h mais pas {L}", f"quiet daily@19h-7h-{L}"),
    ],
)
def test_one_dossier_against_another(text: str, expected: str) -> None:
    assert notation(read(text, [], BOTH)) == expected


@pytest.mark.parametrize(
    "text", [f"le reste seulement en semaine, {L} oui mais pas le dimanche", f"rien la nuit, {L} oui mais rien avant 6h"]
)
def test_what_no_change_can_hold_is_asked_about(text: str) -> None:
    assert notation(read(text, [], BOTH)).startswith("? unclear")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("les 24 et 25 décembre et le 1er janvier rien", "mute 2026-12-24→2026-12-26, mute 2027-01-01→2027-01-02"),
        ("plus rien du 24 au 26 décembre, puis le 1er janvier", "mute 2026-12-24→2026-12-27, mute 2027-01-01→2027-01-02"),
        (
            "plus rien le 24 décembre, le 31 décembre et le 2 janvier",
            "mute 2026-12-24→2026-12-25, mute 2026-12-31→2027-01-01, mute 2027-01-02→2027-01-03",
        ),
        ("ah non pas jusqu'à nouvel ordre, juste du 5 au 9 décembre", "mute 2026-12-05→2026-12-10"),
        ("rien du 24 décembre au 2 janvier", "mute 2026-12-24→2027-01-03"),
    ],
)
def test_no_day_is_lost(text: str, expected: str) -> None:
    assert notation(read(text, [], BOTH)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "seulement les documents en résumé, coupe les autres",
        "les documents en résumé, coupez tout le reste",
        "documents en résumé, coupe le reste",
    ],
)
def test_the_others_are_not_everything(text: str) -> None:
    assert notation(read(text, [], CHAT)) == "documents·telegram=digest, access+appointments+messages+team·telegram=never"

"""A rule for all and what passes it, said together: both are done, or what cannot be is asked about."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time

import pytest

from bot.core.clock import PARIS
from bot.notifications.calendar import quiet_until
from bot.notifications.preference_changes import apply
from bot.notifications.preference_parser import PreferenceRequest, is_wish, read
from bot.notifications.preferences import EVERY_DAY, Preferences, Window
from tests.unit.notifications.preference_notation import notation
from tests.unit.notifications.preference_parser.examples import BOTH, NOW

L, H, N = "SPH-2024-000469", "SPH-2024-000417", "SPH-2024-000137"
QUIET = replace(BOTH, preferences=Preferences(quiet=(Window(days=EVERY_DAY, start=time(21), end=time(7)),)))
NIGHT = datetime(2026, 11, 25, 23, 30, tzinfo=PARIS)  # a Wednesday
SATURDAY = datetime(2026, 11, 28, 12, tzinfo=PARIS)
NOON = datetime(2026, 11, 25, 12, tzinfo=PARIS)

BOTH_PARTS = [
    (f"préviens-moi pour {L} même la nuit, le reste rien entre 21h et 7h", NIGHT, {L}),
    (f"préviens-moi pour Mme {L} même la nuit, tout le reste rien de 21h à 7h", NIGHT, {L}),
    (f"préviens-moi pour le dossier de Mme {L} même la nuit, les autres rien de 21h à 7h", NIGHT, {L}),
    (f"pour {L} et {H} même la nuit, le reste rien de 20h à 8h", NIGHT, {L, H}),
    (f"rien de 21h à 7h, mais pour {L} préviens-moi même la nuit", NIGHT, {L}),
    (f"rien entre 21h et 7h mais pour {L} je veux être prévenue", NIGHT, {L}),
    (f"rien entre 21h et 7h, {L} oui", NIGHT, {L}),
    (f"rien entre 21h et 7h, {L} et {H} oui", NIGHT, {L, H}),
    (f"rien après 19h, {L} à toute heure", NIGHT, {L}),
    (f"{L} à n'importe quelle heure, les autres rien après 19h", NIGHT, {L}),
    (f"rien de 21h à 7h ; {L} en revanche à n'importe quelle heure", NIGHT, {L}),
    (f"{L} jour et nuit, le reste seulement de 7h à 21h", NIGHT, {L}),
    (f"{L} 24h/24, les autres de 8h à 20h uniquement", NIGHT, {L}),
    (f"seulement de 7h à 21h sauf pour {L}", NIGHT, {L}),
    (f"{L} même la nuit, tout le reste du temps rien entre 21h et 7h", NIGHT, {L}),
    (f"coupe les notifs de 21h à 7h mais laisse passer {L}", NIGHT, {L}),
    (f"pas de notifs après 20h, {L} mis à part", NIGHT, {L}),
    (f"pas de notif entre 21h et 7h, {L} et {H} exceptés", NIGHT, {L, H}),
    (f"rien la nuit à l'exception de {L}", NIGHT, {L}),
    (f"rien la nuit, en dehors du dossier {L}", NIGHT, {L}),
    (f"sauf pour {L}, plus rien entre 21h et 7h", NIGHT, {L}),
    (f"je veux plus rien la nuit, mais si c'est {L} réveillez-moi", NIGHT, {L}),
    (f"je veux bien être dérangée la nuit pour {L}, pour les autres non", NIGHT, {L}),
    (f"préviens-moi la nuit pour {L}, le reste rien entre 21h et 7h", NIGHT, {L}),
    (f"préviens-moi pour {L}, le reste rien entre 21h et 7h", NIGHT, {L}),
    (f"préviens-moi pour {L} le week-end aussi, le reste seulement en semaine", SATURDAY, {L}),
    (f"coupez les notifications le week-end mais pour {L} prévenez-moi quand même", SATURDAY, {L}),
    (f"le week-end rien pour les autres, {L} oui", SATURDAY, {L}),
    (f"pour {L} même la nuit, pour {H} rien le week-end, le reste rien entre 21h et 7h", NIGHT, {L, H}),
    (f"seuls {L} et {H} peuvent me réveiller la nuit", NIGHT, {L, H}),
]


@pytest.mark.parametrize(("text", "at", "passing"), BOTH_PARTS)
def test_both_the_rule_and_what_passes_it_are_kept(text: str, at: datetime, passing: set[str]) -> None:
    result = read(text, [], BOTH)
    assert isinstance(result, PreferenceRequest), notation(result)
    after = apply(BOTH.preferences, result.changes, NOW)
    waits = {dossier for dossier in (None, N, L, H) if quiet_until(after, at, dossier) is not None}
    assert waits == {None, N, L, H} - passing
    assert quiet_until(after, NOON, None) is None
    assert not after.mutes


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        (f"préviens-moi pour Mme Durand et {L} même la nuit, le reste rien de 21h à 7h", "? unclear « Mme Durand »"),
        ("préviens-moi pour Mme Durand et Mme Noël même la nuit", "? unclear « Mme Noël »"),
        ("coupe le dossier 137 et le dossier 142 la nuit", "? unclear « dossier 142 »"),
        (f"{L} même la nuit, le reste rien", "? confirm « le reste » yes"),
        (f"coupe les notifs de 21h à 7h mais laissez {L}", f"? confirm « {L} » yes"),
        (f"vous pouvez me réveiller pour {L}, pas pour les autres", "? confirm « pour les autres » yes"),
        (f"préviens-moi pour {L} même la nuit, tout le reste du temps rien", "? unclear"),
        (f"rien entre 21h et 7h, mais pour {L} par Telegram même la nuit", "? dossier_mode"),
        (f"rien entre 21h et 7h, mais les documents de {L} oui", "? dossier_mode"),
        (f"urgences de {L} même la nuit, le reste rien entre 21h et 7h", "? dossier_mode"),
        (f"les autres attendent le matin, {L} même la nuit", "? quiet"),
        (f"rien la nuit pour tout le monde sauf {L}", "? unclear « pour tout le monde »"),
    ],
)
def test_what_cannot_be_held_is_asked_about(text: str, asked: str) -> None:
    assert notation(read(text, [], BOTH)) == asked


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"coupe {H} la nuit, mais {L} je veux être prévenue même la nuit", f"quiet daily@22h-7h={H}, pass {L} daily@22h-7h"),
        (f"{L} jour et nuit, coupe tout le reste", f"pass {L}, mute -{L} →"),
        (f"coupez tout jusqu'à lundi, mais {L} je veux être prévenu", f"mute -{L} →2026-11-30"),
        (f"coupe {L} et {H} la nuit", f"quiet daily@22h-7h={H}+{L}"),
        (f"coupe le dossier {L} la nuit", f"quiet daily@22h-7h={L}"),
        ("plus de mails le reste du temps", "all·mail=never"),
        ("rien entre 21h et 7h", "quiet daily@21h-7h"),
        ("oui", "nothing"),
    ],
)
def test_what_is_no_exception_of_a_rule_for_all(text: str, expected: str) -> None:
    assert notation(read(text, [], BOTH)) == expected


def test_where_the_nights_are_quiet_already_their_hours_stay() -> None:
    assert notation(read(f"seuls {L} et {H} peuvent me réveiller la nuit", [], QUIET)) == f"pass {H}+{L} daily@22h-7h"


@pytest.mark.parametrize(
    "text",
    [
        "préviens-moi pour Mme Durand même la nuit, le reste rien entre 21h et 7h",
        f"{L} à toute heure, le reste rien après 19h",
        "rien la nuit sauf Mme Durand",
    ],
)
def test_such_a_rule_is_surely_a_wish(text: str) -> None:
    assert is_wish(text)


@pytest.mark.parametrize(
    "text", ["le dossier 137, pas le 142", "ajoutez Paul Martin au dossier 137 sauf la nuit", "pas Mme Durand, les autres"]
)
def test_what_names_no_hours_is_no_such_wish(text: str) -> None:
    assert not is_wish(text)


@pytest.mark.parametrize(
    "text",
    [
        f"rien la nuit jusqu'à vendredi sauf {L}",
        f"rien la nuit pendant une semaine sauf {L}",
        f"{L} à toute heure, les autres rien après 19h jusqu'à vendredi",
        f"préviens-moi pour {L} même la nuit jusqu'au 15 décembre",
        f"{L} jour et nuit jusqu'à dimanche",
        f"préviens-moi à toute heure sauf pour {L}",
        f"jour et nuit sauf {L}",
        f"préviens-moi jour et nuit pour tout sauf {L}",
    ],
)
def test_days_that_no_rule_holds_and_exceptions_of_any_time_are_asked_about(text: str) -> None:
    assert not isinstance(read(text, [], BOTH), PreferenceRequest)

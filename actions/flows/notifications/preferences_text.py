"""The notification preferences in words, section by section: what goes by which way, digests, quiet hours, mutes, what comes next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, time

from actions.framework.dates import DAYS, format_moment, format_until
from actions.framework.utterances import Utterances
from bot.core.clock import french_hour
from bot.notifications.calendar import next_digest, quiet_until
from bot.notifications.delivery_policy import modes
from bot.notifications.kinds import Category, DeliveryChannel, Mode
from bot.notifications.preference_changes import Change, SetMode
from bot.notifications.preferences import EVERY_DAY, HOLIDAY, Mute, Preferences, Window

WEEKEND = frozenset({5, 6})
MAX_MUTES_SHOWN = 5


@dataclass(frozen=True)
class PreferencesText:
    """The preferences of an account that has these ways, at a moment. Each section is a list of lines."""

    utterances: Utterances
    preferences: Preferences
    ways: Set[DeliveryChannel]
    now: datetime

    def sections(self) -> dict[str, list[str]]:
        """Return every section by name, in the order in which they are shown."""
        matrix, dossiers = self.matrix(), self.dossiers()
        return {"matrix": matrix, "dossiers": dossiers, "digest": self.digest(), "quiet": self.quiet(), "mutes": self.mutes()}

    def matrix(self) -> list[str]:
        """Return what goes by which way, at once or in a digest."""
        modes_by_category = {category: modes(category, self.preferences, self.ways)[0] for category in Category}
        lines = []
        for way in DeliveryChannel:
            if way not in self.ways:
                continue
            for mode in (Mode.NOW, Mode.DIGEST):
                found = [category for category in Category if modes_by_category[category][way] is mode]
                if found and not (way is DeliveryChannel.SPHERE and len(found) == len(Category)):
                    how = self.utterances.text(f"utter_mode_{mode}", way=self.utterances.text(f"utter_way_{way}"))
                    lines.append(self.utterances.text("utter_settings_line", how=how, what=self._categories(found)))
        pushed = any(
            mode is not Mode.NEVER
            for found in modes_by_category.values()
            for way, mode in found.items()
            if way is not DeliveryChannel.SPHERE
        )
        return lines if pushed else [self.utterances.text("utter_settings_nothing_sent"), *lines]

    def dossiers(self) -> list[str]:
        """Return which dossiers come at once or in a digest, whatever they bring."""
        own = self.preferences.dossier_modes
        by_mode = {mode: sorted(dossier for dossier, set_mode in own.items() if set_mode is mode) for mode in (Mode.NOW, Mode.DIGEST)}
        return [
            self.utterances.text(f"utter_settings_dossier_{mode}", dossiers=self._dossiers(found))
            for mode, found in by_mode.items()
            if found
        ]

    def off(self, changes: Iterable[Change]) -> list[str]:
        """Return what is not sent any more by the ways that the changes switch off."""
        ways = {way for change in changes if isinstance(change, SetMode) and change.mode is Mode.NEVER for way in change.ways}
        lines = []
        for way in (way for way in DeliveryChannel if way in ways & self.ways):
            never = [each for each in Category if modes(each, self.preferences, self.ways)[0][way] is Mode.NEVER]
            if never:
                name = self.utterances.text(f"utter_way_{way}")
                lines.append(self.utterances.text("utter_settings_off", way=name, what=self._categories(never)))
        return lines

    def digest(self) -> list[str]:
        """Return when digests are sent."""
        hours = join_parts(self.utterances, [french_hour(hour) for hour in sorted(self.preferences.digest_hours)])
        days = format_days(self.utterances, self.preferences.digest_days)
        return [self.utterances.text("utter_settings_digest", hours=hours, days=days)]

    def quiet(self) -> list[str]:
        """Return the quiet windows."""
        if not self.preferences.quiet:
            return [self.utterances.text("utter_settings_no_quiet")]
        windows = [self._window(window) for window in self.preferences.quiet]
        return [self.utterances.text("utter_settings_quiet", windows="\u00a0; ".join(windows))]

    def passing(self) -> list[str]:
        """Return what comes in spite of quiet hours and mutes, and what does not."""
        text, windows = self.utterances.text, "\u00a0; ".join(self._window(window) for window in self.preferences.quiet)
        lines = [text("utter_passing_quiet", windows=windows) if windows else text("utter_passing_no_quiet")]
        if any(mute.until is None or mute.until > self.now for mute in self.preferences.mutes):
            lines += [text("utter_passing_mutes"), *self.mutes()]
        return lines

    def mutes(self) -> list[str]:
        """Return what is muted, now or later."""
        current = [mute for mute in self.preferences.mutes if mute.until is None or mute.until > self.now]
        if not current:
            return [self.utterances.text("utter_settings_no_mutes")]
        lines = [self.utterances.text("utter_settings_mute", mute=self.mute(mute)) for mute in current[:MAX_MUTES_SHOWN]]
        more = len(current) - MAX_MUTES_SHOWN
        return [*lines, self.utterances.text("utter_settings_more_mutes", count=more)] if more > 0 else lines

    def mute(self, mute: Mute) -> str:
        """Return « dossier SPH-2024-000137 jusqu'au lundi 30 novembre à 8h »."""
        zone, text = self.preferences.zone, self.utterances.text
        what = text("utter_muted_dossier", reference=mute.dossier) if mute.dossier else text("utter_muted_everything")
        passing = text("utter_scope_passing", dossiers=self._dossiers(mute.passing)) if mute.passing else ""
        begins = text("utter_muted_from", when=format_moment(mute.since, self.now, zone)) if mute.since > self.now else ""
        ends = format_until(mute.until, self.now, zone) if mute.until else text("utter_muted_for_good")
        return ", ".join(part for part in (what, passing, begins, ends) if part)

    def outlook(self) -> str:
        """Return what follows: the quiet time that holds now, the next digest."""
        preferences, now = self.preferences, self.now
        parts = []
        quiet = quiet_until(preferences, now)
        if quiet is not None:
            passing = {dossier for window in preferences.quiet for dossier in window.passing}
            passing = {dossier for dossier in passing if quiet_until(preferences, now, dossier) is None}
            response = "utter_outlook_quiet_passing" if passing else "utter_outlook_quiet"
            until = format_until(quiet, now, preferences.zone)
            parts.append(self.utterances.text(response, until=until, dossiers=self._dossiers(passing)))
        if self._has_digests():
            when = format_moment(next_digest(preferences, now), now, preferences.zone)
            parts.append(self.utterances.text("utter_outlook_digest", when=when))
        return " ".join(parts)

    def _has_digests(self) -> bool:
        if any(
            mute.dossier is None and not mute.passing for mute in self.preferences.mutes if self.preferences.mute_of(None, self.now) == mute
        ):
            return False
        modes_by_way = [modes(category, self.preferences, self.ways)[0] for category in Category]
        return any(mode[way] is Mode.DIGEST for mode in modes_by_way for way in self.ways - {DeliveryChannel.SPHERE})

    def _categories(self, categories: Sequence[Category]) -> str:
        if len(categories) == len(Category):
            return self.utterances.text("utter_category_all")
        return ", ".join(self.utterances.text(f"utter_category_{category}") for category in categories)

    def _dossiers(self, references: Iterable[str]) -> str:
        """Return « le dossier SPH-2024-000137 », « les dossiers … et … »."""
        known = sorted(references)
        response = "utter_some_dossiers" if len(known) > 1 else "utter_one_dossier"
        return self.utterances.text(response, references=join_parts(self.utterances, known))

    def _window(self, window: Window) -> str:
        """Return « de 21h à 7h, tous les jours, sauf le dossier SPH-2024-000137 »."""
        parts = [self._when(window)]
        for response, dossiers in (("utter_scope_only", window.dossiers), ("utter_scope_passing", window.passing)):
            if dossiers:
                parts.append(self.utterances.text(response, dossiers=self._dossiers(dossiers)))
        return ", ".join(parts)

    def _when(self, window: Window) -> str:
        days = format_days(self.utterances, window.days)
        if window.start == window.end:
            if window.start == time(0):
                return days
            return self.utterances.text("utter_window_whole", days=days, start=french_hour(window.start))
        return self.utterances.text("utter_window", start=french_hour(window.start), end=french_hour(window.end), days=days)


def format_days(utterances: Utterances, days: Iterable[int]) -> str:
    """Return « tous les jours », « du lundi au vendredi », « le samedi et le dimanche », « les jours fériés »."""
    chosen = frozenset(days)
    weekly = chosen - {HOLIDAY}
    if weekly == EVERY_DAY:
        return utterances.text("utter_days_all")
    parts = []
    if weekly == WEEKEND:
        parts.append(utterances.text("utter_days_weekend"))
    elif len(run := sorted(weekly)) > 2 and run[-1] - run[0] == len(run) - 1:
        parts.append(utterances.text("utter_days_run", first=DAYS[run[0]], last=DAYS[run[-1]]))
    else:
        parts += [utterances.text("utter_days_one", day=DAYS[day]) for day in run]
    if HOLIDAY in chosen:
        parts.append(utterances.text("utter_days_holidays"))
    return join_parts(utterances, parts)


def join_parts(utterances: Utterances, parts: Sequence[str]) -> str:
    """Return « 8h, 12h et 18h »."""
    if len(parts) < 2:
        return "".join(parts)
    return utterances.text("utter_and", some=", ".join(parts[:-1]), last=parts[-1])

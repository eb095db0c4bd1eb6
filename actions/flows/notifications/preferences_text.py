"""A person's settings in words, section by section: what goes where, digests, quiet hours, mutes, and what comes next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, time

from actions.framework.dates import DAYS, moment, until
from actions.framework.utterances import Speech
from bot.notifications.calendar import next_digest, quiet_until
from bot.notifications.deciding import modes
from bot.notifications.kinds import Category, Mode, Way
from bot.notifications.preferences import EVERY_DAY, HOLIDAY, Mute, Preferences, Window
from bot.support.hours import french_hour

WORKING_DAYS, WEEKEND = frozenset(range(5)), frozenset({5, 6})
MOST_MUTES_SAID = 5


@dataclass(frozen=True)
class Words:
    """The settings of somebody who has these ways, at a moment; each section is lines."""

    speech: Speech
    preferences: Preferences
    ways: Set[Way]
    now: datetime

    def sections(self) -> dict[str, list[str]]:
        """Every section by name, in the order in which they are said."""
        return {"matrix": self.matrix(), "digest": self.digest(), "quiet": self.quiet(), "mutes": self.mutes()}

    def matrix(self) -> list[str]:
        """What goes by which way, at once or in a digest."""
        by_category = {category: modes(category, self.preferences, self.ways)[0] for category in Category}
        lines = []
        for way in Way:
            if way not in self.ways:
                continue
            for mode in (Mode.NOW, Mode.DIGEST):
                found = [category for category in Category if by_category[category][way] is mode]
                if found and not (way is Way.SPHERE and len(found) == len(Category)):
                    how = self.speech.phrase(f"utter_mode_{mode}", way=self.speech.phrase(f"utter_way_{way}"))
                    lines.append(self.speech.phrase("utter_settings_line", how=how, what=self._categories(found)))
        pushed = any(mode is not Mode.NEVER for found in by_category.values() for way, mode in found.items() if way is not Way.SPHERE)
        return lines if pushed else [self.speech.phrase("utter_settings_nothing_sent"), *lines]

    def digest(self) -> list[str]:
        """When digests leave."""
        hours = listed(self.speech, [french_hour(hour) for hour in sorted(self.preferences.digest_hours)])
        return [self.speech.phrase("utter_settings_digest", hours=hours, days=days(self.speech, self.preferences.digest_days))]

    def quiet(self) -> list[str]:
        """Quiet windows."""
        if not self.preferences.quiet:
            return [self.speech.phrase("utter_settings_no_quiet")]
        windows = [self._window(window) for window in self.preferences.quiet]
        return [self.speech.phrase("utter_settings_quiet", windows="\u00a0; ".join(windows))]

    def mutes(self) -> list[str]:
        """What is muted, now or later."""
        held = [mute for mute in self.preferences.mutes if mute.until is None or mute.until > self.now]
        if not held:
            return [self.speech.phrase("utter_settings_no_mutes")]
        lines = [self.speech.phrase("utter_settings_mute", mute=self.mute(mute)) for mute in held[:MOST_MUTES_SAID]]
        more = len(held) - MOST_MUTES_SAID
        return [*lines, self.speech.phrase("utter_settings_more_mutes", count=more)] if more > 0 else lines

    def mute(self, mute: Mute) -> str:
        """« dossier SPH-2024-000137 jusqu'au lundi 30 novembre à 8h »."""
        zone, phrase = self.preferences.zone, self.speech.phrase
        what = phrase("utter_muted_dossier", reference=mute.dossier) if mute.dossier else phrase("utter_muted_everything")
        begins = phrase("utter_muted_from", when=moment(mute.since, self.now, zone)) if mute.since > self.now else ""
        ends = until(mute.until, self.now, zone) if mute.until else phrase("utter_muted_for_good")
        return ", ".join(part for part in (what, begins, ends) if part)

    def outlook(self) -> str:
        """What it means next: the quiet time that holds, the next digest."""
        preferences, now = self.preferences, self.now
        said = []
        quiet = quiet_until(preferences, now)
        if quiet is not None:
            said.append(self.speech.phrase("utter_outlook_quiet", until=until(quiet, now, preferences.zone)))
        if self._has_digests():
            when = moment(next_digest(preferences, now), now, preferences.zone)
            said.append(self.speech.phrase("utter_outlook_digest", when=when))
        return " ".join(said)

    def _has_digests(self) -> bool:
        if any(mute.dossier is None for mute in self.preferences.mutes if self.preferences.mute_of(None, self.now) == mute):
            return False
        held = [modes(category, self.preferences, self.ways)[0] for category in Category]
        return any(line[way] is Mode.DIGEST for line in held for way in self.ways - {Way.SPHERE})

    def _categories(self, categories: Sequence[Category]) -> str:
        if len(categories) == len(Category):
            return self.speech.phrase("utter_category_all")
        return ", ".join(self.speech.phrase(f"utter_category_{category}") for category in categories)

    def _window(self, window: Window) -> str:
        on = days(self.speech, window.days)
        if window.start == window.end:
            return on if window.start == time(0) else self.speech.phrase("utter_window_whole", days=on, start=french_hour(window.start))
        return self.speech.phrase("utter_window", start=french_hour(window.start), end=french_hour(window.end), days=on)


def days(speech: Speech, chosen: Iterable[int]) -> str:
    """« tous les jours », « du lundi au vendredi », « le samedi et le dimanche », « les jours fériés »."""
    found = frozenset(chosen)
    weekly = found - {HOLIDAY}
    if weekly == EVERY_DAY:
        return speech.phrase("utter_days_all")
    said = []
    if weekly == WEEKEND:
        said.append(speech.phrase("utter_days_weekend"))
    elif len(run := sorted(weekly)) > 2 and run[-1] - run[0] == len(run) - 1:
        said.append(speech.phrase("utter_days_run", first=DAYS[run[0]], last=DAYS[run[-1]]))
    else:
        said += [speech.phrase("utter_days_one", day=DAYS[day]) for day in run]
    if HOLIDAY in found:
        said.append(speech.phrase("utter_days_holidays"))
    return listed(speech, said)


def listed(speech: Speech, parts: Sequence[str]) -> str:
    """« 8h, 12h et 18h »."""
    if len(parts) < 2:
        return "".join(parts)
    return speech.phrase("utter_and", some=", ".join(parts[:-1]), last=parts[-1])

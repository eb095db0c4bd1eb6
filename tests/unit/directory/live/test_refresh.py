"""What changed in the Annuaire Santé since the import, put over the imported list: who came, who moved, who is not there any more."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.core.clock import ManualClock
from bot.directory import Query, import_file
from bot.directory.errors import ImportFailed, panics_as_failures
from bot.directory.index import PREFIX
from bot.directory.live.national import NationalDirectory
from bot.directory.live.refresh import RETRY, Refresh
from bot.directory.overlay import CurrentDirectory, Overlay, OverlayBusy
from bot.live_directories import LiveDirectories
from bot.sandbox.demo_directory import DEMO_PEOPLE, write_demo_file
from tests.unit.directory.live.annuaire_server import Annuaire, practitioner, role, withdrawn
from tests.unit.directory.live.conftest import BRUNO, ZOE

IMPORTED = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
CHANGED = "2026-11-21T08:00:00Z"
PAUL, LEILA = DEMO_PEOPLE["Paul Martin"], DEMO_PEOPLE["Leïla Benali"]
EVERY = timedelta(hours=6)


@pytest.fixture(scope="session")
def demo_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("demo") / "demo.txt"
    write_demo_file(file, people=60)
    return file


@pytest.fixture
def index_dir(tmp_path: Path, demo_file: Path) -> Path:
    folder = tmp_path / "directory"
    import_file(demo_file, folder)
    os.utime(folder / "current", (IMPORTED.timestamp(), IMPORTED.timestamp()))
    return folder


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(IMPORTED + timedelta(days=2))


@pytest.fixture
def refresh(live: LiveDirectories, index_dir: Path, clock: ManualClock) -> Refresh:
    national = live._national
    assert national is not None
    return Refresh(national, index_dir, clock, every=EVERY)


def names(directory: CurrentDirectory, name: str) -> list[str]:
    return [match.professional.display for match in directory.search(Query(name=name)) if match.full]


async def test_who_came_moved_or_left_is_found_as_they_are_now(annuaire: Annuaire, refresh: Refresh, index_dir: Path) -> None:
    directory = CurrentDirectory(index_dir)
    assert names(directory, "Paul Martin") == [PAUL.display]
    annuaire.add(practitioner("99900000055", "NOUVELARRIVANT", "INES", updated=CHANGED), role("99900000055", "org-tours"))
    annuaire.add(practitioner(PAUL.rpps, "MARTIN", "PAUL", updated=CHANGED, profession="70", civility="M"), role(PAUL.rpps, "org-blois"))
    annuaire.add(withdrawn(LEILA.rpps, updated=CHANGED))
    assert await refresh.run_due()
    assert names(directory, "Nouvelarrivant") == ["Mme Ines Nouvelarrivant"]
    (paul,) = [m.professional for m in directory.search(Query(name="Paul Martin", place="Blois")) if m.full]
    assert (paul.key, paul.practice.structure) == (PAUL.key, "CENTRE HOSPITALIER INVENTE")
    assert not [m for m in directory.search(Query(name="Paul Martin", place="Vierzon")) if m.full]
    assert directory.get(PAUL.key) == paul == directory.by_rpps(PAUL.rpps)
    assert names(directory, "Leïla Benali") == []
    assert directory.get(LEILA.key) is None
    assert directory.by_rpps(LEILA.rpps) is None
    assert directory.by_rpps("99900000055") is not None
    assert names(directory, "Zwartkowski") == []  # did not change: not fetched


async def test_a_changed_role_brings_the_whole_person(annuaire: Annuaire, refresh: Refresh, index_dir: Path) -> None:
    annuaire.add(role(ZOE, "org-blois", number=2, updated=CHANGED))
    assert await refresh.run_due()
    zoe = CurrentDirectory(index_dir).by_rpps(ZOE)
    assert zoe is not None
    assert {practice.city for practice in zoe.practices} == {"TOURS", "BLOIS"}


async def test_who_comes_back_is_there_again(annuaire: Annuaire, refresh: Refresh, index_dir: Path, clock: ManualClock) -> None:
    directory = CurrentDirectory(index_dir)
    annuaire.add(withdrawn(LEILA.rpps, updated=CHANGED))
    await refresh.run_due()
    assert directory.get(LEILA.key) is None
    clock.advance(EVERY)
    annuaire.add(
        practitioner(LEILA.rpps, "BENALI", "LEILA", updated="2026-11-22T12:00:00Z", profession="10"), role(LEILA.rpps, "org-tours")
    )
    assert await refresh.run_due()
    back = directory.get(LEILA.key)
    assert back is not None
    assert back.city == "Tours"


async def test_changes_are_fetched_when_due_and_from_the_last_fetch_on(annuaire: Annuaire, refresh: Refresh, clock: ManualClock) -> None:
    assert await refresh.run_due()
    first = {value for _, _, parameters in annuaire.asked for name, value in parameters if name == "_lastUpdated"}
    assert first == {"ge2026-11-13T09:00:00Z"}  # a file is older than its import
    annuaire.asked.clear()
    assert not await refresh.run_due()
    assert annuaire.asked == []
    clock.advance(EVERY)
    assert await refresh.run_due()
    later = {value for _, _, parameters in annuaire.asked for name, value in parameters if name == "_lastUpdated"}
    assert later == {"ge2026-11-22T07:00:00Z"}  # two hours before the last one began


async def test_many_changes_come_page_by_page(annuaire: Annuaire, refresh: Refresh, index_dir: Path) -> None:
    for number in range(450):
        annuaire.add(
            practitioner(f"997{number:08d}", "PAGINSKI", f"PRENOM{number}", updated=CHANGED), role(f"997{number:08d}", "org-tours")
        )
    assert await refresh.run_due()
    directory = CurrentDirectory(index_dir)
    assert all(directory.by_rpps(f"997{number:08d}") is not None for number in (0, 199, 200, 449))


async def test_a_fetch_that_fails_is_begun_anew_and_loses_nothing(
    annuaire: Annuaire, refresh: Refresh, index_dir: Path, clock: ManualClock
) -> None:
    annuaire.add(practitioner("99900000055", "NOUVELARRIVANT", "INES", updated=CHANGED), role("99900000055", "org-tours"))
    annuaire.down = True
    assert not await refresh.run_due()
    assert names(CurrentDirectory(index_dir), "Paul Martin") == [PAUL.display]
    annuaire.down = False
    assert not await refresh.run_due()  # not at once
    clock.advance(RETRY)
    assert await refresh.run_due()
    assert names(CurrentDirectory(index_dir), "Nouvelarrivant") == ["Mme Ines Nouvelarrivant"]


async def test_what_cannot_be_written_is_tried_again_later_and_told(
    annuaire: Annuaire, refresh: Refresh, index_dir: Path, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    (index_dir / "overlay").write_text("in the way")
    annuaire.add(practitioner("99900000055", "NOUVELARRIVANT", "INES", updated=CHANGED), role("99900000055", "org-tours"))
    assert not await refresh.run_due()
    assert not await refresh.run_due()
    assert annuaire.asked == []
    assert len(caplog.records) == 1
    assert (await refresh.health_lines())["annuaire_sante_changes"] == "failed at 2026-11-22T09:00Z"
    (index_dir / "overlay").unlink()
    assert not await refresh.run_due()
    clock.advance(RETRY)
    assert await refresh.run_due()
    assert await refresh.health_lines() == {}
    assert names(CurrentDirectory(index_dir), "Nouvelarrivant") == ["Mme Ines Nouvelarrivant"]


async def test_an_index_that_tantivy_refuses_is_tried_again_later(
    annuaire: Annuaire, refresh: Refresh, index_dir: Path, clock: ManualClock
) -> None:
    annuaire.add(withdrawn(LEILA.rpps, updated=CHANGED))
    assert await refresh.run_due()
    (index_dir / "overlay" / f"{PREFIX}changes" / "meta.json").write_text("{")
    clock.advance(EVERY)
    annuaire.add(practitioner("99900000055", "NOUVELARRIVANT", "INES", updated="2026-11-22T12:00:00Z"), role("99900000055", "org-tours"))
    annuaire.asked.clear()
    assert not await refresh.run_due()
    calls = len(annuaire.asked)
    assert not await refresh.run_due()
    assert len(annuaire.asked) == calls
    assert "annuaire_sante_changes" in await refresh.health_lines()


def test_a_panic_of_tantivy_is_a_failure_like_others() -> None:
    class PanicException(BaseException):
        """What a panic of Rust raises."""

    with pytest.raises(ImportFailed), panics_as_failures():
        raise PanicException
    with pytest.raises(KeyboardInterrupt), panics_as_failures():
        raise KeyboardInterrupt


async def test_a_new_import_counts_alone(
    annuaire: Annuaire, refresh: Refresh, index_dir: Path, demo_file: Path, clock: ManualClock
) -> None:
    directory = CurrentDirectory(index_dir)
    annuaire.add(withdrawn(LEILA.rpps, updated=CHANGED))
    await refresh.run_due()
    assert directory.get(LEILA.key) is None
    import_file(demo_file, index_dir)
    assert directory.get(LEILA.key) is not None
    os.utime(index_dir / "current", (clock.now().timestamp(), clock.now().timestamp()))
    assert await refresh.run_due()  # due at once: nothing was fetched since that import
    assert directory.get(LEILA.key) is None


async def test_an_index_too_old_is_told(refresh: Refresh, index_dir: Path, clock: ManualClock) -> None:
    clock.advance(timedelta(days=60))
    assert await refresh.run_due()
    state = Overlay(index_dir).state(clock.now())
    assert state is not None
    assert state.has_gap


async def test_one_process_writes_at_a_time(refresh: Refresh, index_dir: Path, annuaire: Annuaire) -> None:
    with Overlay(index_dir).writing():
        with pytest.raises(OverlayBusy), Overlay(index_dir).writing():
            pass
        assert not await refresh.run_due()
    assert annuaire.asked == []
    assert await refresh.run_due()


async def test_without_an_import_there_is_nothing_to_refresh(live: LiveDirectories, tmp_path: Path, clock: ManualClock) -> None:
    national: NationalDirectory | None = live._national
    assert national is not None
    assert not await Refresh(national, tmp_path / "nothing", clock, every=EVERY).run_due()


def test_a_damaged_overlay_is_as_good_as_none(index_dir: Path) -> None:
    (index_dir / "overlay").mkdir()
    (index_dir / "overlay" / "state.json").write_text("{")
    assert names(CurrentDirectory(index_dir), "Paul Martin") == [PAUL.display]


async def test_bruno_is_not_listed_twice(annuaire: Annuaire, refresh: Refresh, index_dir: Path, clock: ManualClock) -> None:
    for day in ("21", "22"):
        annuaire.add(practitioner(BRUNO, "QUINTRELLE", "BRUNO", updated=f"2026-11-{day}T08:00:00Z", profession="10", civility="M"))
        await refresh.run_due()
        clock.advance(EVERY)
    assert names(CurrentDirectory(index_dir), "Quintrelle") == ["Dr Bruno Quintrelle"]

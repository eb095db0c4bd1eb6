"""Attacks on signing in to the desk: guessing the second factor, replaying it, going round it, and sessions that somebody kept."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from itertools import count
from pathlib import Path

import httpx
import pyotp
import pytest
from sqlalchemy import update

from bot.core.clock import Clock
from bot.core.database import Database
from bot.http.csrf import CsrfTokens
from bot.settings import Settings, SettingsError, load_settings
from bot.support.agents import Agents
from bot.support.errors import SignInFailed, SignInLocked
from bot.support.second_factor import SecondFactor
from bot.support.tables import SupportAgent
from tests.databases import every_database
from tests.unit.support.running_desk import MARIE
from tests.unit.web.desk.running_desk import PASSWORD, AgentBrowser, RunningDesk, running_desk
from tests.unit.web.desk.test_streams import Event, stream, wait_for
from tests.unit.web.openid_provider import Provider, running_provider

__all__ = ["every_database"]

KEY = re.compile(r'class="totp-key">([A-Z2-7 ]+)<')
RECOVERY = re.compile(r"<li><code>([a-z2-9-]+)</code>")
STEP = timedelta(seconds=30)


def code_of(key: str, clock: Clock, steps: int = 0) -> str:
    """The code that an application shows now, or some time steps from now."""
    return pyotp.TOTP(key).at(clock.now() + steps * STEP)


async def enrol(browser: AgentBrowser, clock: Clock) -> tuple[str, list[str]]:
    """Set up the second factor of who is signed in with this browser; its key and the recovery codes."""
    page = await browser.open("/desk/second-factor")
    found = KEY.search(page.text)
    assert found is not None
    key = found[1].replace(" ", "")
    done = await browser.send("/desk/second-factor", "/desk/second-factor", code=code_of(key, clock))
    assert done.status_code == 200
    return key, RECOVERY.findall(done.text)


async def give_code(browser: AgentBrowser, page: httpx.Response, code: str) -> httpx.Response:
    return await browser.http.post("/desk/sign-in/code", data=browser.hidden(page, "/desk/sign-in/code") | {"code": code})


async def signs_in(desk: RunningDesk, code: str) -> httpx.Response:
    """Password and code, in a new browser; the last answer."""
    browser = desk.browser()
    return await give_code(browser, await browser.sign_in("ines"), code)


async def test_a_stolen_password_alone_opens_nothing(tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        key, _ = await enrol(await desk.agent_browser(), desk.support_bot.clock)
        thief = desk.browser()
        second = await thief.sign_in("ines")
        assert "Code à 6 chiffres" in second.text
        assert "sphere-desk" not in thief.http.cookies
        assert (await thief.open()).status_code == 401
        desk.support_bot.clock.advance(STEP)
        assert (await signs_in(desk, code_of(key, desk.support_bot.clock))).status_code == 303


async def test_a_code_that_somebody_looked_at_is_not_taken_twice(every_database: str, tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        key, _ = await enrol(await desk.agent_browser(), desk.support_bot.clock)
        assert "a déjà servi" in (await signs_in(desk, code_of(key, desk.support_bot.clock))).text  # it was given when setting up
        desk.support_bot.clock.advance(STEP)
        code = code_of(key, desk.support_bot.clock)
        assert (await signs_in(desk, code)).status_code == 303
        assert (await signs_in(desk, code)).status_code == 403
        assert (await signs_in(desk, code_of(key, desk.support_bot.clock, -1))).status_code == 403  # nor the one before it


async def test_the_same_code_sent_at_once_is_taken_once(every_database: str, tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        ines = await desk.agent_browser()
        key, _ = await enrol(ines, desk.support_bot.clock)
        desk.support_bot.clock.advance(STEP)
        assert ines.agent is not None
        database: Database = desk.support_bot.bot.app.state.parts.database
        factors = [SecondFactor(database, desk.support_bot.clock, desk.support_bot.bot.settings, desk.agents) for _ in range(4)]
        code = code_of(key, desk.support_bot.clock)
        found = await asyncio.gather(*(factor.verify(ines.agent.id, code) for factor in factors), return_exceptions=True)
        assert sum(not isinstance(answer, Exception) for answer in found) == 1
        assert all(isinstance(answer, SignInFailed | SignInLocked) for answer in found if isinstance(answer, Exception))


@pytest.mark.parametrize(("steps", "status"), [(-2, 403), (-1, 303), (0, 303), (1, 303), (2, 403)])
async def test_a_clock_may_be_one_step_off_and_no_more(tmp_path: Path, steps: int, status: int) -> None:
    async with running_desk(tmp_path) as desk:
        key, _ = await enrol(await desk.agent_browser(), desk.support_bot.clock)
        desk.support_bot.clock.advance(10 * STEP)
        assert (await signs_in(desk, code_of(key, desk.support_bot.clock, steps))).status_code == status


async def test_codes_are_guessed_no_more_often_than_passwords_even_with_the_password(tmp_path: Path) -> None:
    """The right password between guesses clears no count: else whoever stole it could guess for ever."""
    async with running_desk(tmp_path) as desk:
        key, _ = await enrol(await desk.agent_browser(), desk.support_bot.clock)
        desk.support_bot.clock.advance(STEP)
        wrong = f"{(int(code_of(key, desk.support_bot.clock)) + 7) % 1_000_000:06d}"
        said = ""
        for _ in range(5):
            browser = desk.browser()
            page = await browser.sign_in("ines")
            said = (await give_code(browser, page, wrong)).text
        assert "bloqué jusqu’à" in said
        assert "bloqué jusqu’à" in (await signs_in(desk, code_of(key, desk.support_bot.clock))).text  # even for the right one
        desk.support_bot.clock.advance(timedelta(minutes=15))
        assert (await signs_in(desk, code_of(key, desk.support_bot.clock))).status_code == 303


@pytest.mark.parametrize("forged", ["other browser", "other agent", "too late", "no seal"])
async def test_the_second_step_needs_the_first_one_in_that_browser(tmp_path: Path, forged: str) -> None:
    async with running_desk(tmp_path) as desk:
        ines = await desk.agent_browser()
        key, _ = await enrol(ines, desk.support_bot.clock)
        await desk.agents.add("paul", "Paul", "agent", PASSWORD)
        desk.support_bot.clock.advance(STEP)
        browser = desk.browser()
        fields = browser.hidden(await browser.sign_in("ines"), "/desk/sign-in/code")
        if forged == "other browser":
            other = desk.browser()
            fields["seal"] = other.hidden(await other.open("/desk/sign-in"), "/desk/sign-in")["seal"]
            browser = other
        elif forged == "other agent":
            paul = await desk.agents.by_login("paul")
            assert paul is not None
            fields["agent"] = paul.id
        elif forged == "too late":
            desk.support_bot.clock.advance(timedelta(minutes=5, seconds=1))
        else:
            del fields["seal"]
        answer = await browser.http.post("/desk/sign-in/code", data=fields | {"code": code_of(key, desk.support_bot.clock)})
        assert answer.status_code == 403
        assert "sphere-desk" not in browser.http.cookies


async def test_a_recovery_code_is_good_once_and_stored_as_a_hash(every_database: str, tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        key, codes = await enrol(await desk.agent_browser(), desk.support_bot.clock)
        assert len(set(codes)) == 10
        assert (await signs_in(desk, codes[0].upper().replace("-", " "))).status_code == 303
        assert (await signs_in(desk, codes[0])).status_code == 403
        kept = b"".join(path.read_bytes() for path in tmp_path.glob("sphere.db*"))  # noqa: ASYNC240
        for secret in (key, *codes, *(code.replace("-", "") for code in codes)):
            assert secret.encode() not in kept


async def test_where_it_is_obligatory_nothing_is_reached_before_it_is_set_up(tmp_path: Path) -> None:
    async with running_desk(tmp_path, DESK_TOTP="required") as desk:
        ines = await desk.agent_browser()
        for path in ("/desk", "/desk/requests", "/desk/events", "/desk/alive", "/desk/password", "/desk/sessions"):
            answer = await ines.open(path)
            assert (answer.status_code, answer.headers.get("location")) == (303, "/desk/second-factor"), path
        page = await ines.open("/desk/second-factor")
        assert "obligatoire" in page.text
        assert "Se déconnecter" in page.text
        await enrol(ines, desk.support_bot.clock)
        assert (await ines.open()).status_code == 200


async def test_setting_it_up_or_resetting_it_ends_the_other_sessions(every_database: str, tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        ines, kept_by_somebody = await desk.agent_browser(), desk.browser()
        await kept_by_somebody.sign_in("ines")
        await enrol(ines, desk.support_bot.clock)
        assert (await kept_by_somebody.open()).status_code == 401
        assert (await ines.open()).status_code == 200
        assert ines.agent is not None
        factor = SecondFactor(
            desk.support_bot.bot.app.state.parts.database, desk.support_bot.clock, desk.support_bot.bot.settings, desk.agents
        )
        assert await factor.reset(ines.agent.id, "cli")
        assert not await factor.reset(ines.agent.id, "cli")
        assert (await ines.open()).status_code == 401
        assert (await desk.browser().sign_in("ines")).status_code == 303


async def test_a_password_that_is_changed_by_somebody_else_does_not_go_round_the_second_factor(tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        ines = await desk.agent_browser()
        await enrol(ines, desk.support_bot.clock)
        assert ines.agent is not None
        await desk.agents.set_password(ines.agent.id, "un autre mot de passe", "test")
        page = await desk.browser().sign_in("ines", "un autre mot de passe")
        assert "Code à 6 chiffres" in page.text


async def test_a_key_that_no_secret_opens_lets_nobody_in(tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        ines = await desk.agent_browser()
        key, _ = await enrol(ines, desk.support_bot.clock)
        desk.support_bot.clock.advance(STEP)
        assert ines.agent is not None
        stolen = desk.support_bot.bot.settings.model_copy(update={"secret": Settings(SECRET="x" * 32).secret})
        other = Agents(desk.support_bot.bot.app.state.parts.database, desk.support_bot.clock, stolen)
        factor = SecondFactor(desk.support_bot.bot.app.state.parts.database, desk.support_bot.clock, stolen, other)
        with pytest.raises(Exception, match="another SECRET"):
            await factor.verify(ines.agent.id, code_of(key, desk.support_bot.clock))


# Sessions


async def test_the_session_is_another_one_after_signing_in_and_the_former_one_ends(tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        ines = await desk.agent_browser()
        before = ines.http.cookies["sphere-desk"]
        await desk.agents.add("paul", "Paul", "agent", PASSWORD)
        page = desk.browser()
        fields = page.hidden(await page.open("/desk/sign-in"), "/desk/sign-in")
        visit = page.http.cookies["sphere-desk-visit"]
        planted = {"Cookie": f"sphere-desk={before}; sphere-desk-visit={visit}"}
        answer = await desk.browser().http.post("/desk/sign-in", data={**fields, "login": "paul", "password": PASSWORD}, headers=planted)
        assert answer.cookies["sphere-desk"] != before
        assert (await ines.open()).status_code == 401


async def test_one_sees_where_one_is_signed_in_and_ends_it(every_database: str, tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        ines, elsewhere = await desk.agent_browser(), desk.browser()
        paul = await desk.agent_browser("paul", "Paul")
        elsewhere.http.headers["User-Agent"] = "Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/140.0"
        await elsewhere.sign_in("ines")
        page = await ines.open("/desk/sessions")
        assert "Firefox, Windows" in page.text
        ids = re.findall(r'name="end" value="([0-9a-f]+)"', page.text)
        assert len(ids) == 1
        await paul.http.post("/desk/sessions", data={"seal": await paul.csrf_token(), "end": ids[0]})  # not Paul's to end
        await paul.http.post("/desk/sessions", data={"seal": await paul.csrf_token(), "end": "%"})
        assert (await elsewhere.open()).status_code == 200
        await ines.http.post("/desk/sessions", data={"seal": await ines.csrf_token(), "end": ids[0]})
        assert (await elsewhere.open()).status_code == 401
        assert (await paul.open()).status_code == 200


async def test_a_shared_machine_keeps_nobody_signed_in(tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        await desk.agents.add("ines", "Inès", "agent", PASSWORD)
        browser = desk.browser()
        fields = browser.hidden(await browser.open("/desk/sign-in"), "/desk/sign-in")
        answer = await browser.http.post("/desk/sign-in", data={**fields, "login": "ines", "password": PASSWORD, "shared": "1"})
        assert "max-age" not in answer.headers["set-cookie"].lower()
        desk.support_bot.clock.advance(timedelta(minutes=15))
        shut = await browser.open()
        assert shut.status_code == 401
        assert "Votre session s’est fermée" in shut.text


async def test_a_reply_to_a_session_that_is_over_leads_back_to_its_page(tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        ines = await desk.agent_browser()
        seal = await ines.csrf_token()
        desk.support_bot.clock.advance(timedelta(hours=1))
        headers = {"HX-Request": "true", "HX-Current-URL": f"{desk.support_bot.bot.url}/desk/conversations/1"}
        answer = await ines.http.post("/desk/conversations/1/reply", data={"seal": seal, "text": "Bonjour"}, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["hx-redirect"] == "/desk/sign-in?next=/desk/conversations/1&timed_out"


# Streams


@asynccontextmanager
async def busy(desk: RunningDesk, ticket_id: int) -> AsyncIterator[None]:
    """Somebody writes notes about a ticket all the time."""

    async def write() -> None:
        for number in count():
            await desk.support_bot.desk.note(ticket_id, MARIE, f"note {number}")
            await asyncio.sleep(0.1)

    writing = asyncio.create_task(write())
    try:
        yield
        assert not writing.done()
    finally:
        writing.cancel()
        with suppress(asyncio.CancelledError):
            await writing


async def ends(events: AsyncIterator[Event]) -> None:
    """Wait for the end of a stream, which on a desk that is busy all the time never comes by itself."""
    async with asyncio.timeout(60):
        async for _ in events:
            pass


@pytest.mark.parametrize("page", ["ticket", "queue"])
@pytest.mark.parametrize("end", ["ended elsewhere", "signed out", "deactivated", "expired"])
async def test_a_busy_desk_keeps_no_stream_going_whose_session_is_over(tmp_path: Path, end: str, page: str) -> None:
    async with running_desk(tmp_path) as desk:
        _, ticket = await desk.support_bot.open_ticket()
        ines, kept_by_somebody = await desk.agent_browser(), desk.browser()
        await desk.agent_browser("paul", "Paul", supervisor=True)
        await kept_by_somebody.sign_in("ines")
        query, name = (f"?ticket={ticket.id}&after=0.0", "items") if page == "ticket" else ("?view=open", "queue")
        async with stream(kept_by_somebody, query) as events, busy(desk, ticket.id):
            await wait_for(events, name, "je veux parler")
            await wait_for(events, name, "note" if page == "ticket" else ticket.reference)
            if end == "ended elsewhere":
                ids = re.findall(r'name="end" value="([0-9a-f]+)"', (await ines.open("/desk/sessions")).text)
                await ines.http.post("/desk/sessions", data={"seal": await ines.csrf_token(), "end": ids[0]})
            elif end == "signed out":
                await kept_by_somebody.http.post("/desk/sign-out", data={"seal": await kept_by_somebody.csrf_token()})
            elif end == "deactivated":
                assert ines.agent is not None
                await desk.agents.set_active(ines.agent.id, False, "test")
            else:
                desk.support_bot.clock.advance(timedelta(hours=24))
            await ends(events)


async def test_nothing_is_sent_to_a_session_that_ended_while_it_was_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The platform may take long to say who the user is: neither does the stream wait for that, nor is what was read then sent."""
    async with running_desk(tmp_path) as desk:
        _, ticket = await desk.support_bot.open_ticket()
        ines, support = await desk.agent_browser(), desk.support_bot.desk
        async with stream(ines, f"?ticket={ticket.id}&after=0.0") as events:
            await wait_for(events, "counts", "1")
            view, reading, signed_out = support.view, asyncio.Event(), asyncio.Event()

            async def slow_view(ticket_id: int) -> object:
                reading.set()
                await signed_out.wait()
                await asyncio.sleep(1.5)  # longer than a stream goes by what it knows of its session
                return await view(ticket_id)

            monkeypatch.setattr(support, "view", slow_view)
            await support.note(ticket.id, MARIE, "une note")
            await reading.wait()
            await desk.agents.sign_out(ines.http.cookies["sphere-desk"])
            signed_out.set()
            async with asyncio.timeout(60):
                assert [html async for name, _, html in events if "une note" in html] == []


async def test_a_stream_ends_where_the_second_factor_has_to_be_set_up_again(tmp_path: Path) -> None:
    async with running_desk(tmp_path, DESK_TOTP="required") as desk:
        _, ticket = await desk.support_bot.open_ticket()
        ines = await desk.agent_browser()
        await enrol(ines, desk.support_bot.clock)
        async with stream(ines, f"?ticket={ticket.id}&after=0.0") as events, busy(desk, ticket.id):
            await wait_for(events, "items", "je veux parler")
            async with desk.support_bot.parts.database.writing() as session:
                await session.execute(update(SupportAgent).values(totp_key=None, totp_since=None))
            await ends(events)


# OpenID Connect


@pytest.fixture
def issuer() -> Iterator[Provider]:
    with running_provider() as running:
        yield running


async def test_where_passwords_are_off_none_is_taken(tmp_path: Path, issuer: Provider) -> None:
    oidc = {"OIDC_ISSUER": issuer.url, "OIDC_CLIENT_ID": "sphere", "OIDC_CLIENT_SECRET": "s" * 32, "OIDC_SCOPE": "openid email"}
    async with running_desk(tmp_path, DESK_PASSWORDS=False, DESK_TOTP="required", **oidc) as desk:
        await desk.agents.add("ines", "Inès", "agent", PASSWORD)
        browser = desk.browser()
        page = await browser.open("/desk/sign-in")
        assert 'name="password"' not in page.text
        seal = CsrfTokens(desk.support_bot.bot.settings.required("secret"), "desk-form").token(browser.http.cookies["sphere-desk-visit"])
        answer = await browser.http.post("/desk/sign-in", data={"seal": seal, "login": "ines", "password": PASSWORD})
        assert answer.status_code == 403
        assert "n’accepte plus de mot de passe" in answer.text
        assert "sphere-desk" not in browser.http.cookies


def test_passwords_are_not_turned_off_where_nobody_could_sign_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATA", str(tmp_path))
    monkeypatch.setenv("DESK_PASSWORDS", "false")
    with pytest.raises(SettingsError, match="DESK_PASSWORDS"):
        load_settings()

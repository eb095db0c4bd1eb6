"""Who gets into the desk, and who does not: sessions, roles, seals, lock-out."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from pathlib import Path

import pytest

from bot.settings import Settings
from tests.routes import routes_of
from tests.unit.web.desk.running_desk import PASSWORD, running_desk

SESSION_IDLE_TIMEOUT, SESSION_LIFETIME = timedelta(minutes=Settings().desk_idle_minutes), timedelta(hours=Settings().desk_session_hours)


def desk_routes(app: object) -> list[tuple[str, str]]:
    """Method and address of every route of the desk, its parameters filled in with what there is not."""
    return [(method, re.sub(r"\{\w+\}", "1", path)) for method, path in routes_of(app) if path.startswith("/desk")]


async def test_without_a_session_every_route_asks_to_sign_in(tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        routes = desk_routes(desk.support_bot.bot.app)
        assert len(routes) > 20
        for token in (None, "x" * 43):
            browser = desk.browser()
            if token:
                browser.http.cookies.set("sphere-desk", token)
            for method, path in routes:
                answer = await browser.http.request(method, path)
                assert answer.status_code == (200 if (method, path) == ("GET", "/desk/sign-in") else 403 if "sign-in" in path else 401), (
                    path
                )
                assert "Mot de passe" in answer.text


async def test_no_form_is_taken_without_its_seal_or_with_a_colleagues(tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        ines, paul = await desk.agent_browser(supervisor=True), await desk.agent_browser("paul", "Paul")
        for method, path in desk_routes(desk.support_bot.bot.app):
            if method != "POST" or path.startswith("/desk/sign-in"):
                continue
            for seal in ({}, {"seal": ""}, {"seal": "é"}, {"seal": await paul.csrf_token()}):
                answer = await ines.http.post(path, data=seal)
                assert answer.status_code == 403, path
                assert "Rien n’a été fait" in answer.text
        assert (await ines.open()).status_code == 200


async def test_what_is_for_supervisors_is_closed_to_agents(tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        ines = await desk.agent_browser()
        seal = {"seal": await ines.csrf_token()}
        assert ines.agent is not None
        assert (await ines.open("/desk/team")).status_code == 403
        for path in ("/desk/team", f"/desk/team/{ines.agent.id}/supervisor", "/desk/canned", "/desk/canned/1/delete"):
            answer = await ines.http.post(path, data={**seal, "login": "x", "name": "x", "text": "x", "role": "supervisor"})
            assert answer.status_code == 403, path
        assert [(one.login, one.role) for one in await desk.agents.list()] == [("ines", "agent")]
        assert "Équipe" not in (await ines.open()).text


async def test_the_mail_to_the_team_leads_back_to_its_page_after_signing_in(tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        await desk.agents.add("ines", "Inès", "agent", PASSWORD)
        browser = desk.browser()
        asked = await browser.open("/desk/requests/DC-2026-000001")
        assert asked.status_code == 401
        hidden = browser.hidden(asked, "/desk/sign-in")
        answer = await browser.http.post("/desk/sign-in", data={**hidden, "login": " INES ", "password": PASSWORD})
        assert (answer.status_code, answer.headers["location"]) == (303, "/desk/requests/DC-2026-000001")


@pytest.mark.parametrize(
    "place", ["https://ailleurs.example", "//ailleurs.example", "/desk/../chat", "/chat", "/desk\r\nx: y", "/desk?a=b"]
)
async def test_signing_in_leads_nowhere_else_than_to_the_desk(tmp_path: Path, place: str) -> None:
    async with running_desk(tmp_path) as desk:
        await desk.agents.add("ines", "Inès", "agent", PASSWORD)
        browser = desk.browser()
        hidden = browser.hidden(await browser.open("/desk/sign-in"), "/desk/sign-in")
        answer = await browser.http.post("/desk/sign-in", data={**hidden, "next": place, "login": "ines", "password": PASSWORD})
        assert answer.headers["location"] == "/desk"


async def test_five_wrong_passwords_lock_even_the_right_one_for_a_quarter_of_an_hour(tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        await desk.agents.add("ines", "Inès", "agent", PASSWORD)
        browser = desk.browser()
        for _ in range(4):
            wrong = await browser.sign_in("ines", "pas celui-là")
            assert "incorrect" in wrong.text
        assert "bloqué jusqu’à" in (await browser.sign_in("ines", "pas celui-là")).text
        assert "bloqué jusqu’à" in (await browser.sign_in("INES")).text
        desk.support_bot.clock.advance(timedelta(minutes=15))
        assert (await browser.sign_in("ines")).status_code == 303


async def test_an_unknown_login_is_told_and_locked_as_a_known_one(tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        await desk.agents.add("ines", "Inès", "agent", PASSWORD)
        closed = await desk.agents.add("luc", "Luc", "agent", PASSWORD)
        await desk.agents.add("chef", "Chef", "supervisor", PASSWORD)
        await desk.agents.set_active(closed.id, False, "test")
        browser, said = desk.browser(), []
        for login, password in (("personne", PASSWORD), ("ines", "faux"), ("luc", PASSWORD)):
            pages = [await browser.sign_in(login, password) for _ in range(5)]
            said.append([re.findall(r'role="alert">(.*?)</p>', page.text, re.DOTALL) for page in pages])
        assert said[0] == said[1] == said[2]


async def test_no_other_site_can_sign_somebody_in(tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        await desk.agents.add("ines", "Inès", "agent", PASSWORD)
        mine, other = desk.browser(), desk.browser()
        stolen = mine.hidden(await mine.open("/desk/sign-in"), "/desk/sign-in")
        await other.open("/desk/sign-in")
        answer = await other.http.post("/desk/sign-in", data={**stolen, "login": "ines", "password": PASSWORD})
        assert answer.status_code == 403
        assert "sphere-desk" not in answer.cookies


@pytest.mark.parametrize("how", ["idle", "old", "out", "closed", "password"])
async def test_a_session_ends(tmp_path: Path, how: str) -> None:
    async with running_desk(tmp_path) as desk:
        await desk.agent_browser("chef", "Chef", supervisor=True)
        ines = await desk.agent_browser()
        assert ines.agent is not None
        token = ines.http.cookies["sphere-desk"]
        if how == "idle":
            desk.support_bot.clock.advance(SESSION_IDLE_TIMEOUT)
        elif how == "old":
            for _ in range(24):
                assert (await ines.open()).status_code == 200
                desk.support_bot.clock.advance(SESSION_LIFETIME / 24)
        elif how == "out":
            answer = await ines.http.post("/desk/sign-out", data={"seal": await ines.csrf_token()})
            assert answer.headers["location"] == "/desk/sign-in"
        elif how == "closed":
            await desk.agents.set_active(ines.agent.id, False, "test")
        else:
            await desk.agents.set_password(ines.agent.id, "un autre mot de passe", "test")
        ines.http.cookies.set("sphere-desk", token)
        assert (await ines.open()).status_code == 401


async def test_a_page_that_refreshes_itself_keeps_no_session_alive(tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        ines = await desk.agent_browser()
        desk.support_bot.clock.advance(SESSION_IDLE_TIMEOUT / 2)
        assert (await ines.open("/desk/alive", **{"X-Desk-Passive": "1"})).status_code == 204
        desk.support_bot.clock.advance(SESSION_IDLE_TIMEOUT / 2)
        assert (await ines.open("/desk/alive")).status_code == 401


async def test_over_https_the_cookie_is_of_this_host_alone(tmp_path: Path) -> None:
    async with running_desk(tmp_path, PUBLIC_URL="https://sphere.example") as desk:
        await desk.agents.add("ines", "Inès", "agent", PASSWORD)
        browser = desk.browser()
        page = await browser.open("/desk/sign-in")
        name, value = page.headers["set-cookie"].partition(";")[0].split("=")
        assert name.startswith("__Host-")
        data = {**browser.hidden(page, "/desk/sign-in"), "login": "ines", "password": PASSWORD}
        answer = await browser.http.post("/desk/sign-in", data=data, headers={"Cookie": f"{name}={value}"})
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-sphere-desk=")
        assert {"HttpOnly", "Path=/", "SameSite=lax", "Secure"} <= set(cookie.split("; "))


async def test_the_database_holds_no_token_and_no_password(tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        ines = await desk.agent_browser()
        kept = b"".join(path.read_bytes() for path in tmp_path.glob("sphere.db*"))  # noqa: ASYNC240
        assert b"$argon2id$" in kept
        assert PASSWORD.encode() not in kept
        assert ines.http.cookies["sphere-desk"].encode() not in kept


async def test_pages_run_nothing_inline_and_are_kept_by_nobody(tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        ines = await desk.agent_browser(supervisor=True)
        for path in ("/desk", "/desk/requests", "/desk/team", "/desk/password", "/desk/messaging", "/desk/canned"):
            page = await ines.open(path)
            assert page.status_code == 200, path
            policy = page.headers["content-security-policy"]
            assert "script-src 'self'" in policy
            assert "unsafe" not in policy
            assert "trusted-types default" in policy
            assert page.headers["cache-control"] == "no-store"
            assert not re.search(r"<style|style=|<script(?![^>]*src=)|\son\w+=|\{\{", page.text), path


async def test_the_team_is_kept_by_supervisors(tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        chef = await desk.agent_browser("chef", "Chef", supervisor=True)
        assert chef.agent is not None
        added = await chef.send("/desk/team", "/desk/team", login="Luc", name="<b>Luc</b>", role="agent", password=PASSWORD)
        assert added.status_code == 303
        page = await chef.open("/desk/team")
        assert html.escape("<b>Luc</b>") in page.text
        assert "<b>Luc" not in page.text
        luc = next(one for one in await desk.agents.list() if one.login == "luc")
        for fields, said in (
            ({"login": "luc", "name": "L", "password": PASSWORD}, "déjà celui"),
            ({"login": "a b", "name": "L", "password": PASSWORD}, "sans espace"),
            ({"login": "x1", "name": " ", "password": PASSWORD}, "Un nom compte"),
            ({"login": "x1", "name": "L", "password": "court"}, "au moins 12"),
        ):
            refused = await chef.send("/desk/team", "/desk/team", role="agent", **fields)
            assert refused.status_code == 422
            assert said in refused.text
        assert "Il faut qu’il reste un superviseur" in (await chef.send("/desk/team", f"/desk/team/{chef.agent.id}/agent")).text
        assert (await chef.send("/desk/team", f"/desk/team/{luc.id}/supervisor")).status_code == 303
        assert (await chef.send("/desk/team", f"/desk/team/{luc.id}/close")).status_code == 303
        assert not next(one for one in await desk.agents.list() if one.login == "luc").active
        assert (await chef.http.post("/desk/team/unknown/close", data={"seal": await chef.csrf_token()})).status_code == 404


async def test_one_changes_ones_password(tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        ines, elsewhere = await desk.agent_browser(), desk.browser()
        await elsewhere.sign_in("ines")
        new = "un mot de passe tout neuf"
        wrong = await ines.send("/desk/password", "/desk/password", old="faux", new=new, again=new)
        assert "n’est pas celui-là" in wrong.text
        assert "pas les mêmes" in (await ines.send("/desk/password", "/desk/password", old=PASSWORD, new=new, again="x")).text
        assert (await ines.send("/desk/password", "/desk/password", old=PASSWORD, new=new, again=new)).status_code == 303
        assert (await ines.open()).status_code == 200
        assert (await elsewhere.open()).status_code == 401
        assert (await desk.browser().sign_in("ines", new)).status_code == 303


async def test_the_first_supervisor_is_made_once(tmp_path: Path) -> None:
    async with running_desk(tmp_path, DESK_USER="superviseur", DESK_PASSWORD=PASSWORD) as desk:
        assert (await desk.browser().sign_in("superviseur")).status_code == 303
        assert not await desk.agents.ensure_first("autre", PASSWORD)
        assert [(one.login, one.role) for one in await desk.agents.list()] == [("superviseur", "supervisor")]

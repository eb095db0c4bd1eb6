"""The page of notifications and the one-click stop, through HTTP as browsers and mail programs use them, without scripts."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import delete, update

from bot.core.clock import ManualClock
from bot.identity.tables import ChatLink
from bot.messaging.tables import Conversation
from bot.notifications.kinds import Category, DeliveryChannel, Mode
from bot.notifications.page_links import make_page_link
from bot.notifications.preferences import Mute, Preferences
from bot.notifications.tables import NotificationPerson
from bot.settings import Settings
from bot.web.account import notification_settings, unsubscribe
from bot.web.assets import HERE
from tests.unit.harness import CLAIRE, START, Harness

BASE_URL = "http://127.0.0.1:8000"
DOSSIER = "SPH-2024-000137"


class FormOf(HTMLParser):
    """The fields of the page's form, as a browser without scripts sends them."""

    def __init__(self, page: str, action: str) -> None:
        super().__init__()
        self.fields: list[tuple[str, str]] = []
        self._action, self._inside, self._select = action, False, ""
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        if tag == "form":
            self._inside = found["action"] == self._action
        name, kind = found.get("name") or "", found.get("type")
        if not self._inside:
            return
        if tag == "select":
            self._select = name
        elif tag == "option" and "selected" in found:
            self.fields.append((self._select, found["value"] or ""))
        elif tag == "input" and name and (kind not in {"checkbox", "radio"} or "checked" in found):
            self.fields.append((name, found.get("value") or ""))


class Pages:
    """The routes over a harness, Claire's chats, and a browser."""

    def __init__(self, harness: Harness, **changes: Any) -> None:
        wanted = {"secret": "s" * 32, "telegram_token": "4242:x", "telegram_bot": "sphere_bot", "chat_sessions_per_minute": 1000}
        self.harness, self.settings = harness, Settings(**{**wanted, **changes})
        self.notifications = harness.with_settings(self.settings).notifications
        self.app = FastAPI()
        parts = (self.settings, harness.database, harness.clock)
        self.app.include_router(notification_settings.router(*parts, harness.registry, self.notifications))
        self.app.include_router(unsubscribe.router(self.settings, harness.database, self.notifications))
        self.http = self.browser()
        self.claire = ""

    def browser(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=BASE_URL)

    async def chat(self, channel: str = "web", name: str = "chat") -> None:
        """A chat that is Claire's."""
        self.claire = (await self.harness.account(CLAIRE)).id
        now = self.harness.clock.now()
        async with self.harness.database.writing() as session:
            session.add(Conversation(id=name, channel=channel, address=name, created_at=now, last_seen_at=now))
            link = ChatLink(conversation_id=name, account_id=self.claire, linked_at=now, expires_at=now + timedelta(days=90))
            session.add(link)

    async def link(self) -> str:
        return await make_page_link(self.harness.database, self.harness.clock, self.settings, self.claire, conversation_id="chat")

    async def press_open(self, asked: httpx.Response, http: httpx.AsyncClient | None = None) -> httpx.Response:
        return await (http or self.http).post("/account/open", data=dict(FormOf(asked.text, "/account/open").fields))

    async def open(self) -> httpx.Response:
        """The settings, as the person gets at them: link, button, page."""
        answer = await self.press_open(await self.http.get(await self.link()))
        assert (answer.status_code, answer.headers["location"]) == (303, "/account"), answer.text
        page = await self.http.get("/account")
        assert page.status_code == 200
        return page

    async def save(self, page: httpx.Response, do: str = "save", **changed: str | list[str]) -> httpx.Response:
        """Fill fields in (two underscores for a dot) and press a button; the answer, and where it leads."""
        new = {name.replace("__", "."): [value] if isinstance(value, str) else value for name, value in changed.items()}
        kept = [(name, value) for name, value in FormOf(page.text, "/account").fields if name not in new]
        fields: dict[str, list[str]] = {"do": [do]}
        for name, value in kept + [(name, value) for name, values in new.items() for value in values]:
            fields.setdefault(name, []).append(value)
        answer = await self.http.post("/account", data=fields)
        return await self.http.get(answer.headers["location"]) if answer.status_code == 303 else answer

    async def preferences(self) -> Preferences:
        return await self.notifications.preferences(self.claire)


def text_of(page: httpx.Response) -> str:
    """What can be read, spaces as one."""
    plain = html.unescape(re.sub(r"<[^>]*>", " ", page.text)).replace("\u00a0", " ")
    return re.sub(r"\s+", " ", plain)


@pytest.fixture
def clock() -> ManualClock:
    """On a Monday, at ten in Paris."""
    return ManualClock(START)


@pytest.fixture
async def pages(harness: Harness) -> AsyncIterator[Pages]:
    made = Pages(harness)
    await made.chat()
    yield made
    await made.http.aclose()


async def test_without_a_link_the_page_says_how_to_get_one(pages: Pages) -> None:
    for answer in (await pages.http.get("/account"), await pages.http.post("/account"), await pages.http.post("/account/leave")):
        assert answer.status_code == 401
        assert "Écrivez « gérer mes notifications »" in text_of(answer)
    assert (await pages.http.post("/account/open")).status_code == 401


async def test_looking_at_a_link_uses_nothing_up_and_its_button_does(pages: Pages) -> None:
    link = await pages.link()
    for _ in range(3):
        asked = await pages.browser().get(link)
        assert asked.status_code == 200
        assert "fermez cette page" in text_of(asked)
    asked = await pages.http.get(link)
    assert (await pages.press_open(asked)).status_code == 303
    shown = await pages.http.get("/account")
    assert "Claire Moreau" in shown.text
    # The link again, in the browser that opened it: its page is still there; elsewhere it is used up.
    assert (await pages.http.get(link)).status_code == 200
    again = await pages.browser().get(link)
    assert again.status_code == 410
    assert "ne sert qu’une fois" in text_of(again)
    assert (await pages.browser().get("/account?t=unknown")).status_code == 410


async def test_no_other_site_can_open_or_save(pages: Pages) -> None:
    link, thief = await pages.link(), pages.browser()
    asked = await thief.get(link)
    assert (await pages.press_open(asked)).status_code == 401  # a browser that was shown no page
    await pages.http.get(await pages.link())
    assert (await pages.press_open(asked)).status_code == 410  # the CSRF token of another page
    page = await pages.open()
    assert (await pages.save(page, seal="")).status_code == 403
    assert (await pages.http.post("/account/leave", data={"seal": "x"})).status_code == 403
    assert (await pages.http.post("/account", content=b"a" * 100_000)).status_code == 403
    assert await pages.preferences() == Preferences()


async def test_the_session_ends_after_an_hour_with_the_chat_and_with_the_account(pages: Pages) -> None:
    await pages.open()
    pages.harness.clock.advance(timedelta(minutes=61))
    assert (await pages.http.get("/account")).status_code == 401
    await pages.open()
    pages.harness.close_account(CLAIRE)
    closed = await pages.http.get("/account")
    assert closed.status_code == 403
    assert "n’est plus ouvert" in text_of(closed)
    async with pages.harness.database.writing() as session:
        await session.execute(delete(ChatLink))
    assert (await pages.http.get("/account")).status_code == 401


async def test_leaving_ends_the_session(pages: Pages) -> None:
    page = await pages.open()
    answer = await pages.http.post("/account/leave", data=dict(FormOf(page.text, "/account/leave").fields))
    assert "Vos réglages sont gardés" in text_of(answer)
    assert (await pages.http.get("/account")).status_code == 401


async def test_the_platform_away_the_settings_are_shown_and_saved_all_the_same(pages: Pages) -> None:
    await pages.open()
    pages.harness.network.cut_after(0, losing=False)
    page = await pages.http.get("/account")
    assert page.status_code == 200
    assert "Claire Moreau" not in page.text
    await pages.save(page, hour=["07:30"])
    assert [str(at) for at in (await pages.preferences()).digest_hours] == ["07:30:00"]


async def test_saving_says_what_it_means_next(pages: Pages) -> None:
    page = await pages.open()
    assert "Prochain résumé aujourd’hui à 14h" in text_of(page)
    page = await pages.save(page, hour=["08:00"], window__new__day=["0", "1"], window__new__start="09:30", window__new__end="12:15")
    said = text_of(page)
    assert "Vos réglages sont enregistrés." in said
    assert "Prochain résumé demain à 8h" in said
    assert "Heures calmes en ce moment, jusqu’à 12h15" in said
    found = await pages.preferences()
    assert len(found.quiet) == 1
    assert found.matrix == {}
    page = await pages.save(page, "remove:0")
    assert "Les heures calmes sont supprimées" in text_of(page)
    assert (await pages.preferences()).quiet == ()


async def test_a_mute_is_added_and_taken_off(pages: Pages) -> None:
    page = await pages.save(await pages.open(), "mute", mute__what="dossier", mute__dossier=DOSSIER, mute__day="2026-11-30")
    assert "La sourdine est ajoutée" in text_of(page)
    assert f"Dossier {DOSSIER} , jusqu’au lundi 30 novembre à 8h" in text_of(page)
    page = await pages.save(page, "mute", mute__what="all")
    assert "Tout est en sourdine" in text_of(page)
    page = await pages.save(page, "resume:0", hour=["06:00"])
    found = await pages.preferences()
    assert [mute.dossier for mute in found.mutes] == [None]
    assert [at.hour for at in found.digest_hours] == [6]  # no button loses what was filled in


async def test_a_mistake_is_said_and_nothing_is_lost(pages: Pages) -> None:
    page = await pages.open()
    answer = await pages.save(page, "mute", mute__dossier="Mme Durand", hour=["bientôt"], mode__documents__mail="never")
    assert answer.status_code == 422
    said = text_of(answer)
    assert "Rien n’a été enregistré." in said
    assert "La référence d’un dossier s’écrit comme SPH-2024-000137." in said
    assert "Une heure de résumé n’a pas été comprise." in said
    fields = dict(FormOf(answer.text, "/account").fields)
    assert fields["mute.dossier"] == "Mme Durand"
    assert fields["mode.documents.mail"] == "never"
    assert ("hour", "bientôt") in FormOf(answer.text, "/account").fields
    assert await pages.preferences() == Preferences()
    await pages.save(answer, hour=["08:00"], mute__dossier=DOSSIER, mute__what="dossier")
    found = await pages.preferences()
    assert found.said(Category.DOCUMENTS, DeliveryChannel.MAIL) is Mode.NEVER
    assert [mute.dossier for mute in found.mutes] == [DOSSIER]


async def test_of_two_tabs_the_second_overwrites_nothing_unseen(pages: Pages) -> None:
    first, second = await pages.open(), await pages.http.get("/account")
    await pages.save(first, hour=["06:00"])
    late = await pages.save(second, mode__messages__mail="digest")
    assert late.status_code == 409
    assert "vos réglages ont été changés entre-temps" in text_of(late)
    found = await pages.preferences()
    assert [at.hour for at in found.digest_hours] == [6]
    assert found.matrix == {}
    assert dict(FormOf(late.text, "/account").fields)["mode.messages.mail"] == "digest"
    await pages.save(late)
    found = await pages.preferences()
    assert [at.hour for at in found.digest_hours] == [8, 14]
    assert found.said(Category.MESSAGES, DeliveryChannel.MAIL) is Mode.DIGEST


async def test_of_many_saves_of_one_page_at_once_one_is_kept(pages: Pages) -> None:
    page = await pages.open()
    answers = await asyncio.gather(*(pages.save(page, hour=[f"0{n}:00"]) for n in range(1, 6)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]


async def test_ways_are_those_that_one_has_and_the_others_are_said(pages: Pages) -> None:
    page = await pages.open()
    assert 'name="mode.access.mail"' in page.text
    assert "mode.access.telegram" not in page.text
    assert "Telegram : pas encore relié." in text_of(page)
    assert "Teams" not in re.sub(r"sur Teams", "", text_of(page)).split("Besoin d’aide")[0].split("Ce qui vous est envoyé")[1]
    await pages.chat("telegram", "phone")
    page = await pages.http.get("/account")
    assert "mode.access.telegram" in page.text
    assert "Telegram : relié à votre compte." in text_of(page)
    async with pages.harness.database.writing() as session:
        await session.execute(update(Conversation).where(Conversation.id == "phone").values(closed_at=pages.harness.clock.now()))
    page = await pages.http.get("/account")
    assert "Telegram : éteint" in text_of(page)
    assert "mode.access.telegram" not in page.text


async def test_a_digest_by_mail_is_one_where_there_is_no_chat(pages: Pages) -> None:
    page = await pages.save(await pages.open(), mode__documents__mail="digest")
    assert dict(FormOf(page.text, "/account").fields)["mode.documents.mail"] == "digest"


async def test_saving_is_in_the_trail(pages: Pages) -> None:
    await pages.save(await pages.open(), hour=["06:00"])
    assert [(e.actor, e.channel, e.subject) for e in await pages.harness.trail("notifications.change")] == [(pages.claire, "web", "chat")]


async def test_headers_cookie_and_nothing_inline(pages: Pages) -> None:
    asked = await pages.http.get(await pages.link())
    opened = await pages.press_open(asked)
    page = await pages.http.get("/account")
    for answer in (asked, page):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "form-action 'self';" in answer.headers["content-security-policy"]
        assert not re.search(r"<style|style=|<script|\son\w+=|{{", answer.text)
        assert answer.text.count("<h1>") == 1
    assert "HttpOnly" in opened.headers["set-cookie"]
    assert "SameSite=lax" in opened.headers["set-cookie"]


async def test_below_a_prefix(harness: Harness) -> None:
    pages = Pages(harness)
    await pages.chat()
    pages.http = httpx.AsyncClient(transport=httpx.ASGITransport(pages.app, root_path="/assistant"), base_url=BASE_URL)
    asked = await pages.http.get(await pages.link())
    answer = await pages.http.post("/account/open", data=dict(FormOf(asked.text, "/assistant/account/open").fields))
    assert answer.headers["location"] == "/assistant/account"


async def test_too_many_visits_are_put_off(harness: Harness) -> None:
    pages = Pages(harness, chat_sessions_per_minute=2)
    for path in ("/account", "/notifications/stop?t=x"):
        assert [(await pages.http.get(path)).status_code for _ in range(3)] == [401, 401, 429]


def test_the_templates_are_whole() -> None:
    """Each state has its title; French spaces throughout."""
    for name in ("account", "account_settings", "stop", "words", "sheet"):
        template = (HERE / f"templates/{name}.html").read_text()
        said = re.sub(r"<[^>]*>|{[{%#].*?[%}#]}", "", template, flags=re.DOTALL)
        assert not re.search(r" [?!;:»]|« ", said), name
    template = (HERE / "templates/account.html").read_text()
    titles = set(re.findall(r'^  "(\w+)": ', template, re.MULTILINE))
    assert titles == set(re.findall(r'page == "(\w+)"', template)) | {"settings"}


# --- one-click stop ------------------------------------------------------------------------------


async def stop_link(pages: Pages) -> str:
    """As the mails carry it."""
    await pages.notifications.change(
        pages.claire, lambda p: p.model_copy(update={"mutes": (Mute(since=pages.harness.clock.now()),)}), channel="web"
    )
    async with pages.harness.database.reading() as session:
        person = await session.get(NotificationPerson, pages.claire)
    assert person is not None
    return f"/notifications/stop?t={person.unsubscribe_token}"


ONE_CLICK = {"List-Unsubscribe": "One-Click"}


async def test_opening_the_stop_link_changes_nothing_and_the_button_stops_mails(pages: Pages) -> None:
    link = await stop_link(pages)
    before = await pages.preferences()
    for _ in range(2):
        page = await pages.http.get(link)
        assert page.status_code == 200
        assert "Documents et notes" in text_of(page)
    assert await pages.preferences() == before
    assert dict(FormOf(page.text, link).fields) == ONE_CLICK
    done = await pages.http.post(link, data=ONE_CLICK)
    assert done.status_code == 200
    assert "Pour revenir en arrière, écrivez « gérer mes notifications »" in text_of(done)
    found = await pages.preferences()
    assert {c for c in Category if found.said(c, DeliveryChannel.MAIL) is Mode.NEVER} == set(Category) - {Category.ACCOUNT}
    assert found.mutes == before.mutes


async def test_a_mail_program_stops_them_with_either_form_and_may_ask_twice(pages: Pages) -> None:
    link = await stop_link(pages)
    for _ in range(2):
        assert (await pages.browser().post(link, files={"List-Unsubscribe": (None, "One-Click")})).status_code == 200
    assert (await pages.preferences()).said(Category.DOCUMENTS, DeliveryChannel.MAIL) is Mode.NEVER
    assert [e.channel for e in await pages.harness.trail("notifications.change")] == ["web", "mail"]


@pytest.mark.parametrize("body", [b"", b"List-Unsubscribe=no", b"a" * 10_000, b"List-Unsubscribe=One-Clicks"])
async def test_a_post_that_is_no_click_changes_nothing(pages: Pages, body: bytes) -> None:
    link = await stop_link(pages)
    assert (await pages.http.post(link, content=body)).status_code == 400
    assert (await pages.preferences()).matrix == {}


@pytest.mark.parametrize("token", ["", "x", "a" * 22, "é" * 22, "a" * 5000, "a' OR '1'='1' --"])
async def test_an_unknown_stop_link_is_said_plainly(pages: Pages, token: str) -> None:
    link = str(httpx.URL("/notifications/stop", params={"t": token}))
    shown, posted = await pages.http.get(link), await pages.http.post(link, data=ONE_CLICK)
    assert shown.status_code == posted.status_code == 401
    assert shown.text == posted.text
    assert "Ce lien n’est pas reconnu" in text_of(shown)

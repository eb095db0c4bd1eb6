"""A data folder of an older version, with work in hand, starts and goes on: nothing is lost, nothing is done twice.

`folder_0007` is that of a real installation, killed in the middle. Here the whole bot runs on it, with a clock of the test's own, the
real sandbox as platform and mail relay, and stand-ins for Rasa and for Telegram.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from bot.core.clock import ManualClock
from bot.core.database import sqlite_url
from bot.migrations import upgrade
from bot.migrations.tables import metadata
from bot.support.records import Agent, TicketState
from tests.unit.harness import sandbox
from tests.unit.messaging.running_bot import Chat, StandInRasa, client
from tests.unit.sandbox.sandbox_server import Sandbox
from tests.unit.upgrade.upgraded_bot import (
    FOLDER,
    LEASES,
    UpgradedBot,
    facts,
    identity_of,
    load_database,
    running_upgraded_bot,
    telegram_with_chats,
)

__all__ = ["sandbox"]

pytestmark = [pytest.mark.thorough, pytest.mark.filterwarnings("ignore::telegram.warnings.PTBUserWarning")]

CLAIRE, KARIM, SOPHIE = "claire.moreau@sphere.example", "karim.benali@sphere.example", "sophie.leroux@sphere.example"
TEAM = "accompagnement-sphere@esante-centre.fr"


@pytest.fixture
def rasa() -> StandInRasa:
    return StandInRasa()


@pytest.fixture
async def upgraded(tmp_path: Path, sandbox: Sandbox, rasa: StandInRasa) -> AsyncIterator[UpgradedBot]:
    load_database(tmp_path)
    clock = ManualClock(datetime.fromisoformat(facts()["made_at"]))
    async with running_upgraded_bot(tmp_path, sandbox, rasa, telegram_with_chats(), clock) as running:
        yield running


def test_the_schema_is_brought_up_to_date_and_no_row_is_lost(tmp_path: Path) -> None:
    file = load_database(tmp_path)
    upgrade(sqlite_url(file))
    engine = create_engine(f"sqlite:///{file}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        counts = {name: connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar() for name in facts()["counts"]}
    engine.dispose()
    assert counts == facts()["counts"]


async def test_sessions_go_on_and_show_their_history(upgraded: UpgradedBot) -> None:
    for name, last in facts()["history"].items():
        if facts()["sessions"][name]["token"] is not None:
            history = await upgraded.chat(name).history()
            assert len(history) >= last["messages"]
            assert history[last["messages"] - 1]["text"] == last["text"]


async def test_the_pending_form_goes_on_with_its_button_once(upgraded: UpgradedBot, rasa: StandInRasa) -> None:
    form = facts()["pending_form"]
    chat = upgraded.chat("form")
    card = (await chat.history())[-1]
    assert card["text"] == form["card"]
    assert {button["title"]: button["token"] for button in card["buttons"]} == form["buttons"]
    (answer,) = await chat.press(form["press"])
    (turn,) = [turn for turn in rasa.turns if turn["conversation"] == form["conversation"]]
    assert turn["intent"] == "affirm"
    assert turn["entities"]["basis"] == form["adds"]["basis"]
    assert answer["text"] == "dit affirm"
    (refused,) = await chat.press(form["press"])
    assert refused["text"] != "dit affirm"


async def test_what_was_not_answered_is_answered_once_and_in_order(upgraded: UpgradedBot, rasa: StandInRasa) -> None:
    sessions, open_ = facts()["sessions"], facts()["in_flight"]["inbox"]
    await upgraded.until_rows(0, "SELECT count(*) FROM inbox WHERE state = 'received'")
    turns = {name: [turn for turn in rasa.turns if turn["conversation"] == s["conversation"]] for name, s in sessions.items()}
    karims = [row for row in open_ if row["conversation_id"] == sessions["karim"]["conversation"]]
    first, second = (row["text"] for row in karims)
    assert [(turn["turn"], turn["text"]) for turn in turns["karim"]] == [(str(row["id"]), row["text"]) for row in karims]
    assert (await upgraded.chat("karim").texts())[-4:] == [first, second, f"dit {first}", f"dit {second}"]
    assert [turn["intent"] for turn in turns["claire"]] == [row["intent"] for row in open_ if row["intent"]]
    assert [turn["text"] for turn in turns["telegram"]] == facts()["unanswered"]["sealed"]["telegram"]
    assert not any(turn["trusted"] for turn in turns["telegram"])
    assert rasa.most_at_once <= 3
    assert len(rasa.turns) == 5  # and nothing of who waits for the team, or talks with an agent
    posted = facts()["unanswered"]["karim"][0]
    (again,) = (await upgraded.chat("karim").post({"id": posted, "text": first})).json()["messages"]
    assert again["text"] == f"dit {first}"
    assert len(rasa.turns) == 5


async def test_what_was_to_be_sent_leaves_once_in_order_to_the_right_place(upgraded: UpgradedBot) -> None:
    known = facts()
    open_ = known["in_flight"]["outbox"]
    await upgraded.pass_time(LEASES)
    await upgraded.until_idle()
    for row in open_:
        if row["kind"] == "mail":
            assert upgraded.mailed(row["to"][0]).count(row["subject"]) == 1
    texts = {row["id"]: row["text"] for row in open_ if row["kind"] == "chat"}
    places = {row["id"]: row["conversation_id"] for row in open_ if row["kind"] == "chat"}
    for row_id, text in texts.items():
        said = upgraded.rows("SELECT conversation_id, text FROM messages WHERE key = ?", f"outbox:{row_id}")
        assert said == [(places[row_id], text)]
    pushed = [row for row in open_ if row["kind"] == "push"]
    words = [upgraded.rows("SELECT text FROM messages WHERE id = ?", row["message"])[0][0] for row in pushed]
    heard = [text.partition("\n")[0] for text in upgraded.sent_texts(known["sessions"]["telegram"]["address"])]
    assert heard[: len(words)] == words
    assert max(Counter(heard).values()) == 1
    notices = [row["notice"]["message"] for row in open_ if "notice" in row]
    states = upgraded.rows(f"SELECT DISTINCT state FROM notice_messages WHERE id IN ({','.join('?' * len(notices))})", *notices)
    assert states == [("delivered",)]
    assert upgraded.rows("SELECT count(*) FROM outbox WHERE dead_at IS NOT NULL") == [(0,)]
    assert upgraded.rows("SELECT count(*) FROM outbox WHERE payload != '{}'") == [(0,)]
    assert upgraded.rows("SELECT id FROM conversations WHERE closed_at IS NOT NULL") == [(chat,) for chat in known["closed_chats"]]


async def test_the_event_is_fanned_out_once(upgraded: UpgradedBot) -> None:
    (event,) = facts()["in_flight"]["events"]
    await upgraded.pass_time(LEASES)
    await upgraded.until_idle()
    notices = upgraded.rows("SELECT account_id FROM notices WHERE event_id = ? ORDER BY 1", event["id"])
    members = [upgraded.sandbox.get(reference).json() for reference in upgraded.sandbox.members(event["subject"])]
    people = [m["practitioner"]["reference"].split("/")[1] if m["resourceType"] == "PractitionerRole" else m["id"] for m in members]
    assert [account for (account,) in notices] == sorted(people)
    again = {"specversion": "1.0", "id": event["event_id"], "source": "urn:sphere:upgrade", "type": f"fr.sphere.{event['kind']}"}
    headers = {"Authorization": f"Bearer {facts()['secrets']['events_token']}"}
    answer = await upgraded.bot.http.post("/events", json=again | {"subject": event["subject"]}, headers=headers)
    assert answer.status_code == 202
    await upgraded.pass_time(LEASES)
    await upgraded.until_idle()
    assert upgraded.rows("SELECT account_id FROM notices WHERE event_id = ? ORDER BY 1", event["id"]) == notices


async def test_the_digest_leaves_at_its_hour_by_the_preferences_of_before(upgraded: UpgradedBot) -> None:
    known, preferences = facts(), facts()["preferences"]
    waiting = known["in_flight"]["sends"]
    karims = [send for send in waiting if send["account_id"] == preferences["account"] and send["way"] == "mail"]
    at = datetime.fromisoformat(karims[0]["due_at"]).replace(tzinfo=UTC)
    await upgraded.pass_time(LEASES)
    await upgraded.until_idle()
    await upgraded.pass_time(at - upgraded.clock.now() - timedelta(seconds=1))
    await upgraded.until_idle()
    before = upgraded.mailed(KARIM)
    ids = f"({','.join(str(send['id']) for send in karims)})"
    assert upgraded.rows(f"SELECT DISTINCT state, mode FROM notice_sends WHERE id IN {ids}") == [("waiting", "digest")]
    await upgraded.pass_time(timedelta(seconds=1))
    await upgraded.until_idle()
    assert upgraded.rows(f"SELECT DISTINCT state, mode FROM notice_sends WHERE id IN {ids}") == [("handed", "digest")]
    assert len(upgraded.mailed(KARIM)) == len(before) + 1
    text = next(mail["text"] for mail in upgraded.mails()[::-1] if mail["to"] == [KARIM])
    assert "Nouveau guide" in text
    muted = (
        "SELECT DISTINCT s.state FROM notice_sends s JOIN notices n ON n.id = s.notice_id JOIN events e ON e.id = n.event_id"
        " WHERE n.account_id = ? AND e.event_id IN (?, ?)"
    )
    never = known["events"]["dropped"], known["events"]["muted"]
    assert upgraded.rows(muted, preferences["account"], *never) == [("dropped",)]
    kept = upgraded.rows("SELECT preferences, version FROM notification_people WHERE account_id = ?", preferences["account"])
    assert [(json.loads(kept[0][0]), kept[0][1])] == [(json.loads(preferences["preferences"]), preferences["version"])]


async def test_the_operation_ends_and_its_requester_is_told_once(upgraded: UpgradedBot) -> None:
    known = facts()
    (operation,) = known["in_flight"]["operations"]
    await upgraded.pass_time(LEASES)
    await upgraded.until_idle()
    sophie = known["accounts"][SOPHIE]
    assert upgraded.sandbox.members("SPH-2024-000205").count(f"Practitioner/{sophie}") == 1
    said = [text for text in await upgraded.chat("pending").texts() if "Sophie Leroux a maintenant accès" in text.replace("\u00a0", " ")]
    assert len(said) == 1
    assert upgraded.rows("SELECT state, payload FROM operations WHERE key = ?", operation["key"]) == [("done", "{}")]
    trail = upgraded.rows("SELECT outcome, basis FROM audit_events WHERE key = ?", f"operation:{operation['key']}")
    assert trail == [("added", "care_team_informed")]


async def test_the_decision_is_carried_out_once_its_time_has_come(upgraded: UpgradedBot) -> None:
    (decision,) = facts()["in_flight"]["decisions"]
    await upgraded.pass_time(LEASES)
    await upgraded.until_idle()
    assert upgraded.rows("SELECT count(*) FROM account_decisions") == [(1,)]
    due = datetime.fromisoformat(decision["due_at"]).replace(tzinfo=UTC)
    await upgraded.pass_time(due - upgraded.clock.now())
    await upgraded.until_rows("created", "SELECT state FROM account_requests WHERE reference = ?", decision["reference"])
    await upgraded.until_rows(0, "SELECT count(*) FROM account_decisions")
    await upgraded.until_idle()
    odile = upgraded.sandbox.practitioner("odile.wernert@soins-vierzon.example")
    assert upgraded.sandbox.members("SPH-2024-000137").count(f"Practitioner/{odile['id']}") == 1
    mailed = upgraded.mailed("odile.wernert@soins-vierzon.example")
    assert mailed[0] == "Votre compte SPHERE est créé"
    assert all("donné accès au dossier" in subject for subject in mailed[1:])
    assert any("Odile Wernert" in text and "accès" in text for text in (await upgraded.chat("requests").texts())[-3:])
    assert upgraded.rows("SELECT state FROM account_requests WHERE reference = ?", facts()["requests"]["open"]) == [("more_info",)]


async def test_the_desk_goes_on(upgraded: UpgradedBot, rasa: StandInRasa) -> None:
    tickets = facts()["tickets"]
    states = {entry.ticket.id: entry.ticket.state for entry in await upgraded.desk.queue(states=frozenset(TicketState))}
    assert states == {
        tickets["closed"]: TicketState.CLOSED,
        tickets["left"]: TicketState.LEFT,
        tickets["live"]: TicketState.AGENT,
        tickets["waiting"]: TicketState.WAITING,
        tickets["waiting_web"]: TicketState.WAITING,
    }
    assert {entry.ticket.id for entry in await upgraded.desk.queue() if entry.ticket.agent is None} >= {tickets["waiting"], tickets["left"]}
    assert (await upgraded.desk.find(tickets["closed"])).rating == 3
    view = await upgraded.desk.view(tickets["live"])
    assert [note.text for note in view.notes] == ["Vérifier le rattachement du compte avec l’équipe technique."]
    live = upgraded.chat("live")
    assert await live.say("Merci, j’attends.") == []  # the assistant is silent
    assert [turn for turn in rasa.turns if turn["conversation"] == facts()["sessions"]["live"]["conversation"]] == []
    owner = (await upgraded.desk.find(tickets["live"])).agent
    assert isinstance(owner, Agent)
    assert owner.name == facts()["desk"]["agent"]["name"]
    await upgraded.desk.reply(tickets["live"], owner, "C’est fait.", key="after")
    last = (await live.history())[-1]
    assert (last["author"], last["agent"], last["text"]) == ("agent", owner.name, "C’est fait.")
    await upgraded.until_rows(0, "SELECT count(*) FROM inbox WHERE state = 'received'")
    (spoken,) = [
        row["id"] for row in facts()["in_flight"]["inbox"] if row["conversation_id"] == facts()["sessions"]["waiting"]["conversation"]
    ]
    assert upgraded.rows("SELECT ticket_id FROM support_moves WHERE about = ? AND why = 'said'", spoken) == [(tickets["waiting"],)]
    said, acknowledged = upgraded.rows("SELECT author, text FROM messages WHERE turn = ?", spoken)
    assert said == ("user", facts()["unanswered"]["sealed"]["waiting"][0])
    assert acknowledged[0] == "system"
    assert (await upgraded.desk.canned_replies())[0].name == "Bonjour"


async def test_the_team_s_topics_catch_up_once(upgraded: UpgradedBot) -> None:
    known = facts()
    group = next(thread["address"] for thread in known["threads"] if thread["channel"] == "telegram")
    await upgraded.pass_time(LEASES)
    lagging = [thread for thread in known["in_flight"]["threads"] if thread["channel"] == "telegram"]
    behind = (
        "SELECT count(*) FROM support_threads h JOIN support_tickets t ON t.id = h.ticket_id"
        " WHERE h.channel = 'telegram' AND h.open AND h.shown < t.version"
    )
    await upgraded.until_rows(0, behind)
    await upgraded.until_rows(0, "SELECT count(*) FROM support_group_inputs WHERE said_at IS NULL")
    said = "\n".join(upgraded.sent_texts(group))
    assert len(lagging) == 3
    assert "a répondu à l’utilisateur" in said
    assert "a ajouté une note interne" in said
    for words in ("Oui, je les rattache à votre compte.", "À prendre demain matin.", "Rappeler lundi."):
        assert words not in said  # a group is told that something was said, and nothing of it
    calls = [call for call in upgraded.telegram.calls if call["method"] == "createForumTopic"]
    assert calls == []  # the topics of before are gone on with


async def test_links_codes_and_sessions_given_before_are_still_good(upgraded: UpgradedBot) -> None:
    known, http = facts(), upgraded.bot.http
    await upgraded.until_rows(0, "SELECT count(*) FROM inbox WHERE state = 'received'")
    async with client(upgraded.bot.url) as browser:
        browser.cookies.update(known["page_link"]["cookies"])
        page = await browser.get("/account")
        assert page.status_code == 200
        assert "SPH-2024-000205" in page.text  # what is muted
        unused = known["page_link"]["unused"].partition("/account")[2]
        assert (await browser.get(f"/account{unused}")).status_code == 200
    session = Chat(http, known["continuations"]["session"])
    assert (await session.history()) != []
    opened = await http.post("/chat/sessions", json={"continue": known["continuations"]["unused"]})
    assert opened.status_code == 200
    assert (await http.post("/chat/sessions", json={"continue": known["continuations"]["unused"]})).status_code == 401
    transcript = await http.get(known["transcript"].removeprefix(known["url"]))
    assert transcript.status_code == 401  # such an address was good for whoever had it, and for an hour: another is asked for
    assert "transcription" in transcript.text
    for who in ("supervisor", "agent"):
        async with client(upgraded.bot.url) as browser:
            browser.cookies.update(known["desk"]["cookies"][who])
            desk = await browser.get("/desk")
            assert desk.status_code == 200
            assert "SUP-000004" in desk.text
    stop = await http.get("/notifications/stop", params={"t": known["preferences"]["unsubscribe_token"]})
    assert stop.status_code == 200
    bell = await http.get("/chat/notifications", headers=upgraded.chat("claire").headers)
    assert bell.status_code == 200
    assert [line["read"] for line in bell.json()["notifications"]].count(True) == known["by_state"]["notices"]["read"]


async def test_a_code_that_was_mailed_before_links_its_chat(upgraded: UpgradedBot) -> None:
    code = facts()["login_code"]
    identity = identity_of(upgraded)
    account = await identity.check_code(code["conversation"], code["code"])
    assert account.id == code["account"]
    token = facts()["link_token"]
    other = facts()["sessions"]["waiting"]["conversation"]
    assert (await identity.redeem(other, token["token"])).id == token["account"]


async def test_a_second_start_does_nothing_again(tmp_path: Path, sandbox: Sandbox, rasa: StandInRasa) -> None:
    load_database(tmp_path)
    clock = ManualClock(datetime.fromisoformat(facts()["made_at"]) + LEASES)
    counted = ("messages", "notices", "notice_messages", "outbox", "audit_events", "support_moves", "operations")
    seen = []
    telegram = telegram_with_chats()
    for _ in range(2):
        async with running_upgraded_bot(tmp_path, sandbox, rasa, telegram, clock) as running:
            await running.until_idle()
            for worker_round in range(2):
                await running.pass_time(timedelta(seconds=30 * worker_round))
                await running.until_idle()
            seen.append([*(running.rows(f"SELECT count(*) FROM {table}") for table in counted), len(running.mails()), len(rasa.turns)])
            seen[-1].append(sorted(call["arguments"]["text"] for call in telegram.calls if call["method"] == "sendMessage"))
        clock.advance(timedelta(minutes=2))
    assert seen[0] == seen[1]


def test_nothing_in_the_fixture_is_anybody_s() -> None:
    text = "\n".join((FOLDER / name).read_text("utf-8") for name in ("sphere.sql", "facts.json"))
    addresses = set(re.findall(r"[\w.+-]+@[\w.-]+\.\w+", text))
    assert {address for address in addresses if not address.endswith(".example")} <= {TEAM, "0f6b2c7d8e9a4b1c8d2e3f4a5b6c7d8e@thread.tacv2"}

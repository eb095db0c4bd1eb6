"""What each update of Telegram becomes, and that no update can hold up the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.telegram.group import TelegramGroup
from bot.channels.telegram.updates import UpdateHandler
from bot.messaging.messages import Incoming
from bot.support.groups.group import Answer, GroupInput, InputKind

PRIVATE = {"id": 7, "type": "private", "first_name": "Claire"}
GROUP = {"id": -7, "type": "supergroup", "title": "Équipe"}
CLAIRE = {"id": 7, "is_bot": False, "first_name": "Claire"}


class RecordingGateway:
    """Remembers what was given to it."""

    def __init__(self) -> None:
        self.got: list[tuple[str, Incoming]] = []
        self.gone: list[str] = []
        self.fails = False

    async def find_or_open(self, channel: str, address: str, reference: Mapping[str, Any] | None = None) -> str:
        return f"{channel}:{address}"

    async def mark_closed(self, channel: str, address: str) -> None:
        self.gone.append(address)

    async def receive(self, conversation_id: str, incoming: Incoming, channel: str | None = None) -> Any:
        if self.fails:
            raise OSError("the disk is full")
        self.got.append((conversation_id, incoming))


def message(chat: dict[str, Any] = PRIVATE, **content: Any) -> dict[str, Any]:
    return {"message_id": 5, "date": 1, "chat": chat, "from": CLAIRE, **content}


async def read(**content: Any) -> Incoming | None:
    recorder = RecordingGateway()
    await UpdateHandler(recorder, "sphere_bot").handle([{"update_id": 9, **content}])
    return recorder.got[0][1] if recorder.got else None


async def test_a_text_is_a_message() -> None:
    assert await read(message=message(text="bonjour")) == Incoming("u9", text="bonjour", sent_id="5")
    assert await read(message=message(text="/start@sphere_bot abc")) == Incoming("u9", text="/start abc", sent_id="5")


@pytest.mark.parametrize(
    ("content", "event", "words"),
    [
        ({"photo": [{}]}, "not_text", None),
        ({"voice": {}, "caption": "écoute"}, "not_text", "écoute"),
        ({"photo": [{}], "caption": "deux", "media_group_id": "7"}, "not_text", "deux"),
        ({"sticker": {}}, "not_text", None),
        ({"text": "d'un autre", "forward_origin": {"type": "user"}}, "not_text", "d'un autre"),
        ({"document": {"file_name": "ordonnance.pdf"}}, "not_text", "ordonnance.pdf"),
        ({"contact": {"first_name": "Ada", "last_name": "Roy", "phone_number": "1"}}, "not_text", "Ada\nRoy"),
        ({"poll": {"question": "qui ?", "options": [{"text": "elle"}, {"text": "lui"}, 3]}}, "not_text", "qui ?\nelle\nlui"),
        ({"venue": {"title": 3, "address": "rue"}}, "not_text", "rue"),
        ({"text": "x" * 4001}, "too_long", "x" * 4001),
    ],
)
async def test_what_is_not_read_is_told_with_its_words(content: dict[str, Any], event: str, words: str | None) -> None:
    assert await read(message=message(**content)) == Incoming("u9", event=event, text=words, sent_id="5")


async def test_an_edited_message_is_told() -> None:
    assert await read(edited_message=message(text="autre")) == Incoming("u9", event="edited", text="autre", sent_id="5")


async def test_an_edited_message_that_is_too_old_to_be_deleted() -> None:
    old = message(text="autre", edit_date=1 + 50 * 3600)
    assert await read(edited_message=old) == Incoming("u9", event="edited", text="autre")


@pytest.mark.parametrize(
    ("content", "event"),
    [
        ({"text": "bonjour à tous"}, None),
        ({"text": "@sphere_bot aide"}, "group"),
        ({"text": "@autre_bot aide"}, None),
        ({"text": "/aide"}, "group"),
        ({"text": "/aide@autre_bot"}, None),
        ({"text": "oui", "reply_to_message": {"from": {"is_bot": True}}}, "group"),
        ({"new_chat_members": [{"is_bot": True}]}, "group"),
        ({"new_chat_members": [{"is_bot": False}]}, None),
    ],
)
async def test_in_a_group_only_what_is_addressed_to_it(content: dict[str, Any], event: str | None) -> None:
    said = await read(message=message(GROUP, **content))
    assert (said.event if said else None) == event


async def test_buttons() -> None:
    pressed = {"id": "q", "from": CLAIRE, "message": message(), "data": "token", "chat_instance": "1"}
    assert await read(callback_query=pressed) == Incoming("u9", button="token")
    assert await read(callback_query=pressed | {"message": message(GROUP)}) is None


async def test_ignored_on_purpose() -> None:
    assert await read(message=message(text="x", **{"from": {"is_bot": True}})) is None
    assert await read(message=message(pinned_message={})) is None
    assert await read(channel_post=message(text="x")) is None


async def test_blocked() -> None:
    recorder = RecordingGateway()
    member = {"chat": PRIVATE, "from": CLAIRE, "date": 1, "new_chat_member": {"status": "kicked"}}
    await UpdateHandler(recorder).handle([{"update_id": 1, "my_chat_member": member}])
    assert recorder.gone == ["7"]


async def test_order_within_a_chat_and_a_malformed_update_between() -> None:
    recorder = RecordingGateway()
    updates = [{"update_id": n, "message": message(text=str(n))} for n in range(20)]
    await UpdateHandler(recorder).handle([*updates[:10], {"update_id": 99, "message": {"chat": None}}, "?", *updates[10:]])
    assert [incoming.text for _, incoming in recorder.got] == [str(n) for n in range(20)]


async def test_what_could_not_be_stored_comes_again() -> None:
    recorder = RecordingGateway()
    recorder.fails = True
    with pytest.raises(OSError, match="full"):
        await UpdateHandler(recorder).handle([{"update_id": 1, "message": message(text="x")}])


_names = st.sampled_from(["chat", "id", "from", "text", "type", "message", "data", "is_bot", "new_chat_member", "status"])
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=5),
    max_leaves=12,
)


@given(_json, st.sampled_from(["message", "edited_message", "callback_query", "my_chat_member", "poll"]))
async def test_no_update_raises(content: Any, kind: str) -> None:
    await UpdateHandler(RecordingGateway()).handle([{"update_id": 1, kind: content}, content])


async def heard_in_the_teams_group(*updates: Any) -> list[GroupInput]:
    """What the team's group hears of updates; nothing of it may reach the assistant."""
    heard: list[GroupInput] = []

    async def listener(one: GroupInput) -> Answer:
        heard.append(one)
        return Answer()

    recorder = RecordingGateway()
    receiver = UpdateHandler(recorder, "sphere_bot")
    receiver.group = TelegramGroup(cast(Any, None), cast(Any, None), "-7")  # it is only listened to
    receiver.group.listen(listener)
    await receiver.handle(updates)
    assert recorder.got == []
    return heard


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"text": "/prendre@sphere_bot"}, GroupInput("u9", "7", "", "/prendre", message="5")),
        ({"text": "bonjour", "is_topic_message": True, "message_thread_id": 12}, GroupInput("u9", "7", "12", "bonjour", message="5")),
        ({"text": "une réponse, sans sujet", "message_thread_id": 12}, GroupInput("u9", "7", "", "une réponse, sans sujet", message="5")),
        ({"photo": [{}], "caption": "vu"}, GroupInput("u9", "7", "", kind=InputKind.NOT_TEXT, message="5")),
        ({"text": "d'un autre", "forward_origin": {}}, GroupInput("u9", "7", "", kind=InputKind.NOT_TEXT, message="5")),
        ({"text": "x", "sender_chat": GROUP, "from": {"id": 1, "is_bot": True}}, GroupInput("u9", "", "", "x", InputKind.ANONYMOUS, "5")),
        ({"text": "x", "from": {"id": 1, "is_bot": True}}, None),
        ({"forum_topic_closed": {}}, None),
        ({"new_chat_members": [{"is_bot": True}]}, None),
    ],
)
async def test_what_is_heard_in_the_teams_group(content: dict[str, Any], expected: GroupInput | None) -> None:
    heard = await heard_in_the_teams_group({"update_id": 9, "message": message(GROUP, **content)})
    assert heard == ([expected] if expected is not None else [])


async def test_an_edit_in_the_teams_group_has_no_words() -> None:
    heard = await heard_in_the_teams_group({"update_id": 9, "edited_message": message(GROUP, text="autre")})
    assert heard == [GroupInput("u9", "7", "", kind=InputKind.EDITED, message="5")]


@given(_json, st.sampled_from(["message", "edited_message", "callback_query", "my_chat_member", "poll"]))
async def test_no_update_of_the_teams_group_raises(content: Any, kind: str) -> None:
    inside = content if isinstance(content, dict) else {"text": content}
    await heard_in_the_teams_group({"update_id": 1, kind: {**inside, "chat": GROUP}}, {"update_id": 2, kind: content})

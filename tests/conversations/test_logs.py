"""After all conversations: no log holds anything that was typed or shown."""

from __future__ import annotations

import re
from contextlib import closing
from sqlite3 import connect

import httpx
import pytest

from tests.conversations.talk import CLAIRE, Talk, as_user
from tests.stack import Stack

ALLOWED = re.compile(r"[\W\d_]*")


@pytest.mark.after_all
def test_no_text_name_number_code_or_token_in_any_log(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    claire.say("ajoute Hippolyte Vandercammeleu, orthoptiste à Montrichard, au dossier SPH-2024-000137")
    logs = "\n".join(path.read_text(errors="replace") for path in sorted((stack.data / "logs").iterdir()))
    logs += stack.output.read_text(errors="replace").replace(CLAIRE, "")
    run = stack.run
    wanted = {text for text in Talk.everything if len(text) >= 6 and not ALLOWED.fullmatch(text)}
    wanted |= {line for text in Talk.everything for line in text.splitlines() if len(line) >= 12}
    wanted |= {run["fhir_token"], run["rasa_token"], run["events_token"], "Vandercammeleu", "Montrichard", "Durand", "Benali"}
    codes = {text for text in Talk.everything if re.fullmatch(r"\d{6}", text) and text != "000000"}
    found = [text[:40] for text in wanted if text in logs] + [code for code in codes if re.search(rf"(?<![\d.]){code}(?![\d.])", logs)]
    assert not found, found


@pytest.mark.after_all
@pytest.mark.telegram_only
def test_no_usager_in_anything_sent_to_or_kept_of_an_external_chat(stack: Stack) -> None:
    """Over all the conversations that were held through Telegram, and every usager of the demo."""
    usagers = [entry["resource"] for entry in stack.fhir("Patient?_count=100")["entry"]]
    forbidden = set()
    for usager in usagers:
        family, given = usager["name"][0]["family"], usager["name"][0]["given"][0]
        year, month, day = usager["birthDate"].split("-")
        forbidden |= {f"{given} {family}", f"{family} {given}", f"{day}/{month}/{year}", usager["birthDate"]}
    forbidden |= {"Durand", "Garnier", "Lemaitre", "J.D."}
    with httpx.Client(base_url=f"{stack.run['telegram']}/fake", trust_env=False) as telegram:
        chats = [telegram.get(f"/chats/{chat['id']}/messages").json()["messages"] for chat in telegram.get("/chats").json()]
    sent = [message.get("text", "") for messages in chats for message in messages if message["from"]["is_bot"]]
    assert len(sent) > 5
    kept = _kept_of_telegram(stack)
    found = [word for word in forbidden for text in (*sent, *kept) if word.casefold() in text.casefold()]
    assert not found, sorted(set(found))


def _kept_of_telegram(stack: Stack) -> list[str]:
    """Every row of the conversations of Telegram, in our database and in Rasa's trackers."""
    gone_on = "SELECT conversation_id FROM continuations WHERE session IS NOT NULL"  # in the trusted web chat, where usagers are named
    with closing(connect(stack.data / "sphere.db", timeout=10)) as database:
        chats = [row[0] for row in database.execute(f"SELECT id FROM conversations WHERE channel = 'telegram' AND id NOT IN ({gone_on})")]
        among = f"IN ({','.join('?' * len(chats))})"
        tables = ("messages", "inbox", "buttons", "outbox")
        rows = [str(row) for name in tables for row in database.execute(f"SELECT * FROM {name} WHERE conversation_id {among}", chats)]
    with closing(connect(stack.data / "rasa.db", timeout=10)) as trackers:
        rows += [str(row) for row in trackers.execute(f"SELECT * FROM events WHERE sender_id {among}", chats)]
    return rows

"""A colleague of the SPHERE team at the desk of a real installation, in a browser that runs no script."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from tests.conversations.talk import Talk
from tests.stack import Stack, wait_for

_FORM = re.compile(r'<form[^>]*action="([^"]*)"[^>]*>(.*?)</form>', re.DOTALL)
_HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')


class Colleague:
    """The first supervisor of the sandbox, signed in."""

    def __init__(self, stack: Stack, http: httpx.Client) -> None:
        self._http = http
        run = stack.run
        page = http.get("/desk/sign-in").text
        fields = _hidden(page, "/desk/sign-in") | {"login": run["desk_user"], "password": run["desk_password"]}
        answer = http.post("/desk/sign-in", data=fields)
        assert answer.status_code == 303, answer.status_code

    def see(self, ticket: int, text: str) -> str:
        """Wait until the conversation's page shows a text; the page's words."""

        def look() -> str | None:
            page = html.unescape(self._http.get(f"/desk/conversations/{ticket}").text)
            return page if text in page else None

        return wait_for(f"« {text} » at the desk", look)

    def reply(self, ticket: int, text: str, *, key: str) -> str:
        """Reply; where the page first shows what would be replaced, send it so. Return that page, empty where nothing was replaced."""
        shown = self.act(ticket, "reply", text=text, key=key)
        seen = re.search(r'name="seen" value="(\w+)"', shown)
        if seen is not None:
            self.act(ticket, "reply", text=text, key=key, seen=seen[1])
        return shown if seen is not None else ""

    def act(self, ticket: int, name: str, **fields: str) -> str:
        """Do something with a conversation, as its page would; what the page shows then."""
        seal = _hidden(self._http.get("/desk/password").text, "/desk/password")["seal"]
        answer = self._http.post(f"/desk/conversations/{ticket}/{name}", data={"seal": seal, **fields})
        assert answer.status_code in {200, 303}, (answer.status_code, name)
        return answer.text


@contextmanager
def colleague(stack: Stack) -> Iterator[Colleague]:
    """Somebody at the desk."""
    with httpx.Client(base_url=stack.api, timeout=60, trust_env=False) as http:
        yield Colleague(stack, http)


def ticket_of(said: str) -> int:
    """The ticket that an announcement names."""
    found = re.search(r"SUP-(\d{6})", said)
    assert found, said
    return int(found[1])


def ask_for_a_person(talk: Talk) -> int:
    """Ask, and be told the ticket; from then on the assistant may be silent."""
    said = talk.say("je veux parler à quelqu'un de l'équipe")
    talk.may_be_silent = True
    return ticket_of(said)


def _hidden(page: str, action: str) -> dict[str, str]:
    for found, body in _FORM.findall(page):
        if found == action:
            return {name: html.unescape(value) for name, value in _HIDDEN.findall(body)}
    raise AssertionError(f"no form leads to {action}")

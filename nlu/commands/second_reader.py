"""The second reader: a language model on a server of the platform's hosting, asked for the commands of a message. Off by default.

What it says is never done for itself: `agreement.py` holds it against the embedded reading. Where it does not answer in time, or says
what is not to be believed, the embedded reading stands alone. Neither texts nor answers are logged.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import aiohttp

from nlu.commands.command import Command
from nlu.commands.labelled_messages import DATA
from nlu.commands.reader import SETTINGS_FILE
from nlu.commands.second_answer import UnbelievableAnswer, build_schema, read_answer
from nlu.commands.second_reader_settings import SecondReaderSettings
from nlu.components.analysis import has_no_content

logger = logging.getLogger(__name__)

TIME_LIMIT = 2.0
"""Seconds for the whole of a call: name, connection, answer."""
MAX_ANSWER_BYTES = 64 * 1024
MAX_ANSWER_TOKENS = 1000
MAX_FAILURES, PAUSE = 3, 60.0
"""Failed calls in a row after which the server is left out, and for how many seconds; then one failure is enough."""
PROMPT = (Path(__file__).parent / "second_reader_prompt.md").read_text("utf-8")


class NoAnswer(aiohttp.ClientError):
    """The server answered with an error, too much, or not in the form of the interface."""


class CircuitBreaker:
    """Leaves a server out for a while after failures; `clock` counts seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._failures, self._closed_until = clock, 0, float("-inf")

    def lets_through(self) -> bool:
        """Return whether the server may be asked."""
        return self._clock() >= self._closed_until

    def record(self, *, failed: bool) -> None:
        """Count what became of a call."""
        self._failures = self._failures + 1 if failed else 0
        if self._failures >= MAX_FAILURES:
            self._closed_until = self._clock() + PAUSE


class SecondReader:
    """Asks the language model of an OpenAI-compatible server, `time_limit` seconds at most."""

    def __init__(self, settings: SecondReaderSettings, breaker: CircuitBreaker | None = None, time_limit: float = TIME_LIMIT) -> None:
        self._settings, self._breaker = settings, breaker or CircuitBreaker()
        self._timeout = aiohttp.ClientTimeout(total=time_limit)
        self._schema = build_schema(known_intents())

    async def read(self, text: str, asked: Mapping[str, str]) -> list[Command] | None:
        """Return the commands that the language model reads in a message, in its order; None where it has nothing to say that counts.

        Args:
            text: the message, of a trusted web chat.
            asked: the task under way and the question on the table (`question_of`).
        """
        if has_no_content(text) or not self._breaker.lets_through():
            return None
        try:
            content = await self._ask(self._request(text, asked))
        except (aiohttp.ClientError, OSError, ValueError) as error:
            self._breaker.record(failed=True)
            logger.warning("The second reader did not answer: %s", type(error).__name__)
            return None
        self._breaker.record(failed=False)
        try:
            return read_answer(content, text, self._schema)
        except UnbelievableAnswer:  # the user's words may be why: it is no failure of the server
            logger.info("The second reader's answer counts for nothing")
            return None

    def _request(self, text: str, asked: Mapping[str, str]) -> dict[str, Any]:
        message = {"task": asked.get("task", ""), "question": asked.get("question", ""), "message": text}
        return {
            "model": self._settings.model,
            "temperature": 0,
            "max_tokens": MAX_ANSWER_TOKENS,
            "messages": [{"role": "system", "content": PROMPT}, {"role": "user", "content": json.dumps(message, ensure_ascii=False)}],
            "response_format": {"type": "json_schema", "json_schema": {"name": "commands", "strict": True, "schema": self._schema}},
        }

    async def _ask(self, request: dict[str, Any]) -> str:
        """Return what the language model wrote. Raises NoAnswer, or what the connection raises."""
        headers = {"Accept-Encoding": "identity"}
        if self._settings.token:
            headers["Authorization"] = f"Bearer {self._settings.token}"
        url = f"{self._settings.url}/chat/completions"
        # No proxy of the environment and no redirect: the message goes to the address that was declared, or nowhere.
        async with (
            aiohttp.ClientSession(timeout=self._timeout, headers=headers, auto_decompress=False, trust_env=False) as session,
            session.post(url, json=request, allow_redirects=False) as response,
        ):
            if response.status != 200:
                raise NoAnswer
            body = bytearray()
            async for chunk in response.content.iter_any():
                body += chunk
                if len(body) > MAX_ANSWER_BYTES:
                    raise NoAnswer
        try:
            content = json.loads(bytes(body))["choices"][0]["message"]["content"]
        except (ValueError, LookupError, TypeError, RecursionError):
            raise NoAnswer from None
        if not isinstance(content, str):
            raise NoAnswer
        return content


def known_intents() -> set[str]:
    """Return the full names of the intents that the embedded reader knows."""
    labels = json.loads((DATA / SETTINGS_FILE).read_text("utf-8"))["labels"]
    return {label.partition(":")[2] for label in labels} - {""}


def load_second_reader() -> SecondReader | None:
    """Return the second reader that the environment asks for; None by default. Raises ValueError, naming the variable that is wrong."""
    settings = SecondReaderSettings.from_environment(os.environ)
    return SecondReader(settings) if settings else None

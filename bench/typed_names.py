"""Names that are typed where no usager may be named: how many are masked, and what it costs. `python -m bench.typed_names`.

Each message is masked as the bot does it on Telegram: what identifies somebody by itself is found by the bot, the rest by the Rasa server
of a running installation. The messages are those of `tests/typed_names`: neither their templates nor their names are known to the product.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import date

import httpx

from bench.figures import Figure, percentile, run_alone
from bench.installed import installation, say
from bot.core.message_signatures import MessageSigner, route_of
from bot.messaging.pii.detection import detect_pii
from tests.stack import Stack
from tests.typed_names.messages import Typed, draw_messages, odd_messages, written_messages
from tests.typed_names.rates import measure as measure_rates

MESSAGES, SEED = 2_600, 42
MIN_GONE, MAX_TOUCHED, MIN_KEPT = 99.5, 3.0, 95.0
"""Percent of the usagers' names, of the messages without a name, of the messages with professionals' names alone."""
MAX_EXAMPLES = 25


class Masking:
    """The masking of a running installation, and how long each message took (seconds)."""

    def __init__(self, stack: Stack) -> None:
        self._url = str(stack.run["rasa"]).rpartition("/")[0] + "/masks"
        self._client, self._signer = httpx.Client(timeout=60, trust_env=False), MessageSigner(str(stack.run["rasa_token"]))
        self.seconds: list[float] = []

    def __call__(self, message: Typed) -> str:
        spans = [{"start": s.start, "end": s.end, "entity": s.entity} for s in detect_pii(message.text, (), date.today())]
        content = json.dumps({"text": message.text, "masks": spans, "asked": message.asked}).encode()
        _, authorization = self._signer.sign_request(route_of(self._url), content)
        headers = {"Authorization": authorization, "Content-Type": "application/json"}
        started = time.perf_counter()
        answer = self._client.post(self._url, content=content, headers=headers)
        self.seconds.append(time.perf_counter() - started)
        return str(answer.raise_for_status().json()["text"])


def figures(stack: Stack, quick: bool) -> list[Figure]:
    """The rates on the generated messages, on a hundred odd ones, and on those that writers composed."""
    mask = Masking(stack)
    messages = draw_messages(400 if quick else MESSAGES, SEED)
    say(f"masking {len(messages)} messages…")
    rates, odd, written = (measure_rates(some, mask) for some in (messages, odd_messages(), written_messages()))
    for name, _, masked in (*rates.missed[:MAX_EXAMPLES], *odd.missed[:MAX_EXAMPLES], *written.missed[:MAX_EXAMPLES]):
        say(f"left: {name} — {masked!r}")
    for text, masked in rates.needless[:MAX_EXAMPLES]:
        say(f"needless: {text!r} → {masked!r}")
    for name, _, masked in rates.lost[:MAX_EXAMPLES]:
        say(f"lost: {name} — {masked!r}")
    percent = "%"
    return [
        Figure("usagers' names gone", 100 * rates.gone, percent, f"of {len(messages)} messages", MIN_GONE, at_least=True),
        Figure("messages without a name that are touched", 100 * rates.touched, percent, "false alarms", MAX_TOUCHED),
        Figure("messages whose professionals are kept", 100 * rates.kept, percent, "no usager in them", MIN_KEPT, at_least=True),
        Figure("usagers' names gone, odd messages", 100 * odd.gone, percent, "a hundred, written by hand"),
        Figure("usagers' names gone, as people write", 100 * written.gone, percent, f"of {len(written_messages())} messages by writers"),
        Figure("messages without a name touched, the same", 100 * written.touched, percent, "false alarms"),
        Figure("messages whose professionals are kept, the same", 100 * written.kept, percent, "no usager in them"),
        Figure("masking a message, median", 1000 * percentile(mask.seconds, 0.5), "ms", "understanding included"),
        Figure("masking a message, p95", 1000 * percentile(mask.seconds, 0.95), "ms", "understanding included"),
    ]


def measure(quick: bool) -> list[Figure]:
    """On an installation of its own."""
    with installation() as (stack, _):
        return figures(stack, quick)


if __name__ == "__main__":
    sys.exit(run_alone("typed names", __doc__, measure))

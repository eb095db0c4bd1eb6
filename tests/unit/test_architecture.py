"""The architecture, tested: every intent leads somewhere, every text is said by somebody, every route asks who it is."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from ruamel.yaml import YAML

from tests.routes import routes_of

ROOT = Path(__file__).resolve().parents[2]
PUBLIC_ROUTES = {"/", "/chat", "/chat/sessions", "/chat/links", "/static/{version}/{name:path}", "/health", "/health/live"} | {
    "/health/ready",
    "/desk/sign-in",
    "/desk/sign-in/code",
}
"""Routes that need no token: pages and their files, opening a chat, what a link is for, signing in to the desk, health."""
ASKED = re.compile(r"^utter_ask_|^utter_faq/")


def load(path: Path) -> dict[str, Any]:
    return dict(YAML(typ="safe").load(path) or {})


@cache
def domain() -> dict[str, dict[str, Any]]:
    merged: dict[str, dict[str, Any]] = {"responses": {}, "forms": {}, "slots": {}}
    for path in sorted((ROOT / "domain").glob("*.yml")):
        for section, found in merged.items():
            found.update(load(path).get(section) or {})
    merged["intents"] = {
        name if isinstance(name, str) else next(iter(name)): {} for name in load(ROOT / "domain/understanding.yml")["intents"]
    }
    return merged


@cache
def literals() -> tuple[frozenset[str], frozenset[str]]:
    """Strings of `actions/`, and the fixed beginnings of its f-strings."""
    whole, beginnings = set(), set()
    for path in (ROOT / "actions").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                whole.add(node.value)
            if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                beginnings.add(str(node.values[0].value))
    return frozenset(whole), frozenset(beginnings)


def rules() -> list[dict[str, Any]]:
    return [rule for path in (ROOT / "data/rules").glob("*.yml") for rule in load(path)["rules"]]


def test_every_intent_has_a_rule() -> None:
    served = {step["intent"] for rule in rules() for step in rule["steps"] if "intent" in step}
    assert set(domain()["intents"]) - served == set()


def test_every_rule_calls_an_action_that_exists() -> None:
    from actions.framework.server import all_actions

    known = {action.name() for action in all_actions()}
    called = {step["action"] for rule in rules() for step in rule["steps"] if "action" in step}
    assert {name for name in called if not name.endswith("_form")} - known == set()
    assert {name for name in called if name.endswith("_form")} - set(domain()["forms"]) == set()


def test_every_response_is_said_by_somebody() -> None:
    whole, beginnings = literals()
    prefixes = tuple(b for b in beginnings if b.startswith("utter_") and len(b) > len("utter_"))
    intents = {f"utter_{name}" for name in domain()["intents"]}
    unsaid = [n for n in domain()["responses"] if n not in whole and n not in intents and not n.startswith(prefixes) and not ASKED.match(n)]
    assert unsaid == []


def test_every_response_that_actions_name_exists() -> None:
    whole, beginnings = literals()
    whole -= beginnings
    named = {text for text in whole if re.fullmatch(r"utter_\w+[a-z]", text)}
    assert named - set(domain()["responses"]) == set()


def test_every_form_asks_for_slots_that_exist_and_can_be_asked() -> None:
    actions = {name for path in (ROOT / "domain").glob("*.yml") for name in load(path).get("actions") or []}
    for form, content in domain()["forms"].items():
        for slot in content["required_slots"]:
            assert slot in domain()["slots"], slot
            asks = {f"utter_ask_{form}_{slot}", f"utter_ask_{slot}", f"action_ask_{form}_{slot}"}
            assert asks & (actions | set(domain()["responses"])), (form, slot)


def test_texts_have_french_typography() -> None:
    wrong = []
    for path in (ROOT / "domain").glob("*.yml"):
        for line in path.read_text().splitlines():
            if not line.lstrip().startswith("#") and re.search(r" »|« | [?!;](?:\s|\"|$)|[\w)] :(?: |$)", line):
                wrong.append(f"{path.name}: {line.strip()}")
    assert wrong == []


@pytest.mark.parametrize("missing", [None, "Bearer wrong"])
async def test_every_route_asks_who_it_is(tmp_path: Path, missing: str | None) -> None:
    from bot.app import create_app
    from bot.core.clock import SystemClock
    from bot.settings import load_settings

    settings = load_settings(
        DATA=tmp_path,
        SECRET="s" * 32,
        PLATFORM_URL="http://127.0.0.1:9/fhir",
        PLATFORM_TOKEN="x",
        EVENTS_TOKEN="y",
        RASA_URL="http://127.0.0.1:9/",
        RASA_TOKEN="z",
        ACTIONS_URL="http://127.0.0.1:9/webhook",
    )
    app = create_app(settings, SystemClock())
    headers = {"Authorization": missing} if missing else {}
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bot") as client:
        asked = routes_of(app)
        assert ("POST", "/chat/messages") in asked
        for method, path in asked:
            if path not in PUBLIC_ROUTES:
                answer = await client.request(method, path, headers=headers, json={})
                assert answer.status_code == 401, (method, path, answer.status_code)

"""Whether everybody can use a page, as axe-core judges it."""

from typing import Any

from playwright.sync_api import Page

from bot.web.assets import HERE

_AXE = HERE / "node_modules" / "axe-core" / "axe.min.js"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Page) -> list[str]:
    """What axe-core finds, one line per element."""
    # Evaluated by the debugger, which the page's policy does not bind; a script element would be refused.
    page.evaluate(_AXE.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = page.evaluate(
        "async (tags) => (await axe.run(document, { runOnly: { type: 'tag', values: tags } })).violations", _RULES
    )
    return [f"{rule['id']}: {node['html']} — {node['failureSummary']}" for rule in found for node in rule["nodes"]]

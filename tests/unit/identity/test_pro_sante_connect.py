"""The settings of Pro Santé Connect that the integrator's guide shows work as they stand there."""

from __future__ import annotations

import re

import pytest

from bot.core.clock import SystemClock
from bot.identity.oidc import Issuer, identity_of, is_configured
from bot.settings import Settings
from tests.stack import ROOT

GUIDE = (ROOT / "docs" / "integration.md").read_text(encoding="utf-8")
BLOCK = re.search(r"## Pro Santé Connect.*?```sh\n(.*?)```", GUIDE, re.DOTALL)


def test_the_settings_of_the_guide(monkeypatch: pytest.MonkeyPatch) -> None:
    assert BLOCK is not None
    shown = dict(line.split("=", 1) for line in BLOCK[1].split())
    for name, value in shown.items():
        monkeypatch.setenv(name, value)
    settings = Settings(PUBLIC_URL="https://assistant.example")
    assert is_configured(settings)
    issuer = Issuer(settings, SystemClock())
    base = "https://auth.esw.esante.gouv.fr/auth/realms/esante-wallet"
    assert issuer._discovery == f"{base}/.well-known/wallet-openid-configuration"
    assert (issuer._scope, issuer._acr, issuer._callback) == ("openid scope_all", "eidas1", "https://assistant.example/link/callback")
    assert f"`{issuer._callback.replace('https://assistant.example', '<PUBLIC_URL>')}`" in GUIDE


@pytest.mark.parametrize("route", ["/link/callback", "/desk/oidc/callback"])
def test_the_redirect_addresses_of_the_guide_are_routes(route: str) -> None:
    from bot.web.desk.oidc import CALLBACK

    assert f"`<PUBLIC_URL>{route}`" in GUIDE
    assert route in (CALLBACK, "/link/callback")


@pytest.mark.parametrize(
    ("claims", "rpps", "adeli"),
    [
        ({"SubjectNameID": "810001234567"}, "10001234567", ""),
        ({"SubjectNameID": "10001234567"}, "10001234567", ""),
        ({"SubjectNameID": "0379112345"}, "", "379112345"),
        ({"SubjectNameID": "3100/1", "otherIds": [{"origine": "RPPS", "identifiant": "810001234567"}]}, "10001234567", ""),
    ],
)
def test_the_numbers_that_the_guide_names(claims: dict[str, object], rpps: str, adeli: str) -> None:
    found = identity_of(claims)
    assert (found.rpps, found.adeli) == (rpps, adeli)

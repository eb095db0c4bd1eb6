"""The whole assistant over a platform that is not ours: `PLATFORM_URL` names another FHIR server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.directory.importer import import_file
from bot.sandbox.demo_directory import write_demo_file
from tests.conversations.talk import CLAIRE, as_user
from tests.second_server.medplum import is_installed, running_second_server
from tests.stack import Stack
from tests.unit.sandbox.sandbox_server import Sandbox, running_sandbox

pytestmark = pytest.mark.thorough

DOSSIER = "SPH-2024-000137"


class StackElsewhere(Stack):
    """An installation whose platform and mailbox are not its own."""

    platform: tuple[str, str]
    mailbox: Sandbox

    @property
    def run(self) -> dict[str, Any]:
        """What run.json says, with the platform as the sandbox's would be."""
        fhir, token = self.platform
        return super().run | {"fhir": fhir, "fhir_token": token, "mailbox": f"{self.mailbox.url}/mailbox"}


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[StackElsewhere]:
    if not is_installed():
        pytest.skip("the second server is not installed (make install-test)")
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    write_demo_file(tmp_path / "demo-annuaire.txt")
    import_file(tmp_path / "demo-annuaire.txt", data / "directory")
    with running_second_server() as server, running_sandbox(tmp_path / "mailbox") as mailbox:
        settings = {"PLATFORM_URL": server.fhir, "PLATFORM_TOKEN": server.token, "SECRET": "s" * 32}
        settings |= {"PLATFORM_TURN_SECONDS": "60", "PLATFORM_TIMEOUT": "30"}  # beside other installations that server is slow
        settings |= {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(mailbox.smtp_port)}
        stack = StackElsewhere(data, **settings)
        stack.platform, stack.mailbox = (server.fhir, server.token), mailbox
        stack.start()
        try:
            yield stack
        finally:
            stack.stop()


@pytest.mark.channels("web")
def test_partners_and_dossiers_on_a_platform_that_is_not_ours(elsewhere: StackElsewhere) -> None:
    assert httpx.get(f"{elsewhere.api}/health", timeout=60, trust_env=False).json()
    claire = as_user(elsewhere, CLAIRE)
    assert DOSSIER in claire.say("mes dossiers")
    assert "Claire Moreau" in claire.say(f"qui est dans l'équipe du dossier {DOSSIER} ?")
    card = claire.say(f"ajoute Paul Martin, kiné à Vierzon, au dossier {DOSSIER}")
    assert "Cette personne a déjà un compte d’accès" in card
    assert "a maintenant accès" in claire.press("même équipe de soins, usager informé")
    assert any("Paul Martin" in name for name in elsewhere.participants(DOSSIER))
    assert "Paul Martin" in claire.say(f"retire Paul Martin du dossier {DOSSIER}")
    assert "n’a plus accès" in claire.say("oui")
    assert not any("Paul Martin" in name for name in elsewhere.participants(DOSSIER))

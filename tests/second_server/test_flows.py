"""Every flow on a server that is not ours, on the sandbox, and through a gateway that behaves as those of others do."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.dossiers.partners import Outcome, Pending
from bot.fhir.errors import FhirUnauthorized
from tests.second_server.flows import CHAT, CLAIRE, PAUL, Process, all_flows, change_partners, process_over, read_dossiers
from tests.second_server.medplum import SecondServer, is_installed, running_second_server
from tests.second_server.proxy import CLIENT, Behaviours, Gateway, running_gateway
from tests.unit.harness import CLAIRES_DOSSIER
from tests.unit.sandbox.sandbox_server import Sandbox, running_sandbox

pytestmark = pytest.mark.xdist_group("second_server")  # one server for all of them

BEHAVIOURS = {
    "tokens that end": Behaviours(token_uses=7),
    "headers of a gateway": Behaviours(headers={"x-gateway-key": "k3y", "ror-role": "10"}),
    "searches by GET": Behaviours(get_only=True),
    "empty bodies unless preferred": Behaviours(empty_writes="unless preferred"),
    "empty bodies": Behaviours(empty_writes="always"),
    "no versions in searches": Behaviours(versions_in_searches=False),
    "conditions refused as a conflict": Behaviours(refused_condition=412),
    "conditions refused as unknown": Behaviours(refused_condition=501),
    "throttled": Behaviours(throttled=4),
    "failing now and then": Behaviours(failing=5),
    "answers lost now and then": Behaviours(lossy=7),
    "slow": Behaviours(seconds=0.03),
}


@pytest.fixture(scope="module")
def medplum() -> Iterator[SecondServer]:
    if not is_installed():
        pytest.skip("the second server is not installed (make install-test)")
    began = time.monotonic()
    with running_second_server() as server:
        print(f"the second server answers after {time.monotonic() - began:.1f} s")
        yield server


@pytest.fixture(params=["sandbox", "medplum"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sandbox | SecondServer]:
    if request.param == "medplum":
        running: SecondServer = request.getfixturevalue("medplum")
        running.reset()
        yield running
        return
    with running_sandbox(tmp_path / "sandbox") as sandbox:
        yield sandbox


@pytest.fixture
def gateway(server: Sandbox | SecondServer) -> Iterator[Gateway]:
    with running_gateway(server.fhir, server.token) as running:
        yield running


@pytest.fixture
async def process(tmp_path: Path, gateway: Gateway, server: Sandbox | SecondServer) -> AsyncIterator[Process]:
    async with process_over(tmp_path, platform_url=gateway.fhir, platform_token=server.token, platform_timeout_seconds=60) as one:
        yield one


async def test_all_flows_pass(tmp_path: Path, server: Sandbox | SecondServer) -> None:
    async with process_over(tmp_path, platform_url=server.fhir, platform_token=server.token, platform_timeout_seconds=60) as one:
        await all_flows(one)


@pytest.mark.parametrize("server", ["medplum"], indirect=True)
@pytest.mark.parametrize("name", BEHAVIOURS)
async def test_all_flows_pass_where_others_do_it_otherwise(tmp_path: Path, name: str, gateway: Gateway, server: SecondServer) -> None:
    gateway.behaviours = does = BEHAVIOURS[name]
    access: dict[str, Any] = {"platform_token": server.token}
    if does.token_uses:
        access = {"platform_token_url": f"{gateway.url}/token"}
        access |= {"platform_client_id": CLIENT["client_id"], "platform_client_secret": CLIENT["client_secret"]}
    elif does.headers:
        access = {"platform_headers": "\n".join(f"{name}: {value}" for name, value in does.headers.items())}
    async with process_over(tmp_path, platform_url=gateway.fhir, platform_timeout_seconds=60, **access) as one:
        await all_flows(one)
    assert len(gateway.asked) > 30
    assert not does.token_uses or len(gateway.tokens) > 5


@pytest.mark.parametrize("server", ["sandbox"], indirect=True)  # the other one has no pages
async def test_pages_that_name_the_server_behind_are_followed(process: Process, gateway: Gateway) -> None:
    gateway.behaviours = Behaviours(foreign_next=True, page_size=1)
    await all_flows(process)


async def test_what_was_asked_while_nothing_was_answered_is_done_later(
    tmp_path: Path, gateway: Gateway, server: Sandbox | SecondServer
) -> None:
    async with process_over(tmp_path, platform_url=gateway.fhir, platform_token=server.token, platform_timeout_seconds=2) as one:
        await read_dossiers(one)
        claire, paul = await one.account(CLAIRE), await one.account(PAUL)
        gateway.behaviours.frozen = True
        with pytest.raises(Pending):
            await one.partners.add(CLAIRES_DOSSIER, claire, paul, basis="consent_given", key="add", **CHAT)
        gateway.behaviours.frozen = False
        added = await one.done(lambda: one.partners.add(CLAIRES_DOSSIER, claire, paul, basis="consent_given", key="add", **CHAT))
        assert added is Outcome.ADDED
        assert "Paul Martin" in await one.team()


async def test_a_gateway_that_is_not_told_who_asks_lets_nothing_pass(process: Process, gateway: Gateway) -> None:
    gateway.behaviours = Behaviours(headers={"x-gateway-key": "k3y"})
    with pytest.raises(FhirUnauthorized):
        await process.account(CLAIRE)
    gateway.behaviours = Behaviours()
    await change_partners(process)

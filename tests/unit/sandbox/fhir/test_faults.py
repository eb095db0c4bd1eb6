"""The platform misbehaves on demand."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from tests.unit.sandbox.sandbox_server import TOKEN, Sandbox


@pytest.mark.parametrize(("mode", "status"), [("down", 503), ("garbage", 200), ("lost", 503)])
def test_the_platform_misbehaves_when_told_to(sandbox: Sandbox, mode: str, status: int) -> None:
    sandbox.fault(mode, count=1, type="Patient")
    assert sandbox.get("Practitioner", _count="1").status_code == 200
    assert sandbox.get("Patient", _count="1").status_code == status
    assert sandbox.get("Patient", _count="1").json()["resourceType"] == "Bundle"
    assert httpx.post(f"{sandbox.url}/sandbox/faults", json={"mode": "down"}, trust_env=False).status_code == 401
    assert sandbox.http.post(f"{sandbox.url}/sandbox/faults", json={"mode": "angry"}).status_code == 400


async def test_a_slow_platform_answers_in_the_end(sandbox: Sandbox) -> None:
    sandbox.fault("slow", seconds=1, count=1)
    patience = httpx.Timeout(60, read=0.05)
    async with httpx.AsyncClient(timeout=patience, trust_env=False, headers={"Authorization": f"Bearer {TOKEN}"}) as impatient:
        with pytest.raises(httpx.ReadTimeout):
            await impatient.get(f"{sandbox.fhir}/Patient")
    assert (await asyncio.to_thread(sandbox.get, "Patient")).status_code == 200

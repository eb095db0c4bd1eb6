from __future__ import annotations

from tests.unit.harness import clock, harness, sandbox

__all__ = ["clock", "harness", "sandbox"]

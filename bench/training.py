"""How long training the model takes: `python -m bench.training`.

Trains from the present sources, generated examples included, into a temporary folder; the model in use stays.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.figures import Figure, run_alone
from bench.installed import NLU_PYTHON, say
from tests.stack import ROOT

_TRAIN = """
import os, sys
from pathlib import Path
from nlu import train
from nlu.environment import prepare_process
prepare_process()
train.MODELS = Path(sys.argv[1])
train.ensure_model()
"""


def measure(_quick: bool) -> list[Figure]:
    """Return the figures of one training, from the command to the packed model."""
    build = ROOT / ".build"
    build.mkdir(exist_ok=True)
    say("training into a folder of its own…")
    with tempfile.TemporaryDirectory(dir=build, prefix="bench-") as folder:
        started = time.monotonic()
        child = subprocess.Popen([str(NLU_PYTHON), "-c", _TRAIN, folder], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - started
        if child.returncode != 0:
            raise RuntimeError("the training failed; `make train` shows why")
        (model,) = Path(folder).glob("*.tar.gz")
        size = model.stat().st_size / 1e6
    return [
        Figure("training, whole", seconds, "s", "generating examples, loading Rasa, training, packing"),
        Figure("training, processor time", usage.ru_utime + usage.ru_stime, "s", "the same where the machine is shared: what it computed"),
        Figure("training, most memory", usage.ru_maxrss / 1024, "MB", "peak RSS"),
        Figure("model", size, "MB", "packed"),
    ]


if __name__ == "__main__":
    sys.exit(run_alone("training", __doc__, measure))

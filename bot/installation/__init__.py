"""An installation on one machine: which processes run, how they are supervised, what `run.json` says."""

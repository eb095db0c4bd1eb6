"""Command line of the generator: `python -m nlu.corpus --out DIR --seed N [--report]`."""

from __future__ import annotations

import argparse
from pathlib import Path

from nlu.corpus.generator import build_corpus, generate


def main() -> None:
    """Write the generated examples; with `--report`, print how many there are for each intent."""
    parser = argparse.ArgumentParser(prog="python -m nlu.corpus", description="Write generated training examples.")
    parser.add_argument("--out", type=Path, required=True, help="folder for the YAML files, made where there is none")
    parser.add_argument("--seed", type=int, default=20240112, help="the same seed gives the same bytes")
    parser.add_argument("--report", action="store_true", help="print the number of examples for each intent")
    arguments = parser.parse_args()
    generate(arguments.out, arguments.seed)
    if arguments.report:
        by_intent = build_corpus(arguments.seed)
        for intent, examples in by_intent.items():
            print(f"{len(examples):6d}  {intent}")
        print(f"{sum(map(len, by_intent.values())):6d}  in all")


if __name__ == "__main__":
    main()

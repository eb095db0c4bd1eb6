"""Rasa's own command line without the parts that are not installed: `python -m nlu.server run …`, `… data validate …`."""

from __future__ import annotations

from nlu.environment import prepare_process


def main() -> None:
    """Run Rasa's command line."""
    prepare_process()
    from rasa.__main__ import main as rasa_main

    rasa_main()


if __name__ == "__main__":
    main()

"""The action server: rasa-sdk's own application, in one process, on loopback."""

from __future__ import annotations

import importlib
import logging
import pkgutil

from rasa_sdk.endpoint import create_app
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.utils import all_subclasses

import actions
from actions.framework.action import AssistantAction
from actions.framework.flow import FLOWS
from actions.framework.flow_actions import ValidateFlow
from actions.framework.services import get_services
from bot.settings import Settings


def all_actions() -> list[AssistantAction]:
    """Import every module of `actions` and return one instance of each action, and the validation of each flow's form."""
    for module in pkgutil.walk_packages(actions.__path__, "actions."):
        importlib.import_module(module.name)
    validations = [ValidateFlow(flow) for flow in FLOWS.values() if flow.required_slots]
    return [*(kind() for kind in all_subclasses(AssistantAction) if kind.action_name), *validations]


def serve(settings: Settings, port: int) -> None:
    """Serve on loopback until stopped. Raise SettingsError at once if a setting is missing."""
    del settings  # loading them checked them; the services read them again
    get_services()
    logging.getLogger("rasa_sdk").setLevel(logging.WARNING)  # at DEBUG it logs trackers
    executor = ActionExecutor()
    for action in all_actions():
        executor.register_action(action)
    app = create_app(executor, cors_origins=None)
    app.run(host="127.0.0.1", port=port, single_process=True, motd=False, access_log=False)

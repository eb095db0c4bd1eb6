"""The action server: rasa-sdk's own application, in one process, on loopback; it answers signed requests alone."""

from __future__ import annotations

import importlib
import logging
import pkgutil
from typing import Any

from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from rasa_sdk.endpoint import create_app as create_sdk_app
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.utils import all_subclasses
from sanic import Sanic, response
from sanic.request import Request
from sanic.response import BaseHTTPResponse, HTTPResponse

import actions
from actions.framework.action import AssistantAction
from actions.framework.action_metrics import allow_names
from actions.framework.flow import FLOWS
from actions.framework.flow_actions import ValidateFlow
from actions.framework.services import get_services
from bot.core import tracing
from bot.core.errors import configure_logging
from bot.core.message_signatures import ANSWER_HEADER, SCHEME, MessageSigner, route_of
from bot.core.metrics import PROCESS
from bot.http.metrics import MetricsAccess
from bot.settings import Settings
from bot.traces import traced

METRICS_PATH = "/metrics"


def all_actions() -> list[AssistantAction]:
    """Import every module of `actions` and return one instance of each action, and the validation of each flow's form."""
    for module in pkgutil.walk_packages(actions.__path__, "actions."):
        importlib.import_module(module.name)
    validations = [ValidateFlow(flow) for flow in FLOWS.values() if flow.required_slots]
    return [*(kind() for kind in all_subclasses(AssistantAction) if kind.action_name), *validations]


def create_app(token: str, access: MetricsAccess | None = None) -> Sanic[Any, Any]:
    """Return rasa-sdk's application with every action; it answers 401 to what is not signed with `token`, whatever the route.

    `access`: who may ask for `GET /metrics`, which Prometheus cannot sign; None: nobody.
    """
    executor = ActionExecutor()
    for action in all_actions():
        executor.register_action(action)
        allow_names(action.name())
    app = create_sdk_app(executor, cors_origins=None)
    require_signatures(app, MessageSigner(token), access)
    app.add_route(_metrics, METRICS_PATH, methods=["GET"])
    return app


async def _metrics(_request: Request) -> HTTPResponse:
    return response.raw(generate_latest(PROCESS), headers={"Cache-Control": "no-store"}, content_type=CONTENT_TYPE_LATEST)


def require_signatures(app: Sanic[Any, Any], signer: MessageSigner, access: MetricsAccess | None = None) -> None:
    """Have the application answer signed requests alone, and sign its answers to them."""

    async def authenticate(request: Request) -> HTTPResponse | None:
        authorization = request.headers.get("authorization", "")
        tracing.adopt(request.headers.get(tracing.HEADER))
        if request.path == METRICS_PATH and access is not None and access.allows(request.headers, request.ip, request.host):
            return None
        request.ctx.nonce = signer.verify_request(route_of(request.path), request.body, authorization)
        if request.ctx.nonce is None:
            return response.json({"error": "the request is not signed"}, 401, headers={"WWW-Authenticate": SCHEME})
        return None

    async def sign(request: Request, answer: BaseHTTPResponse) -> None:
        nonce = getattr(request.ctx, "nonce", None)
        if nonce is not None:
            answer.headers[ANSWER_HEADER] = signer.sign_answer(nonce, answer.status, answer.body or b"")

    app.register_middleware(authenticate, "request", priority=1)  # before that which answers OPTIONS
    app.register_middleware(sign, "response")


def serve(settings: Settings, host: str, port: int) -> None:
    """Serve on this address until stopped. Raise SettingsError at once if a setting is missing."""
    token = settings.required("actions_token")
    get_services()
    configure_logging(form=settings.log_format)
    logging.getLogger("rasa_sdk").setLevel(logging.WARNING)  # at DEBUG it logs trackers
    app = create_app(token, MetricsAccess(settings))
    for name in ("sanic.root", "sanic.error", "sanic.server"):  # their lines are formatted as ours are
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
    logging.getLogger("sanic.root").setLevel(logging.WARNING)
    with traced(settings, "sphere-actions"):
        app.run(host=host, port=port, single_process=True, motd=False, access_log=False)

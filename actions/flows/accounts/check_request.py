"""The flow that says where the user's own account requests stand."""

from __future__ import annotations

from actions.framework.context import Context
from actions.framework.dates import format_day
from actions.framework.events import Events
from actions.framework.flow import Flow, Slots, register_flow
from actions.framework.flow_actions import SubmitFlow
from actions.framework.utterances import make_button
from bot.core.clock import PARIS


class CheckRequest(Flow):
    """Say where the user's own requests stand; nothing is asked."""

    name = "check_request"
    needs_link = False

    async def collect(self, context: Context) -> Slots:
        """Return nothing: nothing was asked."""
        return {}


CHECK_REQUEST = register_flow(CheckRequest())


class SubmitCheckRequest(SubmitFlow):
    """Say where the user's own requests stand."""

    flow = CHECK_REQUEST

    async def submit(self, context: Context) -> Events:
        """Show a line for each request."""
        utterances, turn = context.utterances, context.turn
        account = await context.account()
        requests = await context.services.account_requests.for_conversation(turn.conversation_id, account.id if account else None)
        if not requests:
            utterances.utter("utter_no_request", buttons=[make_button(utterances.text("utter_title_request_account"), "request_account")])
            return []
        lines = []
        for request in requests:
            state = utterances.text(f"utter_state_{request.state}", reason=request.reason or "")
            since = format_day(request.since.astimezone(PARIS).date())
            lines.append(utterances.text("utter_request_line", request=request.reference, name=request.name, state=state, since=since))
        utterances.utter_lines([utterances.text("utter_requests"), *lines])
        return []

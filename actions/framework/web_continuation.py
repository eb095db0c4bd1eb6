"""Continuing a conversation of an external channel in the trusted web chat: the link that leads there, and the report back."""

from __future__ import annotations

from actions.framework.context import Context, FlowOutcome
from bot.core.errors import log_error


async def refer_to_web_chat(context: Context, response: str) -> None:
    """Utter why something is not done on an external channel, with a link that continues in the trusted web chat."""
    context.utterances.utter(response)
    await utter_continuation_link(context)


async def utter_continuation_link(context: Context) -> None:
    """Put a link to the trusted web chat, made for this turn, under the message that was uttered last."""
    url = await context.services.continuations.create_link(context.turn.conversation_id)
    context.utterances.utter_link(context.utterances.text("utter_title_continue"), url)


async def report_outcome(context: Context, flow_name: str, outcome: FlowOutcome, dossier: str | None = None) -> None:
    """Tell the conversation's own chat how a flow ended in the web chat, without any identity: the flow and a dossier's reference.

    A flow that was only offered as a next step and not wanted is not reported.
    """
    turn, utterances = context.turn, context.utterances
    if turn.channel == turn.home_channel or (outcome is FlowOutcome.UNCHANGED and turn.slot("offered")):
        return
    title = utterances.text(f"utter_task_{flow_name}")
    text = utterances.text(outcome, task=title[:1].upper() + title[1:])
    if dossier:
        text += " " + utterances.text("utter_dossier_elsewhere", reference=dossier)
    try:
        await context.services.continuations.notify(turn.conversation_id, text, key=f"elsewhere:{turn.key}:{flow_name}")
    except Exception as error:  # the report is a courtesy: an operation that succeeded must not be said to have failed
        log_error(error, "reporting the outcome of a flow to the conversation's own chat")

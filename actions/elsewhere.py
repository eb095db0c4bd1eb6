"""Between an external channel and the trusted web chat: the link that leads there, and what is told back."""

from __future__ import annotations

from actions.base import Context, Ending
from bot.core.errors import log_error


async def elsewhere(context: Context, response: str) -> None:
    """Say why something is not done on an external channel, with a link that goes on in the trusted web chat."""
    context.speech.say(response)
    await give_link(context)


async def give_link(context: Context) -> None:
    """Put a link to the trusted web chat, made for this very turn, under the message that was just uttered."""
    url = await context.services.continuations.create_link(context.turn.conversation_id)
    context.speech.link(context.speech.phrase("utter_title_continue"), url)


async def tell_home(context: Context, task: str, ending: Ending, dossier: str | None = None) -> None:
    """Tell the chat that a task was taken up from how it ended, in words without identity: the task and a reference.

    What was only offered as a next step, and not wanted, is not told.
    """
    turn, speech = context.turn, context.speech
    if turn.channel == turn.home or (ending is Ending.UNCHANGED and turn.slot("offered")):
        return
    name = speech.phrase(f"utter_task_{task}")
    text = speech.phrase(ending, task=name[:1].upper() + name[1:])
    if dossier:
        text += " " + speech.phrase("utter_dossier_elsewhere", reference=dossier)
    try:
        await context.services.continuations.notify(turn.conversation_id, text, key=f"elsewhere:{turn.key}:{task}")
    except Exception as error:  # a courtesy: what was done must not be said to have failed
        log_error(error, "telling a chat how its task ended")

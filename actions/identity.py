"""Who the chat belongs to: link it by a code sent by e-mail or by signing in, say to whom it is linked, unlink it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import ClassVar

from rasa_sdk.events import SlotSet

from actions.base import AssistantAction, Context, Events, back_to_task, stay
from actions.reading import typed_address
from actions.speech import titled
from actions.task_actions import SubmitTask, ValidateTask
from actions.tasks import Abort, Slots, Task, drop_all, register, running
from actions.times import clock_hour
from actions.turn import Turn
from bot.accounts.directory_record import FieldError, validate_field
from bot.accounts.registry import Account
from bot.fhir.client import FhirUnavailable
from bot.identity.deep_links import LINK_TTL, deep_link, other_channels
from bot.identity.errors import AccountClosed, CodeExpired, Locked, NoCode, WrongCode

_RESEND = re.compile(r"\b(?:renvo|nouveau code|autre code|rien re[çc]u|pas re[çc]u)", re.IGNORECASE)
_CODE = re.compile(r"(?<!\d)(\d(?:[ .]?\d){5})(?!\d)")
_CHANNEL = re.compile(r"\b(telegram|teams|web)\b")
NO_ACCOUNT = "0"
"""Value of the entity `linked` where somebody signed in who has no account; any other says that the chat was linked."""


class LinkAccount(Task):
    """E-mail, then the code that was sent to it."""

    name = "link_account"
    required = slots = ("login_email", "login_code")
    needs_link = False
    free_text: ClassVar[frozenset[str]] = frozenset({"login_email", "login_code"})

    def is_answer(self, turn: Turn) -> bool:
        """Six digits are the code and an address is the address, whatever the sentence around them was taken for."""
        if turn.entity("linked"):
            return True
        coded = turn.requested == "login_code" and bool(_CODE.search(turn.text) or _RESEND.search(turn.text))
        return coded or bool(typed_address(turn.text)) or super().is_answer(turn)

    async def begin(self, context: Context) -> Slots:
        """Send the code at once when the sentence holds the address; a chat that is linked already is offered the other channels."""
        person = await context.person()
        if context.turn.entity("linked"):
            self._told(context, person)
            if person is not None and not context.turn.slot("task_stack"):
                context.speech.say("utter_what_next")
            raise Abort
        if person is not None:
            context.speech.say("utter_already_linked", name=person.name)
            await self._offer_other_chats(context, person.id)
            raise Abort
        email = typed_address(context.turn.text)
        return await self._send(context, email) if email else {}

    async def hear(self, context: Context) -> Slots:
        """An address sends a code to it; a code is checked; a chat that was linked elsewhere needs neither any more."""
        turn = context.turn
        if turn.entity("linked"):
            return await self._hear_linked(context)
        email = typed_address(turn.text)
        if email is not None:
            return await self._send(context, email)
        if (turn.entity("resend") or _RESEND.search(turn.text)) and turn.slot("login_email"):
            sent = await self._send(context, turn.slot("login_email"))
            context.speech.say("utter_code_sent_again")
            return sent
        if turn.requested == "login_email":
            context.speech.say("utter_email_invalid")
            return {}
        return await self._check(context)

    async def _send(self, context: Context, email: str) -> Slots:
        try:
            address = validate_field("email", email)
            await context.services.identity.start_code(context.turn.conversation_id, address)
        except FieldError:
            context.speech.say("utter_email_invalid")
            return {}
        except Locked as locked:
            context.speech.say("utter_login_locked", until=clock_hour(locked.until))
            raise Abort from None
        return {"login_email": address, "login_code": None}

    async def _check(self, context: Context) -> Slots:
        found = _CODE.search(context.turn.text)
        if found is None:
            context.speech.say("utter_code_is_six_digits")
            return {}
        try:
            account = await context.services.identity.check_code(context.turn.conversation_id, re.sub(r"\D", "", found[1]))
        except WrongCode as wrong:
            context.speech.say("utter_code_wrong", tries=wrong.tries_left)
            return {}
        except CodeExpired:
            context.speech.say("utter_code_expired")
            return {"login_email": None}
        except AccountClosed:
            context.speech.say("utter_account_closed")
            raise Abort from None
        except NoCode:
            context.speech.say("utter_code_none")
            return {"login_email": None}
        except Locked as locked:
            context.speech.say("utter_login_locked", until=clock_hour(locked.until))
            raise Abort from None
        context.forget_person()
        self._linked(context, account.name)
        return {"login_code": "checked"}

    async def _hear_linked(self, context: Context) -> Slots:
        try:
            person = await context.person()
        except FhirUnavailable:
            retry = context.speech.button("utter_title_retry", self.name, linked=context.turn.entity("linked"))
            context.speech.say("utter_platform_down", buttons=[retry])
            return {}
        self._told(context, person)
        return {"login_email": "checked", "login_code": "checked"} if person is not None else {}

    def _told(self, context: Context, person: Account | None) -> None:
        """Say what came of a link that was made outside of the dialogue, as things stand now."""
        if person is not None:
            self._linked(context, person.name)
        elif context.turn.entity("linked") == NO_ACCOUNT:
            context.speech.say("utter_sign_in_no_account", issuer=context.services.settings.oidc_name)
        else:
            context.speech.say("utter_linked_no_more")

    def _linked(self, context: Context, name: str) -> None:
        context.speech.say("utter_linked", name=name, days=context.services.settings.link_days)

    async def _offer_other_chats(self, context: Context, account_id: str) -> None:
        """A link for each other channel, or for the one that was named, that opens a chat there linked to the same account."""
        settings, speech, turn = context.services.settings, context.speech, context.turn
        said = _CHANNEL.search(f"{turn.entity('channel') or ''} {turn.text}".lower())
        named, offered = said[1] if said else None, other_channels(settings, turn.home)
        if named is not None and named not in offered and named != turn.home:
            speech.say("utter_link_no_such_channel", channel=speech.phrase(f"utter_channel_{named}"))
            return
        minutes = LINK_TTL // timedelta(minutes=1)
        for channel in (name for name in offered if named in (None, turn.home, name)):
            token = await context.services.identity.new_link_token(account_id, LINK_TTL)
            speech.say("utter_link_other_chat", channel=speech.phrase(f"utter_channel_{channel}"), minutes=minutes)
            speech.link(speech.phrase(f"utter_title_open_{channel}"), deep_link(settings, channel, token))


LINK = register(LinkAccount())


class AskLoginEmail(AssistantAction):
    """Asks for the e-mail address; where users can sign in with an issuer, with a link to that."""

    action_name = "action_ask_link_account_form_login_email"

    async def act(self, context: Context) -> Events:
        """Ask. The link is a new one each time: the one before may have been used, or be too old."""
        link = await context.services.identity.new_sign_in_link(context.turn.conversation_id)
        if link is None:
            context.speech.say("utter_login_email")
            return []
        issuer = context.services.settings.oidc_name
        context.speech.say("utter_login_email_or_sign_in", issuer=issuer)
        context.speech.link(context.speech.phrase("utter_title_sign_in", issuer=issuer), link)
        return []


class ValidateLinkAccount(ValidateTask):
    """Hears the address and the code."""

    task = LINK


class SubmitLinkAccount(SubmitTask):
    """Nothing is left to do once the code was right; the task that needed the link goes on."""

    action_name = "action_link_account"
    task = LINK

    async def submit(self, context: Context) -> Events:
        """Offer a first step where no task is waiting."""
        if not context.turn.slot("task_stack"):
            context.speech.say("utter_what_next")
        return []


class UnlinkAccount(AssistantAction):
    """Ends the chat's link to its account."""

    action_name = "action_unlink_account"

    async def act(self, context: Context) -> Events:
        """Unlink at once: it can be undone by linking again."""
        turn, task = context.turn, running(context.turn)
        done = await context.services.identity.unlink(turn.conversation_id)
        if task is not None and task.needs_link:
            context.speech.say("utter_task_dropped", task=context.speech.phrase(f"utter_task_{task.name}"))
        context.speech.say("utter_unlinked" if done else "utter_not_linked")
        if task is not None and task.needs_link:
            return [SlotSet("last_dossier", None), *drop_all(task)]
        return [SlotSet("last_dossier", None), *stay(turn)]


class WhoAmI(AssistantAction):
    """Says which account the chat is linked to."""

    action_name = "action_who_am_i"

    async def act(self, context: Context) -> Events:
        """Name, profession, address."""
        person = await context.person()
        if person is None:
            context.speech.say("utter_not_linked")
        else:
            about = ", ".join(part for part in (person.name, person.profession, person.email) if part)
            buttons = [titled(context.speech.phrase("utter_title_unlink"), "unlink_account")]
            context.speech.say("utter_who_am_i", about=about, buttons=buttons)
        return back_to_task(context.turn)

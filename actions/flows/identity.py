"""The account that the chat belongs to: link it by a code sent by e-mail or by signing in, show it, unlink it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import ClassVar

from rasa_sdk.events import SlotSet

from actions.framework.action import AssistantAction
from actions.framework.answers import find_email
from actions.framework.context import Context
from actions.framework.dates import format_until
from actions.framework.dialogue_stack import frames_of
from actions.framework.events import Events, wait_for_user
from actions.framework.flow import Flow, FlowAborted, Slots, active_flow, register_flow
from actions.framework.flow_actions import SubmitFlow
from actions.framework.lifecycle import claiming_flow, drop_all_flows, must_prove, return_to_flow, start_flow
from actions.framework.turn import Turn
from actions.framework.utterances import make_button
from bot.accounts.directory_record import FieldError, validate_field
from bot.accounts.registry import Account
from bot.core.typed_text import plain_text
from bot.fhir.errors import FhirUnavailable
from bot.identity.deep_links import LINK_TTL, deep_link, other_channels
from bot.identity.errors import AccountClosed, CodeExpired, Locked, NoCode, OtherAccountLinked, TooManyCodes, WrongCode

_RESEND = re.compile(r"\b(?:renvo|nouveau code|autre code|rien re[çc]u|pas re[çc]u)", re.IGNORECASE)
_CODE = re.compile(r"(?<!\d)(?<!\d[ .\-])(\d(?:[ .,\-_/]{0,3}\d){5})(?![ .,\-_/]?\d)")
"""Six digits of a plain text, grouped in whatever way."""
_CHANNEL = re.compile(r"\b(telegram|teams|web)\b")
NO_ACCOUNT = "0"
"""Value of the entity `linked` after somebody without an account signed in; any other value says that the chat was linked."""


class LinkAccount(Flow):
    """Collect an e-mail address, then the code that was sent to it."""

    name = "link_account"
    required_slots = slots = ("login_email", "login_code")
    needs_link = False
    free_text_slots: ClassVar[frozenset[str]] = frozenset({"login_email", "login_code"})

    def is_answer(self, turn: Turn) -> bool:
        """Return True for six digits and for an e-mail address too, whatever the intent of the message."""
        if turn.entity("linked"):
            return True
        about_code = turn.requested_slot == "login_code" and bool(_CODE.search(plain_text(turn.text)) or _RESEND.search(turn.text))
        return about_code or bool(find_email(turn.text)) or super().is_answer(turn)

    async def start(self, context: Context) -> Slots:
        """Send the code at once if the message has an e-mail address, or the chat must prove that it is still its account's.

        A chat that is already linked is offered the other channels.
        """
        account = await context.proven_account()
        if context.turn.entity("linked"):
            self._utter_link_result(context, account)
            if account is not None and not frames_of(context.turn):
                context.utterances.utter("utter_what_next")
            raise FlowAborted
        if await context.needs_proof() and (silent := await context.account()) is not None:
            context.utterances.utter("utter_proof_needed")
            return await self._send_code(context, silent.email)
        if account is not None:
            context.utterances.utter("utter_already_linked", name=account.name)
            await self._offer_other_channels(context, account.id)
            raise FlowAborted
        email = find_email(context.turn.text)
        return await self._send_code(context, email) if email else {}

    async def collect(self, context: Context) -> Slots:
        """Send a code to an address, or check a code. A chat that was linked in another way needs neither any more."""
        turn = context.turn
        if turn.entity("linked"):
            return await self._collect_link(context)
        email = find_email(turn.text)
        if email is not None:
            return await self._send_code(context, email)
        if (turn.entity("resend") or _RESEND.search(turn.text)) and turn.slot("login_email"):
            sent = await self._send_code(context, turn.slot("login_email"))
            context.utterances.utter("utter_code_sent_again")
            return sent
        if turn.requested_slot == "login_email":
            context.utterances.utter("utter_email_invalid")
            return {}
        return await self._check_code(context)

    async def _send_code(self, context: Context, email: str) -> Slots:
        try:
            address = validate_field("email", email)
            await context.services.identity.start_code(context.turn.conversation_id, address)
        except FieldError:
            context.utterances.utter("utter_email_invalid")
            return {}
        except TooManyCodes as many:
            self._utter_too_many(context, many.until)
            raise FlowAborted from None
        except Locked as locked:
            self._utter_locked(context, locked.until)
            raise FlowAborted from None
        return {"login_email": address, "login_code": None}

    async def _check_code(self, context: Context) -> Slots:
        utterances = context.utterances
        found = _CODE.search(plain_text(context.turn.text))
        if found is None:
            utterances.utter("utter_code_is_six_digits")
            return {}
        try:
            account = await context.services.identity.check_code(context.turn.conversation_id, re.sub(r"\D", "", found[1]))
        except WrongCode as wrong:
            utterances.utter("utter_code_wrong", tries=wrong.tries_left)
            return {}
        except CodeExpired:
            utterances.utter("utter_code_expired")
            return {"login_email": None}
        except AccountClosed:
            utterances.utter("utter_account_closed")
            raise FlowAborted from None
        except OtherAccountLinked:
            context.forget_account()
            linked = await context.account()
            utterances.utter("utter_already_linked", name=linked.name if linked is not None else "")
            raise FlowAborted from None
        except NoCode:
            utterances.utter("utter_code_none")
            return {"login_email": None}
        except Locked as locked:
            self._utter_locked(context, locked.until)
            raise FlowAborted from None
        context.forget_account()
        self._utter_linked(context, account.name)
        return {"login_code": "checked"}

    async def _collect_link(self, context: Context) -> Slots:
        try:
            account = await context.proven_account()
        except FhirUnavailable:
            retry = context.utterances.button("utter_title_retry", self.name, linked=context.turn.entity("linked"))
            context.utterances.utter("utter_platform_down", buttons=[retry])
            return {}
        self._utter_link_result(context, account)
        return {"login_email": "checked", "login_code": "checked"} if account is not None else {}

    def _utter_link_result(self, context: Context, account: Account | None) -> None:
        """Utter the result of a link that was made outside the dialogue, as it is now."""
        if account is not None:
            self._utter_linked(context, account.name)
        elif context.turn.entity("linked") == NO_ACCOUNT:
            context.utterances.utter("utter_sign_in_no_account", issuer=context.services.settings.oidc_name)
        else:
            context.utterances.utter("utter_linked_no_more")

    def _utter_locked(self, context: Context, until: datetime) -> None:
        context.utterances.utter("utter_login_locked", until=format_until(until, context.services.clock.now()))

    def _utter_too_many(self, context: Context, until: datetime) -> None:
        """Say that no further code is sent for now: in the same words whether or not the address has an account."""
        settings = context.services.settings
        context.utterances.utter(
            "utter_too_many_codes",
            until=format_until(until, context.services.clock.now()),
            phone=settings.support_phone,
            email=settings.support_email,
        )

    def _utter_linked(self, context: Context, name: str) -> None:
        """Say that the chat is linked, and how long: in the web chat as long as its session."""
        response = "utter_linked_web" if context.turn.home_channel == "web" else "utter_linked"
        context.utterances.utter(response, name=name, days=context.services.settings.link_days)

    async def _offer_other_channels(self, context: Context, account_id: str) -> None:
        """Give a link for each other channel, or for the one named, that opens a chat there linked to the same account."""
        settings, utterances, turn = context.services.settings, context.utterances, context.turn
        found = _CHANNEL.search(f"{turn.entity('channel') or ''} {turn.text}".lower())
        named, offered = found[1] if found else None, other_channels(settings, turn.home_channel)
        if named is not None and named not in offered and named != turn.home_channel:
            utterances.utter("utter_link_no_such_channel", channel=utterances.text(f"utter_channel_{named}"))
            return
        minutes = LINK_TTL // timedelta(minutes=1)
        for channel in (name for name in offered if named in (None, turn.home_channel, name)):
            token = await context.services.identity.new_link_token(account_id, LINK_TTL)
            utterances.utter("utter_link_other_chat", channel=utterances.text(f"utter_channel_{channel}"), minutes=minutes)
            utterances.utter_link(utterances.text(f"utter_title_open_{channel}"), deep_link(settings, channel, token))


LINK_ACCOUNT = register_flow(LinkAccount())


class AskLoginEmail(AssistantAction):
    """Ask for the e-mail address; if users can sign in with an issuer, give a link to that too."""

    action_name = "action_ask_link_account_form_login_email"

    async def act(self, context: Context) -> Events:
        """Ask. The link is a new one each time: the one before may have been used, or have expired."""
        link = await context.services.identity.new_sign_in_link(context.turn.conversation_id)
        if link is None:
            context.utterances.utter("utter_login_email")
            return []
        issuer = context.services.settings.oidc_name
        context.utterances.utter("utter_login_email_or_sign_in", issuer=issuer)
        context.utterances.utter_link(context.utterances.text("utter_title_sign_in", issuer=issuer), link)
        return []


class SubmitLinkAccount(SubmitFlow):
    """Do nothing more: the right code linked the chat. The flow that needed the link goes on."""

    flow = LINK_ACCOUNT

    async def submit(self, context: Context) -> Events:
        """Ask what to do next if no flow is waiting."""
        if not frames_of(context.turn):
            context.utterances.utter("utter_what_next")
        return []


class UnlinkFlow(Flow):
    """Unlinking as what waits until the chat has proven whose it is; it asks nothing."""

    name = "unlink_account"

    async def collect(self, context: Context) -> Slots:
        """Return nothing: nothing was asked."""
        return {}


UNLINK = register_flow(UnlinkFlow())


class UnlinkAccount(AssistantAction):
    """End the chat's link to its account."""

    action_name = "action_unlink_account"

    async def act(self, context: Context) -> Events:
        """Unlink at once: linking again undoes it. A chat that was silent for long proves first whose it is."""
        turn, utterances, flow = context.turn, context.utterances, active_flow(context.turn)
        if (claimed := claiming_flow(turn)) is not None:
            return await start_flow(claimed, context)
        if await must_prove(UNLINK, context):
            return await start_flow(UNLINK, context)
        done = await context.services.identity.unlink(turn.conversation_id)
        if flow is not None and flow.needs_link:
            utterances.utter("utter_task_dropped", task=utterances.text(f"utter_task_{flow.name}"))
        utterances.utter("utter_unlinked" if done else "utter_not_linked")
        if flow is not None and flow.needs_link:
            return [SlotSet("last_dossier", None), SlotSet("last_partner", None), *drop_all_flows(flow)]
        return [SlotSet("last_dossier", None), SlotSet("last_partner", None), *wait_for_user(turn)]


class WhoAmI(AssistantAction):
    """Say which account the chat is linked to."""

    action_name = "action_who_am_i"

    async def act(self, context: Context) -> Events:
        """Show name, profession and e-mail address, with a button to unlink."""
        account = await context.account()
        if account is None:
            context.utterances.utter("utter_not_linked")
        else:
            about = ", ".join(part for part in (account.name, account.profession, account.email) if part)
            buttons = [make_button(context.utterances.text("utter_title_unlink"), "unlink_account")]
            context.utterances.utter("utter_who_am_i", about=about, buttons=buttons)
        return return_to_flow(context.turn)

"""The term of every table: what of a person it holds, how long, by which setting, and what happens at its end.

`docs/reference.md` has the same table for operators, and a test compares both, and both with the metadata of all tables.
"""

from __future__ import annotations

from dataclasses import dataclass

NOTHING = "–"


@dataclass(frozen=True)
class Term:
    """How long a table keeps what it holds of a person."""

    holds: str
    """What of a person it holds; `NOTHING` where it holds none of it."""
    term: str
    setting: str
    """The variable that sets the term; `NOTHING` where it is fixed."""
    end: str
    """What happens at its end."""


def _no_person(what: str) -> Term:
    return Term(f"nothing: {what}", "as long as the installation", NOTHING, NOTHING)


def _short(holds: str, term: str) -> Term:
    return Term(holds, term, NOTHING, "deleted")


TERMS: dict[str, Term] = {
    "conversations": Term(
        "id of the chat on its channel",
        "365 days after the user last wrote, unless it is linked or a ticket is open",
        "CONVERSATION_DAYS",
        "the id and what else reaches the chat are erased; the row stays, under its random id",
    ),
    "messages": Term("what was said", "90 days", "RETENTION_DAYS", "text, buttons and link are erased; the row stays"),
    "inbox": Term("what was typed", "90 days; encrypted on external channels, until answered", "RETENTION_DAYS", "text is erased"),
    "buttons": Term("what a button means", "90 days", "RETENTION_DAYS", "deleted"),
    "chat_links": Term("which account a chat is", "90 days after linking", "LINK_DAYS", "deleted, as `identity.unlink` in the audit trail"),
    "login_codes": _short("hash of a code, account", "a day after its 10 minutes"),
    "login_guards": _short("hash of an address, or a chat", "a day after the last attempt"),
    "limit_counters": _short("hash of an address, or a chat or account, and how often", "a day after its window closed"),
    "chat_sources": _short("hash of the address on the network that a chat was used from", "a day after it was last seen"),
    "security_figures": _no_person("how often things happened"),
    "chat_sessions": _short("hash of a token, chat", "a day after it ended"),
    "link_tokens": _short("hash of a token, account", "a day after it ended"),
    "sign_ins": _short("hash of a token, chat", "a day after it ended"),
    "continuations": _short("hash of a token, chat", "a day after it ended"),
    "page_links": _short("hash of a token, account, chat", "a day after it ended"),
    "account_requests": Term(
        "directory record: name, numbers, addresses", "365 days after the decision", "ACCOUNT_REQUEST_DAYS", "deleted with its requesters"
    ),
    "account_request_askers": Term("requester's name and address", "as their request", "ACCOUNT_REQUEST_DAYS", "deleted"),
    "account_decisions": Term("an agent's name and words", "as their request", "ACCOUNT_REQUEST_DAYS", "deleted"),
    "account_request_numbers": _no_person("the last number of a year"),
    "events": Term(
        "title, author, recipients", "title: 90 days; the rest: 365 days", "RETENTION_DAYS, NOTICE_DAYS", "title erased; then deleted"
    ),
    "notices": Term("recipient, author's name", "365 days", "NOTICE_DAYS", "deleted"),
    "notice_sends": Term("recipient", "365 days", "NOTICE_DAYS", "deleted"),
    "notice_messages": Term("recipient, chat", "365 days", "NOTICE_DAYS", "deleted"),
    "notification_people": Term(
        "mail address; preferences",
        "address: 365 days after it was last asked for; preferences: until erased by command, for a refusal must be remembered",
        "NOTICE_DAYS",
        "the address is erased",
    ),
    "outbox": Term(
        "address and text until delivered", "30 days; what is in it goes at the delivery; dead letters 30 days", "OUTBOX_DAYS", "deleted"
    ),
    "operations": Term("who is added to a dossier, until done; the result", "90 days", "RETENTION_DAYS", "result erased; the row stays"),
    "support_tickets": Term(
        "dossier, what was understood", "90 days after closing", "RETENTION_DAYS", "erased; what figures are made of stays"
    ),
    "support_moves": _no_person("what happened to a ticket, and the agent who did it"),
    "support_notes": Term("agents' notes", "90 days", "RETENTION_DAYS", "deleted"),
    "support_viewers": _short("an agent's name", "a day"),
    "support_sentences": Term("turn, agent", "90 days", "RETENTION_DAYS", "deleted"),
    "support_threads": Term("thread in the team's group", "90 days after the ticket's closing", "RETENTION_DAYS", "deleted"),
    "support_group_inputs": _short("id of an agent's message", "2 days"),
    "support_canned": _no_person("the team's canned replies"),
    "training_sentences": _no_person("anonymous sentences for training"),
    "support_agents": Term(
        "login, name, password hash", "as long as the agent; transcripts name them", NOTHING, "`bot person erase`, once deactivated"
    ),
    "support_agent_sessions": _short("hash of a cookie, agent", "when it ends"),
    "support_recovery_codes": Term("hash of a code, agent", "until it is used, or the agent is deactivated", NOTHING, "deleted"),
    "support_transcript_links": _short("hash of a token, account", "a day after it ended"),
    "support_agent_links": _short("messaging account of an agent", "until the agent unlinks it or is deactivated"),
    "support_link_codes": _short("hash of a code, agent", "a day after it ended"),
    "audit_events": Term(
        "account ids, references, codes; never a name, address or text",
        "as long as the installation: the proof of who did what, which the database itself refuses to change",
        NOTHING,
        "none: an operator archives it",
    ),
    "audit_copies": _no_person("how far the audit trail was copied"),
    "dossier_probes": _short("account or chat, and how often", "a day"),
    "dated_accesses": _short(
        "account, dossier, days of an access", "when its end was told, or it was removed; 30 days after it could not be"
    ),
    "team_acts": _short("account, dossier, who did what", "when it was told, seconds later; 30 days after it could not be"),
    "known_teams": _no_person("which version of a care team was last seen, and its dossier"),
    "known_members": _short("account, or reference of a member, days of an access", "when the member is seen to have left"),
    "platform_watch": _no_person("how far changes on the platform were looked at"),
    "platform_subscriptions": _no_person("what the platform notifies of"),
    "platform_looks": _no_person("ids of resources to be read"),
    "possible_duplicates": _no_person("pairs of references, and the agent who closed one"),
    "retention": _no_person("how far texts are erased"),
    "heartbeats": _no_person("when the health report last wrote, and hourly tasks were last begun"),
    "access_tokens": _no_person("tokens that the platform gave us, encrypted, replaced as they end"),
}
"""By table. Terms in days are the settings' defaults."""

TRACKER_EVENTS = Term("what was typed, masked; slots", "90 days", "RETENTION_DAYS", "deleted")
"""The term of the one table of `rasa.db`, `trackers`, which `nlu.tracker_store` keeps."""

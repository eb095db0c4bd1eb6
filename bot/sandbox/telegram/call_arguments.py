"""Reads the arguments of a Bot API call: query string, JSON body, URL-encoded or multipart form."""

from __future__ import annotations

import json
from email import message_from_bytes
from email.message import Message
from typing import Any
from urllib.parse import parse_qsl

from fastapi import Request

_JSON = ("reply_markup", "commands", "allowed_updates", "link_preview_options", "reply_parameters")
"""Fields that a form holds as JSON."""


async def call_arguments(request: Request) -> dict[str, Any]:
    """Return the arguments of a call by name."""
    found: dict[str, Any] = dict(request.query_params)
    if "json" in request.headers.get("content-type", ""):
        body: dict[str, Any] = json.loads(await request.body() or b"{}")
        return found | body
    found |= _form_fields(request.headers.get("content-type", ""), await request.body())
    return found | {name: json.loads(found[name]) for name in _JSON if isinstance(found.get(name), str)}


def _form_fields(content_type: str, body: bytes) -> dict[str, str]:
    """Return the fields of a URL-encoded or multipart form; no file is ever sent."""
    if content_type.startswith("multipart/"):
        whole = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
        parts = [part for part in whole.walk() if not part.is_multipart()]
        return {str(part.get_param("name", header="content-disposition")): _decoded(part) for part in parts}
    return dict(parse_qsl(body.decode(), keep_blank_values=True))


def _decoded(part: Message) -> str:
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()

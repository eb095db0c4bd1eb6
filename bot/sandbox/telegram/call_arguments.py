"""Reads the arguments of a Bot API call: query string, JSON body, URL-encoded or multipart form."""

from __future__ import annotations

from email import message_from_bytes
from email.message import Message
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from fastapi import HTTPException, Request

from bot.http.body import parse_json

_JSON = ("reply_markup", "commands", "allowed_updates", "link_preview_options", "reply_parameters")
"""Fields that a form holds as JSON."""


async def call_arguments(request: Request) -> dict[str, Any]:
    """Return the arguments of a call by name. Raise HTTPException 422 where they cannot be read."""
    found: dict[str, Any] = dict(request.query_params)
    body, content_type = await request.body(), request.headers.get("content-type", "")
    try:
        if "json" in content_type:
            return found | dict(parse_json(body or b"{}"))
        found |= _form_fields(content_type, body)
        return found | {name: parse_json(found[name].encode()) for name in _JSON if isinstance(found.get(name), str)}
    except (ValueError, TypeError):
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, "Unprocessable Entity: the arguments cannot be read") from None


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

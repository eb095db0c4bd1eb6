"""HTML forms (`application/x-www-form-urlencoded`), read no further than the form in question can be long."""

from __future__ import annotations

from urllib.parse import parse_qs

from starlette.requests import Request

from bot.http.body import BodyTooLarge, read_body

MAX_FIELDS = 32


async def read_form(request: Request, max_bytes: int, max_fields: int = MAX_FIELDS) -> dict[str, str]:
    """Return the fields of a form, of each name the last value; none where `read_form_lists` gives none."""
    return {name: values[-1] for name, values in (await read_form_lists(request, max_bytes, max_fields)).items()}


async def read_form_lists(request: Request, max_bytes: int, max_fields: int = MAX_FIELDS) -> dict[str, list[str]]:
    """Return the fields of a form, each with its values in order; blank values are kept.

    A body with more bytes or fields than allowed, or that is no form, has no fields. So it carries no CSRF token either, and is
    refused as a form of somebody else.
    """
    try:
        body = await read_body(request, max_bytes)
        return parse_qs(body.decode("ascii", "replace"), keep_blank_values=True, max_num_fields=max_fields)
    except (BodyTooLarge, ValueError):
        return {}

"""Reading what an HTML form sends, no more of it than that form can hold."""

from __future__ import annotations

from urllib.parse import parse_qs

from fastapi import Request


async def read_form(request: Request, largest: int) -> dict[str, str]:
    """The fields of an urlencoded form, the last of each name; none where the body is larger than `largest` bytes, or is no form."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > largest:
            return {}
    try:
        fields = parse_qs(body.decode("ascii", "replace"), keep_blank_values=True, max_num_fields=32)
    except ValueError:
        return {}
    return {name: values[-1] for name, values in fields.items()}

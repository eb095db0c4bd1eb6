"""Security headers of every page and file of ours."""

from collections.abc import Mapping, Sequence

_PERMISSIONS = ("camera", "display-capture", "geolocation", "microphone", "payment", "usb")


def content_security_policy(
    frame_ancestors: Sequence[str] = (), trusted_types: str = "'none'", form_action: Sequence[str] = ("'self'",)
) -> str:
    """Return the Content-Security-Policy of our pages: this origin only, nothing inline, and no string ever becomes a script.

    Args:
        frame_ancestors: origins allowed to show the page in a frame (`https://portail.example`, `'self'`); none by default.
        trusted_types: policies that a script of ours may make; a page that swaps fragments of HTML needs one for them.
        form_action: where a form may lead, redirects included.
    """
    ancestors = " ".join(frame_ancestors) or "'none'"
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "font-src 'self'",
            "img-src 'self'",
            "connect-src 'self'",
            "base-uri 'none'",
            f"form-action {' '.join(form_action)}",
            f"frame-ancestors {ancestors}",
            "require-trusted-types-for 'script'",
            f"trusted-types {trusted_types}",
        )
    )


def security_headers(
    frame_ancestors: Sequence[str] = (), trusted_types: str = "'none'", form_action: Sequence[str] = ("'self'",)
) -> Mapping[str, str]:
    """Return the headers of a page, by name; the arguments are those of `content_security_policy`.

    A page that may be framed carries no `X-Frame-Options`, which cannot name origins.
    """
    headers = {
        "Content-Security-Policy": content_security_policy(frame_ancestors, trusted_types, form_action),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": ", ".join(f"{name}=()" for name in _PERMISSIONS),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if not frame_ancestors:
        headers["X-Frame-Options"] = "DENY"
    return headers

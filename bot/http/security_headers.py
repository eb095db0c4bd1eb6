"""The protective headers that every page and file of ours carries."""

from collections.abc import Mapping, Sequence

_PERMISSIONS = ("camera", "display-capture", "geolocation", "microphone", "payment", "usb")


def content_security_policy(frame_ancestors: Sequence[str] = (), trusted_types: str = "'none'") -> str:
    """The policy of our pages: everything from this origin only, nothing inline, no string ever becomes a script.

    Args:
        frame_ancestors: origins allowed to show the page in a frame (`https://portail.example`, `'self'`); none by default.
        trusted_types: the policies that a script of ours may make; a page that swaps fragments of HTML needs one for them.
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
            "form-action 'self'",
            f"frame-ancestors {ancestors}",
            "require-trusted-types-for 'script'",
            f"trusted-types {trusted_types}",
        )
    )


def protective_headers(frame_ancestors: Sequence[str] = (), trusted_types: str = "'none'") -> Mapping[str, str]:
    """Headers for a page, by name. A page that may be framed carries no `X-Frame-Options`, which cannot name origins."""
    headers = {
        "Content-Security-Policy": content_security_policy(frame_ancestors, trusted_types),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": ", ".join(f"{name}=()" for name in _PERMISSIONS),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if not frame_ancestors:
        headers["X-Frame-Options"] = "DENY"
    return headers

"""Where the service is mounted."""

from __future__ import annotations

from starlette.requests import Request


def root_path(request: Request) -> str:
    """Return the prefix that a proxy mounts the service below, without trailing slash; it goes before the path of every link."""
    return str(request.scope.get("root_path", "")).rstrip("/")

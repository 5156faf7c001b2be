"""Names of plugins and components."""

from __future__ import annotations

import re

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def is_name(text: str) -> bool:
    """Return whether a string is a valid name: lower-case words joined by single hyphens."""
    return _NAME.fullmatch(text) is not None

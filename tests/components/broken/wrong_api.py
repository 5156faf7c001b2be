"""Is written for a plugin API of the future."""

from __future__ import annotations

NEUCO_API = 99

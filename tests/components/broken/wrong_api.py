"""Is written for a future plugin API."""

from __future__ import annotations

NEUCO_API = 99

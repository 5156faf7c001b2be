"""Has a hook that raises an exception."""

from __future__ import annotations

from neucocore.plugin import EncoderSpec, hookimpl

NEUCO_API = 1


@hookimpl
def neuco_encoders() -> list[EncoderSpec]:
    raise KeyError("weights")

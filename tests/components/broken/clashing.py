"""Provides an encoder; installed as two plugins, so that two encoders have the same name."""

from __future__ import annotations

from neucocore.plugin import EncoderSpec, hookimpl

NEUCO_API = 1


@hookimpl
def neuco_encoders() -> list[EncoderSpec]:
    return [EncoderSpec(name="clashing", summary="provided twice", factory="builtins:dict")]

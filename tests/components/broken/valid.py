"""A valid plugin, which the broken ones must not affect."""

from __future__ import annotations

from neucocore.plugin import EncoderSpec, hookimpl

NEUCO_API = 1


@hookimpl
def neuco_encoders() -> list[EncoderSpec]:
    return [EncoderSpec(name="valid-encoder", summary="works", factory="builtins:dict")]

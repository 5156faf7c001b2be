"""Misspells a hook: the final s is missing."""

from __future__ import annotations

from neucocore.plugin import EncoderSpec, hookimpl

NEUCO_API = 1


@hookimpl
def neuco_encoder() -> list[EncoderSpec]:
    return [EncoderSpec(name="misspelt", summary="never seen", factory="builtins:dict")]

"""Has a hook with an argument that has a default, which nothing would ever pass."""

from __future__ import annotations

from neucocore.plugin import EncoderSpec, hookimpl

NEUCO_API = 1


@hookimpl
def neuco_encoders(dimension: int = 8) -> list[EncoderSpec]:
    return [EncoderSpec(name="argumentative", summary="never seen", factory="builtins:dict")]

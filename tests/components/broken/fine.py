"""Nothing is wrong with it: it shows that the others cost it nothing."""

from __future__ import annotations

from neucocore.plugin import EncoderSpec, hookimpl

NEUCO_API = 1


@hookimpl
def neuco_encoders() -> list[EncoderSpec]:
    return [EncoderSpec(name="fine-encoder", summary="works", factory="builtins:dict")]

"""The name of its encoder has an underscore."""

from __future__ import annotations

from neucocore.plugin import EncoderSpec, hookimpl

NEUCO_API = 1


@hookimpl
def neuco_encoders() -> list[EncoderSpec]:
    return [EncoderSpec(name="bad_name", summary="never seen", factory="builtins:dict")]

"""Takes 0.3 s to import."""

from __future__ import annotations

import time

from neucocore.plugin import EncoderSpec, hookimpl

NEUCO_API = 1
time.sleep(0.3)


@hookimpl
def neuco_encoders() -> list[EncoderSpec]:
    return [EncoderSpec(name="sleepy-encoder", summary="sleeps", factory="builtins:dict")]

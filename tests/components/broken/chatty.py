"""Prints when it is imported; this must not be mixed with the data on stdout."""

from __future__ import annotations

from neucocore.plugin import EncoderSpec, hookimpl

NEUCO_API = 1
print("hello from chatty")


@hookimpl
def neuco_encoders() -> list[EncoderSpec]:
    print("hello from its hook")
    return [EncoderSpec(name="chatty-encoder", summary="talks", factory="builtins:dict")]

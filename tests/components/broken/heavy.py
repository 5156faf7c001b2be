"""Imports torch at the top of its module (an empty module of that name is installed with it)."""

from __future__ import annotations

import torch  # noqa: F401

from neucocore.plugin import EncoderSpec, hookimpl

NEUCO_API = 1


@hookimpl
def neuco_encoders() -> list[EncoderSpec]:
    return [EncoderSpec(name="heavy-encoder", summary="heavy", factory="builtins:dict")]

"""Loads, but the code behind its factory imports a package that is not installed."""

from __future__ import annotations

from neucocore.plugin import EncoderSpec, hookimpl

NEUCO_API = 1


@hookimpl
def neuco_encoders() -> list[EncoderSpec]:
    return [
        EncoderSpec(
            name="needy",
            summary="needs a missing package",
            factory="a_package_that_is_not_there.encoder:Encoder",
        )
    ]

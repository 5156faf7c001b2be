"""An encoder that combines other encoders."""

from __future__ import annotations

from neucocore.plugin import EncoderSpec, Param, hookimpl

NEUCO_API = 1


@hookimpl
def neuco_encoders() -> list[EncoderSpec]:
    """Return the encoder that combines other encoders."""
    return [
        EncoderSpec(
            name="fusion",
            summary="the embeddings of several encoders, scaled, concatenated and reduced by PCA",
            factory="neuco_plugin_fusion.encoder:Fusion",
            params=(
                Param("encoders", "list", ("core/mean",), "names of installed encoders"),
                Param(
                    "weights",
                    "list",
                    (),
                    "one positive number per encoder; empty for equal weights",
                ),
                Param(
                    "scaling",
                    "str",
                    "block",
                    "equal variance per part (block), also of its columns (column), or unchanged",
                    choices=("block", "column", "none"),
                ),
            ),
            fit="transductive",
            reducer="pca",
            dimension=1024,
            uses="encoders",
            license="Apache-2.0",
        )
    ]

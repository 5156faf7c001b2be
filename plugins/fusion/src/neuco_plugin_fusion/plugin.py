"""What the plugin offers."""

from __future__ import annotations

from neucocore.plugin import EncoderSpec, Param, hookimpl

NEUCO_API = 1


@hookimpl
def neuco_encoders() -> list[EncoderSpec]:
    """Return the encoder made of other encoders."""
    return [
        EncoderSpec(
            name="fusion",
            summary="the outputs of several encoders, scaled, side by side, reduced by PCA",
            factory="neuco_plugin_fusion.encoder:Fusion",
            params=(
                Param("encoders", "list", ("mean",), "names of installed encoders"),
                Param("weights", "list", (), "one positive number each; none for equal weights"),
                Param(
                    "scaling",
                    "str",
                    "block",
                    "equal variance a part (block), also within it (column), or as they are",
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

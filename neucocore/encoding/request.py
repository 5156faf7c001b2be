"""What an encode run is asked to do, and the keys that follow from it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from neucocore.components.discovery import Component
from neucocore.components.lookup import find
from neucocore.components.specs import EncoderSpec
from neucocore.provenance.code import code_identity
from neucocore.provenance.keys import key_of

FORMAT = 1


@dataclass(frozen=True, slots=True)
class EncodeRequest:
    """Everything that decides the bytes of an embeddings file, and where it goes.

    Attributes
    ----------
    ids
        The cubes to encode, sorted.
    fit_ids
        The cubes an encoder with ``fit="train"`` is prepared on; empty otherwise.
    dimension
        The most columns wanted, None for the encoder's own.
    decided_by
        What decides the encoder's vectors in place of its parameters, where it says so itself
        (`neucocore.interfaces.Encoder`).
    """

    dataset: Component
    data: Path
    dataset_params: Mapping[str, Any]
    encoder: Component
    encoder_params: Mapping[str, Any]
    reducer: Component | None
    ids: tuple[str, ...]
    out: Path
    fit_ids: tuple[str, ...] = ()
    dimension: int | None = None
    missing_chunks: str = "error"
    skip_bad: bool = False
    plugin_paths: tuple[str, ...] = field(default=())
    decided_by: Mapping[str, Any] | None = None

    def cache_key_fields(self) -> dict[str, Any]:
        """Return what decides one feature vector, beside its own cube."""
        params = self.encoder_params if self.decided_by is None else self.decided_by
        cache_key_fields = {
            "format": FORMAT,
            "encoder": code_identity(self.encoder),
            "params": dict(sorted(params.items())),
            "dataset": code_identity(self.dataset),
            "dataset_params": dict(sorted(self.dataset_params.items())),
            "missing_chunks": self.missing_chunks,
        }
        if used := self._used():
            cache_key_fields["uses"] = used
        return cache_key_fields

    def _used(self) -> list[dict[str, Any]]:
        """Return the producers of the encoders this one is made of."""
        spec = cast(EncoderSpec, self.encoder.spec)
        if spec.uses is None:
            return []
        defaults = {param.name: param.default for param in spec.params}
        names = self.encoder_params.get(spec.uses, defaults[spec.uses])
        return [code_identity(find("encoder", name)) for name in names]

    def features_key(self, prepared_on: Sequence[str]) -> str:
        """Return the key of the spool of feature vectors.

        ``prepared_on`` holds the digests of the cubes the encoder was prepared on: what makes
        the features of one cube depend on other cubes.
        """
        return key_of({**self.cache_key_fields(), "prepared_on": digest_of(prepared_on)})

    def file_key(self, cube_digests: Sequence[str], prepared_on: Sequence[str]) -> str:
        """Return the key of the whole embeddings file."""
        return key_of(
            {
                "features": self.features_key(prepared_on),
                "reducer": None if self.reducer is None else code_identity(self.reducer),
                "dimension": self.dimension,
                "ids": digest_of(self.ids),
                "cubes": digest_of(cube_digests),
                "skip_bad": self.skip_bad,
            }
        )


def digest_of(texts: Sequence[str]) -> str:
    """Return one sha256 of many texts, in order."""
    digest = hashlib.sha256()
    for text in texts:
        digest.update(text.encode())
        digest.update(b"\n")
    return digest.hexdigest()

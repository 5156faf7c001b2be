"""What an encode run is asked to do, and the keys that follow from it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from neucocore.components.dependence import reducer_fit, strongest_fit
from neucocore.components.discovery import Component
from neucocore.components.lookup import find
from neucocore.components.specs import EncoderSpec, Fit
from neucocore.data.cubes.digest import cube_digest, values_digest
from neucocore.encoding.work_folder import Shard
from neucocore.interfaces import Dataset
from neucocore.provenance.code import code_identity
from neucocore.provenance.keys import key_of

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Execution:
    """How a request is executed; nothing here changes the embeddings file.

    Attributes
    ----------
    jobs
        Worker processes; 1 encodes in the calling process.
    batch_size
        Cubes per unit of work.
    scheduler
        Address of a dask scheduler whose workers encode instead.
    shard
        ``(i, n)``, i from 1: encode only the i-th of n parts and write no embeddings file.
    merge
        Encode nothing; write the embeddings file from finished shards.
    force
        Encode again even if the embeddings file is up to date.
    """

    jobs: int = 1
    batch_size: int = 4
    scheduler: str | None = None
    shard: Shard | None = None
    merge: bool = False
    force: bool = False


@dataclass(frozen=True, slots=True)
class EncodeRequest:
    """Everything that determines an embeddings file, where it goes, and how to execute the run.

    Attributes
    ----------
    ids
        The cubes to encode, sorted.
    output
        The embeddings file; its suffix determines the format.
    fit_ids
        The cubes that an encoder with ``fit="train"`` is fitted on, sorted; empty otherwise.
    dimension
        Maximum number of dimensions; None for what the encoder returns.
    encoder_key_fields
        What determines the encoder's vectors in place of its parameters, if the encoder has
        ``cache_key_fields`` (`neucocore.interfaces.Encoder`).
    reducer_params
        Parameters of the reducer that differ from its defaults.
    """

    dataset: Component
    data: Path
    dataset_params: Mapping[str, Any]
    encoder: Component
    encoder_params: Mapping[str, Any]
    reducer: Component | None
    ids: tuple[str, ...]
    output: Path
    fit_ids: tuple[str, ...] = ()
    dimension: int | None = None
    missing_chunks: str = "error"
    skip_bad: bool = False
    execution: Execution = field(default_factory=Execution)
    encoder_key_fields: Mapping[str, Any] | None = None
    reducer_params: Mapping[str, Any] = field(default_factory=dict)

    def cache_key_fields(self) -> dict[str, Any]:
        """Return what determines a feature vector, apart from its own cube."""
        fields = self.encoder_key_fields
        params = self.encoder_params if fields is None else fields
        cache_key_fields = {
            "format": FORMAT,
            "encoder": code_identity(self.encoder),
            "params": dict(sorted(params.items())),
            "dataset": code_identity(self.dataset),
            "dataset_params": dict(sorted(self.dataset_params.items())),
            "missing_chunks": self.missing_chunks,
        }
        if used := self._encoders_used():
            cache_key_fields["uses"] = [code_identity(encoder) for encoder in used]
        return cache_key_fields

    @property
    def unregistered(self) -> bool:
        """Whether code that is not installed makes the vectors: a file, or an object in memory."""
        components = [self.encoder, self.dataset, *self._encoders_used()]
        components += [] if self.reducer is None else [self.reducer]
        return not all(component.registered for component in components)

    def _encoders_used(self) -> list[Component]:
        """Return the encoders that this encoder combines."""
        spec = cast(EncoderSpec, self.encoder.spec)
        if spec.uses is None:
            return []
        defaults = {param.name: param.default for param in spec.params}
        names = self.encoder_params.get(spec.uses, defaults[spec.uses])
        return [find("encoder", name) for name in names]

    def features_key(self, fitted_on: Sequence[str]) -> str:
        """Return the key of the feature vectors.

        Parameters
        ----------
        fitted_on
            ``"ID DIGEST"`` of each cube that the encoder is fitted on: these make the vector of
            one cube depend on other cubes.
        """
        return key_of({**self.cache_key_fields(), "prepared_on": digest_of(fitted_on)})

    def file_key(self, digests: Sequence[str], fitted_on: Sequence[str], fit: Fit) -> str:
        """Return the key of the embeddings file.

        Parameters
        ----------
        digests
            Digest of each cube of `ids`.
        fitted_on
            As in `features_key`.
        fit
            What a row of the file depends on, as it is recorded.
        """
        declared = strongest_fit(
            cast(EncoderSpec, self.encoder.spec).fit, reducer_fit(self.reducer)
        )
        return key_of(
            {
                "features": self.features_key(fitted_on),
                "reducer": None if self.reducer is None else code_identity(self.reducer),
                **(
                    {"reducer_params": dict(sorted(self.reducer_params.items()))}
                    if self.reducer_params
                    else {}
                ),
                "dimension": self.dimension,
                "ids": digest_of(self.ids),
                "cubes": digest_of(digests),
                "skip_bad": self.skip_bad,
                # Files that record the declared fit have no such field.
                **({} if fit == declared else {"fit": fit}),
            }
        )


def digest_of(texts: Sequence[str]) -> str:
    """Return one sha256 (64 hex digits) of several texts, in order."""
    digest = hashlib.sha256()
    for text in texts:
        digest.update(text.encode())
        digest.update(b"\n")
    return digest.hexdigest()


def cube_digests(dataset: Dataset, ids: Sequence[str]) -> list[str]:
    """Return the digest of each cube: of its files, or of its values if it has no files.

    A cube whose content cannot be read has an empty digest; encoding it reports why.
    """
    return [_cube_digest(dataset, cube_id) for cube_id in ids]


def _cube_digest(dataset: Dataset, cube_id: str) -> str:
    files = getattr(dataset, "files", None)
    try:
        named = None if files is None else files(cube_id)
        if isinstance(named, Mapping) and named:
            return cube_digest(named.values())
    except Exception:  # noqa: BLE001, S110  a file does not exist: its values tell
        pass
    try:
        (cube,) = dataset.read([cube_id])
        return values_digest(cube)
    except Exception:  # noqa: BLE001  encoding the cube reports it
        return ""

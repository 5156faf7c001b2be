"""Encoding on the workers of a cluster: with the files and the code that the client has.

A worker runs on another machine, in another folder, and may have other files at the same path, or
other versions of a plugin. Everything that is sent has absolute paths, and the worker compares what
it finds with what the client has found. Differences are errors that name the host and the path.
"""

from __future__ import annotations

import functools
import os
import pickle
import platform
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from neucocore.components.discovery import (
    PATH_VARIABLE,
    add_plugin_paths,
    installation,
)
from neucocore.components.factory import create, plugin_errors
from neucocore.components.parameters import parameter_paths
from neucocore.encoding.request import cube_digests
from neucocore.encoding.worker import Batch, Worker, WorkerSetup, local_worker
from neucocore.errors import ComponentLoadError, NeucoError, RunError
from neucocore.provenance.code import code_identity
from neucocore.provenance.machine import file_digest

SAME_PLUGINS = "install the plugins of the client on every worker: neuco plugins freeze prints them"


@dataclass(frozen=True, slots=True, eq=False)
class RemoteSetup:
    """What a worker of a cluster needs; it can be sent to a worker that lacks a plugin.

    Attributes
    ----------
    setup
        The pickled `WorkerSetup`, with absolute paths.
    identity
        Code and parameters of data set and encoder, as the client has them.
    plugin_files
        Files that the client has loaded with ``--plugin-path``.
    """

    setup: bytes
    identity: Mapping[str, Any]
    plugin_files: tuple[str, ...]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RemoteSetup) and (self.setup, self.identity) == (
            other.setup,
            other.identity,
        )

    def __hash__(self) -> int:
        return hash(self.setup)


def remote_setup(setup: WorkerSetup) -> RemoteSetup:
    """Return what to send to the workers of a cluster."""
    absolute = replace(
        setup,
        data=setup.data.absolute(),
        dataset_params=parameter_paths(setup.dataset_params, setup.dataset.spec.params),
        encoder_params=parameter_paths(setup.encoder_params, setup.encoder.spec.params),
        state_file=None if setup.state_file is None else setup.state_file.absolute(),
    )
    files = [part for part in os.environ.get(PATH_VARIABLE, "").split(os.pathsep) if part.strip()]
    return RemoteSetup(
        setup=pickle.dumps(absolute),
        identity=_identity(absolute, create(absolute.encoder, **absolute.encoder_params)),
        plugin_files=tuple(str(Path(file.strip()).absolute()) for file in files),
    )


def encode(remote: RemoteSetup, ids: Sequence[str], digests: Sequence[str]) -> Batch:
    """Encode on a worker of a cluster, which is set up by its first call.

    Parameters
    ----------
    digests
        The digest of each cube's files on the client; empty if the client cannot read them.

    Raises
    ------
    RunError
        This machine has no file at one of the paths, other files or other code.
    """
    with _naming_this_host():
        local = _worker(remote)
        _check_cubes(local.setup, ids, digests, cube_digests(local.dataset, ids))
    return local.encode(ids)


@functools.lru_cache(maxsize=1)
def _worker(remote: RemoteSetup) -> Worker:
    """Return the worker of this process, after its first call has checked everything."""
    setup = _received(remote)
    _check_paths(setup)
    local = local_worker(setup)
    _check_code(remote, setup, local.encoder)
    return local


def host() -> str:
    """Return the name of this machine."""
    return platform.node() or "an unnamed host"


@contextmanager
def _naming_this_host() -> Iterator[None]:
    """Name this machine in errors of the set-up."""
    try:
        yield
    except RunError:
        raise
    except NeucoError as error:
        raise RunError(
            f"the dask worker on {host()}: {error.message}",
            problems=error.problems,
            hint=error.hint,
        ) from error
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        raise RunError(
            f"the dask worker on {host()}: {error.strerror or error}{where}",
            hint="workers need the files of the client at the same paths",
        ) from error


def _received(remote: RemoteSetup) -> WorkerSetup:
    missing = [file for file in remote.plugin_files if not Path(file).is_file()]
    if missing:
        raise _missing("plugin file", Path(missing[0]))
    known = os.environ.get(PATH_VARIABLE, "").split(os.pathsep)
    if not set(remote.plugin_files) <= set(known):
        add_plugin_paths([Path(file) for file in remote.plugin_files])
    if remote.plugin_files:
        installation()  # makes the modules of single-file plugins importable
    try:
        setup: WorkerSetup = pickle.loads(remote.setup)  # noqa: S301  sent by the client
    except (ImportError, AttributeError) as error:
        raise ComponentLoadError(f"{type(error).__name__}: {error}", hint=SAME_PLUGINS) from error
    return setup


def _check_paths(setup: WorkerSetup) -> None:
    if not setup.data.exists():
        raise _missing("data folder", setup.data)
    if setup.state_file is not None and not setup.state_file.exists():
        raise _missing("file with the state of the fitted encoder", setup.state_file)


def _missing(what: str, path: Path) -> RunError:
    return RunError(
        f"the dask worker on {host()} has no {what} {path}",
        hint="make the folder available at the same path on every machine that runs workers",
    )


def _check_code(remote: RemoteSetup, setup: WorkerSetup, encoder: Any) -> None:
    identity = _identity(setup, encoder)
    differing = sorted(name for name in identity if identity[name] != remote.identity.get(name))
    if differing:
        raise RunError(
            f"the dask worker on {host()} has another {' and another '.join(differing)} than the "
            "client",
            problems=[
                f"{name}: {_short(identity[name])} instead of {_short(remote.identity.get(name))}"
                for name in differing
            ],
            hint=SAME_PLUGINS,
        )


def _identity(setup: WorkerSetup, encoder: Any) -> dict[str, Any]:
    """Return what must be equal on client and worker."""
    identity: dict[str, Any] = {
        "code of the data set": code_identity(setup.dataset),
        "code of the encoder": code_identity(setup.encoder),
    }
    if setup.state_file is not None:
        identity["state of the fitted encoder"] = file_digest(setup.state_file)
    if hasattr(encoder, "cache_key_fields"):
        with plugin_errors(setup.encoder):
            identity["content of the encoder's files"] = encoder.cache_key_fields()
    return identity


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 200 else f"{text[:200]}..."


def _check_cubes(
    setup: WorkerSetup, ids: Sequence[str], expected: Sequence[str], found: Sequence[str]
) -> None:
    # The client cannot read a cube either if it has no digest; encoding it reports why.
    pairs = zip(ids, expected, found, strict=True)
    differing = [cube for cube, client, here in pairs if client and client != here]
    if differing:
        raise RunError(
            f"the dask worker on {host()} reads other files in {setup.data} than the client: "
            f"{len(differing)} of {len(ids)} cubes of a batch are missing or differ: "
            f"{', '.join(differing[:3])}",
            hint="make the same folder available at this path on every machine that runs workers",
        )

"""The device that torch computes on, and reproducible computations."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch

CPU, GPU, AUTO = "cpu", "cuda", "auto"


def device_of(name: str) -> torch.device:
    """Return the device of a ``device`` parameter.

    Parameters
    ----------
    name
        ``auto`` and ``cuda`` use a GPU if there is one; ``cuda`` warns if there is none.
    """
    if name != CPU and torch.cuda.is_available():
        return torch.device(GPU)
    if name == GPU:
        warnings.warn(
            "device=cuda: torch finds no GPU, the CPU is used", RuntimeWarning, stacklevel=2
        )
    return torch.device(CPU)


def name_of(device: torch.device) -> str:
    """Return ``cpu``, or the name of the GPU."""
    return CPU if device.type == CPU else torch.cuda.get_device_name(device)


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute with one thread, because the last digits depend on the number of threads.

    Use the option ``--jobs`` for parallel work.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def reproducible(seed: int) -> Iterator[None]:
    """Seed the random generators with ``seed``, use one thread, and restore the state afterwards.

    On a CPU the same seed gives the same bytes. On a GPU the order of sums varies, so results are
    only approximately the same.
    """
    devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else []
    with torch.random.fork_rng(devices=list(devices)), one_thread():
        torch.manual_seed(seed)
        yield

"""What torch computes on, and how its numbers are made to repeat."""

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
        ``auto`` takes a GPU if there is one; ``cuda`` does too, and says so on falling back.
    """
    if name != CPU and torch.cuda.is_available():
        return torch.device(GPU)
    if name == GPU:
        warnings.warn(
            "device=cuda: torch sees no GPU here, so the CPU computes", RuntimeWarning, stacklevel=2
        )
    return torch.device(CPU)


def name_of(device: torch.device) -> str:
    """Return ``cpu``, or the GPU's name."""
    return CPU if device.type == CPU else torch.cuda.get_device_name(device)


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute on one thread: how many there are would show in the last digits.

    A run's parallelism is its jobs.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def reproducible(seed: int) -> Iterator[None]:
    """Draw from generators seeded with ``seed``, on one thread; torch's own state stays as it was.

    On a CPU the same seed gives the same bytes. On a GPU sums are added in any order, so only
    nearly the same.
    """
    devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else []
    with torch.random.fork_rng(devices=list(devices)), one_thread():
        torch.manual_seed(seed)
        yield

"""What a run records about its origin: software, machine, time and memory.

Nothing here identifies a person, a host or a path, because runs are published.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from neucocore.provenance.code import identity_of

LIBRARIES = ("numpy", "numba", "scipy", "scikit-learn", "pandas", "pyarrow", "zarr")
BLOCK_BYTES = 1 << 20


def software(distributions: Iterable[str] = ()) -> dict[str, Any]:
    """Return the versions of Python, the core, its libraries and the named plugins.

    Parameters
    ----------
    distributions
        Distributions of the plugins that were used.
    """
    return {
        "python": platform.python_version(),
        "distributions": [identity_of(name) for name in sorted({"neucocore", *distributions})],
        "libraries": {name: version for name in LIBRARIES if (version := _version(name))},
    }


def machine() -> dict[str, Any]:
    """Return processor, cores this process may use, memory in bytes, and system."""
    return {
        "processor": _processor(),
        "cores": _cores(),
        "memory_bytes": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
        "system": f"{platform.system()} {platform.machine()}",
    }


@dataclass(frozen=True)
class Meter:
    """Time and processor time since the meter was created."""

    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    _wall: float = field(default_factory=time.perf_counter)
    _processor: float = field(default_factory=time.process_time)

    def read(self) -> dict[str, Any]:
        """Return start (UTC), seconds, processor seconds, and the peak memory in bytes."""
        return {
            "started": self.started.isoformat(timespec="microseconds"),
            "seconds": round(time.perf_counter() - self._wall, 3),
            "cpu_seconds": round(time.process_time() - self._processor, 3),
            "peak_memory_bytes": peak_memory(),
        }


def peak_memory() -> int:
    """Return the largest resident size of this process so far, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def file_digest(path: Path) -> str:
    """Return the sha256 (64 hex digits) of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _version(distribution: str) -> str:
    with suppress(importlib.metadata.PackageNotFoundError):
        return importlib.metadata.version(distribution)
    return ""


def _cores() -> int:
    allowed = getattr(os, "sched_getaffinity", None)  # not on macOS
    return len(allowed(0)) if allowed else os.cpu_count() or 1


@cache
def _processor() -> str:
    with suppress(OSError):
        if sys.platform == "darwin":
            name = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
            return subprocess.run(name, capture_output=True, text=True).stdout.strip()  # noqa: S603
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()

"""Energy in joules, where the machine itself tells it; never a guess.

The counters are the processor's own (RAPL, under ``/sys/class/powercap`` on Linux) and, where a
component names one, its accelerator's. They count everything the machine does meanwhile, also for
other programs. Many systems let only root read RAPL; then nothing is told.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

POWERCAP = Path("/sys/class/powercap")
MICROJOULES = 1e6
Counter = Callable[[], float | None]
"""Joules since some fixed moment, or None when the device does not tell."""

# Packages, and the memory beside them. A package's parts (core, uncore) are in it already, psys is
# the whole platform with the packages in it, and intel-rapl-mmio shows the same packages again.
_ZONE = re.compile(r"intel-rapl:\d+(:\d+)?")
_PARTS = (("package", "processor"), ("dram", "memory"))


class EnergyMeter:
    """Energy used since the meter was made.

    Parameters
    ----------
    accelerator
        Reads the energy counter of a GPU, say; None if there is none.
    root
        Folder of the kernel's powercap zones.
    """

    def __init__(self, accelerator: Counter | None = None, root: Path = POWERCAP) -> None:
        self._zones = _zones(root)
        self._accelerator = accelerator
        self._first = None if accelerator is None else accelerator()

    def sample(self) -> None:
        """Look at the counters.

        RAPL's wrap around, some after less than an hour of full load: call this more often.
        """
        for zone in self._zones:
            zone.sample()

    def read(self) -> dict[str, float]:
        """Return ``energy_joules`` and its parts; empty when the machine tells nothing.

        The parts are ``energy_joules_processor``, ``..._memory`` and ``..._accelerator``.
        """
        self.sample()
        parts: dict[str, float] = {}
        for zone in self._zones:
            parts[zone.part] = parts.get(zone.part, 0.0) + zone.used / MICROJOULES
        now = None if self._accelerator is None else self._accelerator()
        if now is not None and self._first is not None:
            parts["accelerator"] = now - self._first
        if not parts:
            return {}
        named = {f"energy_joules_{part}": joules for part, joules in sorted(parts.items())}
        return {"energy_joules": sum(parts.values()), **named}


@dataclass
class _Zone:
    """One counter of the kernel, in microjoules, which starts again at 0 after ``wrap``."""

    part: str
    file: Path
    wrap: int
    last: int
    used: int = 0

    def sample(self) -> None:
        now = _number(self.file)
        if now is not None:
            self.used += now - self.last if now >= self.last else now - self.last + self.wrap
            self.last = now


def _zones(root: Path) -> list[_Zone]:
    zones = []
    for folder in sorted(root.glob("intel-rapl:*")):
        part = _part(folder)
        now, wrap = _number(folder / "energy_uj"), _number(folder / "max_energy_range_uj")
        if part and now is not None and wrap is not None:
            zones.append(_Zone(part, folder / "energy_uj", wrap, now))
    return zones


def _part(folder: Path) -> str:
    """Return which part of the machine a zone measures; empty for those not to be added up."""
    if not _ZONE.fullmatch(folder.name):
        return ""
    try:
        name = (folder / "name").read_text(encoding="ascii")
    except (OSError, ValueError):
        return ""
    return next((part for start, part in _PARTS if name.startswith(start)), "")


def _number(file: Path) -> int | None:
    try:
        return int(file.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None

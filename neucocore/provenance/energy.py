"""Energy in joules as the machine measures it; nothing is estimated.

The counters are those of the processor (RAPL, under ``/sys/class/powercap`` on Linux) and, if a
component provides one, of its accelerator. They include everything that the machine does at the
time, also for other programs. On many systems only root can read RAPL; no energy is reported then.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

POWERCAP = Path("/sys/class/powercap")
MICROJOULES = 1e6
Counter = Callable[[], float | None]
"""Joules since a fixed moment, or None if the device does not report them."""

# Packages and their memory. The parts of a package (core, uncore) are included in it, psys is the
# complete platform including the packages, and intel-rapl-mmio repeats the packages.
_ZONE = re.compile(r"intel-rapl:\d+(:\d+)?")
_PARTS = (("package", "processor"), ("dram", "memory"))


class EnergyMeter:
    """Energy used since the meter was created.

    Parameters
    ----------
    accelerator
        Reads the energy counter of an accelerator, such as a GPU; None without one.
    root
        Folder of the kernel's powercap zones.
    """

    def __init__(self, accelerator: Counter | None = None, root: Path = POWERCAP) -> None:
        self._zones = _zones(root)
        self._accelerator = accelerator
        self._first = None if accelerator is None else accelerator()

    def sample(self) -> None:
        """Read the counters.

        RAPL counters overflow and start at 0 again, some after less than an hour of full load;
        call this more often.
        """
        for zone in self._zones:
            zone.sample()

    def read(self) -> dict[str, float]:
        """Return ``energy_joules`` and its parts; empty if the machine reports nothing.

        The parts are ``energy_joules_processor``, ``..._memory`` and ``..._accelerator``.
        """
        self.sample()
        parts: dict[str, float] = {}
        for zone in self._zones:
            parts[zone.part] = parts.get(zone.part, 0.0) + zone.used / MICROJOULES
        last = None if self._accelerator is None else self._accelerator()
        if last is not None and self._first is not None:
            parts["accelerator"] = last - self._first
        if not parts:
            return {}
        named = {f"energy_joules_{part}": joules for part, joules in sorted(parts.items())}
        return {"energy_joules": sum(parts.values()), **named}


@dataclass
class _Zone:
    """One counter of the kernel, in microjoules, which starts at 0 again after ``wrap``."""

    part: str
    file: Path
    wrap: int
    last: int
    used: int = 0

    def sample(self) -> None:
        current = _number(self.file)
        if current is not None:
            overflow = 0 if current >= self.last else self.wrap
            self.used += current - self.last + overflow
            self.last = current


def _zones(root: Path) -> list[_Zone]:
    zones = []
    for folder in sorted(root.glob("intel-rapl:*")):
        part = _part(folder)
        current, wrap = _number(folder / "energy_uj"), _number(folder / "max_energy_range_uj")
        if part and current is not None and wrap is not None:
            zones.append(_Zone(part, folder / "energy_uj", wrap, current))
    return zones


def _part(folder: Path) -> str:
    """Return the part of the machine that a zone measures; empty if another zone includes it."""
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

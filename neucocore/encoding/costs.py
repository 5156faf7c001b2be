"""What encoding cost: seconds, bytes and, if the machine reports it, energy."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from neucocore.encoding.journal import total_costs
from neucocore.encoding.workload import Workload
from neucocore.provenance.energy import EnergyMeter


@dataclass(frozen=True, slots=True)
class RunMeter:
    """Wall time and energy since a run started.

    Attributes
    ----------
    started
        Reading of `time.perf_counter` at the start, in seconds.
    energy
        Energy of this machine.
    """

    started: float
    energy: EnergyMeter


def costs_of(work: Workload, meter: RunMeter, *, encoded: int, resumed: int) -> dict[str, Any]:
    """Return the costs of all runs and shards together; the wall time is that of this run.

    Parameters
    ----------
    encoded, resumed
        Cubes encoded by this run and by earlier ones.
    """
    return {
        **total_costs(work.folder.path),
        "jobs": work.request.execution.jobs,
        "wall_seconds": time.perf_counter() - meter.started,
        **_device_costs(work, meter, encoded, resumed),
    }


def _device_costs(work: Workload, meter: RunMeter, encoded: int, resumed: int) -> dict[str, Any]:
    """Return the device that encoded on this machine, and the energy if it is known.

    The workers of a cluster run on other machines, whose counters cannot be read from here. The
    energy of a run that encoded only some of the cubes is left out: it would be read as that of
    the complete file.
    """
    if work.request.execution.scheduler is not None or not encoded:
        return {}
    encoder: Any = work.worker.encoder
    device = encoder.device_name() if hasattr(encoder, "device_name") else "cpu"
    return {"device": device, **({} if resumed else meter.energy.read())}

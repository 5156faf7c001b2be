"""What encoding cost: seconds, bytes and, if the machine reports it, energy."""

from __future__ import annotations

import math
import numbers
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

from neucocore.components.discovery import Component
from neucocore.components.factory import plugin_errors
from neucocore.encoding.journal import total_costs
from neucocore.encoding.worker import Worker
from neucocore.encoding.workload import Workload
from neucocore.errors import ComponentOutputError
from neucocore.provenance.energy import Counter, EnergyMeter


@dataclass(frozen=True, slots=True)
class RunMeter:
    """Wall time and energy since a run started.

    Attributes
    ----------
    started
        Reading of `time.perf_counter` at the start, in seconds.
    energy
        Energy of this machine.
    device
        What the encoder computes on.
    """

    started: float
    energy: EnergyMeter
    device: str


def start_meter(worker: Worker, started: float) -> RunMeter:
    """Return what measures a run that started at a reading of `time.perf_counter`.

    Raises
    ------
    ComponentOutputError
        The encoder's ``device_name`` or ``energy_joules`` raises or returns something else. This
        is reported before any cube is encoded.
    """
    component, encoder = worker.setup.encoder, cast(Any, worker.encoder)
    device = "cpu"
    if hasattr(encoder, "device_name"):
        with plugin_errors(component):
            device = encoder.device_name()
        if not isinstance(device, str):
            raise _error(component, "device_name", device, "a text")
    return RunMeter(started, EnergyMeter(_energy_counter(encoder, component)), device)


def _energy_counter(encoder: Any, component: Component) -> Counter | None:
    if not hasattr(encoder, "energy_joules"):
        return None

    def joules() -> float | None:
        with plugin_errors(component):
            value = encoder.energy_joules()
        if value is None:
            return None
        is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
        if not is_number or not math.isfinite(value):
            raise _error(component, "energy_joules", value, "joules as a number, or None")
        return float(value)

    return joules


def _error(component: Component, method: str, value: object, expected: str) -> ComponentOutputError:
    return ComponentOutputError(
        f"{method} of the encoder {component.full_name} returned {value!r}; expected {expected}",
        hint=f"neuco plugins check {component.plugin}",
    )


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
    the complete file. So is an energy whose counter fails at the end: the vectors do not depend
    on it.
    """
    if work.request.execution.scheduler is not None or not encoded:
        return {}
    energy: dict[str, float] = {}
    if not resumed:
        with suppress(ComponentOutputError):
            energy = meter.energy.read()
    return {"device": meter.device, **energy}

"""The energy counter of an NVIDIA GPU."""

from __future__ import annotations

from contextlib import suppress

import torch

MILLIJOULES = 1e3


def gpu_joules(device: torch.device) -> float | None:
    """Return the energy in joules since the driver was loaded; None if it is not available.

    Requires the extra ``energy`` (NVML); GPUs before Volta have no such counter.
    """
    if device.type != "cuda":
        return None
    with suppress(Exception):  # no library, driver, counter or permission
        import pynvml

        pynvml.nvmlInit()
        uuid = str(torch.cuda.get_device_properties(device).uuid)
        handle = pynvml.nvmlDeviceGetHandleByUUID(f"GPU-{uuid}")
        return float(pynvml.nvmlDeviceGetTotalEnergyConsumption(handle)) / MILLIJOULES
    return None

"""The energy counter of an NVIDIA GPU, where it has one."""

from __future__ import annotations

from contextlib import suppress

import torch

MILLIJOULES = 1e3


def gpu_joules(device: torch.device) -> float | None:
    """Return joules since the GPU's driver was loaded, or None when nothing tells.

    Needs the extra ``energy`` (NVML); GPUs before Volta have no such counter.
    """
    if device.type != "cuda":
        return None
    with suppress(Exception):  # no library, no driver, no counter, no right: then nothing is told
        import pynvml

        pynvml.nvmlInit()
        uuid = str(torch.cuda.get_device_properties(device).uuid)
        handle = pynvml.nvmlDeviceGetHandleByUUID(f"GPU-{uuid}")
        return float(pynvml.nvmlDeviceGetTotalEnergyConsumption(handle)) / MILLIJOULES
    return None

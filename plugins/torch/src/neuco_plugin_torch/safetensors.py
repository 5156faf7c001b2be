"""The safetensors format: a length, a JSON header, and the numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from neucocore.plugin import DataError

_DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}
_LARGEST_HEADER = 100_000_000


def read_safetensors(path: Path) -> dict[str, torch.Tensor]:
    """Return the tensors of a file by name.

    Raises
    ------
    DataError
        The file is cut short, or its header says what cannot be.
    """
    data = bytearray(path.read_bytes())
    try:
        length = int.from_bytes(data[:8], "little")
        if not 0 < length <= min(len(data) - 8, _LARGEST_HEADER):
            raise ValueError(f"a header of {length} bytes in a file of {len(data)}")
        header = json.loads(data[8 : 8 + length])
        body = memoryview(data)[8 + length :]
        return {
            name: _tensor(said, body) for name, said in header.items() if name != "__metadata__"
        }
    except (ValueError, KeyError, TypeError, AttributeError, RuntimeError) as error:
        raise DataError(
            f"{path} is no safetensors file, or a broken one: {error}", hint="download it again"
        ) from error


def _tensor(said: Any, body: memoryview) -> torch.Tensor:
    start, end = said["data_offsets"]
    if not 0 <= start <= end <= len(body):
        raise ValueError(f"a tensor from byte {start} to {end} of {len(body)}")
    dtype = _DTYPES[said["dtype"]]
    if start == end:
        return torch.empty(said["shape"], dtype=dtype)
    return torch.frombuffer(body[start:end], dtype=dtype).reshape(said["shape"]).clone()

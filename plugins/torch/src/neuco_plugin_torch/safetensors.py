"""Reading the safetensors format: the length of a JSON header, the header, and the numbers."""

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
_MAX_HEADER_BYTES = 100_000_000


def read_safetensors(path: Path) -> dict[str, torch.Tensor]:
    """Return the tensors of a file by name.

    Raises
    ------
    DataError
        The file is truncated, or its header is invalid.
    """
    data = bytearray(path.read_bytes())
    try:
        length = int.from_bytes(data[:8], "little")
        if not 0 < length <= min(len(data) - 8, _MAX_HEADER_BYTES):
            raise ValueError(f"the header has {length} bytes in a file of {len(data)} bytes")
        header = json.loads(data[8 : 8 + length])
        body = memoryview(data)[8 + length :]
        return {
            name: _tensor(entry, body) for name, entry in header.items() if name != "__metadata__"
        }
    except (ValueError, KeyError, TypeError, AttributeError, RuntimeError) as error:
        raise DataError(
            f"{path} is not a valid safetensors file: {error}", hint="download it again"
        ) from error


def _tensor(entry: Any, body: memoryview) -> torch.Tensor:
    start, end = entry["data_offsets"]
    if not 0 <= start <= end <= len(body):
        raise ValueError(f"a tensor is at bytes {start} to {end} of {len(body)}")
    dtype = _DTYPES[entry["dtype"]]
    if start == end:
        return torch.empty(entry["shape"], dtype=dtype)
    return torch.frombuffer(body[start:end], dtype=dtype).reshape(entry["shape"]).clone()

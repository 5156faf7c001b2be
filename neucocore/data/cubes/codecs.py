"""numcodecs, whose import fails if the entry points of any installed distribution are invalid."""

from __future__ import annotations

from neucocore.components.distributions import unreadable_metadata_error

try:
    from numcodecs import Blosc, blosc
    from numcodecs.registry import get_codec
except Exception as error:
    if (explained := unreadable_metadata_error(error)) is None:
        raise
    raise explained from error

__all__ = ["Blosc", "blosc", "get_codec"]

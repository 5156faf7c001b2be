"""Whether the files of one id fit together: size, reference system and place."""

from __future__ import annotations

from collections.abc import Sequence

from neuco_plugin_geotiff.raster import Header


def differences(headers: Sequence[Header]) -> list[str]:
    """Return problems: files of one id that differ in size, reference system or position."""
    problems = []
    if not headers:
        return problems
    first = headers[0]
    for header in headers[1:]:
        name, other = header.path.name, first.path.name
        if (header.height, header.width) != (first.height, first.width):
            problems.append(
                f"{name} has {header.width} x {header.height} pixels; {other} has "
                f"{first.width} x {first.height}"
            )
        if header.crs != first.crs:
            problems.append(
                f"{name} has the reference system {_short(header.crs)}; "
                f"{other} has {_short(first.crs)}"
            )
        elif not _aligned(header, first):
            problems.append(f"{name} shows another place than {other}")
    return problems


def _short(crs: str) -> str:
    return (crs if len(crs) < 40 else f"{crs[:40]}...") or "none"


def _aligned(header: Header, first: Header) -> bool:
    """Whether two grids agree to half a pixel at their origin."""
    pixel = max(abs(first.transform[0]), abs(first.transform[1]), 1e-12)
    shift = max(abs(header.transform[i] - first.transform[i]) for i in (2, 5))
    return shift <= pixel / 2

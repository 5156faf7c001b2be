"""Record the side effects of code: files written, connections opened, programs started."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from neucocore.messages import pluralize
from neucocore.testing.records import require

Family = Literal["files", "network", "processes"]

_FAMILY_OF: dict[str, Family] = {
    "os.chmod": "files",
    "os.link": "files",
    "os.mkdir": "files",
    "os.remove": "files",
    "os.rename": "files",
    "os.rmdir": "files",
    "os.symlink": "files",
    "os.truncate": "files",
    "socket.bind": "network",
    "socket.connect": "network",
    "socket.getaddrinfo": "network",
    "socket.gethostbyname": "network",
    "socket.sendto": "network",
    "urllib.Request": "network",
    "os.exec": "processes",
    "os.fork": "processes",
    "os.posix_spawn": "processes",
    "os.system": "processes",
    "subprocess.Popen": "processes",
}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC


@dataclass(frozen=True, slots=True)
class SideEffect:
    """One side effect."""

    family: Family
    what: str


_watchers: dict[int, list[SideEffect]] = {}
"""By thread id, because only the side effects of the watching thread are recorded."""
_installed = threading.Event()


@contextmanager
def watching() -> Iterator[list[SideEffect]]:
    """Record the side effects of this thread inside the block, from the audit events of Python."""
    if not _installed.is_set():
        sys.addaudithook(_hook)  # cannot be removed, so it does nothing outside the block
        _installed.set()
    seen: list[SideEffect] = []
    _watchers[threading.get_ident()] = seen
    try:
        yield seen
    finally:
        del _watchers[threading.get_ident()]


def require_no_side_effects(effects: list[SideEffect], action: str) -> None:
    """Raise `CheckFailed` if there are side effects, with the first three."""
    examples = "; ".join(effect.what for effect in effects[:3])
    require(not effects, f"{action} has {pluralize(len(effects), 'side effect')}: {examples}")


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watchers or (seen := _watchers.get(threading.get_ident())) is None:
        return
    if event == "open":
        path, mode, flags = arguments
        if path != os.devnull and ((isinstance(flags, int) and flags & _WRITING) or _writes(mode)):
            seen.append(SideEffect("files", f"open {path}"))
    elif family := _FAMILY_OF.get(event):
        shown = next((str(part) for part in arguments if isinstance(part, str | bytes | tuple)), "")
        seen.append(SideEffect(family, f"{event} {shown}".strip()))


def _writes(mode: object) -> bool:
    return isinstance(mode, str) and bool(set(mode) & set("wax+"))

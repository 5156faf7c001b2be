"""What code does beside computing: files it writes, connections it opens, programs it starts."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

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
    """One thing done beside computing."""

    family: Family
    what: str


_watchers: dict[int, list[SideEffect]] = {}
"""By thread: other threads' doings are not the watched code's."""
_installed = threading.Event()


@contextmanager
def watching() -> Iterator[list[SideEffect]]:
    """Collect what this thread does inside the block, by Python's audit events."""
    if not _installed.is_set():
        sys.addaudithook(_hook)  # cannot be removed again, so it does nothing unless watched
        _installed.set()
    seen: list[SideEffect] = []
    _watchers[threading.get_ident()] = seen
    try:
        yield seen
    finally:
        del _watchers[threading.get_ident()]


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

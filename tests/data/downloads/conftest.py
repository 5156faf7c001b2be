"""A hub on the loopback interface that answers like the real one, and misbehaves on request."""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np
import pytest

from neucocore.components.specs import HubSource
from neucocore.data.downloads.download import Download
from neucocore.data.downloads.hub import Hub
from neucocore.data.downloads.rate_limiter import RateLimiter

REPO = "someone/cubes"
LARGE = 1000
"""From this size on, the hub stores files with their sha256."""


class Handler(BaseHTTPRequestHandler):
    """Answers requests to the server's ``hub``."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        hub: LoopbackHub = self.server.hub  # type: ignore[attr-defined]
        if hub.closed:
            self.close_connection = True
            return
        hub.headers.append(dict(self.headers))
        if match := re.fullmatch(rf"/api/datasets/{REPO}/revision/(.+)", address.path):
            self.api(hub, match[1], info=True)
        elif match := re.fullmatch(rf"/api/datasets/{REPO}/tree/([^/]+)", address.path):
            self.api(hub, match[1], info=False, query=parse_qs(address.query))
        elif match := re.fullmatch(rf"/datasets/{REPO}/resolve/([^/]+)/(.+)", address.path):
            self.file(hub, unquote(match[1]), unquote(match[2]))
        else:
            self.answer(404)

    def api(self, hub: LoopbackHub, revision: str, *, info: bool, query: Any = None) -> None:
        commit = hub.branches.get(revision, revision)
        if hub.troubles["api"]:
            self.answer(*hub.troubles["api"].pop(0))
        elif commit not in hub.commits:
            self.answer(404, {"X-Error-Code": "RevisionNotFound"})
        elif info:
            self.answer(200, {}, json.dumps({"id": REPO, "sha": commit}).encode())
        else:
            entries = [{"type": "directory", "path": "data", "oid": "0" * 40, "size": 0}]
            entries += [_entry(p, c) for p, c in sorted(hub.commits[commit].items())]
            start = int((query or {}).get("cursor", ["0"])[0])
            more = {}
            if start + hub.page < len(entries):
                link = f"{hub.url}{urlsplit(self.path).path}?recursive=true"
                more = {"Link": f'<{link}&cursor={start + hub.page}>; rel="next"'}
            shown = entries[start : start + hub.page]
            self.answer(200, more, json.dumps(shown).encode())

    def file(self, hub: LoopbackHub, commit: str, path: str) -> None:
        content = hub.commits.get(commit, {}).get(path)
        trouble = hub.troubles[path].pop(0) if hub.troubles[path] else None
        if content is None:
            self.answer(404)
            return
        if isinstance(trouble, tuple):
            self.answer(*trouble)
            return
        status, first, last = 200, 0, len(content)
        requested = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if requested and trouble != "ignore-range":
            status, first, last = 206, int(requested[1]), int(requested[2]) + 1
        body = content[first:last]
        if trouble == "garble":
            body = bytes(255 - byte for byte in body)
        self.start(status, {}, len(body))
        self.send(hub, path, body[: len(body) // 2] if trouble == "cut" else body)
        self.close_connection = trouble == "cut"

    def send(self, hub: LoopbackHub, path: str, body: bytes) -> None:
        hub.sent[path].append(0)
        for start in range(0, len(body), hub.block):
            block = body[start : start + hub.block]
            try:
                self.wfile.write(block)
            except OSError:
                self.close_connection = True
                return
            hub.sent[path][-1] += len(block)
            if hub.pause:
                time.sleep(hub.pause)

    def answer(
        self, status: int, headers: Mapping[str, str] | None = None, body: bytes = b"{}"
    ) -> None:
        self.start(status, headers or {}, len(body))
        self.wfile.write(body)

    def start(self, status: int, headers: Mapping[str, str], length: int) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


class LoopbackHub:
    """One repository with branches and commits, served on a free port.

    Attributes
    ----------
    commits
        Commit to path to content.
    branches
        Branch to commit.
    troubles
        Path (or ``api``) to what the next answers do wrong:
        ``(status, headers)``, ``"cut"`` half-way, ``"garble"``, ``"ignore-range"``.
    sent
        Path to the bytes of each answer so far.
    block, pause
        Bytes written at a time, and seconds between them.
    """

    def __init__(self) -> None:
        self.commits: dict[str, dict[str, bytes]] = {}
        self.branches: dict[str, str] = {}
        self.troubles: dict[str, list[Any]] = defaultdict(list)
        self.sent: dict[str, list[int]] = defaultdict(list)
        self.headers: list[Mapping[str, str]] = []
        self.page = 1000
        self.block, self.pause = 1 << 20, 0.0
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.hub = self  # type: ignore[attr-defined]
        self.server.daemon_threads = True
        self.closed = False
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    @property
    def bytes_sent(self) -> int:
        return sum(map(sum, list(self.sent.values())))

    def commit(self, files: Mapping[str, bytes], branch: str = "main") -> str:
        """Make a commit and move a branch to it."""
        name = hashlib.sha1(repr(sorted(files.items())).encode()).hexdigest()  # noqa: S324
        self.commits[name] = dict(files)
        self.branches[branch] = name
        return name

    def close(self) -> None:
        """Stop; connections that are still open get no more answers."""
        self.closed = True
        self.server.shutdown()
        self.server.server_close()


def _entry(path: str, content: bytes) -> dict[str, Any]:
    oid = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()  # noqa: S324
    entry: dict[str, Any] = {"type": "file", "path": path, "size": len(content), "oid": oid}
    if len(content) >= LARGE:
        sha256 = hashlib.sha256(content).hexdigest()
        entry["lfs"] = {"oid": sha256, "size": len(content), "pointerSize": 130}
    return entry


def some_files(count: int = 6, size: int = 5000) -> dict[str, bytes]:
    """Return files in the layout of SSL4EO-S12-downstream."""
    rng = np.random.default_rng(0)
    files = {
        f"data/{modality}/part-{number // 2:06d}/{number:064x}.zarr.zip": rng.bytes(size + number)
        for number in range(count)
        for modality in ("s1", "s2l2a")
    }
    files["labels/a__regr.csv"] = b"id,label\n"
    files["data_example/s1/x.zarr.zip"] = rng.bytes(2000)
    files["README.md"] = b""
    return files


class FakeTime:
    """A clock that only advances by waiting."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.waits.append(seconds)

    def limiter(self) -> RateLimiter:
        return RateLimiter(clock=lambda: self.now, sleep=self.sleep)


@pytest.fixture(name="fake_time")
def fixture_fake_time() -> FakeTime:
    return FakeTime()


@pytest.fixture(name="some_files")
def fixture_some_files() -> Callable[..., dict[str, bytes]]:
    return some_files


@pytest.fixture(name="hub")
def fixture_hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackHub]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    hub = LoopbackHub()
    hub.commit(some_files())
    yield hub
    hub.close()


@pytest.fixture(name="download")
def fixture_download(
    hub: LoopbackHub, tmp_path: Path, fake_time: FakeTime
) -> Callable[..., Download]:
    """Return a function that creates a download from the loopback hub."""

    def make(folder: Path = tmp_path / "out", revision: str = "main") -> Download:
        limiter = fake_time.limiter()
        hub_source = HubSource(repo=REPO, revision=revision)
        return Download(folder, Hub(hub_source, limiter, hub.url), limiter)

    return make

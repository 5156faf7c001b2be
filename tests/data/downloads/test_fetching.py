from __future__ import annotations

import hashlib
import multiprocessing
import random
import threading
import time

import pytest

from neucocore.data.downloads.fetching import ATTEMPTS, Answer, Fetcher
from neucocore.data.downloads.rate_limiter import RateLimiter
from neucocore.data.downloads.remote import RemoteFile
from neucocore.data.downloads.state import STATE_FOLDER, DownloadState
from neucocore.errors import ChecksumError, DataError, MissingFileError

CSV = "labels/a__regr.csv"
CUBE = "data_example/s1/x.zarr.zip"


def fetch(work, *only):
    return work.run(work.plan(only=only), jobs=1)


def test_fault_45_after_too_many_requests_the_wait_is_as_long_as_the_server_asks(
    hub, download, tmp_path, fake_time
):
    hub.troubles[CSV] = [(429, {"RateLimit": '"resolvers";r=0;t=70'}), (429, {"Retry-After": "9"})]
    fetch(download(), CSV)
    assert (tmp_path / "out" / CSV).read_bytes() == b"id,label\n"
    assert 79 <= sum(fake_time.waits) < 79 + 3


def test_fault_45_a_used_up_quota_delays_the_next_request(fake_time):
    limiter = fake_time.limiter()
    limiter.note(200, {"ratelimit": '"api";r=1;t=55'})
    limiter.wait()
    assert fake_time.waits == []
    limiter.note(200, {"ratelimit": '"api";r=0;t=55'})
    limiter.wait()
    assert fake_time.waits == [55]


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_fault_45_temporary_server_errors_are_retried_with_growing_waits(
    hub, download, tmp_path, fake_time, status
):
    hub.troubles[CSV] = [(status, {})] * 5
    fetch(download(), CSV)
    assert (tmp_path / "out" / CSV).exists()
    assert len(fake_time.waits) == 5
    first, _, third, _, fifth = fake_time.waits
    assert first < third < fifth


def test_fault_45_the_listing_is_retried(hub, download):
    hub.troubles["api"] = [(500, {}), (503, {})]
    assert len(download().plan().selected) == 15


def test_fault_45_a_server_that_keeps_failing_is_an_error_with_a_hint(hub, download, tmp_path):
    hub.troubles[CSV] = [(500, {})] * 99
    with pytest.raises(
        DataError, match=rf"{CSV} could not be downloaded in {ATTEMPTS} attempts: the "
    ):
        fetch(download(), CSV, CUBE)
    assert not (tmp_path / "out" / CSV).exists()
    hub.troubles.clear()
    fetch(download(), CSV, CUBE)
    assert (tmp_path / "out" / CSV).exists()


def test_fault_45_a_lost_connection_is_resumed(hub, download, tmp_path, some_files):
    hub.troubles[CUBE] = ["cut", "cut"]
    fetch(download(), CUBE)
    assert (tmp_path / "out" / CUBE).read_bytes() == some_files()[CUBE]


@pytest.mark.parametrize(("status", "error"), [(404, MissingFileError), (403, DataError)])
def test_a_permanent_error_is_not_retried(hub, download, fake_time, status, error):
    hub.troubles[CSV] = [(status, {})] * 9
    with pytest.raises(error, match=f"{CSV}.*{status}"):
        fetch(download(), CSV)
    assert fake_time.waits == []


def test_fault_46_a_file_with_a_wrong_checksum_never_gets_its_final_name(hub, download, tmp_path):
    hub.troubles[CUBE] = ["garble"] * 9
    with pytest.raises(ChecksumError, match=f"{CUBE} does not match its checksum sha256:"):
        fetch(download(), CUBE)
    folder = (tmp_path / "out" / CUBE).parent
    assert list(folder.iterdir()) == []


def test_content_that_was_damaged_once_is_fetched_again(hub, download, tmp_path, some_files):
    hub.troubles[CUBE] = ["garble"]
    hub.troubles[CSV] = ["garble"]
    fetch(download(), CUBE, CSV)
    assert (tmp_path / "out" / CUBE).read_bytes() == some_files()[CUBE]
    assert (tmp_path / "out" / CSV).read_bytes() == some_files()[CSV]


def test_fault_47_a_full_disk_ends_the_download_without_a_partial_file(hub, download, tmp_path):
    """The incomplete file is the device that is always full."""
    work = download()
    plan = work.plan(only=[CUBE])
    part = DownloadState(tmp_path / "out").part(plan.selected[0])
    part.parent.mkdir(parents=True)
    part.symlink_to("/dev/full")
    with pytest.raises(DataError, match="the disk is full"):
        work.run(plan)
    assert list(part.parent.iterdir()) == [part]


# Large files, in ranges


CONTENT = random.Random(1).randbytes(1000)
LARGE = RemoteFile("large.bin", 1000, f"sha256:{hashlib.sha256(CONTENT).hexdigest()}")


class Server:
    """Serves one file; records the requested ranges."""

    def __init__(self, content=CONTENT, *, ranges=True):
        self.content = content
        self.ranges = ranges
        self.requested = []
        self.fail_at = None

    def get(self, file, headers):
        requested = headers.get("Range")
        self.requested.append(requested)
        if len(self.requested) == self.fail_at:
            raise ConnectionResetError("by peer")
        if requested is None or not self.ranges:
            return Answer(200, {}, self.content)
        first, last = map(int, requested.removeprefix("bytes=").split("-"))
        if first >= len(self.content):
            return Answer(416, {}, b"")
        return Answer(206, {}, self.content[first : last + 1])


def fetch_large(server, folder, fake_time, file=LARGE):
    fetcher = Fetcher(server.get, DownloadState(folder), fake_time.limiter(), range_bytes=300)
    return fetcher.fetch_all([file], jobs=1)


def test_a_large_file_is_fetched_in_ranges_and_resumed(tmp_path, fake_time):
    server = Server()
    DownloadState(tmp_path).part(LARGE).write_bytes(CONTENT[:450])
    assert fetch_large(server, tmp_path, fake_time) == 550
    assert server.requested == ["bytes=450-749", "bytes=750-999"]
    assert (tmp_path / "large.bin").read_bytes() == CONTENT


def test_only_the_failed_range_is_requested_again(tmp_path, fake_time):
    server = Server()
    server.fail_at = 3
    assert fetch_large(server, tmp_path, fake_time) == 1000
    assert server.requested[2] == server.requested[3] == "bytes=600-899"


def test_a_server_without_ranges_is_supported(tmp_path, fake_time):
    DownloadState(tmp_path).part(LARGE).write_bytes(CONTENT[:450])
    server = Server(ranges=False)
    fetch_large(server, tmp_path, fake_time)
    assert len(server.requested) == 1
    assert (tmp_path / "large.bin").read_bytes() == CONTENT


@pytest.mark.parametrize("rubbish", [bytes(450), bytes(1000), bytes(2000)])
def test_wrong_content_of_a_partial_file_is_discarded(tmp_path, fake_time, rubbish):
    DownloadState(tmp_path).part(LARGE).write_bytes(rubbish)
    fetch_large(Server(), tmp_path, fake_time)
    assert (tmp_path / "large.bin").read_bytes() == CONTENT


def test_a_file_of_another_size_than_listed_is_an_error(tmp_path, fake_time):
    for content in (CONTENT + b"x", CONTENT[:900]):
        with pytest.raises((DataError, ChecksumError)):
            fetch_large(Server(content, ranges=False), tmp_path, fake_time)
        assert not (tmp_path / "large.bin").exists()


def test_an_old_file_stays_until_the_new_one_is_complete(tmp_path, fake_time):
    (tmp_path / "large.bin").write_bytes(b"old")
    seen = []
    server = Server()

    def get(file, headers):
        seen.append((tmp_path / "large.bin").read_bytes())
        return server.get(file, headers)

    Fetcher(get, DownloadState(tmp_path), fake_time.limiter(), range_bytes=300).fetch_all([LARGE])
    assert seen == [b"old"] * 4
    assert (tmp_path / "large.bin").read_bytes() == CONTENT


def test_stop_ends_all_waiting_at_once(tmp_path):
    """Nobody waits for a thread that waits a quarter of an hour for the quota of the server."""
    limiter = RateLimiter()
    limiter.hold(900)
    threading.Timer(0.05, limiter.stop).start()
    start = time.monotonic()
    limiter.wait()
    assert time.monotonic() - start < 5


# Killed downloads


CHILD = """
from neucocore.data.downloads.download import Download
from neucocore.data.downloads.hub import Hub
from neucocore.data.downloads.rate_limiter import RateLimiter
from neucocore.components.specs import HubSource
limiter = RateLimiter()
repo = HubSource(repo="someone/cubes", revision="main")
work = Download(folder, Hub(repo, limiter, url), limiter)
work.run(work.plan(), jobs=1)
"""


@pytest.fixture(name="start_child")
def fixture_start_child(hub, tmp_path):
    """Start a process that downloads, forked from a server that has imported everything."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["neucocore.data.downloads.hub", "huggingface_hub.hf_api"])

    def start():
        names = {"folder": str(tmp_path / "out"), "url": hub.url}
        child = context.Process(target=exec, args=(CHILD, names))
        child.start()
        return child

    return start


def finished(folder, files):
    return {path for path in files if (folder / path).exists()}


def test_a_download_killed_ten_times_completes_and_repeats_only_files_in_progress(
    hub, tmp_path, some_files, start_child
):
    files = some_files(count=12, size=60_000)
    hub.commit(files)
    hub.block, hub.pause = 8000, 0.001
    rng = random.Random(7)
    out = tmp_path / "out"
    total = sum(map(len, files.values()))
    kills = dict.fromkeys(files, 0)
    for _ in range(10):
        target = hub.bytes_sent + rng.uniform(0.02, 0.1) * total
        child = start_child()
        while hub.bytes_sent < target and child.is_alive():
            time.sleep(0.001)
        child.kill()
        child.join()
        complete = finished(out, files)
        requested = {path: len(hub.sent[path]) for path in complete}
        for path, content in files.items():
            if path in complete:
                assert (out / path).read_bytes() == content
            elif hub.sent[path]:
                kills[path] += 1
    assert 0 < len(complete) < len(files)
    child = start_child()
    child.join()
    assert child.exitcode == 0
    assert {path: (out / path).read_bytes() for path in files} == files
    assert all(len(hub.sent[path]) == count for path, count in requested.items())
    for path, content in files.items():
        assert sum(hub.sent[path]) <= len(content) * (1 + kills[path])
    left = [f for f in out.rglob("*") if f.is_file() and STATE_FOLDER not in f.parts]
    assert len(left) == len(files)


def test_fault_51_ctrl_c_does_not_wait_for_running_requests(tmp_path, monkeypatch):
    content = b"x" * 2000
    requested, answered = threading.Event(), threading.Event()

    def slow(file, headers):
        requested.set()
        answered.wait(20)
        return Answer(200, {}, content)

    def interrupted(*_, **__):
        assert requested.wait(20)
        raise KeyboardInterrupt

    monkeypatch.setattr("neucocore.data.downloads.fetching.wait", interrupted)
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    file = RemoteFile("a.bin", len(content), digest)
    before = set(threading.enumerate())
    with pytest.raises(KeyboardInterrupt):
        Fetcher(slow, DownloadState(tmp_path), RateLimiter()).fetch_all([file])
    (worker,) = set(threading.enumerate()) - before
    answered.set()
    worker.join(20)
    assert not list(tmp_path.iterdir())

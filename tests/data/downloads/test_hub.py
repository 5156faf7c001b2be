"""Fault 45: requesting the listing of the hub, and retrying."""

from __future__ import annotations

import pytest

from neucocore.components.specs import HubSource
from neucocore.data.downloads.fetching import ATTEMPTS, ATTEMPTS_DAMAGED, Answer, Fetcher
from neucocore.data.downloads.hub import ATTEMPTS_OFFLINE, Hub, UnreachableError
from neucocore.data.downloads.remote import RemoteFile
from neucocore.data.downloads.state import DownloadState
from neucocore.errors import ChecksumError, MissingFileError

REPO = "someone/cubes"


@pytest.fixture
def limiter(fake_time):
    return fake_time.limiter()


@pytest.fixture
def client(hub, limiter):
    """The hub as a download sees it."""
    return Hub(HubSource(repo=REPO, revision="main"), limiter, hub.url)


def test_fault_45_the_listing_waits_as_long_as_the_server_asks(hub, client, fake_time):
    hub.troubles["api"] = [(429, {"Retry-After": "50"})]
    assert client.commit("main") == hub.branches["main"]
    assert fake_time.now >= 50


def test_fault_45_the_listing_backs_off_if_the_server_states_no_time(hub, client, fake_time):
    hub.troubles["api"] = [(503, {})] * 4
    client.commit("main")
    assert len(fake_time.waits) == 4
    assert fake_time.waits[3] > fake_time.waits[0]


def test_fault_45_a_quota_used_up_by_files_delays_the_listing(client, limiter, fake_time):
    limiter.note(200, {"RateLimit": '"api";r=0;t=55'})
    client.commit("main")
    assert fake_time.now == 55


def test_fault_45_a_listing_that_keeps_failing_is_an_error(hub, client, fake_time):
    hub.troubles["api"] = [(500, {})] * 99
    with pytest.raises(UnreachableError, match="someone/cubes at main: the hub answered 500"):
        client.commit("main")
    assert 99 - len(hub.troubles["api"]) == ATTEMPTS


def test_fault_45_a_hub_without_an_answer_is_an_error_sooner(hub, client, fake_time):
    hub.close()
    with pytest.raises(UnreachableError):
        client.commit("main")
    assert len(fake_time.waits) == ATTEMPTS_OFFLINE - 1


def test_fault_45_offline_mode_sends_no_request(hub, client, fake_time, monkeypatch):
    # The library reads HF_HUB_OFFLINE once, when it is imported.
    errors = client._library.errors

    def raise_offline(*_, **__):
        raise errors.OfflineModeIsEnabled("no")

    monkeypatch.setattr(client._library.HfApi, "repo_info", raise_offline)
    with pytest.raises(UnreachableError, match=r"offline mode is on \(HF_HUB_OFFLINE\)"):
        client.commit("main")
    assert fake_time.waits == []


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_denied_listing_is_not_retried(hub, client, fake_time, status):
    hub.troubles["api"] = [(status, {})] * 9
    with pytest.raises(MissingFileError, match=rf"has no someone/cubes at main, or .* \({status}"):
        client.commit("main")
    assert (len(hub.troubles["api"]), fake_time.waits) == (8, [])


def test_a_commit_is_its_own_revision_and_needs_no_hub(hub, client):
    hub.close()
    assert client.commit("0123456789abcdef" * 2 + "01234567") == "0123456789abcdef" * 2 + "01234567"


def test_fault_45_a_quota_used_up_by_an_answer_delays_the_next_request(tmp_path, fake_time):
    moments = []

    def get(file, headers):
        moments.append(fake_time.now)
        return Answer(206, {"RateLimit": f'"files";r={2 - len(moments)};t=55'}, b"0123456789")

    file = RemoteFile("a.bin", 30, "git-sha1:" + "0" * 40)
    fetcher = Fetcher(get, DownloadState(tmp_path), fake_time.limiter(), range_bytes=10)
    with pytest.raises(ChecksumError):
        fetcher.fetch_all([file], jobs=1)
    assert moments[:3] == [0, 0, 55]


def test_fault_46_a_file_that_stays_damaged_is_fetched_three_times(tmp_path, fake_time):
    requested = []

    def get(file, headers):
        requested.append(file.path)
        return Answer(200, {}, b"0123456789")

    file = RemoteFile("a.bin", 10, "sha256:" + "0" * 64)
    with pytest.raises(ChecksumError, match=r"a\.bin does not match its checksum"):
        Fetcher(get, DownloadState(tmp_path), fake_time.limiter()).fetch_all([file], jobs=1)
    assert len(requested) == ATTEMPTS_DAMAGED == 3


def test_checked_files_are_not_read_again(download, monkeypatch):
    """Checksums of a complete data set take hours, so verified files are recorded."""
    work = download()
    work.run(work.plan(only=["labels/*"]))

    def read(self, path):
        raise AssertionError(f"{path} was read again")

    monkeypatch.setattr(RemoteFile, "matches", read)
    assert download().plan(only=["labels/*"]).missing == []

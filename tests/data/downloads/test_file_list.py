from __future__ import annotations

from neucocore.components.specs import FileSource, HostedFile
from neucocore.data.downloads.download import Download
from neucocore.data.downloads.fetching import Answer
from neucocore.data.downloads.file_list import FileList
from neucocore.data.downloads.rate_limiter import RateLimiter

SOURCE = FileSource(
    url="https://example.org/data/",
    revision="v1",
    files=(HostedFile("a.csv", "ab" * 32, 20), HostedFile("b.csv", "cd" * 32, 30)),
)


def test_all_files_of_the_list_are_planned_with_their_declared_sizes(tmp_path):
    plan = Download(tmp_path, FileList("both", SOURCE), RateLimiter()).plan()
    assert [file.path for file in plan.selected] == ["a.csv", "b.csv"]
    assert plan.bytes_selected == 50
    assert plan.selected[0].digest == "sha256:" + "ab" * 32
    assert plan.source.repo == "both"
    assert plan.source.commit == "v1"


def test_files_are_requested_below_the_base_address_without_a_token(tmp_path, monkeypatch):
    requests = []

    def session_get(url, headers):
        requests.append((url, headers))
        return Answer(404, {}, b"")

    monkeypatch.setattr("neucocore.data.downloads.file_list.session_get", session_get)
    origin = FileList("both", SOURCE)
    (file, _) = origin.source(origin.revision).files
    origin.get(origin.revision)(file, {"Range": "bytes=0-9"})
    assert requests == [("https://example.org/data/a.csv", {"Range": "bytes=0-9"})]

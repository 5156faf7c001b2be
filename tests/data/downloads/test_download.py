from __future__ import annotations

import shutil

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neucocore.data.cubes.layouts import find_cubes
from neucocore.data.downloads import download as download_module
from neucocore.data.downloads import plan as plan_module
from neucocore.data.downloads.plan import matches_any
from neucocore.data.downloads.state import STATE_FOLDER
from neucocore.errors import ChecksumError, ConfigError, DataError, MissingFileError
from neucocore.files.atomic import locked


def held(folder):
    """Return path to content of all files of a folder, without the state of the download."""
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file() and STATE_FOLDER not in file.parts
    }


def test_a_download_fetches_every_file_and_returns_a_summary(hub, download, tmp_path, some_files):
    work = download()
    plan = work.plan()
    assert (len(plan.selected), len(plan.missing)) == (15, 15)
    assert plan.bytes_selected == plan.bytes_missing == sum(map(len, some_files().values()))
    assert plan.free > 0
    assert not (tmp_path / "out").exists()
    steps = []
    summary = work.run(plan, jobs=3, progress=lambda files, fetched: steps.append(files))
    assert held(tmp_path / "out") == some_files()
    assert summary.fetched == plan.bytes_selected
    assert steps == list(range(1, 16))


def test_existing_files_are_not_fetched_again(hub, download, tmp_path):
    work = download()
    work.run(work.plan(only=["s1/part-000001"]))
    before = hub.bytes_sent
    work = download()
    plan = work.plan(only=["s1/part-000001"])
    assert plan.missing == []
    work.run(plan)
    assert hub.bytes_sent == before
    assert set(find_cubes([tmp_path / "out" / "data"])) == {"s1"}


@pytest.mark.parametrize(
    ("patterns", "count"),
    [
        (["s2l2a/part-00000*"], 6),
        (["s2l2a/part-000001/"], 2),
        (["data/s1"], 6),
        (["labels/*", "*.md"], 2),
        (["data_example"], 1),
    ],
)
def test_only_matches_paths_and_their_ends(download, patterns, count):
    assert len(download().plan(only=patterns).selected) == count


def test_a_pattern_does_not_match_part_of_a_name():
    assert not matches_any("data/s2l2a/x", ["s2"])
    assert matches_any("data/s2l2a/x", ["s2*"])


def test_a_pattern_without_files_is_an_error_that_lists_the_folders(download):
    with pytest.raises(MissingFileError, match="none of the 15 files of someone/cubes") as caught:
        download().plan(only=["s3/*"])
    assert caught.value.hint == "top-level files and folders: README.md, data, data_example, labels"


def test_a_listing_of_many_pages_is_read_to_its_end(hub, download):
    hub.page = 4
    assert len(download().plan().selected) == 15


def test_a_repository_or_revision_that_does_not_exist_is_an_error(download):
    with pytest.raises(MissingFileError, match="has no someone/cubes at nowhere"):
        download(revision="nowhere").plan()


def test_fault_85_a_changed_file_is_kept_and_reported_and_replaced_with_force(
    hub, download, tmp_path, some_files
):
    work = download()
    work.run(work.plan())
    changed = tmp_path / "out" / "labels" / "a__regr.csv"
    changed.write_bytes(b"id,lebal\n")
    work = download()
    plan = work.plan()
    assert plan.missing == []
    assert [file.path for file in plan.differing] == ["labels/a__regr.csv"]
    assert plan.as_json()["files_differing"] == ["labels/a__regr.csv"]
    work.run(plan)
    assert changed.read_bytes() == b"id,lebal\n"
    work = download()
    work.run(work.plan(force=True))
    assert held(tmp_path / "out") == some_files()


def test_copied_files_are_used_if_their_checksum_is_right(hub, download, tmp_path, some_files):
    path = "data_example/s1/x.zarr.zip"
    for folder, content in (("good", some_files()[path]), ("bad", bytes(2000))):
        target = tmp_path / folder / path
        target.parent.mkdir(parents=True)
        target.write_bytes(content)
    good, bad = (download(tmp_path / name).plan(only=[path]) for name in ("good", "bad"))
    assert (len(good.missing), len(good.differing)) == (0, 0)
    assert (len(bad.missing), len(bad.differing)) == (0, 1)


@given(data=st.data())
@settings(
    derandomize=True,
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_fault_85_whatever_is_in_the_folder_stays_and_the_rest_is_fetched(
    hub, download, tmp_path, some_files, data
):
    folder = tmp_path / "out"
    shutil.rmtree(folder, ignore_errors=True)
    expected = some_files()
    own = data.draw(st.dictionaries(st.sampled_from(sorted(expected)), st.binary(max_size=20)))
    for path, content in own.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    work = download()
    plan = work.plan()
    work.run(plan)
    assert {file.path for file in plan.differing} == {
        path for path, content in own.items() if content != expected[path]
    }
    assert held(folder) == expected | own


def test_fault_85_a_second_revision_that_was_planned_at_the_same_time_is_an_error(
    hub, download, tmp_path, some_files
):
    second = hub.commit(some_files() | {"labels/a__regr.csv": b"id,label\nx,1\n"}, branch="other")
    first_work, second_work = download(), download()
    first_plan = first_work.plan(revision="main")
    second_plan = second_work.plan(revision="other")
    assert second_plan.source.commit == second
    first_work.run(first_plan)
    with pytest.raises(ChecksumError, match=f"at commit {first_plan.source.commit}, not {second}"):
        second_work.run(second_plan)
    assert held(tmp_path / "out") == some_files()


def test_fault_84_an_unwritable_folder_is_an_error_before_anything_is_fetched(
    hub, download, tmp_path
):
    (tmp_path / "file").write_text("")
    work = download(tmp_path / "file" / "out")
    plan = work.plan()
    before = hub.bytes_sent
    with pytest.raises(ConfigError, match="is a file"):
        work.run(plan)
    assert hub.bytes_sent == before


# Fault 46: the revision is pinned


def test_fault_46_a_moved_revision_is_an_error_that_names_both_commits(
    hub, download, tmp_path, some_files
):
    work = download()
    work.run(work.plan(only=["labels/*"]))
    first = hub.branches["main"]
    second = hub.commit(some_files() | {"labels/a__regr.csv": b"id,label\nx,1\n"})
    with pytest.raises(ChecksumError, match=f"{first}.*revision main is commit {second}") as caught:
        download().plan(only=["labels/*"])
    assert f"--revision {first}" in str(caught.value.hint)
    work = download()
    work.run(work.plan(revision=first))
    assert held(tmp_path / "out") == some_files()


def test_fault_46_another_repository_in_the_folder_is_an_error(hub, download, tmp_path):
    work = download()
    work.run(work.plan(only=["labels/*"]))
    other = download()
    other.origin.name = "someone/else"
    with pytest.raises(DataError, match="holds a download of someone/cubes, not of someone/else"):
        other.plan()


# Fault 45: no connection


def test_fault_45_without_a_connection_complete_files_suffice_and_missing_ones_are_an_error(
    hub, download, tmp_path
):
    work = download()
    work.run(work.plan(only=["labels/*"]))
    hub.close()
    work = download()
    plan = work.plan(only=["labels/*"])
    summary = work.run(plan)
    assert plan.missing == []
    assert "the hub cannot be reached for someone/cubes" in summary.offline
    work = download()
    plan = work.plan(only=["labels/*", "s1/*"])
    with pytest.raises(DataError, match="7 of 8 files are missing") as caught:
        work.run(plan)
    assert "once there is a connection" in str(caught.value.hint)


def test_fault_45_without_a_connection_a_new_folder_is_an_error(hub, download):
    hub.close()
    with pytest.raises(DataError, match="the hub cannot be reached for someone/cubes at main"):
        download().plan()


# Fault 47 and 48: disks and paths


def test_fault_47_too_small_a_disk_is_an_error_before_anything_is_fetched(
    hub, download, tmp_path, monkeypatch
):
    work = download()
    plan = work.plan()
    monkeypatch.setattr(
        plan_module.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(9, 9, 100)
    )
    with pytest.raises(DataError, match=r"the download to .* needs \d+ bytes, only 100 are free"):
        work.run(work.plan())
    assert hub.bytes_sent == 0
    assert plan.free > 100


def test_fault_48_paths_may_have_spaces_umlauts_and_links(download, tmp_path, some_files):
    (tmp_path / "große Platte").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "große Platte", target_is_directory=True)
    work = download(tmp_path / "out")
    work.run(work.plan())
    assert held(tmp_path / "große Platte") == some_files()


# Fault 49 and 50: two processes, broken memory


def test_fault_49_a_second_download_into_the_folder_is_an_error(download, tmp_path, monkeypatch):
    monkeypatch.setattr(download_module, "LOCK_SECONDS", 0.01)
    work = download()
    plan = work.plan()
    with (
        locked(tmp_path / "out" / STATE_FOLDER / "download"),
        pytest.raises(DataError, match="in use by another process"),
    ):
        work.run(plan)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"repo": 1}', b'{"files": [{"path": "../x"}]}', b"\xff\xfe"]
)
def test_fault_50_a_damaged_state_is_rebuilt(hub, download, tmp_path, content):
    work = download()
    work.run(work.plan())
    state = tmp_path / "out" / STATE_FOLDER
    (state / "source.json").write_bytes(content)
    (state / "verified.tsv").write_bytes(content + b"\tx\n\0\t\t\t\nlabels/a__regr.csv\t9\n")
    before = hub.bytes_sent
    work = download()
    assert work.plan().missing == []
    assert hub.bytes_sent == before


@pytest.mark.parametrize(
    "path", ["../outside", "/etc/passwd", "a/../../b", ".", f"{STATE_FOLDER}/x"]
)
def test_a_listing_cannot_name_a_file_outside_the_folder(hub, download, path, some_files):
    hub.commit(some_files() | {path: b"x"})
    with pytest.raises(DataError, match="unsafe name"):
        download().plan()

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from neucocore.components.discovery import Component
from neucocore.components.specs import EncoderSpec
from neucocore.provenance import code as producer
from neucocore.provenance.code import code_identity, core_code, identity_of

RECORD = """\
mine/__init__.py,sha256={code},12
mine-2.0.dist-info/METADATA,sha256=bbb,50
mine-2.0.dist-info/INSTALLER,sha256={installer},4
../../../bin/mine,sha256=ccc,200
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that installs the distribution ``mine`` anew."""
    monkeypatch.syspath_prepend(tmp_path)

    def install(code: str = "aaa", installer: str = "pip", url: object = None) -> None:
        folder = tmp_path / "mine-2.0.dist-info"
        folder.mkdir(exist_ok=True)
        (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 2.0\n")
        (folder / "RECORD").write_text(RECORD.format(code=code, installer=installer))
        (folder / "direct_url.json").unlink(missing_ok=True)
        if url is not None:
            (folder / "direct_url.json").write_text(json.dumps(url))
        (tmp_path / "mine").mkdir(exist_ok=True)
        (tmp_path / "mine" / "__init__.py").touch()
        (tmp_path / "mine" / "encoder.py").write_text(f"CODE = {code!r}\n")
        identity_of.cache_clear()
        producer._digest_of_sources.cache_clear()

    yield install  # type: ignore[misc]
    identity_of.cache_clear()
    producer._digest_of_sources.cache_clear()
    sys.modules.pop("mine", None)


def mine(distribution: str = "mine") -> Component:
    spec = EncoderSpec(name="x", summary="s", factory="mine.encoder:Encoder")
    return Component(spec, "mine", distribution, "2.0")


def test_the_code_and_not_the_installer_decides_the_record(installed: Callable[..., None]) -> None:
    installed(installer="pip")
    first = identity_of("mine")
    installed(installer="uv")
    assert identity_of("mine") == first
    installed(code="zzz")
    assert identity_of("mine")["record"] != first["record"]


def test_a_commit_is_part_of_the_identity(installed: Callable[..., None]) -> None:
    installed(url={"url": "u", "vcs_info": {"vcs": "git", "commit_id": "abc123"}})
    assert identity_of("mine")["commit"] == "abc123"


def test_an_editable_install_has_no_record_but_the_flag(installed: Callable[..., None]) -> None:
    installed(url={"url": "u", "dir_info": {"editable": True}})
    assert identity_of("mine") == {"distribution": "mine", "version": "2.0", "editable": True}


def test_a_release_is_known_by_its_version_alone(installed: Callable[..., None]) -> None:
    installed(code="aaa")
    first = code_identity(mine())
    installed(code="zzz")
    assert code_identity(mine()) == first
    assert "sources" not in first


def test_editable_sources_decide_the_producer(installed: Callable[..., None]) -> None:
    editable = {"url": "u", "dir_info": {"editable": True}}
    installed(code="aaa", url=editable)
    first = code_identity(mine())
    installed(code="zzz", url=editable)
    assert code_identity(mine())["sources"] != first["sources"]


def test_what_is_not_a_distribution_is_known_by_its_sources(
    installed: Callable[..., None],
) -> None:
    installed(code="aaa")
    first = code_identity(mine("idea.py"))
    assert first["version"] == ""
    installed(code="zzz")
    assert code_identity(mine("idea.py"))["sources"] != first["sources"]


def test_the_core_says_which_of_its_code_scores() -> None:
    scoring, encoding = core_code("neucocore.evaluation"), core_code("neucocore.encoding")
    assert scoring["version"] == encoding["version"] != ""
    if "sources" in scoring:
        assert scoring["sources"] != encoding["sources"]

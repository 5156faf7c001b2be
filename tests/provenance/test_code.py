from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from neucocore.components.discovery import Component
from neucocore.components.specs import EncoderSpec
from neucocore.provenance import code as code_module
from neucocore.provenance.code import code_identity, core_code, identity_of

RECORD = """\
mine/__init__.py,sha256={code},12
mine-2.0.dist-info/METADATA,sha256=bbb,50
mine-2.0.dist-info/INSTALLER,sha256={installer},4
../../../bin/mine,sha256=ccc,200
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that installs the distribution ``mine`` again."""
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
        code_module._digest_of_sources.cache_clear()

    yield install  # type: ignore[misc]
    identity_of.cache_clear()
    code_module._digest_of_sources.cache_clear()
    sys.modules.pop("mine", None)


def mine(distribution: str = "mine") -> Component:
    spec = EncoderSpec(name="x", summary="s", factory="mine.encoder:Encoder")
    return Component(spec, "mine", distribution, "2.0")


def test_the_record_depends_on_the_code_and_not_on_the_installer(
    installed: Callable[..., None],
) -> None:
    installed(installer="pip")
    first = identity_of("mine")
    installed(installer="uv")
    assert identity_of("mine") == first
    installed(code="zzz")
    assert identity_of("mine")["record"] != first["record"]


def test_a_commit_is_part_of_the_identity(installed: Callable[..., None]) -> None:
    installed(url={"url": "u", "vcs_info": {"vcs": "git", "commit_id": "abc123"}})
    assert identity_of("mine")["commit"] == "abc123"


def test_an_editable_install_has_a_flag_instead_of_a_record(installed: Callable[..., None]) -> None:
    installed(url={"url": "u", "dir_info": {"editable": True}})
    assert identity_of("mine") == {"distribution": "mine", "version": "2.0", "editable": True}


def test_a_release_is_identified_by_its_version_alone(installed: Callable[..., None]) -> None:
    installed(code="aaa")
    first = code_identity(mine())
    installed(code="zzz")
    assert code_identity(mine()) == first
    assert "sources" not in first


def test_an_editable_install_is_identified_by_its_sources(installed: Callable[..., None]) -> None:
    editable = {"url": "u", "dir_info": {"editable": True}}
    installed(code="aaa", url=editable)
    first = code_identity(mine())
    installed(code="zzz", url=editable)
    assert code_identity(mine())["sources"] != first["sources"]


def test_a_single_file_plugin_is_identified_by_its_sources(
    installed: Callable[..., None],
) -> None:
    installed(code="aaa")
    first = code_identity(mine("idea.py"))
    assert first["version"] == ""
    installed(code="zzz")
    assert code_identity(mine("idea.py"))["sources"] != first["sources"]


def test_packages_of_the_core_are_identified_separately() -> None:
    scoring, encoding = core_code("neucocore.evaluation"), core_code("neucocore.encoding")
    assert scoring["version"] == encoding["version"] != ""
    if "sources" in scoring:
        assert scoring["sources"] != encoding["sources"]

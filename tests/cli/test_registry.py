from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from neucocore.cli import registry
from neucocore.components.catalogue import from_json
from neucocore.errors import ConfigError, RegistryError

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return Path(shutil.copy(ROOT / "registry.yaml", tmp_path))


def test_check_says_that_all_is_well(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    registry.check(file)
    assert capsys.readouterr().out.endswith(" plugins, no problems\n")


def test_check_of_wheels_that_are_not_there_names_each(file: Path, tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match=r"registry.yaml has \d+ errors") as caught:
        registry.check(file, built=tmp_path)
    assert all("uv build --wheel" in problem for problem in caught.value.problems)
    assert caught.value.exit_code == 2


def test_errors_of_the_file_and_of_wheels_are_reported_in_one_round(
    file: Path, tmp_path: Path
) -> None:
    text = file.read_text("utf-8").replace("status: experimental", "status: finished", 1)
    file.write_text(text, "utf-8")
    with pytest.raises(RegistryError) as caught:
        registry.check(file, built=tmp_path, only=["biomass", "ships"])
    unknown, no_biomass, no_ships = caught.value.problems
    assert "unknown status 'finished'" in unknown
    assert "contains no wheel of neuco-plugin-biomass" in no_biomass
    assert "contains no wheel of neuco-plugin-ships" in no_ships


def test_two_depths_at_once_are_refused(file: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="exclude each other"):
        registry.check(file, built=tmp_path, live=True)


def test_write_writes_what_ships_with_the_core(file: Path, tmp_path: Path) -> None:
    registry.write(file, tmp_path / "out.json")
    known = from_json((tmp_path / "out.json").read_text("utf-8"))
    assert "neuco-plugin-ships" in {entry.distribution for entry in known}

from __future__ import annotations

from pathlib import Path

import pytest

from neucocore.components import catalogue
from neucocore.components.catalogue import from_json, to_json
from neucocore.components.discovery import CORE, installation
from neucocore.errors import CatalogueError, MissingFileError
from neucocore.registry.file import load_registry

ROOT = Path(__file__).parent.parent.parent
GOOD = """\
plugins:
  - name: ships
    distribution: neuco-plugin-ships
    summary: where the ship is
    repository: https://example.org/ships
    license: Apache-2.0
    data_license: CC-BY-4.0 OR LicenseRef-Copernicus
    citation: somebody, some day
    maintainers: [a person]
    verified_by: []
    status: experimental
    provides:
      datasets: [ships]
      tasks: [ships-position]
    commands: [ships]
"""
SECOND = GOOD.replace("plugins:\n", "").replace("ships", "boats")

# What is changed in the good file, and the one problem that must be said, with its line.
BAD = [
    (
        "status: experimental",
        "status: stabel",
        "11: unknown status 'stabel'; did you mean 'stable'",
    ),
    ("license: Apache-2.0", "license: Apache 2", "6: unknown licence 'Apache 2'; did you mean"),
    ("data_license: CC-BY-4.0", "data_license: CC-BY", "7: unknown licence 'CC-BY'"),
    ("citation: somebody, some day", "citation: 7", "8: citation must be a text, found 7"),
    ("maintainers: [a person]", "maintainers: a person", "9: maintainers must be a list of texts"),
    ("maintainers: [a person]", "maintainers: []", "9: name at least one"),
    ("verified_by: []", "verified: []", "10: unknown key 'verified'; did you mean 'verified_by'"),
    ("tasks: [ships-position]", "task: [x]", "14: unknown key 'task'; did you mean 'tasks'"),
    ("tasks: [ships-position]", "tasks: []", "14: tasks must be a list of names, found []"),
    ("tasks: [ships-position]", "tasks: [Bad_Name]", "14: the name 'Bad_Name' is not lower-case"),
    ("name: ships", "name: Ships", "2: the name 'Ships' is not lower-case"),
    ("plugin-ships\n", "plugin-boats\n", "3: found 'neuco-plugin-boats', expected 'neuco-plugin-s"),
    ("https://", "http://", "5: 'http://example.org/ships' does not begin with https://"),
    ("where the ship is", "x" * 101, "4: longer than 100 characters"),
    ("where the ship is", '"where\\nit is"', "4: it has several lines"),
    (
        "datasets: [ships]",
        "encoders: [random]",
        "13: the encoder 'random' is built into neucocore; choose another name",
    ),
    ("    summary: where the ship is\n", "", "2: the key 'summary' is missing"),
    ("- name: ships", "- nam: ships", "2: the key 'name' is missing"),
    (
        "provides:\n      datasets: [ships]\n      tasks: [ships-position]",
        "provides: [ships]",
        "12: provides must map kinds to names",
    ),
    (
        "provides:\n      datasets: [ships]\n      tasks: [ships-position]\n    commands: [ships]",
        "provides: {}",
        "12: it provides nothing; name its components or commands",
    ),
    ("status: experimental", "status: x", "11: unknown status 'x'; one of"),
    ("maintainers: [a person]", "maintainers: ['']", "9: maintainers must be a list of texts"),
]


def written(folder: Path, text: str) -> Path:
    file = folder / "registry.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def validate_spec(file: Path) -> list[str]:
    with pytest.raises(CatalogueError) as caught:
        load_registry(file)
    return [*caught.value.problems] or [caught.value.message]


def test_a_good_file_becomes_entries(tmp_path: Path) -> None:
    _, (entry,) = load_registry(written(tmp_path, GOOD))
    assert entry.provides == {"datasets": ("ships",), "tasks": ("ships-position",)}
    assert entry.commands == ("ships",)
    assert entry.maintainers == ("a person",)


@pytest.mark.parametrize(("old", "new", "said"), BAD, ids=[said[:40] for _, _, said in BAD])
def test_what_is_wrong_is_said_with_file_and_line(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert old in GOOD
    file = written(tmp_path, GOOD.replace(old, new))
    assert f"{file}:{said}" in "\n".join(validate_spec(file))


def test_a_key_given_twice_is_said_with_both_lines(tmp_path: Path) -> None:
    text = GOOD.replace("    status: experimental\n", "    status: stable\n" * 2)
    (problem,) = validate_spec(written(tmp_path, text))
    assert problem.endswith("registry.yaml:12: the key 'status' was already given in line 11")


def test_two_plugins_of_one_name_clash(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        GOOD
        + SECOND.replace("name: boats", "name: ships").replace(
            "neuco-plugin-boats", "neuco-plugin-ships"
        ),
    )
    assert f"{file}:16: the plugin 'ships' is already listed at {file}:2" in validate_spec(file)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("boats-position", "ships-position", "28: the task 'ships-position' is already listed at"),
        ("[boats]\n      tasks", "[ships]\n      tasks", "27: the dataset 'ships' is already"),
        ("commands: [boats]", "commands: [ships]", "29: the command 'ships' is already listed at"),
    ],
    ids=["component", "data set", "command"],
)
def test_what_two_plugins_claim_clashes(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in SECOND
    file = written(tmp_path, GOOD + SECOND.replace(old, new))
    (problem,) = validate_spec(file)
    assert problem.startswith(f"{file}:{said}")


def test_all_problems_come_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("Apache-2.0", "none").replace("https", "ftp").replace("stal", "x")
    assert len(validate_spec(written(tmp_path, text))) == 2


@pytest.mark.parametrize("text", ["", "plugins: ships\n", "- ships\n", "plugins:\n  - ships\n"])
def test_another_shape_is_said(tmp_path: Path, text: str) -> None:
    (problem,) = validate_spec(written(tmp_path, text))
    assert "expected" in problem


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="there is no file"):
        load_registry(tmp_path / "registry.yaml")


def test_what_ships_with_the_core_is_what_the_file_says() -> None:
    _, known = load_registry(ROOT / "registry.yaml")
    assert catalogue.PACKAGED.read_text("utf-8") == to_json(known), "run: neuco registry write"


def test_entries_survive_the_way_through_json(tmp_path: Path) -> None:
    _, known = load_registry(written(tmp_path, GOOD + SECOND))
    assert from_json(to_json(known)) == tuple(sorted(known, key=lambda entry: entry.name))


def test_every_first_party_plugin_is_listed_with_what_it_offers() -> None:
    _, known = load_registry(ROOT / "registry.yaml")
    listed = {entry.name: entry for entry in known}
    assert {folder.parent.name for folder in ROOT.glob("plugins/*/pyproject.toml")} <= set(listed)
    for plugin in installation().plugins:
        if plugin.name == CORE or not plugin.registered or plugin.name not in listed:
            continue
        offered: dict[str, set[str]] = {}
        for component in plugin.components:
            offered.setdefault(f"{component.kind}s", set()).add(component.name)
        said = {kind: set(names) for kind, names in listed[plugin.name].provides.items()}
        assert said == offered, plugin.name

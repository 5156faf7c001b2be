from __future__ import annotations

from pathlib import Path

import pytest

from neucocore.components import catalogue
from neucocore.components.catalogue import from_json, to_json
from neucocore.components.discovery import CORE, installation
from neucocore.errors import MissingFileError, RegistryError
from neucocore.registry.file import license_problem, load_registry, read_registry

ROOT = Path(__file__).parent.parent.parent
VALID = """\
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
SECOND = VALID.replace("plugins:\n", "").replace("ships", "boats")

# A change in the valid file, and the only problem that it causes, with its line.
CHANGES = [
    (
        "status: experimental",
        "status: stabel",
        "11: unknown status 'stabel'; did you mean 'stable'",
    ),
    ("license: Apache-2.0", "license: Apache 2", "6: Invalid license expression: 'Apache 2'; use"),
    ("data_license: CC-BY-4.0", "data_license: CC-BY", "7: Unknown license: 'cc-by'; use SPDX"),
    ("citation: somebody, some day", "citation: 7", "8: citation must be a string, got 7"),
    (
        "maintainers: [a person]",
        "maintainers: a person",
        "9: maintainers must be a list of strings",
    ),
    ("maintainers: [a person]", "maintainers: []", "9: name at least one maintainer"),
    ("verified_by: []", "verified: []", "10: unknown key 'verified'; did you mean 'verified_by'"),
    ("tasks: [ships-position]", "task: [x]", "14: unknown key 'task'; did you mean 'tasks'"),
    ("tasks: [ships-position]", "tasks: []", "14: tasks must be a list of names, got []"),
    ("tasks: [ships-position]", "tasks: [Bad_Name]", "14: the name 'Bad_Name' is not lower-case"),
    ("name: ships", "name: 123", "2: name must be a string, got 123"),
    (
        "name: ships\n    distribution: neuco-plugin-ships",
        "name: neuco-plugin-ships\n    distribution: neuco-plugin-neuco-plugin-ships",
        "2: write 'ships', without 'neuco-plugin-'",
    ),
    (
        "where the ship is",
        "TODO where the ship is",
        "4: 'TODO where the ship is' still has the placeholder 'TODO'",
    ),
    ("[a person]", "[Your Name]", "9: 'Your Name' still has the placeholder 'Your Name'"),
    ("somebody, some day", "say here whom", "8: 'say here whom' still has the placeholder"),
    ("name: ships", "name: Ships", "2: the name 'Ships' is not lower-case"),
    ("plugin-ships\n", "plugin-boats\n", "3: expected 'neuco-plugin-ships', got 'neuco-plugin-bo"),
    ("https://", "http://", "5: 'http://example.org/ships' does not start with https://"),
    ("where the ship is", "x" * 101, "4: the summary is longer than 100 characters"),
    ("where the ship is", '"where\\nit is"', "4: the summary must be a single line"),
    (
        "datasets: [ships]",
        "encoders: [random]",
        "13: the encoder 'random' is built into neucocore; use another name",
    ),
    ("    summary: where the ship is\n", "", "2: the key 'summary' is missing"),
    ("- name: ships", "- nam: ships", "2: the key 'name' is missing"),
    (
        "provides:\n      datasets: [ships]\n      tasks: [ships-position]",
        "provides: [ships]",
        "12: provides must map kinds to lists of names",
    ),
    (
        "provides:\n      datasets: [ships]\n      tasks: [ships-position]\n    commands: [ships]",
        "provides: {}",
        "12: the plugin provides nothing; list its components or commands",
    ),
    ("status: experimental", "status: x", "11: unknown status 'x'; use one of"),
    ("maintainers: [a person]", "maintainers: ['']", "9: maintainers must be a list of strings"),
]


def write_registry(folder: Path, text: str) -> Path:
    file = folder / "registry.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def problems_of(file: Path) -> list[str]:
    with pytest.raises(RegistryError) as caught:
        load_registry(file)
    return [*caught.value.problems] or [caught.value.message]


def test_a_valid_file_gives_the_known_plugins(tmp_path: Path) -> None:
    _, (plugin,) = load_registry(write_registry(tmp_path, VALID))
    assert plugin.provides == {"datasets": ("ships",), "tasks": ("ships-position",)}
    assert plugin.commands == ("ships",)
    assert plugin.maintainers == ("a person",)


@pytest.mark.parametrize(
    ("old", "new", "problem"), CHANGES, ids=[problem[:40] for _, _, problem in CHANGES]
)
def test_an_error_is_reported_with_file_and_line(
    tmp_path: Path, old: str, new: str, problem: str
) -> None:
    assert old in VALID
    file = write_registry(tmp_path, VALID.replace(old, new))
    assert f"{file}:{problem}" in "\n".join(problems_of(file))


def test_a_duplicate_key_is_reported_with_both_lines(tmp_path: Path) -> None:
    text = VALID.replace("    status: experimental\n", "    status: stable\n" * 2)
    (problem,) = problems_of(write_registry(tmp_path, text))
    assert problem.endswith("registry.yaml:12: the key 'status' was already given in line 11")


def test_two_plugins_must_not_have_the_same_name(tmp_path: Path) -> None:
    file = write_registry(
        tmp_path,
        VALID
        + SECOND.replace("name: boats", "name: ships").replace(
            "neuco-plugin-boats", "neuco-plugin-ships"
        ),
    )
    assert f"{file}:16: the plugin 'ships' is already listed at {file}:2" in problems_of(file)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("boats-position", "ships-position", "28: the task 'ships-position' is already listed at"),
        ("[boats]\n      tasks", "[ships]\n      tasks", "27: the dataset 'ships' is already"),
        ("commands: [boats]", "commands: [ships]", "29: the command 'ships' is already listed at"),
    ],
    ids=["component", "data set", "command"],
)
def test_two_plugins_must_not_provide_the_same_name(
    tmp_path: Path, old: str, new: str, problem: str
) -> None:
    assert old in SECOND
    file = write_registry(tmp_path, VALID + SECOND.replace(old, new))
    (reported,) = problems_of(file)
    assert reported.startswith(f"{file}:{problem}")


def test_names_in_a_file_of_ones_own_must_differ_from_those_of_the_known_plugins(
    tmp_path: Path,
) -> None:
    own = VALID.replace("ships", "fjords").replace("[fjords-position]", "[ships-position]")
    (problem,) = problems_of(write_registry(tmp_path, own))
    assert "14: the task 'ships-position' is listed for neuco-plugin-ships; use another" in problem


def test_one_plugin_can_be_selected(tmp_path: Path) -> None:
    text = VALID + SECOND.replace("experimental", "stabel").replace("https", "ftp")
    registry = read_registry(write_registry(tmp_path, text))
    assert [plugin.name for plugin in registry.plugins] == ["ships", "boats"]
    assert len(registry.all_problems()) == 2
    assert registry.only(["ships"]).all_problems() == []
    assert [plugin.name for plugin in registry.only(["ships"]).plugins] == ["ships"]
    assert len(registry.only(["boats"]).all_problems()) == 2
    with pytest.raises(RegistryError, match="has no plugin 'shps'; did you mean 'ships'"):
        registry.only(["shps"])


def test_all_errors_are_reported_together(tmp_path: Path) -> None:
    text = VALID.replace("Apache-2.0", "none").replace("https", "ftp").replace("stal", "x")
    assert len(problems_of(write_registry(tmp_path, text))) == 2


@pytest.mark.parametrize("text", ["", "plugins: ships\n", "- ships\n", "plugins:\n  - ships\n"])
def test_another_structure_is_an_error(tmp_path: Path, text: str) -> None:
    (problem,) = problems_of(write_registry(tmp_path, text))
    assert "expected" in problem


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="there is no file"):
        load_registry(tmp_path / "registry.yaml")


def test_the_registry_installed_with_the_core_is_up_to_date() -> None:
    _, known = load_registry(ROOT / "registry.yaml")
    assert catalogue.PACKAGED.read_text("utf-8") == to_json(known), "run: neuco registry write"


def test_known_plugins_are_equal_after_writing_and_reading_them(tmp_path: Path) -> None:
    _, known = load_registry(write_registry(tmp_path, VALID + SECOND))
    assert from_json(to_json(known)) == tuple(sorted(known, key=lambda plugin: plugin.name))


def test_every_plugin_of_this_repository_is_listed_with_what_it_provides() -> None:
    _, known = load_registry(ROOT / "registry.yaml")
    listed = {plugin.name: plugin for plugin in known}
    assert {folder.parent.name for folder in ROOT.glob("plugins/*/pyproject.toml")} <= set(listed)
    for plugin in installation().plugins:
        if plugin.name == CORE or not plugin.registered or plugin.name not in listed:
            continue
        provided: dict[str, set[str]] = {}
        for component in plugin.components:
            provided.setdefault(f"{component.kind}s", set()).add(component.name)
        expected = {kind: set(names) for kind, names in listed[plugin.name].provides.items()}
        assert provided == expected, plugin.name


@pytest.mark.parametrize(
    "expression",
    ["MIT", "CC-BY-4.0 AND CC0-1.0", "(MIT OR Apache-2.0) AND CC-BY-4.0", "LicenseRef-Copernicus"],
)
def test_a_licence_is_an_spdx_expression(expression: str) -> None:
    assert license_problem(expression) == ""


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("Apache2.0", "Unknown license: 'apache2.0'; use SPDX identifiers, or LicenseRef-NAME"),
        ("MIT OR mine", "Unknown license: 'mine'"),
        ("", "Invalid license expression: ''"),
        ("LicenseRef-", "Invalid licenseref: 'licenseref-'"),
        ("mit and apache-2.0", "write 'MIT AND Apache-2.0' instead of 'mit and apache-2.0'"),
    ],
)
def test_a_licence_that_is_not_an_spdx_expression_is_reported(
    expression: str, problem: str
) -> None:
    assert license_problem(expression).startswith(problem)


def test_missing_keys_and_wrong_values_of_one_entry_are_reported_together(tmp_path: Path) -> None:
    file = tmp_path / "registry.yaml"
    file.write_text(
        "plugins:\n"
        "  - name: Mine!\n"
        "    distribution: neuco-plugin-mine\n"
        "    summary: an encoder\n"
        "    repository: http://example.org/mine\n"
        "    license: MITT\n"
        "    maintainers: []\n"
        "    status: beta\n"
        "    provides:\n"
        "      encoder: [mine]\n"
    )
    text = "\n".join(read_registry(file).all_problems())
    for part in (
        "the key 'citation' is missing",
        "encoder",
        "'Mine!' is not lower-case words",
        "does not start with https://",
        "MITT",
        "unknown status 'beta'",
        "name at least one maintainer",
    ):
        assert part.lower() in text.lower(), part

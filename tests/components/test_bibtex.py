from __future__ import annotations

import re
from dataclasses import replace

import pytest

from neucocore.cli.app import run_command
from neucocore.components.bibtex import escaped, suite_bibtex
from neucocore.components.discovery import Component, Installation, PluginRecord, installation
from neucocore.components.specs import (
    ComponentSpec,
    DatasetSpec,
    Erratum,
    LabelSource,
    ProtocolSpec,
    SuiteSpec,
    SuiteTask,
    TaskSpec,
)
from neucocore.errors import ConfigError, UnknownComponentError

PAPER = "doi:10.48550/arXiv.2510.17914"
SOURCE = LabelSource(
    name="Map_of 50 % {all} trees & shrubs",
    license="CC0",
    citation="doi:10.1000/a_b{c}",
    region="r",
    years="y",
    url="https://example.org/a_b%20{c}",
)
TASK = TaskSpec(
    name="trees",
    summary="t",
    dataset="data",
    problem="regression",
    primary_metric="r2",
    source=SOURCE,
    citation=PAPER,
)
SUITE = SuiteSpec(
    name="toy",
    summary="50 % of {all} trees_and C# ~ ^ \\ $",
    dataset="data",
    tasks=(SuiteTask("trees@1"),),
    protocol="nested-cv@1",
    options={"n_iter": 5},
    citation=PAPER,
    url="https://example.org/toy_suite",
)
DATASET = DatasetSpec(
    name="data", summary="d", factory="a:b", citation="arXiv:2510.17914 (A benchmark)"
)
PROTOCOL = ProtocolSpec(name="nested-cv", summary="p", factory="a:b", citation="A. Writer, 1999")


def entries(*specs: ComponentSpec, suite: SuiteSpec = SUITE) -> tuple[dict[str, str], list[str]]:
    """Return the entries for a suite by their keys, and what is not installed."""
    components = tuple(Component(spec, "toy", "neuco-plugin-toy", "1") for spec in (suite, *specs))
    plugin = PluginRecord("toy", "neuco-plugin-toy", "1", "m", "loaded", components=components)
    text, missing = suite_bibtex(components[0], Installation((plugin,)))
    found = re.findall(r"^@misc\{([A-Za-z0-9-]+),\n(.*?)^\}$", text, re.MULTILINE | re.DOTALL)
    assert text.count("@misc") == len(found) == len(dict(found))
    return dict(found), missing


def depth(text: str) -> int:
    """Return the depth of braces at the end as BibTeX counts them, which is never negative."""
    level = 0
    for char in text:  # a backslash does not hide a brace from BibTeX
        level += {"{": 1, "}": -1}.get(char, 0)
        assert level >= 0
    return level


def test_the_entry_of_the_suite_states_what_is_fixed() -> None:
    found, missing = entries(TASK, DATASET, PROTOCOL)
    entry = found["neuco-suite-toy-1"]
    assert "title = {{toy@1}: " in entry
    fixed = ("data set data", "tasks trees@1", "split random", "protocol nested-cv@1, n\\_iter=5")
    assert all(text in entry for text in fixed)
    assert "url = {https://example.org/toy_suite}" in entry
    assert missing == []


def test_special_characters_are_escaped() -> None:
    found, _ = entries(TASK, DATASET, PROTOCOL)
    title = found["neuco-suite-toy-1"].splitlines()[0]
    assert title == (
        r"  title = {{toy@1}: 50 \% of {\textbraceleft}all{\textbraceright} trees\_and C\# "
        r"{\textasciitilde} {\textasciicircum} {\textbackslash} \$},"
    )
    (labels,) = [entry for entry in found.values() if "Map" in entry]
    assert (
        r"title = {Map\_of 50 \% {\textbraceleft}all{\textbraceright} trees \& shrubs}," in labels
    )
    assert "doi = {10.1000/a_b%7Bc%7D}," in labels  # printed verbatim, but braces are counted


@pytest.mark.parametrize("text", ["{", "}", "}{", "\\{", "a}b", "{{}", "%}", "\n}\n"])
def test_unbalanced_braces_do_not_end_a_field(text: str) -> None:
    assert depth(escaped(text)) == 0
    source = replace(SOURCE, name=text, citation=f"{text} book", url=f"https://{text}.org")
    task = replace(TASK, source=source, citation=f"doi:10.1/{text}")
    suite = replace(SUITE, summary=text, citation=text, url=text, options={text: text})
    found, _ = entries(task, replace(DATASET, citation=text, url=text), PROTOCOL, suite=suite)
    for entry in found.values():
        assert depth(entry) == 0
        for line in entry.splitlines():
            assert re.fullmatch(r"  [a-z]+ = \{.*\},", line)


def test_one_publication_is_one_entry() -> None:
    found, _ = entries(TASK, DATASET, PROTOCOL)
    entry = found["arxiv-2510-17914"]
    assert "eprint = {2510.17914}" in entry
    assert "title = {A benchmark}" in entry
    assert "note = {Cited for suite toy@1; data set data; task trees@1}" in entry
    assert len(found) == 4  # the suite, the paper, the labels and the protocol


def test_a_citation_without_identifier_is_quoted() -> None:
    found, _ = entries(TASK, DATASET, PROTOCOL)
    assert "title = {A. Writer, 1999}" in found["a-writer-1999"]
    assert "note = {Cited for protocol nested-cv@1}" in found["a-writer-1999"]


def test_a_bare_doi_gets_a_title_that_says_what_it_is_for() -> None:
    suite = replace(SUITE, citation="doi:10.1000/xyz.")
    found, _ = entries(TASK, DATASET, PROTOCOL, suite=suite)
    assert "title = {Publication cited for suite toy@1}" in found["doi-10-1000-xyz"]
    assert "doi = {10.1000/xyz}" in found["doi-10-1000-xyz"]


def test_keys_are_distinct_although_titles_begin_alike() -> None:
    book = "A very long title of a book that goes on and on, volume "
    found, _ = entries(
        replace(TASK, citation=book + "1"), replace(DATASET, citation=book + "2"), PROTOCOL
    )
    assert len([entry for entry in found.values() if "A very long title" in entry]) == 2


def test_what_is_not_installed_is_reported() -> None:
    found, missing = entries(DATASET)
    assert missing == ["task trees@1", "protocol nested-cv@1"]
    assert set(found) == {"neuco-suite-toy-1", "arxiv-2510-17914"}


def test_an_empty_citation_gives_no_entry() -> None:
    task = replace(TASK, citation="", source=None)
    suite = replace(SUITE, citation="")
    found, _ = entries(
        task, replace(DATASET, citation=""), replace(PROTOCOL, citation=""), suite=suite
    )
    assert set(found) == {"neuco-suite-toy-1"}


def test_errata_are_part_of_the_citation() -> None:
    suite = replace(SUITE, errata=(Erratum("2026-01-31", "x"), Erratum("2026-03-01", "y")))
    found, _ = entries(TASK, DATASET, PROTOCOL, suite=suite)
    assert "errata of 2026-01-31, 2026-03-01" in found["neuco-suite-toy-1"]


def installed_suites() -> list[str]:
    return [component.full_name for component in installation().components("suite")]


def test_the_command_prints_every_installed_suite(capsys: pytest.CaptureFixture[str]) -> None:
    assert installed_suites()
    for name in installed_suites():
        assert run_command("info", name, "--bibtex") == 0
        text = capsys.readouterr().out
        assert text.startswith("@misc{neuco-suite-")
        assert depth(text) == 0
        assert run_command("info", name) == 0
        assert "split: " in capsys.readouterr().out


def test_the_command_is_for_suites_only() -> None:
    with pytest.raises(
        ConfigError, match="--bibtex is for suites; core/mean is of the kind encoder"
    ) as error:
        run_command("info", "core/mean", "--bibtex")
    assert "neuco list suites" in str(error.value.hint)
    with pytest.raises(UnknownComponentError, match="unknown suite 'nothing'"):
        run_command("info", "nothing", "--bibtex")
    with pytest.raises(ConfigError, match="--bibtex and --json exclude each other"):
        run_command("info", installed_suites()[0], "--bibtex", "--json")

"""challenge.yaml: templates, and every problem of a file at once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from neuco_plugin_challenge.settings import read_challenge
from neuco_plugin_challenge.template import TEXTS, Template
from neucocore import NeucoError


def write(folder, text):
    (folder / "challenge.yaml").write_text(text, encoding="utf-8")
    return folder


def test_the_template_of_2025_has_its_facts(tmp_path):
    text = TEXTS[Template.earthvision_2025].format(title='"2025"')
    challenge = read_challenge(write(tmp_path, text))
    dev, test = challenge.phases
    assert (dev.start, dev.end.date().isoformat()) == (
        datetime(2025, 3, 10, tzinfo=UTC), "2025-03-31",
    )  # fmt: skip
    assert test.start == datetime(2025, 4, 3, tzinfo=UTC)
    assert (test.in_all, test.hidden, len(test.tasks)) == (3, True, 9)
    assert (challenge.limits.dimensions, challenge.allowed_failures) == (1024, 3)
    assert (challenge.counts, challenge.ranking) == ("last", "weighted-rank")


WRONG = """\
titel: typo
protocol: svm
limits: {dimensions: 0, dtype: float128, colour: red}
counts: newest
rounded: [final]
phases:
  - codename: dev
    start: 2027-03-10
    end: 2027-03-01
    tasks: [a, a]
  - codename: Test phase
    start: soon
    end: 2027-04-01
    tasks: []
    per_day: 9
    in_all: 3
"""


def test_all_problems_of_a_file_are_reported_together(tmp_path):
    with pytest.raises(NeucoError) as caught:
        read_challenge(write(tmp_path, WRONG))
    text = "\n".join(caught.value.problems)
    for part in (
        "titel: unknown key",
        "title: is missing",
        "protocol: 'svm' is not one of nested-cv",
        "limits.dimensions: 0 is not a whole number above 0",
        "limits.dtype: 'float128' is not one of",
        "limits.colour: unknown key",
        "counts: 'newest' is not one of last, best",
        "rounded: there is no phase final",
        "phases[1].tasks: a is named twice",
        "phases[1].end: 2027-03-01 00:00 is not after its start",
        "phases[2].codename: 'Test phase' is not a name",
        "phases[2].start: 'soon' is not a date",
        "phases[2].tasks: is missing",
    ):
        assert part in text, part


def test_phases_must_not_overlap_or_share_a_name(tmp_path):
    phase = "  - {{codename: {}, start: {}, end: {}, tasks: [a]}}\n"
    text = "title: x\nphases:\n" + phase.format("dev", "2027-03-01", "2027-03-20")
    text += phase.format("test", "2027-03-19", "2027-04-01")
    text += phase.format("dev", "2027-05-01", "2027-05-02")
    with pytest.raises(NeucoError) as caught:
        read_challenge(write(tmp_path, text))
    assert caught.value.problems == (
        "phases: several have the codename dev",
        "phases: test starts on 2027-03-19 00:00, before dev ends on 2027-03-20 00:00",
    )


@pytest.mark.parametrize("text", ["- a list\n", "title: [", "\0", "&a [*a, *a]"])
def test_what_is_no_mapping_is_refused(text, tmp_path):
    with pytest.raises(NeucoError, match=r"challenge\.yaml cannot be"):
        read_challenge(write(tmp_path, text))


def test_a_time_with_a_zone_is_converted(tmp_path):
    text = "title: x\nphases:\n  - {codename: a, start: '2027-03-01T01:00+02:00', "
    text += "end: 2027-03-02, tasks: [t]}\n"
    (phase,) = read_challenge(write(tmp_path, text)).phases
    assert phase.start == datetime(2027, 2, 28, 23, tzinfo=UTC)

"""The first-party tasks are the pattern for everybody's: a gap in one of them fails here."""

import re
from pathlib import Path
from typing import cast

import pytest

from neucocore.components.discovery import installation
from neucocore.components.factory import resolve
from neucocore.components.lookup import find
from neucocore.components.specs import TaskSpec

PLUGINS = (
    "landcover", "biomass", "crops", "heatisland", "clouds", "random", "ships", "nodata",
)  # fmt: skip
TASKS = {
    "biomass-mean",
    "biomass-std",
    "clouds-cover",
    "crops-corn-soybean",
    "heatisland-mean",
    "heatisland-std",
    "landcover-agriculture",
    "landcover-forest",
    "nodata",
    "random-classification",
    "random-regression",
    "ships-detection",
    "ships-position",
}
PUBLISHED = {
    "biomass_mean",
    "biomass_std",
    "crops",
    "landcover_agriculture",
    "landcover_aggriculture",
    "landcover_forest",
    "clouds_reg",
    "heatisland_mean",
    "heatisland_std",
    "nodata",
    "random_reg",
    "random_cls",
}
ROOT = Path(__file__).parents[2]
UNBOUNDED = {"Mg/ha", "K"}
CITATION = re.compile(r"doi:10\.\d{4,}/\S+|@\w+\{.+\}", re.DOTALL)
TEXTS = ("summary", "dataset", "primary_metric", "unit", "license", "exclusions", "known_issues")


def specs() -> list[TaskSpec]:
    components = [c for c in installation().components("task") if c.plugin in PLUGINS]
    return [cast(TaskSpec, component.spec) for component in components]


def gaps(spec: TaskSpec) -> list[str]:
    """Name what a spec does not say."""
    missing = [name for name in TEXTS if not getattr(spec, name)]
    if not CITATION.fullmatch(spec.citation):
        missing.append("citation")
    if spec.low is None or (spec.high is None and spec.unit not in UNBOUNDED):
        missing.append("range")
    if not spec.n_labelled:
        missing.append("labelled")
    if spec.source is None:
        return [*missing, "source"]
    wanted = ("name", "license", "region", "years")
    missing += [f"source.{name}" for name in wanted if not getattr(spec.source, name)]
    if not CITATION.fullmatch(spec.source.citation):
        missing.append("source.citation")
    return missing


def test_a_bare_spec_shows_all_its_gaps():
    bare = TaskSpec(
        name="bare", summary="Bare", dataset="d", problem="regression", primary_metric="r2"
    )
    assert gaps(bare) == [
        "unit",
        "license",
        "exclusions",
        "known_issues",
        "citation",
        "range",
        "labelled",
        "source",
    ]


def test_the_field_has_thirteen_tasks_from_eight_plugins():
    assert {spec.name for spec in specs()} == TASKS
    assert len(TASKS) == 13


@pytest.mark.parametrize("name", sorted(TASKS))
def test_a_tasks_spec_has_no_gap(name):
    found = {spec.version: gaps(spec) for spec in specs() if spec.name == name}
    assert found
    assert not any(found.values()), found


@pytest.mark.parametrize("name", sorted(TASKS))
def test_the_newest_version_of_a_task_says_what_its_controls_score(name):
    newest = max((spec for spec in specs() if spec.name == name), key=lambda spec: spec.version)
    assert set(newest.controls) == {"random", "constant", "oracle"}
    chance = 0.0 if newest.problem == "regression" else 0.55
    for control in ("random", "constant"):
        assert newest.controls[control] == pytest.approx(chance, abs=0.1)
    assert newest.controls["oracle"] > 0.99


@pytest.mark.parametrize("name", sorted(TASKS))
def test_a_tasks_metrics_are_installed(name):
    metrics = {component.name for component in installation().components("metric")}
    for spec in specs():
        if spec.name == name:
            assert {spec.primary_metric, *spec.metrics} <= metrics


@pytest.mark.parametrize("name", sorted(TASKS))
def test_the_newest_version_of_a_task_can_be_derived(name):
    component = find("task", name)
    derive = cast(TaskSpec, component.spec).derive
    assert derive is not None
    assert callable(resolve(component, derive))


@pytest.mark.parametrize("plugin", PLUGINS)
def test_a_task_plugin_is_short(plugin):
    (module,) = (ROOT / "plugins" / plugin / "src").glob("*/plugin.py")
    assert len(module.read_text().splitlines()) < 160


def test_every_published_label_file_is_claimed_by_exactly_one_task():
    claims = [alias for spec in specs() if spec.dataset != "ships" for alias in spec.aliases]
    assert len(claims) == len(set(claims))
    assert set(claims) - {"random_clean_reg", "random_clean_cls"} == PUBLISHED


def test_ships_have_a_data_set_of_their_own():
    own = {spec.name for spec in specs() if spec.dataset == "ships"}
    assert own == {"ships-position", "ships-detection"}
    assert "ships" in {component.name for component in installation().components("dataset")}


def test_the_published_control_says_that_it_is_contaminated_and_the_next_version_is_clean():
    by_version = {spec.version: spec for spec in specs() if spec.name == "random-regression"}
    assert "ontaminated" in by_version[1].known_issues
    assert by_version[1].derive is None
    assert by_version[2].derive is not None


def test_the_labelled_groups_of_the_downstream_data_set_add_up_to_its_cubes():
    counts = {spec.name.partition("-")[0]: spec.n_labelled for spec in specs()}
    groups = ("landcover", "biomass", "crops", "heatisland", "clouds")
    assert sum(counts[group] or 0 for group in groups) == 13260

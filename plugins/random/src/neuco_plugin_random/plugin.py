"""Control tasks: labels that cannot be predicted from an image, as published and clean."""

from __future__ import annotations

from neucocore.plugin import LabelSource, TaskSpec, hookimpl

NEUCO_API = 1

DATASET = "ssl4eo-s12-downstream"
HUB = "https://huggingface.co/datasets/embed2scale/SSL4EO-S12-downstream"
CITATION = "doi:10.48550/arXiv.2510.17914"

PUBLISHED = LabelSource(
    name="Random numbers in place of the cloud fraction (Embed2Scale)",
    license="CC-BY-4.0",
    citation=CITATION,
    region="as the cloud task: global",
    years="as the cloud task: 2018-2020",
    url=HUB,
)
CLEAN = LabelSource(
    name="SHA-256 of the cube's id",
    license="CC0-1.0",
    citation="doi:10.6028/NIST.FIPS.180-4",
    region="wherever the cubes are",
    years="whenever the cubes were taken",
)
CONTAMINATED = (
    "Contaminated, so not a valid control: most labels are zero, and some equal the label of the "
    "cloud task, which can be predicted from images. Version 2 is clean."
)
CLEAN_EXCLUSIONS = "The label depends only on the id of the cube, not on the image."
CLEAN_ISSUES = "Pure noise: a score above chance level is a coincidence or a leak of the labels."


@hookimpl
def neuco_tasks() -> list[TaskSpec]:
    """Return both versions of both controls."""
    regression = {
        "name": "random-regression",
        "problem": "regression",
        "primary_metric": "r2",
        "metrics": ("rmse", "mae"),
        "dataset": DATASET,
        "unit": "percent",
        "low": 0.0,
        "high": 100.0,
    }
    classification = {
        "name": "random-classification",
        "problem": "binary",
        "primary_metric": "average-precision",
        "metrics": ("balanced-accuracy", "f1"),
        "dataset": DATASET,
        "unit": "class",
        "low": 0.0,
        "high": 1.0,
    }
    published = {
        "version": 1,
        "source": PUBLISHED,
        "n_labelled": 1140,
        "license": "CC-BY-4.0",
        "citation": CITATION,
        "url": HUB,
        "known_issues": CONTAMINATED,
    }
    clean = {
        "version": 2,
        "source": CLEAN,
        "n_labelled": 13260,
        "license": "CC0-1.0",
        "citation": CLEAN.citation,
        "other_datasets": ("synthetic-earth",),
        "exclusions": CLEAN_EXCLUSIONS,
        "known_issues": CLEAN_ISSUES,
    }
    return [
        TaskSpec(
            summary="the published control: a random number (contaminated, see its known issues)",
            aliases=("random_reg",),
            exclusions="Intended to be independent of the image.",
            **(regression | published),
        ),
        TaskSpec(
            summary="the published control as two classes: whether the random number is above 10",
            aliases=("random_cls",),
            exclusions="Intended to be independent of the image.",
            **(classification | published),
        ),
        TaskSpec(
            summary="a clean control: a number from 0 to 100, computed from the cube's id",
            aliases=("random_clean_reg",),
            derive="neuco_plugin_random.derivation:number",
            controls={"random": -0.003, "constant": 0.000, "oracle": 1.000},
            **(regression | clean),
        ),
        TaskSpec(
            summary="a clean control: two equally likely classes, computed from the cube's id",
            aliases=("random_clean_cls",),
            derive="neuco_plugin_random.derivation:coin",
            controls={"random": 0.474, "constant": 0.504, "oracle": 1.000},
            **(classification | clean),
        ),
    ]

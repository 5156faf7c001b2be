"""Files that ``neuco challenge new`` writes."""

from __future__ import annotations

from enum import StrEnum


class Template(StrEnum):
    """What a new challenge starts from."""

    small = "small"
    earthvision_2025 = "earthvision-2025"


SMALL = """\
title: {title}
description: Small embeddings of data cubes, judged on tasks that participants do not know.
dataset: synthetic-earth
protocol: nested-cv            # or neucobench-2025, neucobench-2026
limits: {{dimensions: 1024, dtype: float32, bytes: 4096}}
counts: last                   # or best: which submission of a team counts
ranking: weighted-rank         # or mean-score
ties: group                    # teams that cannot be told apart share a prize; or bytes: fewer win
rounded: [dev]                 # phases that show scores rounded to about their standard error
phases:
  - codename: dev
    title: Development
    start: 2027-03-01          # UTC
    end: 2027-03-31
    tasks: [clouds_reg, nodata]
    per_day: 5
  - codename: test
    title: Test
    start: 2027-04-01
    end: 2027-04-05
    tasks: [landcover_forest, clouds_reg, nodata]
    hidden: true               # the board is published by the host
    in_all: 3
"""
EARTHVISION_2025 = """\
# The 2025 CVPR EarthVision challenge. Its labels are public: use it to rehearse, not to run again.
title: {title}
description: 1,024 numbers from a data cube that is seven thousand times larger.
dataset: ssl4eo-s12-downstream
protocol: neucobench-2025
limits: {{dimensions: 1024}}
counts: last                   # the second prize went to the best mean Q of any submission
allowed_failures: 3            # of 10 probings of a task
ranking: weighted-rank
ties: group
rounded: [dev]
phases:
  - codename: dev
    title: Development
    start: 2025-03-10
    end: 2025-03-31T23:59:59Z
    columns: cvpr_earthvision_phase_dev
    tasks: &tasks
      - biomass_mean
      - biomass_std
      - clouds_reg
      - crops
      - heatisland_mean
      - heatisland_std
      - landcover_agriculture
      - landcover_forest
      - nodata
  - codename: test
    title: Test
    start: 2025-04-03
    end: 2025-04-05T23:59:59Z
    columns: cvpr_earthvision_phase_eval
    tasks: *tasks
    hidden: true
    in_all: 3
"""
TEXTS = {Template.small: SMALL, Template.earthvision_2025: EARTHVISION_2025}
LABELS_ARE_PUBLIC = (
    "the labels of this template are public, so anybody can train on them: rehearse with it, and "
    "use other labels for a challenge"
)

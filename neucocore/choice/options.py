"""The options of ``neuco choose``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from neucocore.curves.options import ScoringOptions
from neucocore.options import Option


@dataclass(frozen=True, kw_only=True)
class ChooseOptions(ScoringOptions):
    """Which embeddings are candidates, and what decides."""

    embeddings: Annotated[
        tuple[str, ...],
        Option(
            "Embeddings files; FILE:COLUMN names the column of the vectors, FILE:layer_* every "
            "column or array whose name matches.",
            argument=True,
            metavar="EMBEDDINGS",
            run_file=False,
        ),
    ] = field(kw_only=False, default=())
    margin: Annotated[
        float,
        Option(
            "Largest loss of the score that does not matter: a cheaper embedding that is shown to "
            "lose at most this is preferred.",
            metavar="M",
            run_file=False,
        ),
    ] = 0.02
    main: Annotated[
        str | None,
        Option(
            "Label column that decides. [the mean skill over all]",
            metavar="COLUMN",
            run_file=False,
        ),
    ] = None
    baseline: Annotated[
        tuple[str, ...],
        Option(
            "File with features that you already have, such as a Sentinel-2 composite. Repeatable.",
            metavar="FILE",
            run_file=False,
        ),
    ] = ()
    sizes: Annotated[
        bool,
        Option(
            "Also score smaller sizes of the recommended embedding.",
            flags=("--sizes/--no-sizes",),
            run_file=False,
        ),
    ] = True
    places: Annotated[
        bool,
        Option(
            "Score blocks of several sizes, where the rows have coordinates.",
            flags=("--places/--no-places",),
            run_file=False,
        ),
    ] = True
    exact_locations: Annotated[
        bool,
        Option(
            "Write the error of every site with its coordinates, instead of cells of 10 km or more "
            "with at least 3 sites.",
            run_file=False,
        ),
    ] = False

"""What was scored and decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from neucocore.choice.decision import Decision, Table
from neucocore.choice.options import ChooseOptions
from neucocore.choice.sentences import Sentence, SizeTest
from neucocore.curves.sizes import Size
from neucocore.curves.sweep import PreparedEmbedding
from neucocore.files.html import html_list
from neucocore.results.reading import RunRecord


@dataclass(frozen=True, eq=False)
class Scored:
    """An embedding with its run.

    Attributes
    ----------
    path
        The file, empty for what is made here.
    """

    path: str
    embedding: PreparedEmbedding
    run: RunRecord

    @property
    def bytes_per_row(self) -> float:
        """Bytes of a row."""
        known = self.run.encoding.get("bytes_per_sample")
        return 4.0 * self.embedding.dimension if known is None else float(known)


@dataclass(frozen=True, eq=False, repr=False)
class Choice:
    """The result.

    Attributes
    ----------
    candidates, features, baselines
        The embeddings, the user's own features, and what knows nothing or only the place.
    left_out
        Tasks that do not count, each with the reason.
    sentences
        The decision in words.
    size
        The smallest size that is enough; None if none is shown to be.
    """

    options: ChooseOptions
    table: Table
    candidates: tuple[Scored, ...]
    features: tuple[Scored, ...]
    baselines: tuple[Scored, ...]
    decision: Decision
    left_out: tuple[tuple[str, str], ...]
    sentences: tuple[Sentence, ...]
    size_test: SizeTest | None
    size: Size | None
    places: Mapping[str, Any] | None
    map: Mapping[str, Any] | None

    def __repr__(self) -> str:
        """Return the first sentence of the decision."""
        return f"<Choice: {self.sentences[0].text}>"

    def _repr_html_(self) -> str:
        """Return the decision in words, for notebooks."""
        return html_list([sentence.text for sentence in self.sentences])

    @property
    def index(self) -> int:
        """Index of the chosen embedding, or of the one with the best score."""
        chosen = self.decision.chosen
        return self.decision.leader if chosen is None else chosen

"""A decision as ``decision.json`` and ``decision.md``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from neucocore.choice.decision import Decision
from neucocore.choice.result import Choice, Scored
from neucocore.choice.sentences import SizeTest
from neucocore.curves.sizes import Size
from neucocore.results.skill import MEAN_SKILL, primary_metric

DECISION, SUMMARY = "decision.json", "decision.md"
FORMAT = 1


def record(result: Choice) -> dict[str, Any]:
    """Return ``decision.json``: plain JSON values without ids, unless they are asked for."""
    table, decision, output = result.table, result.decision, Path(result.options.output)

    def described(one: Scored) -> dict[str, Any]:
        scores = {}
        for task in table.tasks:
            score, sure = table.score(one.run, task)
            scores[task] = {
                "metric": primary_metric(one.run, task).get("metric"),
                "score": score,
                "low": sure.low,
                "high": sure.high,
                "chance": table.chance(task),
                "interval_reason": sure.reason,
            }
        mean, sure = table.score(one.run, MEAN_SKILL)
        return {
            "method": one.run.method,
            "file": Path(one.path).name,
            "dimension": one.embedding.dimension,
            "bytes_per_row": one.bytes_per_row,
            "mean_skill": {"score": mean, "low": sure.low, "high": sure.high},
            "scores": scores,
            "run": str(one.run.folder.relative_to(output)),
        }

    chosen = None if decision.chosen is None else result.candidates[decision.chosen].run.method
    return {
        "format": FORMAT,
        "verdict": decision.verdict,
        "use": chosen,
        "size": None if result.size is None else _size_record(result.size),
        "margin": decision.margin,
        "decides": table.decides,
        "rows": table.n,
        "protocol": table.runs[0].protocol,
        "reason": decision.reason,
        "rows_needed": decision.rows_needed,
        "detectable": decision.detectable,
        "smallest_margin": decision.smallest_margin,
        "critical": {
            "close": None if decision.close is None else decision.close.critical,
            "pairs": None if decision.pairs is None else decision.pairs.critical,
        },
        "sentences": [asdict(sentence) for sentence in result.sentences],
        "candidates": [
            {**described(one), "largest_loss": _loss(decision, index)}
            for index, one in enumerate(result.candidates)
        ],
        "features": [described(one) for one in result.features],
        "baselines": [described(one) for one in result.baselines],
        "pairs": _pairs(result),
        "sizes": _sizes_record(result.size_test),
        "places": result.places,
        "map": result.map,
        "left_out": [{"task": task, "reason": reason} for task, reason in result.left_out],
    }


def _sizes_record(test: SizeTest | None) -> list[dict[str, Any]]:
    if test is None:
        return []
    return [
        {
            **_size_record(size),
            "loss": loss.difference,
            "low": loss.low,
            "high": loss.high,
            "bound": bound,
        }
        for size, loss, bound in zip(test.sizes, test.losses, test.within.bounds, strict=True)
    ]


def _size_record(size: Size) -> dict[str, Any]:
    return {
        "name": size.name,
        "family": size.family,
        "dimension": size.dimension,
        "bits": size.bits,
        "bytes_per_row": size.bytes_per_row,
    }


def _loss(decision: Decision, index: int) -> float | None:
    return None if decision.close is None else float(decision.close.losses[index])


def _pairs(result: Choice) -> list[dict[str, Any]]:
    pairs = result.decision.pairs
    if pairs is None:
        return []
    names = [one.run.method for one in result.candidates]
    return [
        {
            "on": name,
            "first": names[i],
            "second": names[j],
            "difference": float(pairs.differences[t, i, j]),
            "low": float(pairs.low[t, i, j]),
            "high": float(pairs.high[t, i, j]),
            "p_value": float(pairs.p_values[t, i, j]),
        }
        for t, name in enumerate(result.decision.targets)
        for i in range(len(names))
        for j in range(i + 1, len(names))
    ]


def markdown(result: Choice) -> str:
    """Return ``decision.md``."""
    table = result.table
    lines = ["# Which embedding", ""]
    lines += [f"- {sentence.text}" for sentence in result.sentences]
    lines += [
        "",
        f"| embedding | bytes per row | {' | '.join(table.tasks)} | mean skill |",
        f"|---|---|{'---|' * len(table.tasks)}---|",
    ]
    for one in (*result.candidates, *result.features, *result.baselines):
        cells_of = [_cell(*table.score(one.run, name)) for name in (*table.tasks, MEAN_SKILL)]
        shown = f"{one.bytes_per_row:,.0f}" if one.path else "-"
        lines.append(f"| {_escaped(one.run.method)} | {shown} | {' | '.join(cells_of)} |")
    lines += [
        "",
        f"Scores with 95 % intervals under {table.runs[0].protocol}; the margin is "
        f"{result.options.margin:g} in {table.metric}. All numbers are in {DECISION}.",
        "",
    ]
    return "\n".join(lines)


def _cell(score: float | None, sure: Any) -> str:
    if score is None:
        return "-"
    if sure.low is None:
        return f"{score:.3f}"
    return f"{score:.3f} ({sure.low:.3f} to {sure.high:.3f})"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")

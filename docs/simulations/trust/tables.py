"""Writes the tables of docs/scores/evidence.md, and the coverages in neucocore, from results."""

from __future__ import annotations

import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
EVIDENCE = ROOT / "docs/scores/evidence.md"
CALIBRATION = ROOT / "neucocore/statistics/calibration.py"

TOLERANCE = 2.5
"""Monte Carlo errors by which a bound may be missed."""
HEAVY = ("lognormal", "t3 errors")
LIGHT_BOUND = 0.93
GROUP_BOUNDS = {100: 0.91, 20: 0.86}
COMPARE_BOUND, EXCEPTION_BOUND = 0.05, 0.08
RANK_BOUND = 0.94


def write_all(path):
    """Rewrite the generated parts of the page and of the module."""
    found = [json.loads(line) for line in path.read_text().splitlines() if line.endswith("}")]
    page = "\n\n".join([summary(found), *(make(found) for make in SECTIONS)])
    _replace(EVIDENCE, "<!-- begin: uncertainty.py -->", "<!-- end: uncertainty.py -->", page)
    _replace(CALIBRATION, "# begin: uncertainty.py", "# end: uncertainty.py", calibration(found))


def _replace(path, begin, end, text):
    before, rest = path.read_text().split(begin)
    _, after = rest.split(end)
    path.write_text(f"{before}{begin}\n{text}\n{end}{after}")


def of(found, *sections):
    """Return the results of sections, in their order, similar cells side by side."""
    chosen = [result for section in sections for result in found if result["section"] == section]
    families = list(dict.fromkeys(_family(result) for result in chosen))
    return sorted(chosen, key=lambda result: families.index(_family(result)))


def _family(result):
    """Return the section, and the name of a cell without the sizes."""
    return result["section"], re.sub(r"\d+x\d+", "", result["cell"])


def table(header, rows):
    """Return a Markdown table."""
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def with_error(share):
    return f"{share['share']:.3f} ({share['error']:.3f})"


def sizes(result):
    """Return the number of data sets, and of sets of rows if data sets share them."""
    number = f"{result['data_sets']:,}"
    if result["sets"] == result["data_sets"]:
        return number
    return f"{number} on {result['sets']}"


def r2_bound(result):
    """Return the smallest coverage that is required of a cell of R2, or None."""
    if result["label"] in HEAVY:
        return None
    return GROUP_BOUNDS.get(result["groups"], LIGHT_BOUND)


def misses(found):
    """Return the bounds that are missed by more than the Monte Carlo error, as a Markdown list."""
    chapters = {
        "95 % intervals of R2 that cover too rarely:": _missed_coverage(found),
        "Comparisons that call equal embeddings different in more than 8 %:": [
            f"{name.removeprefix('equal, ')}{metric}: {with_error(values['different'])}"
            for name, metric, values in comparisons(found)
            if above(values["different"], EXCEPTION_BOUND)
        ],
        "Share of boards on which no two equal methods are called different, below 94 %:": (
            _missed_ranks(found, "equal_not_different")
        ),
        "Embeddings without information whose mean score differs from chance:": (
            _missed_chance(found)
        ),
    }
    lines = []
    for title, missed in chapters.items():
        if not missed:
            title = title.replace(":", ": none")
        lines.append(f"* {title}")
        lines += [f"  * {line}" for line in missed]
    return "\n".join(lines)


def above(share, bound):
    return share["share"] - TOLERANCE * share["error"] > bound


def below(share, bound):
    return share["share"] + TOLERANCE * share["error"] < bound


def _missed_coverage(found):
    lines = []
    for result in of(found, "R2", "R2, other"):
        covered, bound = result["values"]["covered"], r2_bound(result)
        if bound is not None and below(covered, bound):
            lines.append(f"{result['cell']}: {with_error(covered)}, required: {bound}")
    return lines


def _missed_ranks(found, key):
    return [
        f"{result['cell']}; {which}: {with_error(values[key])}"
        for result in of(found, "ranks")
        for which, values in ranks_that_count(result)
        if below(values[key], RANK_BOUND)
    ]


def _missed_chance(found):
    lines = []
    for result in of(found, "nothing"):
        parts = []
        for metric in ("average precision", "AUC"):
            value = result["values"][metric]
            if abs(value["mean"]) > TOLERANCE * value["error"] + 1e-9:
                parts.append(f"{metric} {value['mean']:+.3f} ({value['error']:.3f})")
        if parts:
            lines.append(f"{result['cell']}: {', '.join(parts)}")
    return lines


def exceptions(found):
    """Return the comparisons of equal embeddings above 5 %, but not above 8 %."""
    lines = []
    for name, metric, values in comparisons(found):
        different = values["different"]
        if different["share"] > COMPARE_BOUND:
            if above(different, EXCEPTION_BOUND):
                continue
            word = "an exception" if above(different, COMPARE_BOUND) else "within the error"
            lines.append(f"{name}{metric}: {with_error(different)}, {word}")
    return lines


def comparisons(found):
    for result in of(found, "compare"):
        yield result["cell"], "", result["values"]
    for result in of(found, "classes, compare"):
        for metric, values in result["values"].items():
            yield result["cell"], f", {metric}", values


def ranks_that_count(result):
    """Yield the questions that the methods of a cell are really equal in.

    Methods that differ from task to task are equal over many tasks, and not on these.
    """
    others = "other tasks" if result.get("own") else "other tasks, sources share cubes"
    for which, words in (("these", "these tasks"), ("others", others)):
        if which == "others" or not result["deviation"]:
            yield words, result["values"][which]


def short_intervals(found):
    """Return the intervals of classes and heavy tails below 93 %: no bound, but to be known."""
    lines = []
    for result in of(found, "R2", "R2, other"):
        covered = result["values"]["covered"]
        if result["label"] in HEAVY and covered["share"] < LIGHT_BOUND:
            lines.append(f"{result['cell']}: {with_error(covered)}")
    for result in of(found, "classes"):
        for metric, values in result["values"].items():
            if values["covered"]["share"] < LIGHT_BOUND:
                lines.append(f"{result['cell']}, {metric}: {with_error(values['covered'])}")
    return lines


def summary(found):
    """Return what is missed, and how many cells were simulated."""
    seeds = sorted({result["seed"] for result in found})
    data_sets = sum(result["data_sets"] for result in found)
    minutes = sum(result["seconds"] for result in found) / 60
    text = [
        f"{len(found)} cells, {data_sets:,} data sets, seed {', '.join(map(str, seeds))}, "
        f"{minutes:.0f} minutes of one processor core. In brackets: Monte Carlo errors. Data sets "
        "that share their rows are not independent; the error takes that into account (the larger "
        "of the binomial error and that of the mean over sets of rows)."
    ]
    text += ["### Bounds that are missed", misses(found)]
    for title, lines in (
        ("### Equal embeddings called different in more than 5 %", exceptions(found)),
        ("### Other intervals that cover less than 93 %", short_intervals(found)),
    ):
        text += [title, "\n".join(f"* {line}" for line in lines or ["none"])]
    return "\n\n".join(text)


def r2_table(found):
    rows = []
    for result in of(found, "R2", "R2, other"):
        values, bound = result["values"], r2_bound(result)
        expectation = values.get("covered_expectation")
        rows.append(
            (
                result["cell"].removeprefix("other: "),
                sizes(result),
                with_error(values["covered"]),
                with_error(expectation) if expectation else "",
                "" if bound is None else bound,
                f"{values['width']:.3f}",
                f"{values['score']:.3f}",
                f"{values['true']:.3f}",
                f"{values['sd']:.3f}",
                f"{values['noise']:.3f}",
                f"{values['n_effective']:.2f}",
                f"{100 * values['heavy']:.0f} %",
            )
        )
    header = (
        "cell",
        "data sets",
        "covered",
        "covers the expectation",
        "required",
        "mean width",
        "score",
        "true",
        "sd of the score",
        "lambda",
        "n_effective / n",
        "called heavy-tailed",
    )
    return "### Coverage of 95 % intervals of R2\n\n" + R2_TEXT + "\n\n" + table(header, rows)


R2_TEXT = """\
*Covered*: the interval contains the mean true R2, on new rows, of the ten models. *Covers the
expectation*: it contains the mean of that over data sets (only where all labels have the same
one). `iso`: independent columns of equal size; `decay`: column j has the standard deviation 1/j;
`fraction`: 56 % zeros, at most 1; `zero-inflated`: 70 % zeros; `G20`: 20 groups, held out as a
whole; the last five cells had no part in the choice of any constant, and were fixed before the
first run. Data sets on the same rows have different labels."""


def classes_table(found):
    rows = []
    for result in of(found, "classes"):
        for metric, values in result["values"].items():
            rows.append(
                (
                    result["cell"],
                    metric,
                    f"{values['covered']['N']:,}",
                    with_error(values["covered"]),
                    f"{100 * values['below']:.1f} %, {100 * values['above']:.1f} %",
                    f"{values['width']:.3f}",
                    f"{values['score']:.3f}",
                    f"{values['true']:.3f}",
                    f"{values['kappa']:.2f}",
                    values["without_interval"],
                )
            )
    header = (
        "cell",
        "metric",
        "data sets",
        "covered",
        "true below, above",
        "mean width",
        "score",
        "true",
        "mean kappa",
        "without interval",
    )
    return (
        "### Coverage of 95 % intervals of classes\n\n"
        + CLASSES_TEXT
        + "\n\n"
        + table(header, rows)
    )


CLASSES_TEXT = """\
`logistic`: the probe of `nested-cv`, ranked by log-odds minus the prior log-odds of the training
part; `ridge`: least squares on 0 and 1 minus the share of the training part, decisions at 0.5.
True: the mean over the ten models of what each scores on new rows. Every data set has rows of its
own. *Without interval*: data sets with fewer than ten positive rows."""


def compare_table(found):
    rows = []
    for result in of(found, "compare"):
        values = result["values"]
        rows.append(
            (
                result["cell"],
                sizes(result),
                with_error(values["different"]),
                f"{values['rows_only']['share']:.3f}",
                with_error(values["covered"]),
                f"{values['score']:.2f}",
                f"{values['sd']:.4f}",
                f"{values['error']:.4f}",
            )
        )
    header = (
        "cell",
        "pairs",
        "called different",
        "rows alone",
        "covers the true difference",
        "R2",
        "sd of the difference",
        "standard error",
    )
    return (
        "### Comparisons of equal embeddings, R2\n\n" + COMPARE_TEXT + "\n\n" + table(header, rows)
    )


COMPARE_TEXT = """\
Both embeddings have the same law, so a test at 5 % should call them different in 5 % of pairs.
`junk`: the same 16 signal columns, and other columns of their own; `views`: the signal columns
with noise of its own in each; `coarse`: the same columns with a little noise of its own on all of
them. *Rows alone* (with groups: groups alone): the share if the noise of training were ignored."""


def compare_classes_table(found):
    rows = []
    for result in of(found, "classes, compare"):
        for metric, values in result["values"].items():
            rows.append(
                (
                    result["cell"].removeprefix("equal, "),
                    metric,
                    f"{values['different']['N']:,}",
                    with_error(values["different"]),
                    f"{values['rows_only']['share']:.3f}",
                    with_error(values["covered"]),
                    f"{values['score']:.2f}",
                )
            )
    header = (
        "cell",
        "metric",
        "pairs",
        "called different",
        "rows alone",
        "covers the true difference",
        "score",
    )
    title = "### Comparisons of equal embeddings, classes\n\n"
    text = "Two views as above, with 32 columns. The variance of a difference is doubled.\n\n"
    return title + text + table(header, rows)


def power_table(found):
    rows = []
    for result in of(found, "power"):
        for wanted, values in result["values"].items():
            rows.append(
                (
                    f"{result['kind']} {result['n']}x{result['d']}",
                    sizes(result),
                    wanted,
                    f"{values['true']:.4f}",
                    with_error(values["better"]),
                    with_error(values["different"]),
                    f"{values['error']:.4f}",
                    f"{values['detectable']:.3f}",
                )
            )
    header = (
        "cell",
        "pairs",
        "wanted difference of R2",
        "mean true difference",
        "A called better",
        "called different",
        "standard error",
        "smallest difference detectable",
    )
    text = (
        "B has more noise than A, so that its expected R2 is lower by about the wanted difference. "
        "*Smallest difference detectable*: what `compare` prints, with 80 % power."
    )
    return f"### Power\n\n{text}\n\n" + table(header, rows)


def ranks_table(found):
    rows = []
    for result in of(found, "ranks"):
        for which, values in ranks_that_count(result):
            rows.append(
                (
                    result["cell"],
                    which,
                    f"{result['data_sets']:,}",
                    with_error(values["equal_not_different"]),
                    with_error(values["covered"]),
                    f"{values['no_wrong_order']['share']:.3f}",
                    f"{values['length']:.2f}",
                    f"{values['best_alone']['share']:.2f}",
                )
            )
    header = (
        "cell",
        "question",
        "boards",
        "no equal ones called different",
        "all ranks covered",
        "no wrong order",
        "mean length of intervals",
        "first method alone at rank 1",
    )
    return "### Ranks and groups\n\n" + RANKS_TEXT + "\n\n" + table(header, rows)


RANKS_TEXT = """\
Held-out errors of 1,140 rows a task are drawn without fitting (correlation of two methods on a
row: 0.7), two tasks on the same cubes or every task on its own; in one cell embeddings are
fitted. *Gap*: by how much the best and the worst of five methods differ from the three equal
ones; of ten methods four are equal at the top. *Differing by task*: methods also differ from task
to task with a standard deviation of 0.03, so they are equal on other tasks like these, but not on
these tasks. The tests for *other tasks* take every task as one independent source of labels;
*sources share cubes* shows what happens if they are not independent. Methods that are not called
different have a group in common."""


def nothing_table(found):
    rows = []
    for result in of(found, "nothing"):
        cells = []
        for metric in ("average precision", "AUC"):
            value = result["values"][metric]
            mean, smallest, largest = (
                round(value[key], 4) + 0.0 for key in ("mean", "smallest", "largest")
            )
            cells.append(f"{mean:+.4f} ({value['error']:.4f})")
            cells.append(f"{smallest:+.3f} to {largest:+.3f}")
        columns = ("embedding", "n", "prevalence", "folds")
        rows.append((*(result[column] for column in columns), sizes(result), *cells))
    header = (
        "embedding",
        "rows",
        "positives",
        "folds",
        "data sets",
        "AP - share",
        "range",
        "AUC - 1/2",
        "range",
    )
    return (
        "### Embeddings without information, classes\n\n"
        + NOTHING_TEXT
        + "\n\n"
        + table(header, rows)
    )


NOTHING_TEXT = """\
Scored by `nested-cv` itself. `random`: 16 standard normal columns. The log-odds of the 25 groups
have a standard deviation of 1, and whole groups are held out. Every model knows the share of
positives in its training part, which is high exactly where the share in the held-out fold is low
(stratification bias: Parker, Günter and Bedo, BMC Bioinformatics 8, 2007; Forman and Scholz,
SIGKDD Explorations 12, 2010). Rows are therefore ranked by log-odds minus the prior log-odds of
the training part, rounded to 1e-4."""


SECTIONS = (
    r2_table,
    classes_table,
    compare_table,
    compare_classes_table,
    power_table,
    ranks_table,
    nothing_table,
)


def calibration(found):
    """Return the measured coverages as Python source."""
    r2 = of(found, "R2", "R2, other")
    light = [r for r in r2 if r["label"] not in HEAVY and not r["groups"]]
    errors = []
    for result in light:
        values = result["values"]
        place = (result["n"], round(values["noise"], 3), round(max(values["true"], 0.01), 2))
        errors.append((place, values["covered"]["share"], result["cell"]))
    heavy = [
        ((r["n"],), r["values"]["covered"]["share"], r["cell"]) for r in r2 if r["label"] in HEAVY
    ]
    grouped = [
        ((r["groups"], r["n"]), r["values"]["covered"]["share"], r["cell"])
        for r in r2
        if r["groups"]
    ]
    ranking, decisions = [], []
    for result in of(found, "classes"):
        if result["probe"] != "logistic":
            continue
        n, cell = result["n"], result["cell"]
        for metric, values in result["values"].items():
            share, name = values["covered"]["share"], f"{cell}, {metric}"
            if metric in ("average precision", "AUC"):
                ranking.append(((round(min(result["prevalence"], 0.5) * n), n), share, name))
            else:
                decisions.append(((round(values["n_effective"] * n, 1), n), share, name))
    return "\n".join(
        [
            "# (rows, lambda, R2): coverage. Light-tailed or zero-inflated labels, without groups.",
            _cells("ERRORS", errors),
            "# (rows,): coverage. Lognormal labels, and errors with the t distribution with 3 "
            "degrees of freedom.",
            _cells("HEAVY_ERRORS", heavy),
            "# (groups, rows): coverage.",
            _cells("GROUPED_ERRORS", grouped),
            "# (rows of the rarer class, rows): coverage. Average precision, AUC; logistic probe.",
            _cells("RANKING", ranking),
            "# (n_effective, rows): coverage. Macro-F1 and accuracy, logistic probe.",
            _cells("DECISIONS", decisions),
        ]
    )


def _cells(name, cells):
    lines = [f"{name}: Cells = ("]
    for place, share, cell in cells:
        numbers = ", ".join(f"{value:g}" for value in place) + ("," if len(place) == 1 else "")
        lines.append(f"    (({numbers}), {share:.3f}),  # {cell}")
    return "\n".join([*lines, ")"])

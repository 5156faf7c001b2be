"""The built-in protocols, described without importing them."""

from __future__ import annotations

from neucocore.components.specs import Param, ProtocolSpec

_NEUCOBENCH = "neucocore.evaluation.neucobench.protocol:NeuCoBenchProtocol"
_NOTICE = (
    "neucobench-{year} repeats NeuCo-Bench's published probe including its known defects: "
    "https://github.com/neuco-bench/neuco/blob/main/docs/scores/index.md"
)


def protocol_specs() -> list[ProtocolSpec]:
    """Return the protocols of NeuCo-Bench, and two that tune their probe on training rows."""
    return [
        ProtocolSpec(
            name="neucobench-2026",
            summary="NeuCo-Bench's linear probe as of 2026-06-30, reproduced in every fold",
            factory=_NEUCOBENCH,
            params=_neucobench_params(epochs=10, dimension=None),
            notice=_NOTICE.format(year=2026),
        ),
        ProtocolSpec(
            name="neucobench-2025",
            summary="the 2025 challenge's settings: 20 epochs, padded to 1024 dimensions",
            factory=_NEUCOBENCH,
            params=_neucobench_params(epochs=20, dimension=1024),
            notice=_NOTICE.format(year=2025),
        ),
        ProtocolSpec(
            name="nested-cv",
            summary="ridge and logistic regression tuned inside the training part, pooled scores",
            factory="neucocore.evaluation.nested_cv:NestedCVProtocol",
            aggregate="skill",
            params=(
                *_split_params(),
                Param(
                    "probe",
                    "str",
                    None,
                    "installed probe used instead of ridge and logistic regression",
                    nullable=True,
                ),
                _metric_param(),
            ),
        ),
        ProtocolSpec(
            name="svm",
            summary="polynomial SVM, parameters selected inside the training part",
            factory="neucocore.evaluation.svm:SVMProtocol",
            aggregate="skill",
            params=(
                *_split_params(),
                _metric_param(),
                # The keys and ranges of NeuCo-Bench's sample_config_svm.yaml.
                Param(
                    "C_start_end",
                    "list",
                    [0.001, 1000],
                    "lower and upper bound of C, drawn log-uniformly",
                ),
                Param("epsilon_list", "list", [0.01, 0.05, 0.1, 0.5], "values of epsilon"),
                Param("kernel_degree_list", "list", [2, 3], "degrees of the polynomial kernel"),
                Param(
                    "kernel_gamma_start_end",
                    "list",
                    [0.0001, 10],
                    "lower and upper bound of gamma, drawn log-uniformly",
                    nullable=True,
                ),
                Param(
                    "kernel_coef0_start_end",
                    "list",
                    [-1, 2],
                    "lower and upper bound of coef0, drawn uniformly",
                    nullable=True,
                ),
                Param("n_iter", "int", 50, "number of candidates of the random search", minimum=1),
                Param(
                    "inner_folds",
                    "int",
                    3,
                    "folds of the search inside the training part",
                    minimum=2,
                ),
                Param(
                    "search_rows", "int", 2000, "maximum number of training rows used by the search"
                ),
            ),
        ),
    ]


def _split_params() -> tuple[Param, ...]:
    return (
        Param("folds", "int", 10, "number of parts that the rows are split into", minimum=2),
        Param("repeats", "int", 1, "number of different splits into folds", minimum=1),
    )


def _metric_param() -> Param:
    return Param(
        "metric",
        "str",
        None,
        "installed metric that becomes every task's primary one",
        nullable=True,
    )


def _neucobench_params(*, epochs: int, dimension: int | None) -> tuple[Param, ...]:
    return (
        Param("k_folds", "int", 40, "random splits with a tenth of the rows held out", minimum=1),
        Param("batch_size", "int", 64, "rows per minibatch", minimum=1),
        Param("epochs", "int", epochs, "passes over the training rows", minimum=1),
        Param("learning_rate", "float", 1e-3, "step size of AdamW", above=0),
        Param(
            "embedding_dim",
            "int",
            dimension,
            "dimensions that embeddings are padded to with zeros",
            nullable=True,
            minimum=1,
        ),
        Param(
            "standardize_embeddings",
            "bool",
            True,
            "subtract one mean and divide by one standard deviation",
        ),
        Param("normalize_labels", "bool", True, "scale the labels to the range from 0 to 1"),
    )

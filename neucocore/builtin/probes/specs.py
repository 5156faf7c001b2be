"""The built-in probes, described without importing them."""

from __future__ import annotations

from neucocore.components.specs import PROBLEMS, Param, ProbeSpec


def probe_specs() -> list[ProbeSpec]:
    """Return the standard probes; given the random generator, all are deterministic."""
    return [_linear(), _ridge(), _logistic(), _knn(), _svm(), _mlp()]


def _linear() -> ProbeSpec:
    return ProbeSpec(
        name="linear",
        summary="one linear layer trained with AdamW as in NeuCo-Bench, weights of the last epoch",
        factory="neucocore.builtin.probes.linear:LinearProbe",
        params=(
            Param("epochs", "int", 10, "passes over the training rows", minimum=1),
            Param("batch_size", "int", 64, "rows per minibatch", minimum=1),
            Param("learning_rate", "float", 1e-3, "step size of AdamW", above=0),
        ),
        problems=("regression", "binary"),
        license="Apache-2.0",
        url="https://github.com/embed2scale/NeuCo-Bench",
    )


def _ridge() -> ProbeSpec:
    return ProbeSpec(
        name="ridge",
        summary="ridge regression, penalty and scaling selected by exact leave-one-out",
        factory="neucocore.builtin.probes.targets:RidgeProbe",
        problems=PROBLEMS,
        license="Apache-2.0",
        citation="Hoerl and Kennard (1970), Technometrics 12(1)",
    )


def _logistic() -> ProbeSpec:
    return ProbeSpec(
        name="logistic",
        summary="penalised (multinomial) logistic regression, penalty selected as for ridge",
        factory="neucocore.builtin.probes.targets:LogisticProbe",
        problems=("binary", "multiclass", "multilabel"),
        license="Apache-2.0",
    )


def _knn() -> ProbeSpec:
    return ProbeSpec(
        name="knn",
        summary="mean label of the k nearest training rows",
        factory="neucocore.builtin.probes.knn:KNearestProbe",
        params=(
            Param("neighbours", "int", 10, "number of training rows averaged", minimum=1),
            Param("metric", "str", "euclidean", "distance", choices=("euclidean", "cosine")),
        ),
        problems=PROBLEMS,
        license="Apache-2.0",
    )


def _svm() -> ProbeSpec:
    return ProbeSpec(
        name="svm",
        summary="polynomial support vector machine, parameters selected by a seeded random search",
        factory="neucocore.builtin.probes.svm:SVMProbe",
        params=(
            Param(
                "C_start_end",
                "list",
                ["0.001", "1000"],
                "lower and upper bound of C, drawn log-uniformly",
            ),
            Param("epsilon_list", "list", ["0.01", "0.05", "0.1", "0.5"], "values of epsilon"),
            Param("kernel_degree_list", "list", ["2", "3"], "degrees of the polynomial kernel"),
            Param(
                "kernel_gamma_start_end",
                "list",
                ["0.0001", "10"],
                "lower and upper bound of gamma, drawn log-uniformly",
                nullable=True,
            ),
            Param(
                "kernel_coef0_start_end",
                "list",
                ["-1", "2"],
                "lower and upper bound of coef0, drawn uniformly",
                nullable=True,
            ),
            Param("n_iter", "int", 50, "number of candidates of the random search", minimum=1),
            Param(
                "inner_folds", "int", 3, "folds of the search inside the training part", minimum=2
            ),
            Param(
                "search_rows",
                "int",
                2000,
                "maximum number of training rows used by the search",
                minimum=1,
            ),
        ),
        problems=PROBLEMS,
        license="Apache-2.0",
        citation="Chang and Lin (2011), ACM TIST 2(3) (LIBSVM)",
    )


def _mlp() -> ProbeSpec:
    return ProbeSpec(
        name="mlp",
        summary="one hidden layer, trained with Adam",
        factory="neucocore.builtin.probes.mlp:MLPProbe",
        params=(
            Param("hidden", "int", 64, "number of hidden units", minimum=1),
            Param(
                "penalty",
                "float",
                1e-3,
                "weight decay: factor of half the sum of the squared weights",
            ),
            Param("epochs", "int", 100, "passes over the training rows", minimum=1),
        ),
        problems=PROBLEMS,
        license="Apache-2.0",
    )

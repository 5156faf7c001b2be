"""The protocol ``nested-cv@1`` once more, from docs/scores/method.md, to check the package against.

Shares no code with the package. Slow and simple: singular values instead of eigenvalues, complete
hat matrices, Newton's method instead of L-BFGS.
"""

import hashlib

import numpy as np
from sklearn.metrics import average_precision_score, f1_score

PENALTIES = 10.0 ** (np.arange(6, -13, -1) / 2)
FOLDS = 10


def key(text):
    return hashlib.sha256(f"robust@1\n0\n{text}".encode()).digest()[:8]


def assign_folds(ids, classes=None, groups=None):
    if groups is None:
        classes = np.zeros(len(ids)) if classes is None else classes
        order = sorted(range(len(ids)), key=lambda i: (classes[i], key(ids[i]), ids[i]))
        folds = np.empty(len(ids), int)
        folds[order] = np.arange(len(ids)) % min(FOLDS, len(ids))
        return folds
    filled = [0] * min(FOLDS, len(set(groups)))
    fold_of = {}
    for group in sorted(set(groups), key=key):
        fold_of[group] = filled.index(min(filled))
        filled[fold_of[group]] += list(groups).count(group)
    return np.array([fold_of[group] for group in groups])


def rarest_label(Y):
    """Classes of a multi-label task: the rarest label of each row, rows without one last."""
    rarest_first = (np.nan_to_num(Y) > 0)[:, np.argsort(np.nansum(Y, axis=0), kind="stable")]
    return np.where(rarest_first.any(1), rarest_first.argmax(1), Y.shape[1])


def ridge(X, Y, fold):
    """Rows (n, d) in the order of fold, labels (n, k) -> scale, penalty, weights, intercept."""
    n, mean = len(X), X.mean(0)
    variance = np.where(np.ptp(X, axis=0) > 0, X.var(0), 0.0)
    varies = variance > 0
    scales = [
        np.full(X.shape[1], 1 / np.sqrt(variance.mean()) if varies.any() else 0.0),
        np.where(varies, 1 / np.sqrt(np.where(varies, variance, 1.0)), 0.0),
    ]
    left_out = np.unique(np.linspace(0, n - 1, min(n, 4096)).round().astype(int))
    centred, best = Y - Y.mean(0), (np.inf,)
    for scale in scales:
        U, s, Vt = np.linalg.svd((X - mean) * scale, full_matrices=False)
        kept = s**2 > 1e-12 * s[0] ** 2
        U, s, Vt = U[:, kept], s[kept], Vt[kept]
        for penalty in PENALTIES * n:
            shrink = s**2 / (s**2 + penalty)
            residuals = centred - U @ (shrink[:, None] * (U.T @ centred))
            if fold is None:
                leverage = 1 / n + U**2 @ shrink
                residuals = (residuals / np.maximum(1 - leverage, 1e-10)[:, None])[left_out]
            else:
                for f in np.unique(fold):
                    rows = fold == f
                    H = (U[rows] * shrink) @ U[rows].T + 1 / n
                    residuals[rows] = np.linalg.solve(np.eye(rows.sum()) - H, residuals[rows])
            error = np.sum(residuals**2) / len(residuals)
            if error < best[0] * (1 - 1e-12):
                coef = (s / (s**2 + penalty))[:, None] * (U.T @ centred)
                W = scale[:, None] * (Vt.T @ coef)
                best = error, scale, penalty, W, Y.mean(0) - mean @ W
    return best[1:]


def softmax(scores):
    e = np.exp(scores - scores.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def logistic(Z, Y, penalty):
    """Minimise log-loss + penalty / 2 |W|^2 by Newton steps; Y one-hot (n, k).

    Two classes are the softmax with the first score fixed at 0; several have no reference class.
    """
    free = [1] if Y.shape[1] == 2 else list(range(Y.shape[1]))
    A = np.column_stack([Z, np.ones(len(Z))])
    D = np.diag(np.append(np.full(Z.shape[1], penalty), 0.0))
    W = np.zeros((A.shape[1], Y.shape[1]))
    for _ in range(200):
        P = softmax(A @ W)
        gradient = (A.T @ (P - Y) + D @ W)[:, free].T.ravel()
        weight = P[:, free, None] * (np.eye(len(free)) - P[:, None, free])
        hessian = np.block([[A.T * w @ A + D * (i == j) for j, w in enumerate(row)]
                            for i, row in enumerate(np.moveaxis(weight, 0, 2))])  # fmt: skip
        step = np.linalg.lstsq(hessian, gradient, rcond=1e-13)[0].reshape(len(free), -1).T
        W[:, free] -= step * min(1, 2 / np.abs(A @ step).max())
        if np.abs(step).max() < 1e-10:
            return W
    raise RuntimeError("Newton's method has not converged")


def predict_classes(X, Y, fold, new, grouped):
    """Probabilities (m, k) of one-hot classes Y (n, k), two columns if binary."""
    scale, penalty, *_ = ridge(X, Y[:, -1:] if Y.shape[1] == 2 else Y, fold if grouped else None)
    share = Y.mean(0)
    candidates = np.mean(share * (1 - share)) * penalty * 10.0 ** (-np.arange(7) / 2)
    Z, Z_new = (X - X.mean(0)) * scale, (new - X.mean(0)) * scale
    inner = np.searchsorted(np.unique(fold), fold) % 5
    losses = np.zeros(7)
    for f in np.unique(inner):
        out = inner == f
        for c, candidate in enumerate(candidates):
            W = logistic(Z[~out], Y[~out], candidate)
            P = softmax(Z[out] @ W[:-1] + W[-1])
            losses[c] -= np.sum(np.log(P[Y[out] == 1]))
    W = logistic(Z, Y, candidates[losses.argmin()])
    return softmax(Z_new @ W[:-1] + W[-1])


def score(ids, X, y, problem, groups=None):
    """Rows sorted by id. Returns score, held-out predictions (n, k), and folds (n,)."""
    X, Y = np.asarray(X, float), np.asarray(y, float).reshape(len(ids), -1)
    strata = {"regression": None, "multilabel": rarest_label(Y)}.get(problem, Y[:, 0])
    folds, grouped = assign_folds(ids, strata, groups), groups is not None
    P = np.full((len(ids), int(Y.max()) + 1 if problem == "multiclass" else Y.shape[1]), np.nan)
    baseline = np.full(Y.shape, np.nan)
    for column in range(Y.shape[1]):
        known = ~np.isnan(Y[:, column])
        for f in np.unique(folds):
            train = np.flatnonzero(known & (folds != f))
            train = train[np.argsort(folds[train], kind="stable")]
            test, labels = known & (folds == f), Y[train, column]
            baseline[test, column] = labels.mean()
            if problem == "regression":
                *_, W, b = ridge(X[train], labels[:, None], folds[train] if grouped else None)
                P[test, column] = X[test] @ W[:, 0] + b
                continue
            classes = max(P.shape[1], 2) if problem == "multiclass" else 2
            onehot = np.eye(classes)[labels.astype(int)]
            p = predict_classes(X[train], onehot, folds[train], X[test], grouped)
            P[test] = p if problem == "multiclass" else P[test]
            if problem != "multiclass":
                P[test, column] = p[:, 1]
    if problem == "regression":
        sums = [np.nansum((Y - guess) ** 2, axis=0) for guess in (P, baseline)]
        return np.mean(1 - sums[0] / sums[1]), P, folds
    if problem == "multiclass":
        return f1_score(Y[:, 0], P.argmax(1), average="macro"), P, folds
    order = np.round(np.log(P / (1 - P)) - np.log(baseline / (1 - baseline)), 4)
    return average_precision_score(Y, order, average="macro"), P, folds

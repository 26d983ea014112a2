"""A classifier over vectors: multinomial logistic regression, fitted at each start in well under a second."""

from collections.abc import Sequence

import numpy as np

from orchestration.enrichment.space import unit

STRENGTH = 10.0
"""Inverse of the regularisation, chosen by cross-validation on the development split (``sifarat calibrate``)."""


class Classifier:
    def __init__(self, vectors: np.ndarray, labels: Sequence[str], weights: Sequence[float] | None = None):
        from sklearn.linear_model import LogisticRegression

        fitted = LogisticRegression(C=STRENGTH, max_iter=3000, class_weight="balanced")
        fitted.fit(unit(vectors), labels, sample_weight=weights)
        self._labels = [str(label) for label in fitted.classes_]
        self._slopes, self._offsets = fitted.coef_, fitted.intercept_

    def classify(self, vectors: np.ndarray) -> list[tuple[str, float]]:
        """The likeliest label of each row with its probability; a row's result does not depend on its company."""
        logits = np.round(np.einsum("nd,kd->nk", unit(vectors), self._slopes) + self._offsets, 6)
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        best = logits.argmax(axis=1)
        return [
            (self._labels[place], round(float(share), 4))
            for place, share in zip(best, shares[np.arange(len(best)), best], strict=True)
        ]

"""The L1 penalty, by a step that makes weights exactly zero. Imports torch at the top."""

from __future__ import annotations

from collections.abc import Iterable

from torch import Tensor, nn


def matrices(weights: Iterable[nn.Parameter]) -> list[nn.Parameter]:
    """Pick the weights that are penalised: matrices and filters, not offsets."""
    return [each for each in weights if each.ndim >= 2]


def soft_threshold(weights: Iterable[Tensor], amount: float) -> None:
    """Move every weight towards zero by `amount`, and to exactly 0.0 if it is nearer: sign(w)·max(|w| − amount, 0).

    That solves argmin_v ½(v − w)² + amount·|v|: the proximal step of an L1 penalty. Call it without gradients.

    I. Daubechies, M. Defrise and C. De Mol (2004), "An iterative thresholding algorithm for linear inverse
    problems", Communications on Pure and Applied Mathematics 57(11).
    """
    for each in weights:
        each.copy_(nn.functional.softshrink(each, amount))

"""arch's test of superior predictive ability, with its variances in a fraction of the time."""

from __future__ import annotations

import numpy as np
from arch.bootstrap import SPA


class QuickSPA(SPA):  # type: ignore[misc]  # arch tells no types
    """The same p-values as ``arch.bootstrap.SPA``.

    arch adds up autocovariances lag after lag, which is half of all its work; here they come from one Fourier
    transform. Were its method renamed, arch's own would be used: slower, and equal.
    """

    def _compute_variance(self) -> None:
        """Variances of the loss differences under the stationary bootstrap: Hansen (2005), p. 372."""
        n, keep = self.t, 1.0 - 1.0 / self.block_size
        off = self._loss_diff - self._loss_diff.mean(axis=0)
        products = np.fft.irfft(np.abs(np.fft.rfft(off, 2 * n, axis=0)) ** 2, axis=0)[:n]
        lags = np.arange(n)
        weights = (1.0 - lags / n) * keep**lags + lags / n * keep ** (n - lags)
        weights[1:] *= 2.0
        self._loss_diff_var = weights @ products / n

"""What of a run's return known factors explain."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from quantlab.display.numbers import number
from quantlab.display.sheets import Sheet, Shown
from quantlab.errors import DataError, did_you_mean
from quantlab.metrics.returns import power

MISSING = (-99.99, -999.0)  # how the library of French writes what is not known


@dataclass(frozen=True, eq=False, repr=False)
class FactorModel(Shown):
    """A regression of a run's excess return on factors.

    Parameters
    ----------
    frame
        Rows ``alpha`` and one a factor; columns ``coefficient, error, t, p``. Alpha is per bar; errors are those of
        Newey and West (1987).
    alpha_annual
        Alpha compounded over a year.
    r_squared
        Share of the variance that the factors explain.
    n_bars, lags
        Bars that the run and the factors have in common, and how many autocovariances the errors count.
    """

    frame: pd.DataFrame
    alpha_annual: float
    r_squared: float
    n_bars: int
    lags: int

    def sheets(self) -> list[Sheet]:
        """One row a coefficient."""
        rows = [
            [str(name), f"{b:.6f}" if name == "alpha" else f"{b:.3f}", f"{t:.2f}", f"{p:.4f}"]
            for name, b, _, t, p in self.frame.itertuples(name=None)
        ]
        notes = [
            f"alpha {number(self.alpha_annual, 'fraction')} a year; R² {number(self.r_squared, 'fraction')}; "
            f"{self.n_bars:,} bars, HAC errors with {self.lags} lags."
        ]
        columns = ["", "coefficient", "t", "p"]
        return [Sheet("Factors", columns, rows, dict.fromkeys(columns[1:], "text"), notes)]


def factor_model(
    returns: pd.Series, factors: pd.DataFrame, *, rate_per_bar: float, periods_per_year: float
) -> FactorModel:
    """Regress returns above the riskless rate on factors, on the times both have.

    Parameters
    ----------
    returns
        Simple returns by time.
    factors
        Excess returns of the factors by time, fractions; a column ``RF`` is no factor but the riskless return a
        bar, and replaces `rate_per_bar`. Rows with NaN are left out.
    rate_per_bar, periods_per_year
        Riskless return a bar, and bars a year.

    Raises
    ------
    DataError
        Without factors, with fewer common bars than three for each coefficient, a factor that never changes on
        them, or factors that are combinations of each other.
    """
    import statsmodels.api as sm  # takes a second to import

    known = factors.reindex(returns.index).dropna()
    riskless = known.pop("RF") if "RF" in known else pd.Series(rate_per_bar, known.index)
    n, k = known.shape
    if k == 0 or n < 3 * (k + 1):
        raise DataError(
            f"{n} bars with {k} factors are too few for a regression: give returns of factors on the bars of the run "
            f"({returns.index[0]} to {returns.index[-1]}), as fractions."
        )
    _must_be_distinct(known)
    lags = int(4.0 * (n / 100.0) ** (2.0 / 9.0))  # Newey and West (1994)
    design = sm.add_constant(known.to_numpy(dtype=np.float64), has_constant="add")
    excess = (returns.loc[known.index] - riskless).to_numpy(dtype=np.float64)
    fitted = sm.OLS(excess, design).fit(cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True})
    frame = pd.DataFrame(
        {"coefficient": fitted.params, "error": fitted.bse, "t": fitted.tvalues, "p": fitted.pvalues},
        index=["alpha", *map(str, known.columns)],
    )
    alpha = power(1.0 + float(fitted.params[0]), periods_per_year) - 1.0
    return FactorModel(frame.rename_axis("factor"), alpha, float(fitted.rsquared), n, lags)


def _must_be_distinct(factors: pd.DataFrame) -> None:
    """Refuse factors whose coefficients cannot be told from alpha's or from each other's."""
    constant = [str(name) for name in factors if np.ptp(factors[name].to_numpy(dtype=np.float64)) == 0.0]
    if constant:
        raise DataError(
            f"The factor {constant[0]} is {factors[constant[0]].iloc[0]:g} on all {len(factors)} bars, so it explains "
            "nothing: leave it out, or give its returns, not a level or a name."
        )
    # Of unit deviation, so that small factors count as much as large ones.
    scaled = (factors - factors.mean()) / factors.std()
    if np.linalg.matrix_rank(scaled.to_numpy(dtype=np.float64)) < factors.shape[1]:
        raise DataError(
            f"The factors {', '.join(map(str, factors))} are combinations of each other, so that no single "
            "coefficient is defined: leave one out."
        )


def read_factors(path: str | Path) -> pd.DataFrame:
    """Read a file of Kenneth French's data library, daily or monthly, as fractions by time.

    Its percents become fractions and its codes for what is missing NaN; text around the first table and later tables
    (annual ones) are left out. Monthly rows stand at the last day of their month.

    Raises
    ------
    DataError
        No such file, or one without such a table.
    """
    if not Path(path).is_file():
        near = [each.name for each in Path(path).parent.glob("*.csv")]
        advice = did_you_mean(Path(path).name, near) if near else "Give a CSV file of French's data library."
        raise DataError(f"{path} does not exist. {advice}")
    lines = Path(path).read_text(encoding="latin-1").splitlines()
    dated = [bool(re.match(r"\s*(\d{8}|\d{6})\s*,", line)) for line in lines]
    if True not in dated[1:]:
        raise DataError(
            f"{path} has no rows as '19260701, 0.09, …': give a CSV file of French's data library."
        )
    first = dated.index(True, 1)
    stop = next((row for row in range(first, len(lines)) if not dated[row]), len(lines))
    names = [name.strip() for name in lines[first - 1].split(",")][1:]
    rows = [[cell.strip() for cell in line.split(",")][: len(names) + 1] for line in lines[first:stop]]
    daily = len(rows[0][0]) == 8
    time = pd.to_datetime([row[0] for row in rows], format="%Y%m%d" if daily else "%Y%m")
    values = pd.DataFrame([[float(cell) for cell in row[1:]] for row in rows], columns=names)
    values = values.mask(values.isin(MISSING)) / 100.0
    return values.set_axis(time if daily else time + pd.offsets.MonthEnd(0))

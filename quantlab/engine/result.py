"""What one backtest produced."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from quantlab.errors import did_you_mean
from quantlab.metrics.catalogue import METRICS, evaluate
from quantlab.metrics.run_figures import RunFigures, trading_figures

if TYPE_CHECKING:
    import plotly.graph_objects as go

TABLES = ("positions", "marks", "orders", "fills", "flows", "trades")
# Tables of a run with forecasts, and which part of `quantlab.forecasting.scores.Scores` each is.
JUDGED = {"forecast_scores": "frame", "forecast_decay": "rank_decay", "forecast_rank_ic": "rank_ic_by_bar"}


@dataclass(frozen=True, eq=False, repr=False)
class Result:
    """One strategy, or a portfolio of them, over one set of bars, and all that it produced.

    What is derived is computed when asked for. Rows are bars from the run's start; initial cash is not a row.
    Every metric of the catalogue is also an attribute: ``result.sharpe``.

    Parameters
    ----------
    name
        The strategy as the code that makes it.
    equity
        Money at every close with positions at the mark, indexed by ``Bars.time``.
    initial_cash
        Money before the first bar.
    periods_per_year, risk_free_annual
        Bars a year, and the riskless return a year as a fraction, in every annualised metric.
    fill
        ``"next_open"`` or ``"same_close"``.
    engine
        Which engine ran, and why.
    notes
        What a reader must know before believing the numbers, as sentences.
    ruined
        Whether equity fell to zero or below; the run stopped there.
    benchmark_name, benchmark
        What the run is measured against, and its simple returns on the same bars.
    provenance
        Fingerprints of every input, settings and versions, as plain values.
    recipe
        How `quantlab.rerun` makes the run again, or why it cannot, as plain values; None where no `backtest` made it.
    parts
        The results of a portfolio's strategies by name, in its sequence; empty for a single strategy. What of the
        tables is one strategy's has a further column ``strategy``.
    folder
        Where it was read from; None for one that was just made.
    """

    name: str
    equity: pd.Series
    initial_cash: float
    periods_per_year: float
    risk_free_annual: float
    fill: str
    engine: str
    notes: tuple[str, ...]
    ruined: bool
    benchmark_name: str | None
    benchmark: pd.Series | None
    provenance: Mapping[str, Any]
    recipe: Mapping[str, Any] | None = None
    parts: Mapping[str, Result] = field(default_factory=dict)
    folder: Path | None = None
    _tables: Mapping[str, Callable[[], Any]] = field(default_factory=dict)

    @cached_property
    def returns(self) -> pd.Series:
        """Simple net returns per bar; the first is measured from initial cash."""
        equity = self.equity.to_numpy()
        before = np.concatenate([[self.initial_cash], equity[:-1]])
        return pd.Series(equity / before - 1.0, self.equity.index, name="returns")

    @cached_property
    def cash(self) -> pd.Series:
        """Uninvested money at every close."""
        return self._tables["cash"]()  # type: ignore[no-any-return]

    @cached_property
    def positions(self) -> pd.DataFrame:
        """Signed units held after the fills of each bar; columns are symbols."""
        return self._tables["positions"]()  # type: ignore[no-any-return]

    @cached_property
    def marks(self) -> pd.DataFrame:
        """What a unit is worth at each close, last close × multiplier; columns are symbols."""
        return self._tables["marks"]()  # type: ignore[no-any-return]

    @cached_property
    def weights(self) -> pd.DataFrame:
        """Position value ÷ equity at each close; columns are symbols."""
        held = self.positions.to_numpy()
        value = np.where(held != 0.0, held, 0.0) * np.where(held != 0.0, self.marks.to_numpy(), 0.0)
        equity = self.equity.to_numpy()[:, None]
        weights = np.divide(value, equity, out=np.zeros_like(value), where=equity != 0.0)
        return pd.DataFrame(weights, self.equity.index, columns=self.positions.columns)

    @cached_property
    def orders(self) -> pd.DataFrame:
        """Every order.

        Columns ``id, time, bar, symbol, kind, amount, limit, stop, trail, tif, status, reason, filled_quantity``.
        """
        return self._tables["orders"]()  # type: ignore[no-any-return]

    @cached_property
    def fills(self) -> pd.DataFrame:
        """Every fill.

        Columns ``order_id, time, bar, symbol, quantity, price, reference_price, commission, slippage, position,
        cash, multiplier``; `slippage` is a fraction of the reference price, `position` and `cash` are those after the
        fill, `multiplier` is money per unit and point of price. `order_id` is −1 where no single order stands behind a
        fill of a netted portfolio.
        """
        return self._tables["fills"]()  # type: ignore[no-any-return]

    @cached_property
    def flows(self) -> pd.DataFrame:
        """Money that came or went without a fill: ``time, bar, kind, symbol, amount, cash``.

        Kinds are ``interest``, ``borrow``, ``payout`` and ``funding``; `symbol` is missing where the whole account is
        meant.
        """
        return self._tables["flows"]()  # type: ignore[no-any-return]

    @cached_property
    def trades(self) -> pd.DataFrame:
        """Round trips from flat to flat, in the sequence of entry.

        Columns ``symbol, side, entry_time, exit_time, entry_bar, exit_bar, bars_held, quantity, entry_price,
        exit_price, profit, return, commission, worst, best, open``. Trades open at the end are valued at the last
        mark, flagged `open` and left out of trade statistics.
        """
        return self._tables["trades"]()  # type: ignore[no-any-return]

    @cached_property
    def forecast_scores(self) -> pd.DataFrame | None:
        """Scores of the forecasts behind the run, naive and ridge beside them; None without forecasts.

        Where a strategy declares several forecasts, forecasters are led by their names: ``outlook: naive``; in a
        portfolio by those of its strategies.
        """
        return self._judged("forecast_scores")

    @cached_property
    def forecast_decay(self) -> pd.DataFrame | None:
        """Rank information coefficient by bars ahead; None without forecasts.

        Columns ``rank_ic, rank_ic_error``, a row a forecaster, horizon and ``bars_ahead``.
        """
        return self._judged("forecast_decay")

    @cached_property
    def forecast_rank_ic(self) -> pd.DataFrame | None:
        """Rank information coefficient bar by bar, whose mean is that of `forecast_scores`; None without forecasts.

        Column ``rank_ic``, a row a forecaster, horizon and time.
        """
        return self._judged("forecast_rank_ic")

    def _judged(self, name: str) -> pd.DataFrame | None:
        make = self._tables.get(name)
        return None if make is None else make()

    @cached_property
    def costs_paid(self) -> dict[str, float]:
        """Money paid by kind: ``commission``, ``slippage`` (inside the fill prices already), and what holding cost.

        ``borrow`` and ``interest`` are there where money flowed; interest earned is a negative cost.
        """
        flowed = self.flows.groupby("kind", observed=True)["amount"].sum()
        holding = {kind: -float(flowed[kind]) for kind in ("borrow", "interest") if kind in flowed}
        return {"commission": self.figures.commission, "slippage": self.figures.slippage, **holding}

    @cached_property
    def fingerprint(self) -> str:
        """Hash of what came out: equity, cash, orders, fills and flows (hex); `provenance` has that of what went in."""
        from quantlab.engine.outputs import fingerprint_of, outputs  # hashes only when asked

        return fingerprint_of(outputs(self))

    @cached_property
    def figures(self) -> RunFigures:
        """The numbers that metrics are computed from."""
        # Deferred: what describes an origin imports what is run.
        from quantlab.engine.provenance import trials_behind

        closed = self.trades[~self.trades["open"]]
        return RunFigures(
            returns=self.returns.to_numpy(),
            equity=self.equity.to_numpy(),
            initial_cash=self.initial_cash,
            periods_per_year=self.periods_per_year,
            risk_free_annual=self.risk_free_annual,
            benchmark=None if self.benchmark is None else self.benchmark.to_numpy(),
            **trading_figures(closed, self.fills, self.orders, self.weights.to_numpy()),
            n_fills=len(self.fills),
            n_open_trades=len(self.trades) - len(closed),
            ruined=self.ruined,
            **trials_behind(self.provenance),
        )

    @cached_property
    def metrics(self) -> dict[str, float]:
        """Every metric of the catalogue by name; NaN where undefined."""
        return evaluate(self.figures)

    def __getattr__(self, name: str) -> float:
        if name in METRICS:
            return self.metrics[name]
        known = [n for n in (*METRICS, *dir(type(self))) if not n.startswith("_")]
        raise AttributeError(f"a Result has no {name!r}. {did_you_mean(name, known)}")

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        from quantlab.engine.show import result_text  # rich

        return result_text(self)

    def _repr_html_(self) -> str:
        from quantlab.engine.show import result_html  # rich

        return result_html(self)

    def plot(self) -> go.Figure:
        """Return an interactive figure: equity beside the benchmark, and drawdown."""
        from quantlab.engine.show import result_figure  # plotly

        return result_figure(self)

    def save(self, path: str | Path | None = None, *, overwrite: bool = False) -> Path:
        """Write the result into the folder `path` as Parquet and JSON with checksums; return it.

        Parameters
        ----------
        path
            A folder to be made; by default a new one under ``runs``, named for the strategy and the run.
        overwrite
            Replace a result that lies there.

        Raises
        ------
        ResultError
            If `path` exists and is no result, or is one and `overwrite` was not asked for.
        """
        from quantlab.engine.storage import save  # pyarrow

        return save(self, None if path is None else Path(path), overwrite)

    @classmethod
    def load(cls, path: str | Path) -> Result:
        """Read a result that `save` wrote.

        Raises
        ------
        ResultError
            If there is none at `path`, or a file of it is missing or damaged.
        """
        from quantlab.engine.storage import load  # pyarrow

        return load(Path(path))

    def to_vectorbt(self) -> Any:
        """Replay the fills in vectorbt and return its ``Portfolio``, an independent check of the books.

        Its index has a row for every fill and one for every close (number 0):
        ``portfolio.value().xs(0, level="fill")`` equals `equity`.
        """
        from quantlab.engine.vectorbt import to_vectorbt  # takes seconds to import

        return to_vectorbt(self)

"""Whether a strategy looks ahead: the future is changed, and the past must stand still."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from quantlab.display.progress import progress_bar
from quantlab.engine.backtest import NO_COSTS, must_be_runnable, span_of
from quantlab.engine.causality_report import CausalityReport as CausalityReport
from quantlab.engine.causality_report import Finding
from quantlab.engine.listener import listener
from quantlab.engine.strategy import Strategy
from quantlab.errors import CausalityError, DataError
from quantlab.forecasting.forecaster import Forecaster
from quantlab.market.bars import Bars
from quantlab.trading.account import Account, Execution, Rules
from quantlab.trading.costs import Costs
from quantlab.trading.fitting import must_fit

if TYPE_CHECKING:
    from quantlab.engine.differences import Difference
    from quantlab.engine.futures import Change
    from quantlab.engine.observation import Observation, Setting
    from quantlab.engine.outside import Outside
    from quantlab.forecasting.folds import WalkForward
    from quantlab.forecasting.forecast import Forecasts

CUTS = 20


def check(
    strategy: Strategy | Forecaster,
    bars: Bars,
    *,
    cuts: int = CUTS,
    seed: int = 0,
    cash: float = 100_000.0,
    costs: Costs = NO_COSTS,
    account: Account | None = None,
    execution: Execution | None = None,
    forecasts: Forecasts | Mapping[str, Forecasts] | None = None,
    folds: WalkForward | None = None,
    start: Any = None,
    end: Any = None,
    compiled: bool = False,
    progress: bool | None = None,
) -> CausalityReport:
    """Change the future of `bars` at many places, and demand the same inputs and orders before.

    The strategy runs once on the bars as they are. Then `cuts` bars beyond its warm-up are chosen, half of
    them at or just before bars where it gave orders. At every other one the rows that follow are removed, at
    the rest they are replaced by other plausible bars; then the other way round at as many as fit into the
    time of some twenty backtests. Up to the cut, every value of every declared feature, every quantile of
    every forecast, every order and every fill must be the same to the last bit (NaN equal to NaN). Series
    that the code reads beside its inputs, from its module, its class or a closure, get other futures too.

    What was computed elsewhere cannot be proven, because any row of it may know what came later: containers,
    arrays, series and frames that the code reads beside its inputs, forecasts given as tables, the weights of
    `FollowWeights`. The report names each, and `CausalityReport.proven` is False. Numbers, texts and
    containers of fewer than 20 values, other than a value a bar, count as configuration. What lies in files or
    behind a network is not seen; extra fields of the bars are taken as known at the close of their bar.

    Parameters
    ----------
    strategy, bars
        As `quantlab.backtest` takes them; neither is changed. A forecaster may stand in place of a strategy: then its
        forecasts alone are compared, walked forward over `folds`.
    cuts
        Number of places, at least 1; fewer where the bars beyond the warm-up are fewer.
    seed
        Of the random cuts and futures, and of the training of forecasters.
    cash, costs, account, execution, forecasts, folds, start, end, progress
        As `quantlab.backtest` takes them.
    compiled
        Tell as well whether the strategy can be compiled, what stands in the way, and whether both engines agree.

    Raises
    ------
    DataError
        If no bar beyond the warm-up has another after it, so that there is nothing to try.
    StrategyError, DataError, OrderError, ForecastError
        Whatever is wrong on the bars as they are. What goes wrong on changed bars only is a finding.

    Examples
    --------
    >>> import quantlab as ql
    >>> class Hold(ql.Strategy):
    ...     def on_bar(self, now: ql.Now) -> None:
    ...         if now.position[0] == 0.0:
    ...             now.target_weight(0, 1.0)
    >>> report = ql.check(Hold(), ql.read_bars("sample:indices").rows(0, 60), progress=False)
    >>> bool(report), report.proven, len(report.cuts)
    (True, True, 20)
    """
    from quantlab.engine.check_warnings import unproven_of, warnings_of
    from quantlab.engine.cuts import chosen_cuts, planned_changes
    from quantlab.engine.inputs import ForecastSource  # brings Numba
    from quantlab.engine.observation import Setting
    from quantlab.engine.outside import outside_of

    name = repr(strategy)
    strategy = listener(strategy) if isinstance(strategy, Forecaster) else strategy
    must_be_runnable(strategy, bars, "python")
    if cuts < 1:
        raise DataError(f"check(cuts={cuts!r}): give the number of places to change the future, 1 or more.")
    start_row, stop = span_of(bars, start, end)
    bars = bars.rows(0, stop)
    origin = ForecastSource(forecasts, folds, seed, progress, baselines=False)
    rules = Rules(costs, account or Account(), execution or Execution())
    must_fit(rules, bars)
    setting = Setting(strategy, float(cash), rules, start_row, origin)
    setting, base = _as_they_are(setting, bars)
    places = outside_of(strategy, bars)  # after a run: what it wrote outside of ql.state() lies there now
    rng = np.random.default_rng(seed)
    changes = planned_changes(chosen_cuts(base, cuts, rng), bars, base)
    setting = _for_other_futures(setting, places)
    findings = _findings(setting, base, changes, places, rng, progress)
    return CausalityReport(
        name=name,
        findings=findings,
        warnings=tuple(warnings_of(setting, bars, base, places, findings)),
        unproven=tuple(unproven_of(setting, places)),
        cuts=tuple(sorted({change.cut for change in changes})),
        n_removed=sum(change.kind == "removed" for change in changes),
        n_replaced=sum(change.kind == "replaced" for change in changes),
        inputs=tuple(dict.fromkeys(each.name for each in base.watched)),
        n_orders=0 if base.record is None else len(base.record.orders),
        compiled=_engines(setting, bars) if compiled else None,
    )


def _engines(setting: Setting, bars: Bars) -> str:
    """Tell what the compiled engine makes of the strategy on the bars as they are."""
    from quantlab.engine.agreement import agreement
    from quantlab.engine.inputs import compute_inputs
    from quantlab.engine.setup import Setup

    inputs = compute_inputs(setting.strategy, bars, setting.origin, tested=False)
    rows = range(setting.start, bars.n_bars)
    return agreement(Setup(setting.strategy, bars, inputs, rows, setting.cash, setting.rules))


def _as_they_are(setting: Setting, bars: Bars) -> tuple[Setting, Observation]:
    """Run on the bars as they are; leave forecasts and orders out where a forecaster's feature is refused."""
    from quantlab.engine.observation import observe

    base = observe(setting, bars, bars.n_bars)
    if base.failure is not None and isinstance(base.failure.error, CausalityError) and not base.watched:
        setting = replace(setting, features_only=True)
        base = observe(setting, bars, bars.n_bars)
    if base.failure is not None:
        raise base.failure.error
    return setting, base


def _for_other_futures(setting: Setting, places: tuple[Outside, ...]) -> Setting:
    """Take forecasts of unchanged folds from the store, unless code reads series its keys do not know."""
    from quantlab.engine.observation import ScratchStore
    from quantlab.forecasting.store import default_folder

    store = ScratchStore(default_folder(), reads=not places)
    return replace(setting, origin=replace(setting.origin, store=store, progress=False))


def _findings(
    setting: Setting,
    base: Observation,
    changes: list[Change],
    places: tuple[Outside, ...],
    rng: np.random.Generator,
    progress: bool | None,
) -> tuple[Finding, ...]:
    """Run with every changed future; return the first finding of each input, in the sequence of inputs."""
    from quantlab.engine.differences import differences
    from quantlab.engine.observation import observe
    from quantlab.engine.outside import other_futures

    found: dict[str, Finding] = {}
    with progress_bar(f"check {setting.strategy!r}", len(changes), progress) as tick:
        for done, change in enumerate(changes):
            with other_futures(places, change, rng):
                changed = observe(setting, change.apply(rng), change.cut + 1)
            for each in differences(change.bars, base, changed, change.cut):
                found[each.name] = _told(found.get(each.name), each, change)
            tick(done + 1, "")
    sequence = [*(each.name for each in base.watched), "decisions", "fills"]
    return tuple(sorted(found.values(), key=lambda each: sequence.index(each.name)))


def _told(before: Finding | None, fresh: Difference, change: Change) -> Finding:
    """Keep the first finding of an input and count; a value that moved tells more than an error."""
    n_changed = 1 if before is None else before.n_changed + 1
    if before is not None and (before.symbol or not fresh.symbol):
        return replace(before, n_changed=n_changed)
    time = change.bars.time[fresh.bar]
    label = str(time if time.tz is not None else time.date())  # without a zone it names a session
    return Finding(**fresh._asdict(), time=label, cut=change.cut, change=change.kind, n_changed=n_changed)

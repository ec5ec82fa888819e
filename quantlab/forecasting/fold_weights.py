"""What a fold has learnt: read from the store, or trained, when somebody asks for it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from quantlab.errors import ForecastError
from quantlab.forecasting.cross_folds import CrossFold
from quantlab.forecasting.folds import Fold
from quantlab.forecasting.forecaster import Forecaster, TrainedForecaster
from quantlab.forecasting.panel import Panel
from quantlab.forecasting.store import Entry, Store


@dataclass(frozen=True, eq=False)
class Learnt:
    """A trained forecaster, the losses of its epochs, and whether it was trained now."""

    forecaster: TrainedForecaster
    losses: list[list[float]]
    trained: bool


@dataclass(frozen=True, eq=False)
class FoldWeights:
    """The weights of one fold, which nobody may need: its forecasts can lie in the store already.

    Parameters
    ----------
    forecaster, panel, fold, seed
        What is trained, on what, with which draws.
    store, key
        Where the weights are kept, and under which name.
    before
        The weights that training starts from; None to start afresh.
    """

    forecaster: Forecaster
    panel: Panel
    fold: Fold
    seed: int
    store: Store
    key: str
    before: FoldWeights | None

    @cached_property
    def learnt(self) -> Learnt:
        """Read them from the store, or train, the weights before them first where these are missing too."""
        kept = self.store.get("weights", self.key)
        if kept is not None:
            return Learnt(self.forecaster.restore(kept.arrays), kept.words["losses"], False)
        ready = self._train()
        state = ready.state()
        losses: Any = state["history"].tolist() if "history" in state else []
        words = {"recipe": repr(self.forecaster), "seed": self.seed, "losses": losses}
        self.store.put("weights", self.key, Entry(state, words))
        return Learnt(ready, losses, True)

    def next_start(self, fold: Fold) -> FoldWeights | None:
        """Weights that the training of a later `fold` starts from: these, or those before them where it shares them.

        None where the recipe does not start warm.

        Raises
        ------
        ForecastError
            A fold whose training surrounds its test block.
        """
        if not self.forecaster.starts_warm:
            return None
        if isinstance(fold, CrossFold):
            raise ForecastError(
                f"{self.forecaster!r} starts each fold from the weights of the one before, which have seen what "
                "cross-validation tests next: leave warm_start= out, or give a WalkForward."
            )
        return self.before if self.fold.number == fold.number else self

    def _train(self) -> TrainedForecaster:
        window = self.panel.training_window(self.fold)
        if self.before is None:
            return self.forecaster.train(window, seed=self.seed)
        return self.forecaster.train_after(self.before.learnt.forecaster, window, seed=self.seed)

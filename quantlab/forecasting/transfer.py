"""Weights learnt elsewhere: trained once on a pool of bars, then the start of another training."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from quantlab.errors import ForecastError, did_you_mean
from quantlab.forecasting.checks import between, whole
from quantlab.forecasting.folds import EXECUTION_LAG, Fold
from quantlab.forecasting.forecast import NEVER
from quantlab.forecasting.forecaster import State
from quantlab.forecasting.panel import Panel
from quantlab.forecasting.table_files import write_npz
from quantlab.market.bars import Bars

if TYPE_CHECKING:
    from quantlab.forecasting.neural import NeuralForecaster

FORMAT = 1
_LAYERS = "weights/network."


@dataclass(frozen=True, eq=False)
class Pretrained:
    """A network trained by `pretrain`, as named arrays, with the time up to which it knows the market.

    Two are equal when their fingerprints are. No fold that is tested before `trained_through` may start from
    it: `walk_forward` refuses that.

    Parameters
    ----------
    state
        What was learnt, as named arrays.
    recipe
        The recipe that learnt it, as text.
    trained_through
        Close of the last bar it has seen, or its recipe was chosen by, in nanoseconds UTC.
    """

    state: State
    recipe: str
    trained_through: int

    @cached_property
    def fingerprint(self) -> str:
        """Hash of everything in it."""
        content = hashlib.blake2b(repr((self.recipe, self.trained_through)).encode(), digest_size=8)
        for name, array in sorted(self.state.items()):
            content.update(repr((name, array.dtype.str, array.shape)).encode())
            content.update(np.ascontiguousarray(array).tobytes())
        return content.hexdigest()

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers that hold weights, in the order of the network."""
        told = (name[len(_LAYERS) :].rpartition(".")[0] for name in self.state if name.startswith(_LAYERS))
        return tuple(dict.fromkeys(told))

    def check_layers(self, layers: tuple[str, ...]) -> None:
        """Refuse names that are no layers, and to freeze all of them."""
        for layer in layers:
            if not any(f"{each}.".startswith(f"{layer}.") for each in self.layers):
                raise ForecastError(
                    f"frozen={layers!r}: no layer {layer!r}. {did_you_mean(layer, self.layers)}"
                )
        if all(any(f"{each}.".startswith(f"{layer}.") for layer in layers) for each in self.layers):
            raise ForecastError(f"frozen={layers!r}: every layer stands still; leave one of them to learn.")

    def save(self, path: str | Path) -> None:
        """Write it to one ``.npz`` of plain arrays, whole or not at all."""
        words = {"format": FORMAT, "recipe": self.recipe, "trained_through": self.trained_through}
        header = json.dumps({**words, "fingerprint": self.fingerprint}).encode()
        write_npz(Path(path), {**self.state, "header": np.frombuffer(header, dtype=np.uint8)})

    @classmethod
    def load(cls, path: str | Path) -> Pretrained:
        """Read what `save` wrote; nothing in the file is ever run.

        Raises
        ------
        ForecastError
            A file that is missing, foreign, holds anything but numbers, or does not match its fingerprint.
        """
        try:
            with np.load(io.BytesIO(Path(path).read_bytes()), allow_pickle=False) as stored:
                words = json.loads(stored["header"].tobytes())
                state = {name: stored[name] for name in stored.files if name != "header"}
            made = cls(state, str(words["recipe"]), int(words["trained_through"]))
            if words["format"] != FORMAT or made.fingerprint != words["fingerprint"]:
                raise ValueError("its content does not match its fingerprint")
        except FileNotFoundError as error:
            raise ForecastError(f"there are no weights at {path}; Pretrained.save() writes them.") from error
        except (OSError, KeyError, ValueError, TypeError, EOFError, zipfile.BadZipFile) as error:
            raise ForecastError(
                f"{path} holds no weights, or damaged ones: {error}. Make it again."
            ) from error
        return made

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pretrained) and other.fingerprint == self.fingerprint

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def __repr__(self) -> str:
        return f"<Pretrained {self.fingerprint} by {self.recipe}, through {pd.Timestamp(self.trained_through)} UTC>"


def pretrain(recipe: NeuralForecaster, bars: Bars, *, validation: float = 0.2, seed: int = 0) -> Pretrained:
    """Train `recipe` once on all of `bars`: a pool of symbols, or another market.

    What it gives starts other trainings: ``recipe.fine_tuned(weights, frozen=("1",))``. It has seen all of `bars`, so
    forecasts made from it may only speak of later ones; give bars that end early: ``bars.window(end="2014")``.
    Embeddings of a recipe with ``symbols="together"`` do not travel, for other bars have other symbols: they are
    drawn anew.

    Parameters
    ----------
    recipe
        A network.
    bars
        Whose symbols are pooled, at least ``lookback + 2 * (horizon + 2)`` of them.
    validation
        Share of the bars, at their end, that early stopping watches: from 0 (none) to 0.5.
    seed
        From 0.

    Raises
    ------
    ForecastError
        Something that is not a network, or bars without a complete window with a label.
    """
    from quantlab.forecasting.assembly import without_symbols  # torch is slow to import
    from quantlab.forecasting.neural import NeuralForecaster

    if not isinstance(recipe, NeuralForecaster):
        raise ForecastError(
            f"pretrain({recipe!r}, …): give a network made by a call, such as CNN1D(horizon=5)."
        )
    whole("pretrain", "seed", seed, 0)
    between("pretrain", "validation", validation, 0.0, 0.5)
    fold = _whole_block(bars.n_bars, max(recipe.horizons), validation)
    window = Panel.read(recipe, bars).training_window(fold)
    if not len(window.learn) or (fold.validation and not len(window.validation)):
        raise ForecastError(
            f"{recipe!r} has nothing to learn from in these {bars.n_bars:,} bars: no window of "
            f"{recipe.lookback} bars is complete and has a label. Give more bars, or a shorter lookback."
        )
    state = without_symbols(recipe.train(window, seed=seed).state())
    through = int(bars.time_ns[-1])
    chosen = NEVER if recipe.choice is None else recipe.choice.through_ns
    return Pretrained(state, repr(recipe), max(through, recipe.known_through, chosen))


def _whole_block(n_bars: int, horizon: int, validation: float) -> Fold:
    """All bars whose label has an end as one training block, purged before its validation part."""
    gap = horizon + EXECUTION_LAG
    stop = max(0, n_bars - gap)
    cut = stop - round(validation * stop)
    return Fold(
        number=0,
        train=range(0, max(0, cut - gap) if cut < stop else stop),
        validation=range(cut, stop),
        test=range(n_bars, n_bars),
        trained_through=n_bars - 1,
    )

"""Any Keras model as a forecaster."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from quantlab.errors import ForecastError
from quantlab.forecasting.function import digest, named
from quantlab.forecasting.neural import NeuralForecaster
from quantlab.forecasting.versions import version_of

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True, repr=False)
class KerasForecaster(NeuralForecaster):
    """A network written in Keras 3, on its torch backend, trained like every other network here.

    Only the architecture is taken from Keras. Scaling, loss, optimiser, early stopping, seeds, quantiles and batches
    are those of `NeuralForecaster`; `compile` and `fit` are never called, and regularisers given to Keras layers are
    not heard (use `weight_decay` and `l1`). The model is made again from its JSON for each fold, so no weight of an
    earlier one, or that it came with, is in it. Weights are kept as arrays named by layer and place
    (``layer1.0_kernel``), never pickled; ``frozen=("layer1",)`` lets a layer stand still.

    It needs ``pip install "quantlab[keras]"``. The backend is chosen when Keras is first imported: torch is set
    here where nothing else was.

    Parameters
    ----------
    model
        A function ``(lookback, n_features, n_outputs)`` that gives an untrained `keras.Model`, from windows
        ``(n_windows, lookback, n_features)`` to ``(n_windows, n_outputs)``, without a last activation; or the JSON
        of one (`keras.Model.to_json`), as text or read into a dictionary.

    Raises
    ------
    ForecastError
        Keras is not installed, or was imported with another backend; neither function nor JSON; a model of another
        shape.

    Examples
    --------
    >>> def dense(lookback, n_features, n_outputs):
    ...     import keras
    ...
    ...     layers = keras.layers
    ...     shape = (lookback, n_features)
    ...     return keras.Sequential([layers.Input(shape), layers.Flatten(), layers.Dense(n_outputs)])
    >>> KerasForecaster(horizon=5, model=dense)  # doctest: +SKIP
    KerasForecaster(horizon=5, model=dense)
    """

    model: Callable[[int, int, int], Any] | Mapping[str, Any] | str

    taught_by: ClassVar[tuple[str, ...]] = (*NeuralForecaster.taught_by, "quantlab.forecasting.keras_network")

    def __post_init__(self) -> None:
        _must_be_installed()
        super().__post_init__()
        if not callable(self.model):
            object.__setattr__(self, "model", _as_json(self.model))

    def network(self, n_features: int) -> nn.Module:
        """Build a network from ``(n_windows, lookback, n_features)`` to ``(n_windows, n_outputs)``."""
        _must_run_on_torch()
        from quantlab.forecasting.keras_network import KerasNetwork, architecture_of

        shape = (self.lookback, n_features)
        given = self.model
        architecture = architecture_of(given, shape, self.n_outputs) if callable(given) else str(given)
        network = KerasNetwork(architecture, shape, self.resolved_device())
        if network.answer != (self.n_outputs,):
            raise ForecastError(
                f"{self!r}: the model gives {network.answer} numbers for a window of {shape}; end it with "
                f"keras.layers.Dense({self.n_outputs})."
            )
        return network

    def environment(self) -> dict[str, str]:
        """Versions and hardware that can change its numbers, and the hash of the function's code."""
        told = {**super().environment(), "keras": version_of("keras")}
        return {**told, "model": digest(self.model)} if callable(self.model) else told

    def __repr__(self) -> str:
        return named(super().__repr__(), self.model)


def _must_be_installed() -> None:
    if importlib.util.find_spec("keras") is None:
        raise ForecastError(
            'KerasForecaster needs Keras, which is not installed: pip install "quantlab[keras]".'
        )


def _must_run_on_torch() -> None:
    """Choose the torch backend where none was; refuse another."""
    if "keras" in sys.modules:
        backend = str(sys.modules["keras"].config.backend())
    else:
        backend = os.environ.setdefault("KERAS_BACKEND", "torch")
    if backend != "torch":
        raise ForecastError(
            f"Keras is set to its {backend!r} backend, which cannot be trained here: start Python with "
            "KERAS_BACKEND=torch in its environment."
        )


def _as_json(given: object) -> str:
    """Write an architecture in one way, whatever way it was given in."""
    try:
        told = json.loads(given) if isinstance(given, str) else given
        if not isinstance(told, Mapping) or not {"class_name", "config"} <= set(told):
            raise TypeError("it has no class_name and config")
        return json.dumps(told, sort_keys=True)
    except (TypeError, ValueError) as error:
        raise ForecastError(
            f"KerasForecaster(model={given!r:.80}): {error}; give a function (lookback, n_features, n_outputs) that "
            "builds a model, or what model.to_json() gives."
        ) from error

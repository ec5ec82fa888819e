"""A Keras model as a torch network. Imports torch and keras at the top."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import torch
from torch import Tensor, nn

from quantlab.errors import ForecastError


class KerasNetwork(nn.Module):
    """A Keras model with weights named by their place, for Keras numbers its names as a process goes on.

    What is learnt is a parameter here, the rest of its state (moving averages) a buffer; both are the very tensors
    that Keras computes with, so it must be built on the device that it will run on.

    Parameters
    ----------
    architecture
        As `keras.Model.to_json` gives it. It says nothing of weights: they are drawn anew.
    shape
        Of one window, ``(lookback, n_features)``.
    device
        ``"cpu"`` or ``"cuda"``.
    """

    def __init__(self, architecture: str, shape: tuple[int, int], device: str) -> None:
        super().__init__()
        self._made_of = (architecture, shape, device)
        with keras.device(device), seeded_by_torch():
            model = _read(architecture)
            self.answer = tuple(model(torch.zeros(2, *shape, device=device)).shape[1:])
        self._model = (model,)  # in a tuple, or torch would register the weights a second time
        held: set[int] = set()
        for number, layer in enumerate([*model.layers, model]):  # the model last: what is in no layer
            own = [each for each in layer.weights if id(each) not in held]
            held.update(map(id, own))
            if own:
                self.add_module(f"layer{number}", _held(own))

    def forward(self, windows: Tensor) -> Tensor:
        """Give ``(n_windows, n_outputs)`` for windows ``(n_windows, lookback, n_features)``."""
        with keras.device(windows.device.type):
            told: Tensor = self._model[0](windows, training=self.training)
        return told

    def __deepcopy__(self, memo: dict[int, Any]) -> KerasNetwork:
        """Build it again and put these weights in: a Keras model holds what cannot be copied."""
        again = KerasNetwork(*self._made_of)
        again.load_state_dict(self.state_dict())
        return again.train(self.training)


def architecture_of(build: Callable[[int, int, int], Any], shape: tuple[int, int], n_outputs: int) -> str:
    """Call `build` and give the architecture of what it made, as JSON.

    Raises
    ------
    ForecastError
        Something that is no Keras model.
    """
    with seeded_by_torch():
        model = build(*shape, n_outputs)
    if not isinstance(model, keras.Model):
        raise ForecastError(
            f"the function gave {model!r}; give a keras.Model for (lookback, n_features, n_outputs) = "
            f"{(*shape, n_outputs)}."
        )
    return str(model.to_json())


@contextmanager
def seeded_by_torch() -> Iterator[None]:
    """Let Keras, which draws seeds from Python's own generator, follow torch's; leave Python's as it was."""
    before = random.getstate()
    random.seed(int(torch.randint(2**31, ())))
    try:
        yield
    finally:
        random.setstate(before)


def _read(architecture: str) -> keras.Model:
    try:
        return keras.models.model_from_json(architecture)
    except (TypeError, ValueError, KeyError) as error:
        told = " ".join(str(error).split())[:300]
        raise ForecastError(
            f"no Keras model can be made of this JSON: {told} Give what model.to_json() gives, of layers that need "
            "no code of their own (no Lambda), or are registered with keras.saving.register_keras_serializable."
        ) from error


def _held(weights: Sequence[Any]) -> nn.Module:
    """Hold the weights of one layer under their place and short name, such as ``0_kernel``."""
    holder = nn.Module()
    for place, each in enumerate(weights):
        name = f"{place}_{each.name}"
        if each.trainable:
            holder.register_parameter(name, each.value)
        else:
            holder.register_buffer(name, each.value)
    return holder

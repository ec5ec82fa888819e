"""How weights follow the gradient: the optimisers of torch by name, with their usual coefficients."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from quantlab.forecasting.choices import Choice

if TYPE_CHECKING:
    import torch

_ADAM = {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}


@dataclass(frozen=True, repr=False)
class Optimiser(Choice):
    """How a step is made of a gradient g, with learning rate η and L2 penalty `weight_decay`.

    ==============  ==============================================================  ==========================
    name            step                                                            source
    ==============  ==============================================================  ==========================
    ``"gd"``        w − ηg, g over the whole training block, one step an epoch      Cauchy 1847
    ``"sgd"``       w − ηg, g of one batch                                          Robbins and Monro 1951
    ``"momentum"``  v = μv + g; w − ηv                                              Polyak 1964
    ``"nesterov"``  v = μv + g; w − η(g + μv)                                       Nesterov 1983
    ``"adagrad"``   s = s + g²; w − ηg/(√s + ε)                                     Duchi et al. 2011
    ``"rmsprop"``   s = ρs + (1 − ρ)g²; w − ηg/(√s + ε)                             Tieleman and Hinton 2012
    ``"adam"``      m, s running means of g, g², unbiased; w − ηm/(√s + ε)          Kingma and Ba 2015
    ``"adamw"``     as adam, but the penalty shrinks w directly: w·(1 − η·decay)    Loshchilov and Hutter 2019
    ==============  ==============================================================  ==========================

    All but adamw add `weight_decay`·w to the gradient. A rate that suits one does not suit another: adam and
    adamw do well around 0.001, rmsprop too, adagrad around 0.01, the first four between 0.01 and 0.5.

    Parameters
    ----------
    name
        One of the eight.
    momentum
        μ of momentum and nesterov, 0.9 unless given, from 0 to 0.9999.
    decay
        ρ of rmsprop, 0.99 unless given, from 0 to 0.9999.
    beta1, beta2
        Memory of the two means of adam and adamw, 0.9 and 0.999 unless given, from 0 to 0.9999.
    epsilon
        ε of the last four, 1e-8 unless given (adagrad 1e-10).

    Examples
    --------
    >>> Optimiser("nesterov", momentum=0.8)
    Optimiser('nesterov', momentum=0.8)
    >>> Optimiser("adam").numbers()
    {'beta1': 0.9, 'beta2': 0.999, 'epsilon': 1e-08}
    """

    momentum: float | None = None
    decay: float | None = None
    beta1: float | None = None
    beta2: float | None = None
    epsilon: float | None = None

    options: ClassVar[Mapping[str, Mapping[str, float]]] = {
        "gd": {},
        "sgd": {},
        "momentum": {"momentum": 0.9},
        "nesterov": {"momentum": 0.9},
        "adagrad": {"epsilon": 1e-10},
        "rmsprop": {"decay": 0.99, "epsilon": 1e-8},
        "adam": _ADAM,
        "adamw": _ADAM,
    }
    ranges: ClassVar[Mapping[str, tuple[float, float]]] = {
        "momentum": (0.0, 0.9999),
        "decay": (0.0, 0.9999),
        "beta1": (0.0, 0.9999),
        "beta2": (0.0, 0.9999),
        "epsilon": (1e-16, 1.0),
    }

    @property
    def is_full_batch(self) -> bool:
        """Whether one step reads the whole training block."""
        return self.name == "gd"

    def build(
        self, weights: Iterable[torch.nn.Parameter], learning_rate: float, weight_decay: float
    ) -> torch.optim.Optimizer:
        """Make torch's optimiser of `weights`."""
        from torch import optim  # torch is slow to import

        common: dict[str, Any] = {"lr": learning_rate, "weight_decay": weight_decay}
        if self.name in ("adam", "adamw"):
            kind = optim.Adam if self.name == "adam" else optim.AdamW
            betas = (self.number("beta1"), self.number("beta2"))
            return kind(weights, betas=betas, eps=self.number("epsilon"), fused=True, **common)
        if self.name == "adagrad":
            return optim.Adagrad(weights, eps=self.number("epsilon"), **common)
        if self.name == "rmsprop":
            return optim.RMSprop(weights, alpha=self.number("decay"), eps=self.number("epsilon"), **common)
        return optim.SGD(
            weights,
            momentum=self.numbers().get("momentum", 0.0),
            nesterov=self.name == "nesterov",
            **common,
        )

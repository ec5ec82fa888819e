"""Attention across the symbols of a bar. Imports torch at the top."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

HEADS = 4  # symbols that one symbol can follow at a time, each with a strength of its own
WIDTH = 16  # numbers of an embedding, and of the queries, keys and values of all heads together


class AcrossSymbols(nn.Module):
    """Every symbol listens to the symbols of its bar, and says what it saw and heard.

    With v the vector of a symbol's window and e its embedding, both side by side ask (Q) and answer (K); in
    each head the symbol hears softmax(Q Kᵀ / √d) V, V made of v alone, over the symbols that have a window at
    this bar, times its loudness 1 + w·e for that head: attention as in A. Vaswani et al. (2017), "Attention is
    all you need", equation 1, with a loudness, because a share of a softmax can be neither negative nor
    nothing. One dense layer, the same for all symbols, reads v and what was heard. So an embedding decides
    whom a symbol listens to and how loudly, and nothing else: it has no way of its own into the forecast.

    Parameters
    ----------
    n_symbols
        Each has an embedding, in the sequence of the columns of the bars.
    width
        Numbers of the vector of a window.
    n_outputs
        Numbers of a forecast.
    """

    def __init__(self, n_symbols: int, width: int, n_outputs: int) -> None:
        super().__init__()
        self.embedding = nn.Parameter(torch.randn(n_symbols, WIDTH))
        self.ask = nn.Linear(width + WIDTH, WIDTH)
        self.answer = nn.Linear(width + WIDTH, WIDTH)
        self.tell = nn.Linear(width, WIDTH)
        self.loudness = nn.Linear(WIDTH, HEADS, bias=False)
        self.speak = nn.Linear(width + WIDTH, n_outputs)

    def forward(self, vectors: Tensor, present: Tensor) -> Tensor:
        """``(n_bars, n_symbols, width)`` and where these count to ``(n_bars, n_symbols, n_outputs)``.

        What is said of a symbol that is not present means nothing.
        """
        named = torch.cat([vectors, self.embedding.expand(len(vectors), -1, -1)], dim=-1)
        query, key, value = (
            _by_head(each) for each in (self.ask(named), self.answer(named), self.tell(vectors))
        )
        fit = query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1])
        shares = fit.masked_fill(~present[:, None, None, :], -math.inf).softmax(dim=-1)
        loudness = 1.0 + self.loudness(self.embedding)
        heard = (shares @ value).transpose(1, 2) * loudness.unsqueeze(-1)
        told: Tensor = self.speak(torch.cat([vectors, heard.flatten(-2)], dim=-1))
        return told


class Together(nn.Module):
    """Windows of whole bars: each goes through one network, then the symbols of a bar hear each other.

    Parameters
    ----------
    scale
        What comes before the network.
    network
        From windows ``(n_windows, lookback, n_features)`` to vectors ``(n_windows, width)``.
    across
        From the vectors of bars to raw numbers.
    head
        From raw numbers to what the loss wants.
    """

    def __init__(self, scale: nn.Module, network: nn.Module, across: AcrossSymbols, head: nn.Module) -> None:
        super().__init__()
        self.scale, self.network, self.across, self.head = scale, network, across, head

    def forward(self, windows: Tensor, cells: Tensor) -> Tensor:
        """Numbers of every window that `cells` names, ``(n_named, n_horizons, numbers)``, bar after bar.

        `cells` ``(n_bars, n_symbols)`` holds the number of each cell's window, -1 where there is none. A bar
        without any window is not allowed.
        """
        vectors, present = self.network(self.scale(windows)), cells >= 0
        laid = vectors.index_select(0, cells.clamp(min=0).flatten()).view(*cells.shape, -1)
        told: Tensor = self.head(self.across(laid, present).flatten(0, 1))
        return told[present.flatten()]

    @torch.no_grad()
    def forget_all_but(self, symbols: Tensor) -> None:
        """Give every symbol but these an embedding of zeros, which training then leaves alone.

        No gradient reaches it: it is never present.
        """
        stranger = torch.ones(len(self.across.embedding), dtype=torch.bool)
        stranger[symbols] = False
        self.across.embedding[stranger] = 0.0


def _by_head(tokens: Tensor) -> Tensor:
    return tokens.view(*tokens.shape[:-1], HEADS, -1).transpose(1, 2)

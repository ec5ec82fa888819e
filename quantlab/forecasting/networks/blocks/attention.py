"""Attention among the tokens of one window. Imports torch at the top.

Written out rather than taken from `torch.nn`, whose encoder computes by another path in service than in training
and whose fused attention is not deterministic backwards on every device.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class SelfAttention(nn.Module):
    """Every token asks all tokens of its window: softmax(Q Kᵀ / √d) V in each head, heads side by side.

    A. Vaswani et al. (2017), "Attention is all you need", equations 1 and following.

    Parameters
    ----------
    width
        Numbers of a token, a multiple of `heads`.
    heads
        Parts of a token that attend apart from each other.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.ask = nn.Linear(width, 3 * width)
        self.join = nn.Linear(width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        """``(n, n_tokens, width)`` to the same shape."""
        by_head = self.ask(tokens).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        query, key, value = by_head
        weights = (query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1])).softmax(dim=-1)
        told: Tensor = self.join((weights @ value).transpose(1, 2).flatten(-2))
        return told


class EncoderLayer(nn.Module):
    """Attention and two dense layers, each on normalised tokens and added to them.

    Normalising before rather than after keeps small learning rates from needing a warm-up (R. Xiong et al.
    2020, "On layer normalization in the transformer architecture", ICML).

    Parameters
    ----------
    width, heads
        Of a token, and of attention.
    dense
        Width between the two dense layers.
    dropout
        Share of what is added that is dropped while training.
    """

    def __init__(self, width: int, heads: int, dense: int, dropout: float) -> None:
        super().__init__()
        self.attend = nn.Sequential(nn.LayerNorm(width), SelfAttention(width, heads), nn.Dropout(dropout))
        self.think = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, dense),
            nn.GELU(),
            nn.Linear(dense, width),
            nn.Dropout(dropout),
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """``(n, n_tokens, width)`` to the same shape."""
        tokens = tokens + self.attend(tokens)
        told: Tensor = tokens + self.think(tokens)
        return told


class Waves(nn.Module):
    """Adds to token p the sines and cosines of p / 10000^(2i / width): where it stands.

    A. Vaswani et al. (2017), "Attention is all you need", section 3.5.

    Parameters
    ----------
    n_tokens, width
        Of a window; the width is even.
    """

    places: Tensor

    def __init__(self, n_tokens: int, width: int) -> None:
        super().__init__()
        rates = 10_000.0 ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)
        angles = torch.arange(n_tokens, dtype=torch.float64)[:, None] * rates
        waves = torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)
        self.register_buffer("places", waves.float(), persistent=False)

    def forward(self, tokens: Tensor) -> Tensor:
        """``(n, n_tokens, width)`` to the same shape."""
        return tokens + self.places


class NewestToken(nn.Module):
    """The token of the newest bar."""

    def forward(self, tokens: Tensor) -> Tensor:
        """``(n, n_tokens, width)`` to ``(n, width)``."""
        return tokens[:, -1]

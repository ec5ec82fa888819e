"""Pieces of networks in plain Python: one number at a time, as the papers have them."""

from __future__ import annotations

import math

import numpy as np

from tests.naive.forecasting import walk_of


def moving_average(series, span):
    """Mean of `span` values around each, the first and the last repeated beyond the ends."""
    half = span // 2
    inside = lambda place: series[min(max(place, 0), len(series) - 1)]  # noqa: E731
    return [
        sum(inside(place) for place in range(at - half, at + half + 1)) / span for at in range(len(series))
    ]


def causal_convolution(channels, weights, bias, dilation):
    """Channels as lists over time; weights[out][in][k], whose last k reads the bar itself."""
    length, kernel = len(channels[0]), len(weights[0][0])
    told = []
    for filters, offset in zip(weights, bias, strict=True):
        row = []
        for t in range(length):
            total = offset
            for channel, taps in zip(channels, filters, strict=True):
                for k in range(kernel):
                    place = t - (kernel - 1 - k) * dilation
                    total += taps[k] * channel[place] if place >= 0 else 0.0
            row.append(total)
        told.append(row)
    return told


def dense(row, weights, bias):
    """A dense layer: weights[out][in]."""
    return [
        sum(w * x for w, x in zip(line, row, strict=True)) + b for line, b in zip(weights, bias, strict=True)
    ]


def softmax(row):
    """Exponentials that add up to one."""
    powers = [math.exp(each - max(row)) for each in row]
    return [each / sum(powers) for each in powers]


def attention(queries, keys, values):
    """One head: each query takes the values in the measure of its products with the keys."""
    told = []
    for query in queries:
        products = [
            sum(q * k for q, k in zip(query, key, strict=True)) / math.sqrt(len(query)) for key in keys
        ]
        share = softmax(products)
        told.append(
            [sum(s * value[i] for s, value in zip(share, values, strict=True)) for i in range(len(values[0]))]
        )
    return told


def patches(series, patch, stride):
    """Stretches of `patch` values every `stride`, after the last value was repeated `stride` times."""
    longer = [*series, *[series[-1]] * stride]
    return [longer[start : start + patch] for start in range(0, len(longer) - patch + 1, stride)]


def greatest(series, pool):
    """The greatest of every `pool` values; the last group may be smaller."""
    return [max(series[start : start + pool]) for start in range(0, len(series), pool)]


def between_knots(knots, n_places):
    """Straight lines between knots that are spread from the first place to the last."""
    if len(knots) == 1:
        return knots * n_places
    told = []
    for place in range(n_places):
        where = place * (len(knots) - 1) / max(n_places - 1, 1)
        left = min(int(where), len(knots) - 2)
        told.append(knots[left] * (1 - (where - left)) + knots[left + 1] * (where - left))
    return told


def logistic(x):
    """1 / (1 + e^-x)."""
    return 1.0 / (1.0 + math.exp(-x))


def lstm_state(bars, into, round_, offsets, hidden):
    """The last state of one layer; rows of `into` and `round_` are input, forget, memory and output gates."""
    state, memory = [0.0] * hidden, [0.0] * hidden
    for bar in bars:
        raw = [
            a + b for a, b in zip(dense(bar, into, offsets[0]), dense(state, round_, offsets[1]), strict=True)
        ]
        i, f, g, o = (raw[gate * hidden : (gate + 1) * hidden] for gate in range(4))
        memory = [logistic(f[n]) * memory[n] + logistic(i[n]) * math.tanh(g[n]) for n in range(hidden)]
        state = [logistic(o[n]) * math.tanh(memory[n]) for n in range(hidden)]
    return state


def gru_state(bars, into, round_, offsets, hidden):
    """The last state of one layer; rows of `into` and `round_` are the reset, renew and new parts."""
    state = [0.0] * hidden
    for bar in bars:
        x, h = dense(bar, into, offsets[0]), dense(state, round_, offsets[1])
        r = [logistic(x[n] + h[n]) for n in range(hidden)]
        z = [logistic(x[hidden + n] + h[hidden + n]) for n in range(hidden)]
        new = [math.tanh(x[2 * hidden + n] + r[n] * h[2 * hidden + n]) for n in range(hidden)]
        state = [(1 - z[n]) * new[n] + z[n] * state[n] for n in range(hidden)]
    return state


def autoregression(n_bars, n_symbols, weights, seed=0, daily=0.01):
    """Bars whose next return leans to `weights` times the newest returns (newest first), and that lean."""
    rng = np.random.default_rng(seed)
    steps, lean = rng.normal(0.0, daily, (n_bars, n_symbols)), np.zeros((n_bars, n_symbols))
    for t in range(len(weights) - 1, n_bars - 1):
        lean[t] = sum(weight * steps[t - back] for back, weight in enumerate(weights))
        steps[t + 1] += lean[t]
    return walk_of(100.0 * np.exp(np.cumsum(steps, axis=0)), seed=seed), lean


def heard_across(vectors, present, weights, heads):
    """Numbers of each present symbol of one bar, by symbol: attention in each head, times its loudness.

    `weights` are those of the layer by name: embedding, and weight and bias of ask, answer, tell and speak.
    """
    here = [symbol for symbol, is_here in enumerate(present) if is_here]
    embedding = weights["embedding"]
    named = [vectors[symbol] + embedding[symbol] for symbol in here]
    ask, answer, tell, speak = (
        (weights[f"{name}.weight"], weights[f"{name}.bias"]) for name in ("ask", "answer", "tell", "speak")
    )
    queries, keys = ([dense(row, *layer) for row in named] for layer in (ask, answer))
    values = [dense(vectors[symbol], *tell) for symbol in here]
    part = len(queries[0]) // heads
    heard = [[] for _ in here]
    for head in range(heads):
        mine = slice(head * part, (head + 1) * part)
        told = attention(*([row[mine] for row in rows] for rows in (queries, keys, values)))
        for place, symbol in enumerate(here):
            gain = weights["loudness.weight"][head]
            loudness = 1.0 + sum(w * e for w, e in zip(gain, embedding[symbol], strict=True))
            heard[place] += [loudness * each for each in told[place]]
    return {symbol: dense(vectors[symbol] + heard[place], *speak) for place, symbol in enumerate(here)}


def following(n_bars, leaders, seed=0, daily=0.01, strength=0.5):
    """Bars whose next return leans to `strength` times the newest return of each symbol's leader, and that lean."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(0.0, daily, (n_bars, len(leaders)))
    lean = np.zeros_like(steps)
    for t in range(n_bars - 1):
        lean[t] = strength * steps[t, list(leaders)]
        steps[t + 1] += lean[t]
    return walk_of(100.0 * np.exp(np.cumsum(steps, axis=0)), seed=seed), lean

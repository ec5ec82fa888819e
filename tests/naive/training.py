"""Training in plain NumPy: steps of optimisers, losses and averages, one number at a time."""

from __future__ import annotations

import math

import numpy as np


def steps(
    name, start, gradient, rate, n, *, decay=0.0, momentum=0.9, rho=0.99, betas=(0.9, 0.999), epsilon=1e-8
):
    """The weights after each of `n` steps from `start` along `gradient(weights)`."""
    w = np.array(start, dtype=float)
    v, s, m = np.zeros_like(w), np.zeros_like(w), np.zeros_like(w)
    passed = []
    for t in range(1, n + 1):
        g = gradient(w) + (0.0 if name == "adamw" else decay * w)
        if name == "adamw":
            w = w * (1.0 - rate * decay)
        if name in ("gd", "sgd"):
            w = w - rate * g
        elif name in ("momentum", "nesterov"):
            v = momentum * v + g
            w = w - rate * (v if name == "momentum" else g + momentum * v)
        elif name == "adagrad":
            s = s + g * g
            w = w - rate * g / (np.sqrt(s) + epsilon)
        elif name == "rmsprop":
            s = rho * s + (1.0 - rho) * g * g
            w = w - rate * g / (np.sqrt(s) + epsilon)
        else:
            m = betas[0] * m + (1.0 - betas[0]) * g
            s = betas[1] * s + (1.0 - betas[1]) * g * g
            w = w - rate * (m / (1.0 - betas[0] ** t)) / (np.sqrt(s / (1.0 - betas[1] ** t)) + epsilon)
        passed.append(w)
    return passed


def huber(error, threshold):
    """Half the square inside, a line outside."""
    size = abs(error)
    return 0.5 * size**2 if size <= threshold else threshold * (size - 0.5 * threshold)


def ic_loss(scores, labels, present):
    """Minus the mean correlation over the bars with two symbols or more; scores[bar][symbol]."""
    found = []
    for score, label, here in zip(scores, labels, present, strict=True):
        if here.sum() >= 2:
            found.append(np.corrcoef(score[here], label[here])[0, 1])
    return -float(np.mean(found))


def rank_loss(scores, labels, present):
    """Mean over the pairs of a bar of ln(1 + exp(−(s_i − s_j))) where label_i > label_j."""
    found = []
    for score, label, here in zip(scores, labels, present, strict=True):
        for i in np.flatnonzero(here):
            below = [j for j in np.flatnonzero(here) if label[i] > label[j]]
            found += [math.log1p(math.exp(-(score[i] - score[j]))) for j in below]
    return float(np.mean(found))


def decision_loss(scores, labels, present, spread, horizon, costs, risk_aversion):
    """Minus utility over the label spread, of weights tanh(score)/n; labels[bar][symbol] are returns."""
    held = np.zeros(scores.shape[1])
    returns = []
    for score, label, here in zip(scores, labels, present, strict=True):
        wanted = np.where(here, np.tanh(score) / max(here.sum(), 1), 0.0)
        gained = sum(wanted[i] * label[i] / horizon for i in np.flatnonzero(here))
        returns.append(gained - costs * float(np.abs(wanted - held).sum()))
        held = wanted
    return -(float(np.mean(returns)) - risk_aversion * float(np.var(returns))) / spread


def plateaus(losses, wait):
    """How often `wait` epochs in a row were no better than the best before."""
    count, best, since = 0, math.inf, 0
    for loss in losses:
        if loss < best:
            best, since = loss, 0
        else:
            since += 1
            if since == wait:
                count, since = count + 1, 0
    return count

"""Medians of wall-clock time, taken in turn so that a noisy machine is noisy for everybody."""

import gc
import statistics
import time


def medians(rounds, **works):
    """Seconds of each work: the median over `rounds`, after one warm-up each, in alternation."""
    taken = {name: [] for name in works}
    for round_ in range(rounds + 1):
        for name, work in works.items():
            gc.collect()
            start = time.perf_counter()
            work()
            if round_:
                taken[name].append(time.perf_counter() - start)
    return {name: statistics.median(seconds) for name, seconds in taken.items()}

"""Medians of time, taken in turn so that a noisy machine is noisy for everybody."""

import gc
import statistics
import time


def medians(rounds, clock=time.perf_counter, **works):
    """Seconds of each work: the median over `rounds`, after one warm-up each, in alternation.

    ``clock=time.process_time`` leaves out what a shared machine does for others; only for work on one thread.
    """
    taken = {name: [] for name in works}
    for round_ in range(rounds + 1):
        for name, work in works.items():
            gc.collect()
            start = clock()
            work()
            if round_:
                taken[name].append(clock() - start)
    return {name: statistics.median(seconds) for name, seconds in taken.items()}

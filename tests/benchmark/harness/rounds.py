"""Contenders that take turns, so that the machine's moods fall on all of them."""

import statistics


def alternate(count, contenders, say):
    """Runs each of `contenders`, functions by name, in each round, in turning order.

    A list of results for each.
    """
    results = {name: [] for name in contenders}
    for number in range(count):
        names = list(contenders) if number % 2 == 0 else list(reversed(contenders))
        for name in names:
            results[name].append(contenders[name]())
        say(f"  round {number + 1} of {count} done")
    return results


def values_of(runs, *path):
    """One figure of each run."""
    return [value_at(run, path) for run in runs]


def value_at(run, path):
    for key in path:
        run = run[key]
    return run


def median_of(runs, *path):
    return statistics.median(values_of(runs, *path))

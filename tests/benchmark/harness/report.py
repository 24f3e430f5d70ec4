"""What people read, and what programs do."""

import json
import pathlib
import statistics

from harness.bars import BARS, BY_ID
from harness.rounds import median_of, values_of

# Of one load: (what, where in its output, how to show it).
FIGURES = [
    ("calls per second", ("calls_per_second",), "{:,.0f}"),
    ("server CPU per call, µs", ("server_cpu_us_per_call",), "{:,.1f}"),
    ("p50, µs", ("latency", "p50_us"), "{:,.0f}"),
    ("p99, µs", ("latency", "p99_us"), "{:,.0f}"),
    ("cores busy, server", ("server_cores",), "{:.2f}"),
    ("cores busy, load", ("client_cores",), "{:.2f}"),
    ("answer, bytes", ("answer_bytes",), "{:,.0f}"),
]
OF_ADDRESSES = ("addresses per second", ("addresses_per_second",), "{:,.0f}")


class LoadTable:
    """Contenders side by side: medians, and the ratios to `base` within rounds."""

    def __init__(self, title, results, base="floor", of_addresses=False):
        self.title = title
        self.results = results
        self.base = base
        self.figures = ([OF_ADDRESSES] if of_addresses else []) + FIGURES

    def lines(self):
        others = [who for who in self.results if who != self.base]
        rows = [["", self.base, *others, *[f"{who} ÷ {self.base}" for who in others]]]
        for what, path, shown in self.figures:
            medians = [median_of(self.results[who], *path) for who in [self.base, *others]]
            ratios = [self.ratio(who, path) for who in others]
            rows.append([what, *map(shown.format, medians), *ratios])
        return aligned(rows)

    def ratio(self, who, path):
        pairs = zip(values_of(self.results[who], *path), values_of(self.results[self.base], *path))
        each = [value / other for value, other in pairs if other]
        if not each:
            return ""
        return f"{statistics.median(each):.2f} ({min(each):.2f}–{max(each):.2f})"

    def as_json(self):
        return {
            who: {what: median_of(runs, *path) for what, path, _ in self.figures}
            for who, runs in self.results.items()
        }


class Notes:
    def __init__(self, title, notes):
        self.title = title
        self.notes = notes

    def lines(self):
        return self.notes

    def as_json(self):
        return self.notes


def aligned(rows, to_the_left=(0,)):
    """Rows of cells as lines; columns stand to the right unless told otherwise."""
    widths = [max(len(cells[column]) for cells in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if column in to_the_left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(cells, widths))
        ).rstrip()
        for cells in rows
    ]


class Report:
    def __init__(self, machine):
        self.machine = machine
        self.measured = []
        self.failures = {}  # why there are no figures, by id of a bar
        self.sections = []

    def add(self, section):
        self.sections.append(section)

    def in_order(self):
        order = [bar.identifier for bar in BARS]
        return sorted(self.measured, key=lambda one: order.index(one.identifier))

    def print(self):
        print()
        for section in self.sections:
            print(section.title)
            for line in section.lines():
                print("  " + line)
            print()
        self.print_machine()
        if self.measured:
            self.print_bars()
        for identifier, error in self.failures.items():
            print(f"{identifier} is not measured: {error}")

    def print_bars(self):
        print("Medians of rounds; ratios are taken within a round; spread: least–most.\n")
        rows = [["id", "value", "spread", "bar", "", "what", "measured with"]]
        for one in self.in_order():
            shown = one.as_json()
            spread = "–".join(f"{value:g}" for value in shown["spread"])
            verdict = "holds" if shown["holds"] else "missed"
            rows.append(
                [one.identifier, f"{shown['value']:g}", spread, one.bar.text, verdict]
                + [one.bar.what, one.sizes]
            )
        for line in aligned(rows, to_the_left=(0, 2, 4, 5, 6)):
            print(line)

    def print_machine(self):
        machine = self.machine
        print(f"{machine['date']}, commit {machine['commit']}")
        print(
            f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gib']} GiB, "
            f"Linux {machine['kernel']}, load average before: {machine['load_average_before']}"
        )
        print(", ".join(f"{name} {version}" for name, version in machine["packages"].items()))
        print(
            f"{machine['rounds']} rounds of {machine['seconds_per_run']:g} s; "
            f"pinned: {machine['pinned']}"
        )

    def failed_bars(self):
        return [
            {
                "id": identifier,
                "value": None,
                "spread": None,
                "bar": BY_ID[identifier].bar,
                "holds": False,
                "error": error,
            }
            for identifier, error in self.failures.items()
        ]

    def write(self, file):
        content = {
            "machine": self.machine,
            "bars": [one.as_json() for one in self.in_order()] + self.failed_bars(),
            "loads": {section.title: section.as_json() for section in self.sections},
        }
        text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
        pathlib.Path(file).write_text(text, encoding="utf-8")

"""The bars: what is measured, and what it should be."""

import dataclasses
import statistics


@dataclasses.dataclass(frozen=True)
class Bar:
    identifier: str
    what: str
    bar: float
    more_is_better: bool

    def holds(self, value):
        return value >= self.bar if self.more_is_better else value <= self.bar

    @property
    def text(self):
        return f"{'≥' if self.more_is_better else '≤'} {self.bar:g}"


BARS = [
    Bar("check_throughput", "CheckLogin per second ÷ floor", 0.92, True),
    Bar("check_cpu", "server CPU per check ÷ floor", 1.15, False),
    Bar("check_p99", "p99 at 70 % of the floor's capacity ÷ floor", 1.20, False),
    Bar("tls_throughput", "with TLS ÷ floor with TLS", 0.92, True),
    Bar("token_throughput", "with a token ÷ floor, same metadata", 0.88, True),
    Bar("users_10m", "throughput: many users ÷ few", 0.95, True),
    Bar("batch", "addresses per second in batches of 100 ÷ checks per second", 10, True),
    Bar("p99_during_import", "p99 at a quarter of capacity: importing ÷ quiet", 1.5, False),
    Bar("enforce_latency", "EnforceDomains: large domain ÷ small", 1.2, False),
    Bar("import", "rows per second, CSV to durable ÷ raw RocksDB writes", 0.5, True),
    Bar("memory_mb", "server's memory beyond its caches, MB", 300, False),
    Bar("start_s", "start to the first answer, seconds", 2, False),
    Bar("cached_ns", "cached client, no enforcement, no RPC, ns", 300, False),
]
BY_ID = {bar.identifier: bar for bar in BARS}


@dataclasses.dataclass
class Measured:
    """The values of one bar, one of each round, and what they were measured with."""

    identifier: str
    values: list
    sizes: str

    @property
    def bar(self):
        return BY_ID[self.identifier]

    @property
    def value(self):
        return statistics.median(self.values)

    @property
    def spread(self):
        return [min(self.values), max(self.values)]

    def as_json(self):
        return {
            "id": self.identifier,
            "value": rounded(self.value),
            "spread": [rounded(value) for value in self.spread],
            "bar": self.bar.bar,
            "holds": self.bar.holds(self.value),
            "sizes": self.sizes,
            "rounds": len(self.values),
        }


def rounded(value):
    return float(f"{value:.4g}")


def ratios(values, base):
    """Of each round."""
    return [value / other for value, other in zip(values, base)]

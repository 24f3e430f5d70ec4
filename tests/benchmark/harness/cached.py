"""The bar of the cached client, which answers without asking anybody."""

from harness.bars import Measured
from harness.processes import json_of


class Cached:
    IDENTIFIERS = ["cached_ns"]
    BINARIES = ["cached_check"]

    def __init__(self, bench):
        self.bench = bench

    def measure(self, _):
        self.bench.say("the cached client")
        command = [self.bench.processes.binaries["cached_check"]]
        runs = [json_of(command) for _ in range(self.bench.rounds)]
        yield Measured("cached_ns", [run["ns_per_check"] for run in runs], "10k other domains enforced")

"""Bars of a server with very many users: throughput, memory, start."""

import contextlib
import json
import subprocess

from harness.bars import Measured, ratios
from harness.checks import SATURATED, closed
from harness.processes import START_SECONDS, end, pinned
from harness.report import Notes
from harness.rounds import alternate, median_of, values_of

CHECKS_BEFORE_WEIGHING = 100_000
MEGABYTE = 1_000_000
# What the configuration sets aside, as far as it is in use.
CACHES = ["gatehouse_store_cache_bytes", "gatehouse_store_memtable_bytes"]


class ManyUsers:
    """Few and many users by turns; each run is a server's start, load, and weight."""

    IDENTIFIERS = ["users_10m", "memory_mb", "start_s"]
    BINARIES = ["gatehouse", "load", "populate"]

    def __init__(self, bench):
        self.bench = bench

    def measure(self, wanted):
        few, many = self.bench.sizes.few, self.bench.sizes.many
        with contextlib.ExitStack() as stack:
            many_store = stack.enter_context(self.bench.stores.copy(many))
            contenders = {"many": lambda: self.run(many_store, many)}
            if "users_10m" in wanted:
                few_store = stack.enter_context(self.bench.stores.copy(few))
                contenders["few"] = lambda: {"load": self.loaded(few_store, few)}
            self.bench.say(f"servers with {many}")
            results = alternate(self.bench.rounds, contenders, self.bench.say)
        self.bench.stores.forget(many)
        yield from self.judged(results, few, many)

    def loaded(self, store, population):
        with self.bench.processes.gatehouse(store) as server:
            return self.load(server, population)

    def load(self, server, population):
        return self.bench.processes.load(server, population, *closed(*SATURATED))

    def run(self, store, population):
        processes = self.bench.processes
        address_file = processes.new_path("address")
        first = subprocess.Popen(
            [*pinned(processes.load_cpus), processes.binaries["load"], "--mode=first-answer"]
            + [f"--address-file={address_file}", *population.flags_of_load()],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            with processes.gatehouse(store, indexed=False, address_file=address_file) as server:
                output, _ = first.communicate(timeout=START_SECONDS)
                answered = json.loads(output)["first_answer"]
                indexed = server.await_index()
                load = self.load(server, population)
                checks = load["calls"]
                while checks < CHECKS_BEFORE_WEIGHING:
                    checks += self.load(server, population)["calls"]
                return {
                    "start_s": answered - server.spawned,
                    "index_s": indexed,
                    "load": load,
                    **weigh(server),
                }
        finally:
            end(first)

    def judged(self, results, few, many):
        runs = results["many"]
        if "few" in results:
            figure = "load", "calls_per_second"
            values = ratios(values_of(runs, *figure), values_of(results["few"], *figure))
            yield Measured("users_10m", values, f"{many} ÷ {few}")
        yield Measured("memory_mb", values_of(runs, "memory_mb"), str(many))
        yield Measured("start_s", values_of(runs, "start_s"), str(many))
        notes = [
            f"resident {median_of(runs, 'resident_mb'):,.0f} MB, "
            f"of it caches {median_of(runs, 'caches_mb'):,.0f} MB",
            f"index loaded {median_of(runs, 'index_s'):.1f} s after the start",
        ]
        for name, own in results.items():
            rate = median_of(own, "load", "calls_per_second")
            cpu = median_of(own, "load", "server_cpu_us_per_call")
            notes.append(f"{name} users: {rate:,.0f} checks per second, server CPU {cpu:.1f} µs")
        self.bench.report.add(Notes(f"a server with {many}", notes))


def weigh(server):
    """Memory in use, and how much of it is caches that the configuration sets aside."""
    resident = server.resident_bytes()
    caches = sum(server.metric(name) for name in CACHES)
    return {
        "resident_mb": resident / MEGABYTE,
        "caches_mb": caches / MEGABYTE,
        "memory_mb": (resident - caches) / MEGABYTE,
    }

"""Bars of changes: enforcing, importing, and checks while an import runs."""

import statistics
import time

from harness.bars import Measured, ratios
from harness.checks import SATURATED, closed
from harness.processes import json_of
from harness.report import LoadTable, Notes
from harness.rounds import alternate, values_of
from harness.stores import Population, remove, short

QUIET_SHARE = 0.25  # of the capacity
REPETITIONS = 20  # of enforcing, in each round and size
IMPORT_TIMEOUT = "--timeout=30m"


def write_csv(file, rows, domain):
    with open(file, "w", encoding="utf-8") as csv:
        csv.write("email,display_name,role\n")
        for row in range(rows):
            csv.write(f"import{row:08d}@{domain},Person {row},member\n")


class Importing:
    """A file of new users, on a domain that population.h makes, and its import."""

    DOMAIN = "e00000.workforce.example"
    ORGANIZATION = "--org=corp-00000"

    def __init__(self, bench):
        self.bench = bench
        self.rows = bench.sizes.import_rows
        self.file = bench.processes.new_path("users.csv")
        write_csv(self.file, self.rows, self.DOMAIN)

    def run(self, server):
        """Rows per second, from the command's start to its end."""
        began = time.monotonic()
        report = self.bench.processes.command(
            server, "user", "import", self.file, self.ORGANIZATION, IMPORT_TIMEOUT
        )
        seconds = time.monotonic() - began
        if report["createdCount"] != self.rows:
            raise RuntimeError(f"imported {report['createdCount']} of {self.rows} rows")
        return self.rows / seconds


class ChecksDuringImport:
    IDENTIFIERS = ["p99_during_import"]
    BINARIES = ["gatehouse", "load", "populate", "command"]

    def __init__(self, bench):
        self.bench = bench
        self.population = bench.sizes.checks
        self.importing = None
        self.load = None

    def measure(self, _):
        self.importing = Importing(self.bench)
        capacity = self.capacity()
        rate = QUIET_SHARE * capacity
        self.load = ["--mode=open", f"--rate={rate}", "--clients=2", "--threads=1"]
        title = f"open loop, {rate:,.0f} per second, importing {self.bench.sizes.imported}"
        self.bench.say(title)
        contenders = {"quiet": self.quiet, "importing": self.busy}
        results = alternate(self.bench.rounds, contenders, self.bench.say)
        self.bench.report.add(LoadTable(title, results, base="quiet"))
        figure = "latency", "p99_us"
        yield Measured(
            "p99_during_import",
            ratios(values_of(results["importing"], *figure), values_of(results["quiet"], *figure)),
            f"{self.bench.sizes.imported} into {self.population}",
        )

    def capacity(self):
        with self.bench.stores.copy(self.population) as store:
            with self.bench.processes.gatehouse(store) as server:
                load = self.bench.processes.load(server, self.population, *closed(*SATURATED))
        return load["calls_per_second"]

    def quiet(self):
        with self.bench.stores.copy(self.population) as store:
            with self.bench.processes.gatehouse(store) as server:
                return self.bench.processes.load(server, self.population, *self.load)

    def busy(self):
        with self.bench.stores.copy(self.population) as store:
            with self.bench.processes.gatehouse(store) as server:
                with self.bench.processes.load_until_told(
                    server, self.population, *self.load
                ) as measured:
                    rate = self.importing.run(server)
        return {**measured[0], "rows_per_second": rate}


class Import:
    IDENTIFIERS = ["import"]
    BINARIES = ["gatehouse", "populate", "command", "raw_write"]
    # As good as empty: the domain, and who owns it.
    POPULATION = Population(users=4, domains=2)

    def __init__(self, bench):
        self.bench = bench

    def measure(self, _):
        importing = Importing(self.bench)
        title = f"import of {self.bench.sizes.imported}"
        self.bench.say(title)
        with self.bench.stores.copy(self.POPULATION) as source:
            # What it has written is what is written raw; its time does not count.
            with self.bench.processes.gatehouse(source) as server:
                importing.run(server)
            contenders = {
                "import": lambda: self.imported(importing),
                "raw": lambda: self.written_raw(source),
            }
            results = alternate(self.bench.rounds, contenders, self.bench.say)
        yield Measured(
            "import", ratios(results["import"], results["raw"]), self.bench.sizes.imported
        )
        rates = {who: statistics.median(rates) for who, rates in results.items()}
        self.bench.report.add(
            Notes(title, [f"{who}: {rate:,.0f} rows per second" for who, rate in rates.items()])
        )

    def imported(self, importing):
        with self.bench.stores.copy(self.POPULATION) as store:
            with self.bench.processes.gatehouse(store) as server:
                return importing.run(server)

    def written_raw(self, source):
        target = self.bench.processes.new_path("raw")
        try:
            command = [self.bench.processes.binaries["raw_write"], f"--from={source}"]
            return json_of([*command, f"--to={target}"])["rows_per_second"]
        finally:
            remove(target)


class EnforceLatency:
    IDENTIFIERS = ["enforce_latency"]
    BINARIES = ["gatehouse", "populate", "enforce_cycles"]

    def __init__(self, bench):
        self.bench = bench

    def measure(self, _):
        large, small = self.bench.sizes.enforced
        sizes = [short(self.bench.sizes.large_domain), short(self.bench.sizes.small_domain)]
        title = f"EnforceDomains on {sizes[0]} and {sizes[1]} users"
        with self.bench.stores.copy(large, small) as store:
            self.bench.say(title)
            with self.bench.processes.gatehouse(store) as server:
                command = [self.bench.processes.binaries["enforce_cycles"]]
                command += [f"--target={server.address}", f"--repetitions={REPETITIONS}"]
                command += [f"--large-users={large.users}", f"--small-users={small.users}"]
                runs = [json_of(command) for _ in range(self.bench.rounds)]
        self.bench.stores.forget(large, small)
        medians = {
            f"{who} {step}": [statistics.median(run[who][f"{step}_us"]) for run in runs]
            for who in ("large", "small")
            for step in ("release", "plan", "enforce")
        }
        yield Measured(
            "enforce_latency",
            ratios(medians["large enforce"], medians["small enforce"]),
            f"{sizes[0]} ÷ {sizes[1]} users on the domain",
        )
        lines = [f"{name}: {statistics.median(own):,.0f} µs" for name, own in medians.items()]
        self.bench.report.add(Notes(title, lines))

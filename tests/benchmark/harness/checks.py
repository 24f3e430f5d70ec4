"""Bars of one check against the floor: plain, over TLS, with a token, in batches."""

from harness.bars import Measured, ratios
from harness.report import LoadTable
from harness.rounds import alternate, median_of, values_of

OPEN_LOOP_SHARE = 0.7  # of the floor's capacity
BATCH = 100  # addresses
CLIENTS, OUTSTANDING = 2, 16
# What a saturating load is in the bars, and the others that are told beside it.
SATURATED = (CLIENTS, OUTSTANDING)
OTHERS = [(1, 1), (8, 8), (64, 2)]


def closed(clients, outstanding):
    return ["--mode=closed", f"--clients={clients}", f"--outstanding={outstanding}"]


class Checks:
    """Loads on one store and on floors that answer as it does."""

    IDENTIFIERS = ["check_throughput", "check_cpu", "check_p99", "tls_throughput"]
    IDENTIFIERS += ["token_throughput", "batch"]
    BINARIES = ["gatehouse", "floor", "load", "populate", "command"]

    def __init__(self, bench):
        self.bench = bench
        self.population = bench.sizes.checks
        self.store = None
        self.answers = None

    def measure(self, wanted):
        with self.bench.stores.copy(self.population) as self.store:
            with self.gatehouse() as server:
                self.answers = self.bench.processes.record_answers(server, self.population)
            saturated = None
            if wanted & {"check_throughput", "check_cpu", "check_p99"}:
                saturated = yield from self.plain(wanted)
            if "tls_throughput" in wanted:
                yield from self.over_tls()
            if "token_throughput" in wanted:
                yield from self.with_token()
            if "batch" in wanted:
                yield from self.batches()
            if saturated and not self.bench.quick:
                self.other_loads()

    # What each run is of: a server of its own.

    def gatehouse(self, **how):
        return self.bench.processes.gatehouse(self.store, **how)

    def floor(self, **how):
        return self.bench.processes.floor(self.answers, **how)

    def loaded(self, serve, *options):
        def run():
            with serve() as server:
                return self.bench.processes.load(server, self.population, *options)

        return run

    def against_floor(self, title, options, **how):
        self.bench.say(title)
        contenders = {
            "floor": self.loaded(lambda: self.floor(**how), *options),
            "gatehouse": self.loaded(lambda: self.gatehouse(**how), *options),
        }
        results = alternate(self.bench.rounds, contenders, self.bench.say)
        check_sizes(results)
        self.bench.report.add(LoadTable(title, results))
        return results

    def measured(self, identifier, results, *figure, base="floor", who="gatehouse"):
        return Measured(
            identifier,
            ratios(values_of(results[who], *figure), values_of(results[base], *figure)),
            str(self.population),
        )

    # The loads.

    def plain(self, wanted):
        title = f"closed loop, {CLIENTS} × {OUTSTANDING} outstanding"
        saturated = self.against_floor(title, closed(*SATURATED))
        yield self.measured("check_throughput", saturated, "calls_per_second")
        yield self.measured("check_cpu", saturated, "server_cpu_us_per_call")
        if "check_p99" in wanted:
            rate = OPEN_LOOP_SHARE * median_of(saturated["floor"], "calls_per_second")
            results = self.against_floor(
                f"open loop, {rate:,.0f} per second, 70 % of the floor",
                ["--mode=open", f"--rate={rate}", f"--clients={CLIENTS}", "--threads=1"],
            )
            yield self.measured("check_p99", results, "latency", "p99_us")
        return saturated

    def over_tls(self):
        results = self.against_floor("closed loop over TLS", closed(*SATURATED), tls=True)
        yield self.measured("tls_throughput", results, "calls_per_second")

    def with_token(self):
        token = f"--token-file={self.create_token()}"
        title = "closed loop with a token"
        self.bench.say(title)
        load = closed(*SATURATED)
        contenders = {
            "floor": self.loaded(self.floor, token, *load),
            "floor, no metadata": self.loaded(self.floor, *load),
            "gatehouse": self.loaded(lambda: self.gatehouse(authentication=True), token, *load),
        }
        results = alternate(self.bench.rounds, contenders, self.bench.say)
        check_sizes(results)
        self.bench.report.add(LoadTable(title, results))
        yield self.measured("token_throughput", results, "calls_per_second")

    def create_token(self):
        """A gateway's; the store knows it from now on."""
        file = self.bench.processes.new_path("token")
        with self.gatehouse(authentication=True) as server:
            created = self.bench.processes.command(
                server,
                *["token", "create", "--role=gateway", "--name=benchmark"],
                f"--token-file={self.store / 'operator.token'}",
            )
        file.touch(mode=0o600)
        file.write_text(created["secret"] + "\n", encoding="utf-8")
        return file

    def batches(self):
        title = f"closed loop, BatchCheckLogin of {BATCH}"
        self.bench.say(title)
        load = closed(*SATURATED)
        contenders = {
            "one by one": self.loaded(self.gatehouse, *load),
            "in batches": self.loaded(self.gatehouse, f"--addresses-per-call={BATCH}", *load),
        }
        results = alternate(self.bench.rounds, contenders, self.bench.say)
        self.bench.report.add(LoadTable(title, results, base="one by one", of_addresses=True))
        yield self.measured(
            "batch", results, "addresses_per_second", base="one by one", who="in batches"
        )

    def other_loads(self):
        for clients, outstanding in OTHERS:
            title = f"closed loop, {clients} × {outstanding} outstanding"
            self.against_floor(title, closed(clients, outstanding))


def check_sizes(results):
    """All must answer alike, or the ratio lies."""
    sizes = {who: median_of(runs, "answer_bytes") for who, runs in results.items()}
    if max(sizes.values()) > 1.02 * min(sizes.values()):
        raise RuntimeError(f"answers differ in size: {sizes}")

"""The floors of the gRPC API styles against each other (docs/adr/0008-callback-api.md)."""

from harness.checks import SATURATED, closed
from harness.report import LoadTable
from harness.rounds import alternate


def compare_apis(bench):
    population = bench.sizes.checks
    with bench.stores.copy(population) as store:
        with bench.processes.gatehouse(store) as server:
            answers = bench.processes.record_answers(server, population)

    def floor(*variant):
        def run():
            with bench.processes.floor(answers, *variant) as server:
                return bench.processes.load(server, population, *closed(*SATURATED))

        return run

    contenders = {
        "callback": floor(),
        "callback, gRPC health": floor("--health=grpc"),
        "async": floor("--api=async"),
        "async, gRPC health": floor("--api=async", "--health=grpc"),
        "async, no health": floor("--api=async", "--health=none"),
    }
    title = "gRPC's API styles, closed loop, 2 × 16 outstanding"
    bench.say(title)
    results = alternate(bench.rounds, contenders, bench.say)
    bench.report.add(LoadTable(title, results, base="callback"))

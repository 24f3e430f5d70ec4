"""The command line of tools/benchmark."""

import argparse
import contextlib
import fcntl
import signal
import subprocess
import sys
import tempfile
import time

from harness import machine
from harness.apis import compare_apis
from harness.bars import BARS
from harness.binaries import CACHE, build
from harness.cached import Cached
from harness.changes import ChecksDuringImport, EnforceLatency, Import
from harness.checks import Checks
from harness.many_users import ManyUsers
from harness.processes import Processes
from harness.report import Report
from harness.sizes import FULL, QUICK
from harness.stores import Stores, remove

MEASUREMENTS = [Checks, Cached, EnforceLatency, Import, ChecksDuringImport, ManyUsers]
IDENTIFIERS = [bar.identifier for bar in BARS]


def say(text):
    print(text, file=sys.stderr, flush=True)


class Bench:
    """What the measurements share."""

    def __init__(self, binaries, directory, options, report):
        self.processes = Processes(binaries, directory, options)
        self.stores = Stores(binaries.get("populate"), directory, options.keep_stores, say)
        self.sizes = QUICK if options.quick else FULL
        self.quick = options.quick
        self.rounds = options.rounds
        self.report = report
        self.say = say


def parse_options(description):
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="smaller sizes, 3 short rounds")
    parser.add_argument("--json", metavar="FILE", help="write machine, bars and medians there")
    parser.add_argument(
        "--only", metavar="ID,ID", default=",".join(IDENTIFIERS), help="these bars alone"
    )
    parser.add_argument("--apis", action="store_true", help="compare gRPC's API styles instead")
    parser.add_argument("--rounds", type=int, help="default: 5, quick 3")
    parser.add_argument("--seconds", type=float, help="of each run that count; default: 5, quick 2")
    parser.add_argument(
        "--pin", metavar="CPUS:CPUS", help="cores of the server and of the load, as in 0:1"
    )
    parser.add_argument(
        "--keep-stores",
        action="store_true",
        help="keep the populated stores in .cache/benchmark for the next run",
    )
    options = parser.parse_args()
    options.only = set(options.only.split(","))
    if unknown := options.only - set(IDENTIFIERS):
        parser.error(f"--only: no bars named {', '.join(sorted(unknown))}")
    if options.pin and options.pin.count(":") != 1:
        parser.error("--pin takes two lists of cores with a colon between, as in 0:1")
    options.rounds = options.rounds or (3 if options.quick else 5)
    options.seconds = options.seconds or (2 if options.quick else 5)
    options.warmup = 0.5 if options.quick else 1
    return options


@contextlib.contextmanager
def working_directory():
    """Where stores can be linked to, on a disk and not in memory; removed at the end."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / "lock", "w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RuntimeError("another benchmark is running") from error
        for left_behind in CACHE.glob("run-*"):  # by one that was killed
            remove(left_behind)
        with tempfile.TemporaryDirectory(prefix="run-", dir=CACHE) as directory:
            yield directory


def measure(measurement, wanted, report):
    """One that fails does not take the others' figures with it."""
    try:
        for measured in measurement.measure(wanted):
            if measured.identifier in wanted:
                report.measured.append(measured)
    except (RuntimeError, OSError, subprocess.SubprocessError) as error:
        known = {measured.identifier for measured in report.measured}
        for identifier in wanted & set(measurement.IDENTIFIERS) - known:
            report.failures[identifier] = str(error)
        say(f"not measured: {error}")


def main(description, setup):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # servers end with it
    load_average = machine.load_average()  # before the build adds to it
    options = parse_options(description)
    if load_average >= machine.BUSY:
        say(f"The machine is busy (load average {load_average}): expect noise.")
    setup()
    chosen = [one for one in MEASUREMENTS if options.only & set(one.IDENTIFIERS)]
    if options.apis:
        chosen = [Checks]
    binaries = build({name for one in chosen for name in one.BINARIES})
    report = Report(machine.describe(load_average, options))
    began = time.monotonic()
    with working_directory() as directory:
        bench = Bench(binaries, directory, options, report)
        if options.apis:
            compare_apis(bench)
        else:
            for one in chosen:
                measure(one(bench), options.only, report)
    report.machine["minutes"] = round((time.monotonic() - began) / 60, 1)
    report.print()
    if options.json:
        report.write(options.json)
    if report.failures:
        sys.exit(1)

"""What a figure was measured on."""

import datetime
import os

from harness.binaries import output_of

PACKAGES = ["libgrpc++1.51", "libprotobuf32", "librocksdb7.8", "libtcmalloc-minimal4", "g++-12"]
BUSY = 1.0  # load average from which on figures are noise


def describe(load_average, options):
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        models = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    commit = output_of("git", "rev-parse", "--short=12", "HEAD")
    if output_of("git", "status", "--porcelain", "--untracked-files=no"):
        commit += " and changes"
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "cpu": models[0] if models else os.uname().machine,
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "kernel": os.uname().release,
        "commit": commit,
        "packages": {
            name: output_of("dpkg-query", "-W", "-f=${Version}", name) for name in PACKAGES
        },
        "load_average_before": load_average,
        "pinned": options.pin or "no",
        "rounds": options.rounds,
        "seconds_per_run": options.seconds,
    }


def load_average():
    return round(os.getloadavg()[0], 2)

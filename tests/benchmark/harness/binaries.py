"""Builds what is measured, optimized, beside the everyday build."""

import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[3]
CACHE = ROOT / ".cache" / "benchmark"
OUTPUT_BASE = CACHE / "bazel"
TARGETS = {
    "gatehouse": "//server:gatehouse-server",
    "floor": "//tests/benchmark:floor-server",
    "load": "//tests/benchmark:load",
    "populate": "//tests/benchmark:populate",
    "enforce_cycles": "//tests/benchmark:enforce-cycles",
    "raw_write": "//tests/benchmark:raw_write",
    "cached_check": "//tests/benchmark:cached_check",
    "command": "//client/cli:gatehouse",
}


def build(names):
    """The path of each binary by its name in TARGETS."""
    OUTPUT_BASE.mkdir(parents=True, exist_ok=True)
    # A base of its own: the everyday build keeps its cache and its links.
    bazel = ["bazel", f"--output_base={OUTPUT_BASE}", "--max_idle_secs=60"]
    options = ["--config=release", "--experimental_convenience_symlinks=ignore"]
    targets = [TARGETS[name] for name in sorted(names)]
    subprocess.run([*bazel, "build", "--noshow_progress", *options, *targets], cwd=ROOT, check=True)
    directory = pathlib.Path(output_of(*bazel, "info", *options, "bazel-bin"))
    return {name: directory / TARGETS[name][2:].replace(":", "/") for name in names}


def output_of(*command):
    return subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False
    ).stdout.strip()

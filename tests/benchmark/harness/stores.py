"""Stores full of users, made by tests/benchmark/populate."""

import contextlib
import dataclasses
import hashlib
import os
import pathlib
import shutil
import subprocess
import time

from harness.binaries import CACHE

KEPT = CACHE / "stores"
BYTES_PER_USER = 600  # on disk at most: while it is written, and what servers add to copies
RESERVE_BYTES = 5 << 30


@dataclasses.dataclass(frozen=True)
class Population:
    """As tests/benchmark/population.h has it."""

    users: int
    domains: int
    organizations: int = 100
    first_domain: int = 0

    def flags_of_load(self):
        return [f"--users={self.users}", f"--domains={self.domains}"]

    def flags_of_populate(self):
        return [
            *self.flags_of_load(),
            f"--first-domain={self.first_domain}",
            f"--organizations={self.organizations}",
        ]

    def __str__(self):
        return f"{short(self.users)} users on {short(self.domains)} domains"


def short(number):
    """1M, 100k, 2,500."""
    for unit, size in (("M", 1_000_000), ("k", 1_000)):
        if number >= size and number % size == 0:
            return f"{number // size}{unit}"
    return f"{number:,}"


class Stores:
    """Populates each kind of store once, and hands out copies.

    With `keep`, what was populated stays in .cache/benchmark/stores for the next
    run. It is found there by its populations and the digest of the program that
    made it, server and stores linked in: whatever changes how a store is written
    changes that.
    """

    def __init__(self, populate, directory, keep, say):
        self.populate = populate
        self.directory = pathlib.Path(directory)
        self.say = say
        self.keep = keep
        self.home = self.directory / "populated"
        if keep:
            self.home = KEPT / digest_of(populate)
            remove_others(self.home)

    def populated(self, *populations):
        """The directory of a store that nobody may open."""
        name = "_".join("-".join(map(str, dataclasses.astuple(one))) for one in populations)
        store = self.home / name
        if store.exists():
            return store
        check_room(self.directory, sum(one.users for one in populations))
        self.say(f"populating a store: {', '.join(map(str, populations))}")
        unfinished = self.home / (name + ".unfinished")
        remove(unfinished)
        unfinished.parent.mkdir(parents=True, exist_ok=True)
        began = time.monotonic()
        for population in populations:
            subprocess.run(
                [self.populate, f"--directory={unfinished}", *population.flags_of_populate()],
                check=True,
            )
        unfinished.rename(store)
        self.say(f"  took {time.monotonic() - began:.0f} s")
        return store

    @contextlib.contextmanager
    def copy(self, *populations):
        """A store of its own for whoever opens it."""
        store = self.populated(*populations)
        target = self.directory / f"copy-{time.monotonic_ns()}"
        try:
            copy_store(store, target)
            yield target
        finally:
            remove(target)

    def forget(self, *populations):
        """Gives the disk back, unless it is to be kept."""
        if not self.keep:
            remove(self.populated(*populations))


def copy_store(store, target):
    """Of a store that no process has open."""
    shutil.copytree(store, target, copy_function=link_or_copy)


def link_or_copy(source, target):
    # Tables are never written again.
    if source.endswith(".sst"):
        os.link(source, target)
    else:
        shutil.copy2(source, target)


def remove(directory):
    if directory.exists():
        shutil.rmtree(directory)


def remove_others(home):
    if KEPT.exists():
        for other in KEPT.iterdir():
            if other != home:
                remove(other)


def digest_of(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()[:16]


def check_room(directory, users):
    needed = users * BYTES_PER_USER + RESERVE_BYTES
    free = shutil.disk_usage(directory).free
    if free < needed:
        raise RuntimeError(
            f"{directory}: {free >> 30} GiB free, expected {needed >> 30} GiB for {users:,} users"
        )

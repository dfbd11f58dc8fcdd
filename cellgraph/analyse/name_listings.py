"""Names that a run did not find when it went through all names, and that Restart & Run All has by then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cellgraph.analyse.environment import EnvironmentEntry
from cellgraph.code.name_listings import Test, tests_of
from cellgraph.model import Digest, Read, Run
from cellgraph.names import LISTED_NAMES, variable


def names_not_listed(run: Run, environment: Mapping[str, EnvironmentEntry]) -> Iterator[Read]:
    """The names that would join what the run listed, as absent ones."""
    listings = [tests_of(read.path) for read in run.reads if read.name == LISTED_NAMES]
    known = {read.name for read in run.reads} | {write.name for write in run.writes}
    for key, entry in environment.items():
        there = entry.digest
        if there is None or entry.missing or not key.isidentifier() or key in known:
            continue
        if any(_allow(tests, key, there) for tests in listings):
            yield Read(variable(key), "", None, store_only=True)


def _allow(tests: tuple[Test, ...], name: str, digest: Digest) -> bool:
    return all(test.allows(name, digest.type) for test in tests)

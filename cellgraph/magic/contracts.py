"""The subcommand ``contract``: make, show, list, accept, drop, save and load contracts, or print code."""

from __future__ import annotations

from argparse import Namespace

from cellgraph.magic.arguments import UsageError, nothing_known
from cellgraph.render.contracts import contract_text, contracts_text
from cellgraph.render.text import counted, did_you_mean
from cellgraph.session import Tracker

_NONE = "no name is under contract; `%cellgraph contract NAME` puts one under contract as it is now"


def contract(tracker: Tracker, options: Namespace) -> None:
    """Carry out ``%cellgraph contract``."""
    if options.load:
        _load(tracker, options.load)
    if options.save:
        _save(tracker, options)
    elif options.drop or options.accept or options.code:
        _change(tracker, options)
    elif options.names:
        tracker.display("\n\n".join(_made(tracker, name) for name in options.names))
    elif not options.load:
        tracker.display(contracts_text(tracker.contracts.values()) or _NONE)


def _made(tracker: Tracker, name: str) -> str:
    """Put a name under contract, or show the contract that it is under."""
    if name not in tracker.shell.user_ns:
        nothing_known(tracker, name)
    known = name in tracker.contracts
    made = tracker.contracts.make(name)
    run = tracker.ledger.latest(made.cell)
    broken = tracker.contracts.against(name) if known else ()
    return contract_text(made, broken, run.label if run is not None else "")


def _change(tracker: Tracker, options: Namespace) -> None:
    names = [_known(tracker, name) for name in options.names] or list(tracker.contracts)
    if options.code:
        from cellgraph.analyse.contract_source import module_source

        tracker.display(module_source(map(tracker.contracts.__getitem__, names)).rstrip())
        return
    if not options.names:
        raise UsageError(f"say which: {', '.join(names) or _NONE}")
    for name in names:
        if options.drop:
            tracker.contracts.drop(name)
        elif name not in tracker.shell.user_ns:
            raise UsageError(f"there is no variable {name!r} now")
        else:
            tracker.contracts.accept(name)
    done = "under no contract any more" if options.drop else "accepted as it is now"
    tracker.display(f"{', '.join(names)}: {done}")


def _known(tracker: Tracker, name: str) -> str:
    if name not in tracker.contracts:
        raise UsageError(f"{name} is under no contract: {did_you_mean(name, list(tracker.contracts))}")
    return name


def _save(tracker: Tracker, options: Namespace) -> None:
    names = tuple(_known(tracker, name) for name in options.names)
    if not tracker.contracts:
        raise UsageError(_NONE)
    count = tracker.contracts.save(options.save, names)
    tracker.display(f"{counted(count, 'contract')} written to {options.save}")


def _load(tracker: Tracker, file: str) -> None:
    try:
        count = tracker.contracts.load(file)
    except ValueError as error:  # another kind of file, or a file that is no text
        raise UsageError(f"{file} could not be read: {error}") from error
    tracker.display(f"{counted(count, 'contract')} read from {file}")

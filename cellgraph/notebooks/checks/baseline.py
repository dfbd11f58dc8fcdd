"""A baseline: the findings of today, by fingerprint, so that only new ones count tomorrow."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from cellgraph.notebooks.checks.check import Checked
from cellgraph.notebooks.errors import CannotRunError


def write_baseline(path: Path, checked: Iterable[Checked]) -> int:
    """Write the fingerprints of all findings and return how many there are."""
    found = [one for each in checked for one in each.findings]
    rows = Counter((one.fingerprint, one.code, one.path) for one in found)
    listed = [
        {"fingerprint": key, "code": code, "path": file, "count": count}
        for (key, code, file), count in sorted(rows.items())
    ]
    path.write_text(json.dumps({"version": 1, "findings": listed}, indent=1) + "\n", encoding="utf-8")
    return len(found)


def read_baseline(path: Path) -> Counter[str]:
    """How many findings of each fingerprint are known.

    Raises CannotRunError for a file that is no baseline.
    """
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["findings"]
        return Counter({str(row["fingerprint"]): int(row.get("count", 1)) for row in rows})
    except OSError as error:
        raise CannotRunError(f"cannot read the baseline {path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise CannotRunError(f"{path} is no baseline; write one with --write-baseline {path}") from None


def without_known(checked: Sequence[Checked], known: Counter[str]) -> Iterator[Checked]:
    """The same without the findings that the baseline has."""
    left = Counter(known)
    for one in checked:
        kept = []
        for found in one.findings:
            if left[found.fingerprint] > 0:
                left[found.fingerprint] -= 1
            else:
                kept.append(found)
        yield replace(one, findings=tuple(kept))

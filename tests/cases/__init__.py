"""Tables of cases: what a cell may hold, and what it reads and writes."""

from __future__ import annotations

from tests.cases.accesses import Case, Differs
from tests.cases.calls import CALLS
from tests.cases.endings import ENDINGS
from tests.cases.ipython import IPYTHON
from tests.cases.libraries import LIBRARIES
from tests.cases.paths import PATHS
from tests.cases.statements import STATEMENTS

ACCESSES: tuple[Case, ...] = (*STATEMENTS, *CALLS, *IPYTHON, *LIBRARIES, *ENDINGS, *PATHS)

__all__ = ["ACCESSES", "Case", "Differs"]

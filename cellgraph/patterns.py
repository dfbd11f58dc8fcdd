"""Regular expressions that are compiled when they are first used.

Compiling one takes up to half a millisecond. ``%load_ext cellgraph`` loads dozens that most sessions never
need, because they are for files, SQL, magics or libraries. From its first use on, a method is
an attribute like any other. ``python -m tests.benchmarks --only load_ext`` shows what that gains.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

Found = re.Match[str] | None


class Pattern:
    """A regular expression with the methods of ``re.Pattern``. ``flags`` are those of ``re.compile``."""

    def __init__(self, text: str, flags: re.RegexFlag = re.NOFLAG) -> None:
        self.text = text
        self.flags = flags

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The pattern, compiled by now."""
        return re.compile(self.text, self.flags)

    @cached_property
    def search(self) -> Callable[[str], Found]:
        """Find it anywhere."""
        return self.compiled.search

    @cached_property
    def match(self) -> Callable[..., Found]:
        """Find it at the start."""
        return self.compiled.match

    @cached_property
    def fullmatch(self) -> Callable[[str], Found]:
        """Find it as the whole text."""
        return self.compiled.fullmatch

    @cached_property
    def findall(self) -> Callable[[str], list[Any]]:
        """All places, as text or as the texts of its groups."""
        return self.compiled.findall

    @cached_property
    def finditer(self) -> Callable[..., Iterator[re.Match[str]]]:
        """All places, as matches."""
        return self.compiled.finditer

    @cached_property
    def sub(self) -> Callable[..., str]:
        """Replace it everywhere."""
        return self.compiled.sub

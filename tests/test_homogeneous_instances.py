"""Many instances of one class in a list are read a class at a time: what is told stays the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import pytest

from tests.digests import digest, look

MANY = 1_000


@dataclass
class Point:
    x: object
    y: object = 0.5

    @cached_property
    def twice(self) -> object:
        return self.x


@dataclass(slots=True)
class Slotted:
    x: object
    y: object = 0.5


class Other(Point):
    """The same fields in another class."""


Make = Callable[..., object]
BOTH = pytest.mark.parametrize("make", [Point, Slotted], ids=["in a dict", "in slots"])


@BOTH
def test_equal_instances_are_equal(make: Make) -> None:
    """Two lists of equal instances have one digest."""
    assert digest([make(n) for n in range(MANY)]).agrees(digest([make(n) for n in range(MANY)]))


@BOTH
@pytest.mark.parametrize("value", [-1, 7.0, "7", None, True, [7]], ids=repr)
def test_a_field_that_differs_is_told(make: Make, value: object) -> None:
    """One field of one instance that holds something else makes another digest."""
    plain, changed = [make(n) for n in range(MANY)], [make(n) for n in range(MANY)]
    changed[7] = make(value)
    assert not digest(plain).agrees(digest(changed))


@BOTH
def test_a_field_that_is_gone_is_told(make: Make) -> None:
    """An instance without one of the fields makes another digest."""
    plain, changed = [make(n) for n in range(MANY)], [make(n) for n in range(MANY)]
    del changed[7].y  # type: ignore[attr-defined]
    assert not digest(plain).agrees(digest(changed))


def test_another_class_is_told() -> None:
    """The same fields in instances of another class make another digest."""
    assert not digest([Point(n) for n in range(MANY)]).agrees(digest([Other(n) for n in range(MANY)]))


def test_a_field_more_is_told() -> None:
    """An attribute that one instance has been given makes another digest."""
    plain, changed = [Point(n) for n in range(MANY)], [Point(n) for n in range(MANY)]
    changed[7].z = 1  # type: ignore[attr-defined]
    assert not digest(plain).agrees(digest(changed))


def test_order_of_fields_and_what_is_remembered_are_no_difference() -> None:
    """In which order fields were set and what a cached property remembers makes no other digest."""
    plain, other = [Point(n) for n in range(MANY)], [Point(n) for n in range(MANY)]
    x = other[7].x
    del other[7].x
    other[7].x = x
    assert other[8].twice == 8
    assert digest(plain).agrees(digest(other))


@BOTH
def test_each_instance_is_an_alias(make: Make) -> None:
    """A name for one of the instances shares it with the list."""
    held = [make(n) for n in range(MANY)]
    assert not look(held).mutable.isdisjoint(look(held[7]).mutable)

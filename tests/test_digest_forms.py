"""An adapter is a table of types and forms: what each form compares, and who notes what is mutable."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from cellgraph.digest import registry
from cellgraph.digest.forms import (
    by_all_fields,
    by_attributes,
    by_buffer,
    by_elements,
    by_fields,
    by_identity,
    by_members,
    by_part,
    by_text,
    by_type,
)
from cellgraph.digest.protocol import Content
from cellgraph.digest.registry import digests
from tests.digests import cell, digest, look


class Toy:
    """What a library that nobody has heard of might define."""

    def __init__(self, **fields: Any) -> None:
        for name, held in fields.items():
            object.__setattr__(self, name, held)


Toy.__module__ = "toylib.shelf"


@pytest.fixture(autouse=True)
def _no_toy_is_left() -> Iterator[None]:
    yield
    registry._BY_NAME.pop(("toylib", "Toy"), None)


FORMS: dict[str, tuple[Content, Toy, Toy, Toy]] = {
    "by fields": (by_fields("a"), Toy(a=1, b=2), Toy(a=1, b=3), Toy(a=2, b=2)),
    "by a field that is missing": (by_fields("a"), Toy(), Toy(b=3), Toy(a=2)),
    "by all fields": (by_all_fields(caches="memo"), Toy(a=1, memo=2), Toy(a=1, memo=3), Toy(a=1, new=3)),
    "by one attribute": (by_attributes("a"), Toy(a=[1]), Toy(a=[1], b=2), Toy(a=[2])),
    "by attributes": (by_attributes("a", "b"), Toy(a=1, b=2), Toy(a=1, b=2, c=3), Toy(a=2, b=1)),
    "by a part": (by_part(lambda toy: toy.a[0]), Toy(a=[1, 2]), Toy(a=[1, 3]), Toy(a=[2, 2])),
    "by elements": (by_elements(lambda toy: toy.a[1:]), Toy(a=[1, 2]), Toy(a=[0, 2]), Toy(a=[1, 2, 3])),
    "by text": (by_text(lambda toy: f"{toy.a:.1f}"), Toy(a=1.01), Toy(a=1.02), Toy(a=2.0)),
    "by buffer": (by_buffer(lambda toy: bytes(toy.a)), Toy(a=[1]), Toy(a=(1,)), Toy(a=[2])),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_form_compares_what_its_name_says(name: str) -> None:
    """Values that agree in what the form reads are equal, and others are not."""
    content, value, equal, other = FORMS[name]
    digests("toylib.Toy", whole=True)(content)
    assert digest(value).quality == "exact"
    assert digest(value).agrees(digest(equal))
    assert not digest(value).agrees(digest(other))


def test_a_form_by_members_reads_past_a_subclass() -> None:
    """What a subclass puts in front of a member of the type is not run."""
    digests("toylib.Toy", whole=True)(by_members(Toy, "__dict__"))
    source = "class Lying(Toy):\n    @property\n    def __dict__(self): raise RuntimeError"
    lying = cell(source, Toy=Toy)["Lying"]
    assert digest(lying(a=1)).quality == "exact"
    assert not digest(lying(a=1)).agrees(digest(lying(a=2)))


def test_what_is_told_by_its_type_alone_is_always_equal() -> None:
    """All values of such a type are equal, whatever they hold."""
    digests("toylib.Toy", whole=True)(by_type)
    assert digest(Toy(a=1)).agrees(digest(Toy(a=2)))


def test_what_is_told_by_who_it_is_is_opaque() -> None:
    """Such a value cannot be compared, and is noted: a name that leads to it shares it."""
    digests("toylib.Toy", whole=True)(by_identity)
    toy = Toy()
    assert digest(toy).quality == "opaque"
    assert id(toy) in look([toy]).mutable


@pytest.mark.parametrize("holder", [lambda toy: toy, lambda toy: [toy], lambda toy: SimpleNamespace(t=toy)])
def test_what_is_said_to_be_mutable_is_an_alias_by_itself(holder: Any) -> None:
    """With ``mutable=True`` whatever leads to a value shares it, though no handler notes it."""
    digests("toylib.Toy", mutable=True, whole=True)(by_fields("a"))
    toy = Toy(a=1)
    assert id(toy) in look(holder(toy)).mutable
    digests("toylib.Toy", whole=True)(by_fields("a"))
    assert id(toy) not in look(holder(toy)).mutable


def test_a_sample_notes_what_is_mutable_too() -> None:
    """A value that is only sampled is found to share a mutable object as well."""
    digests("toylib.Toy", mutable=True, whole=True)(by_fields("a"))
    toy = Toy(a=1)
    held = look([toy, *([[object]] * 400_000)], budget_s=0.0)
    assert held.digest.quality == "sampled"
    assert id(toy) in held.mutable

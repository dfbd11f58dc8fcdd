"""Which handler digests which type.

A handler turns a value into the bytes that identify it among values of its type, and asks the walk
for the digests of what the value holds. Handlers register themselves under an exact type, or under
the top-level package and name of a type whose library is never imported for it. A handler must read
the value through the methods of the type it registers for: it is given instances of subclasses too.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from cellgraph.digest import class_reflection

if TYPE_CHECKING:
    from cellgraph.digest.traversal import Walk

Content = Callable[[Any, "Walk"], bytes]
Describe = Callable[[Any], str]
Part = tuple[str, bytes] | tuple[str, bytes, object]
"""A part's path and digest, and the part itself where it may have parts in turn."""
Parts = Callable[[Any, "Walk"], Iterable[Part]]


class Handler(NamedTuple):
    """How values of one type are digested.

    ``size`` says its extent in words. ``family``: C subclasses hold no more than the type itself;
    ``whole``: no subclass does, not even attributes.
    ``leaf``: they never change and hold no other object. ``private`` are attributes that ``content``
    sees to. ``parts`` are paths that can be compared alone; they are those of subclasses too where
    they are ``inherited``.
    """

    content: Content
    size: Describe | None = None
    family: bool = False
    whole: bool = False
    private: frozenset[str] = frozenset()
    parts: Parts | None = None
    inherited: bool = False
    leaf: bool = False


class ResolvedHandler(NamedTuple):
    """How values of one exact type are digested, worked out once a type and hook."""

    tag: bytes
    name: str
    content: Content
    size: Describe | None = None
    parts: Parts | None = None
    leaf: bool = False


_BY_TYPE: dict[int, Handler] = {}  # keyed by id: hashing a class may run its metaclass's code
_BY_NAME: dict[tuple[str, str], Handler] = {}
_SEALED: dict[str, Content] = {}
_CYTHON_FUNCTIONS = frozenset({"cython_function_or_method", "fused_cython_function"})
_CACHES: dict[str, frozenset[str]] = {}
_HELD: list[type] = []  # keeps the ids in _BY_TYPE true


def handles(
    *types: type,
    size: Describe | None = None,
    family: bool = False,
    whole: bool = False,
    parts: Parts | None = None,
    leaf: bool = False,
) -> Callable[[Content], Content]:
    """Register a handler for types that are always there."""

    def register(content: Content) -> Content:
        for cls in types:
            _HELD.append(cls)
            _BY_TYPE[id(cls)] = Handler(content, size, family, whole, parts=parts, leaf=leaf)
        return content

    return register


def handles_named(  # noqa: PLR0913 - all that there may be to say of a type
    root: str,
    *names: str,
    size: Describe | None = None,
    whole: bool = False,
    private: str = "",
    parts: Parts | None = None,
    inherited: bool = False,
    leaf: bool = False,
) -> Callable[[Content], Content]:
    """Register a handler for types of a library, by top-level package and class name."""
    handler = functools.partial(
        Handler,
        size=size,
        whole=whole,
        private=frozenset(private.split()),
        parts=parts,
        inherited=inherited,
        leaf=leaf,
    )

    def register(content: Content) -> Content:
        for name in names:
            _BY_NAME[root, name] = handler(content)
        return content

    return register


def handles_sealed(root: str) -> Callable[[Content], Content]:
    """Register a handler for all types of a library whose state is hidden in C."""

    def register(content: Content) -> Content:
        _SEALED[root] = content
        return content

    return register


def ignore_cache_fields(root: str, names: str) -> None:
    """Say which attributes of a library's objects are caches that a read may fill."""
    _CACHES[root] = _CACHES.get(root, frozenset()).union(names.split())


def caches_of(cls: type) -> frozenset[str]:
    """Attributes that are no state for the library that the class or a base of it comes from."""
    return frozenset().union(
        *(_CACHES.get(class_reflection.module_root(owner), ()) for owner in class_reflection.mro(cls))
    )


@functools.cache
def is_known(root: str) -> bool:
    """Whether cellgraph knows a library: how some of its types are looked at, or what they cache."""
    return root in _SEALED or root in _CACHES or any(known == root for known, _ in _BY_NAME)


def sealed_handler(cls: type) -> Content | None:
    """What digests a type with hidden state, if its library is known to tell that state."""
    if class_reflection.short_name(cls) in _CYTHON_FUNCTIONS:
        return _cython_function
    return _SEALED.get(class_reflection.module_root(cls))


def _cython_function(value: Any, walk: Walk) -> bytes:
    """A compiled function of a library, by its name."""
    return f"{value.__module__}:{value.__qualname__}".encode()


def handler_of(cls: type) -> Handler | None:
    """The handler registered for exactly this type."""
    found = _BY_TYPE.get(id(cls))
    if found is None and (root := class_reflection.module_root(cls)) not in ("__main__", ""):
        found = _BY_NAME.get((root, class_reflection.qualified_name(cls)))
    return found


def nearest(cls: type) -> tuple[type, Handler | None]:
    """The closest base whose instances a handler knows how to read, else ``object``.

    First along the layout in memory, then among all bases: a mixin may stand in front of the one.
    """
    for base in (*_layout_chain(cls), *class_reflection.mro(cls)):
        if base is not object and (handler := handler_of(base)) is not None:
            return base, handler
    return object, None


class Kinds:
    """How each type met during one hook is digested. Dropped with it: what it knows holds classes."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[type, ResolvedHandler]] = {}

    def __call__(self, cls: type) -> ResolvedHandler:
        """How values of a type are digested."""
        if (found := self._known.get(id(cls))) is not None:
            return found[1]
        kind = _resolve(cls)
        self._known[id(cls)] = (cls, kind)
        return kind


def type_tag(cls: type) -> bytes:
    """A type's name as bytes that no continuation can be mistaken for."""
    name = f"{class_reflection.module_name(cls)}:{class_reflection.qualified_name(cls)}".encode(
        "utf8", "surrogatepass"
    )
    return b"\0%d:%s" % (len(name), name)


def _layout_chain(cls: type) -> Iterator[type]:
    base: type | None = cls
    while base is not None and base is not object:
        yield base
        base = class_reflection.layout_base(base)


_LASTING: dict[int, tuple[type, ResolvedHandler]] = {}
"""Kinds of classes that libraries define, by id: to work one out takes as long as many a look."""


def reconsider() -> None:
    """Work every kind out anew: what digests a class has been registered, or taken back."""
    _LASTING.clear()


def _resolve(cls: type) -> ResolvedHandler:
    if (found := _LASTING.get(id(cls))) is not None and found[0] is cls:
        return found[1]
    from cellgraph.digest import user_digesters

    if (own := user_digesters.own_digester(cls, handler_of)) is not None:
        return ResolvedHandler(type_tag(cls), class_reflection.short_name(cls), own)
    kind = _worked_out(cls)
    if class_reflection.is_library_global(cls):  # then its module holds it anyway
        _LASTING[id(cls)] = (cls, kind)
    return kind


def _worked_out(cls: type) -> ResolvedHandler:
    from cellgraph.digest import instances, user_digesters

    base, handler = nearest(cls)
    if handler is None and (offered := user_digesters.offered_digester(cls, is_known)) is not None:
        return ResolvedHandler(type_tag(cls), class_reflection.short_name(cls), offered)
    if handler is None or base is not cls or handler.private:  # then the other attributes count too
        return instances.kind_for(cls, base, handler)
    name = class_reflection.short_name(cls)
    return ResolvedHandler(type_tag(cls), name, handler.content, handler.size, handler.parts, handler.leaf)

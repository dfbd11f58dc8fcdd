"""Which handler digests which type.

A handler turns a value into the bytes that identify it among values of its type, and asks the walk for the
digests of its parts. Handlers register themselves under an exact type, or under a library's top-level package
and the name of a type; the library is never imported for that. A handler must read the value through the
methods of the registered type, because it also receives instances of subclasses.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from cellgraph.digest import class_reflection
from cellgraph.digest.protocol import Content, Describe, Handler, Parts, ResolvedHandler, Walk

_BY_TYPE: dict[int, Handler] = {}  # keyed by id: hashing a class may run its metaclass's code
_BY_NAME: dict[tuple[str, str], Handler] = {}
_SEALED: dict[str, Content] = {}
_CYTHON_FUNCTIONS = frozenset({"cython_function_or_method", "fused_cython_function"})
_CACHES: dict[str, frozenset[str]] = {}
_WAITING: dict[str, list[Callable[[], object]]] = {}  # what registers handlers, by the library waited for
_UNNEEDED: list[Callable[[], object]] = []  # what registers handlers, as long as nothing needs them
_HELD: list[type] = []  # keeps the ids in _BY_TYPE true


def digests(  # noqa: PLR0913 - all that there may be to say of a type
    *types: type | str,
    mutable: bool = False,
    size: Describe | None = None,
    family: bool = False,
    whole: bool = False,
    private: str = "",
    parts: Parts | None = None,
    inherited: bool = False,
    leaf: bool = False,
) -> Callable[[Content], Content]:
    """Register what digests values of some types. Use it as a decorator, or call it with a form.

    Args:
        types: Classes that are always there, or ``"package.Class"`` for a library's: its top-level
            package and the qualified name of the class, in whichever module of the package it is.
        mutable: Values can be changed in place. Each is then noted, so that names that share one are
            found to be aliases. Leave it out only where instances never change, or where ``content``
            notes some values and not others.
        size: Describes a value's extent in words.
        family: Subclasses written in C hold no more than the type itself.
        whole: No subclass holds more, not even attributes.
        private: Fields that ``content`` takes care of. The other fields of the instance are digested as well.
        parts: Returns the parts that can be compared by themselves.
        inherited: Values of subclasses have these parts too.
        leaf: Values never change and hold no other object.

    Returns:
        A decorator that registers the handler and returns it unchanged.
    """
    handler = functools.partial(
        Handler,
        mutable=mutable,
        size=size,
        family=family,
        whole=whole,
        private=frozenset(private.split()),
        parts=parts,
        inherited=inherited,
        leaf=leaf,
    )

    def register(content: Content) -> Content:
        for found in types:
            if isinstance(found, str):
                root, _, name = found.partition(".")
                _BY_NAME[root, name] = handler(content)
            else:
                _HELD.append(found)
                _BY_TYPE[id(found)] = handler(content)
        return content

    return register


def when_loaded(libraries: Iterable[str], register: Callable[[], object]) -> None:
    """Have ``register`` called, to register handlers, before values are looked at with one of them loaded."""
    for library in libraries:
        _WAITING.setdefault(library, []).append(register)


def when_needed(register: Callable[[], object]) -> None:
    """Have ``register`` called before a value is looked at that is no number and no text."""
    _UNNEEDED.append(register)


def register_needed() -> None:
    """Register the handlers that a value needs which is no number and no text."""
    for register in _UNNEEDED:
        register()
    _UNNEEDED.clear()


def register_waiting() -> None:
    """Register handlers for libraries that have been loaded since the last time."""
    if not _WAITING.keys().isdisjoint(sys.modules.keys()):
        for library in [library for library in _WAITING if library in sys.modules]:
            for register in _WAITING.pop(library):
                register()


def handles_sealed(root: str) -> Callable[[Content], Content]:
    """Register a handler for all types of a library that hide their state in C."""

    def register(content: Content) -> Content:
        _SEALED[root] = content
        return content

    return register


def ignore_cache_fields(root: str, names: str) -> None:
    """Register attributes of a library's objects that are caches which a read may fill."""
    _CACHES[root] = _CACHES.get(root, frozenset()).union(names.split())


def caches_of(cls: type) -> frozenset[str]:
    """The attributes that are no state, according to the library of the class or of one of its bases."""
    return frozenset().union(
        *(_CACHES.get(class_reflection.module_root(owner), ()) for owner in class_reflection.mro(cls))
    )


@functools.cache
def is_known(root: str) -> bool:
    """Whether cellgraph knows a library: handlers for some of its types, or its caches."""
    return root in _SEALED or root in _CACHES or any(known == root for known, _ in _BY_NAME)


def sealed_handler(cls: type) -> Content | None:
    """The handler for a type with hidden state, if its library has one."""
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
    """The closest base whose instances a handler can read, else ``object``.

    First along the bases that define the memory layout, then among all bases, because a mixin may come first.
    """
    for base in (*_layout_chain(cls), *class_reflection.mro(cls)):
        if base is not object and (handler := handler_of(base)) is not None:
            return base, handler
    return object, None


def type_tag(cls: type) -> bytes:
    """A type's name as bytes that cannot be a prefix of another type's."""
    name = f"{class_reflection.module_name(cls)}:{class_reflection.qualified_name(cls)}".encode(
        "utf8", "surrogatepass"
    )
    return b"\0%d:%s" % (len(name), name)


def _layout_chain(cls: type) -> Iterator[type]:
    base: type | None = cls
    while base is not None and base is not object:
        yield base
        base = class_reflection.layout_base(base)


LASTING: dict[int, tuple[type, ResolvedHandler]] = {}
"""How values of classes that libraries define are digested, by the class's id: working it out is slow."""


def reconsider() -> None:
    """Resolve each class again, because a digester was registered or taken back."""
    LASTING.clear()

"""Instances of classes: attributes and slots, on top of what a builtin base holds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import field
from enum import EnumMeta
from typing import Any

from cellgraph.code.part_paths import PARAMETERS, attribute_path
from cellgraph.digest import class_reflection, estimators
from cellgraph.digest.class_reflection import Getter
from cellgraph.digest.instance_layout import Shape, shape_of
from cellgraph.digest.plain_data import fields_digest
from cellgraph.digest.protocol import ITERATOR, Handler, Part, ResolvedHandler, Walk
from cellgraph.digest.registry import caches_of, sealed_handler, type_tag
from cellgraph.digest.value_parts import MAX_PARTS
from cellgraph.light_dataclass import dataclass

OPAQUE_ROOTS = frozenset(
    # Active objects and drawing surfaces: their attributes change on their own, or on a read.
    "matplotlib mpl_toolkits threading _thread asyncio concurrent multiprocessing subprocess socket"
    " selectors ssl queue logging sched http ftplib smtplib zmq tornado aiohttp IPython ipykernel"
    " ipywidgets traitlets comm jupyter_client tqdm rich"
    # Models that fill caches while they are used, around a core that cannot be seen.
    " tensorflow keras tf_keras spacy thinc"
    # Lazy plans and handles of work elsewhere: nothing may be computed, and identity tells enough.
    " dask distributed pyspark ibis ray polars duckdb sqlalchemy modin vaex snowflake databricks"
    " h5py tables netCDF4 fsspec s3fs gcsfs requests httpx urllib3 boto3 botocore"
    " pymongo redis psycopg psycopg2 asyncpg pymysql oracledb".split()
)


_STR_ID = frozenset({id(str)})
MANY_FIELDS, FIELD_ELEMENTS = 2_000, 8
"""Attributes of an instance that are announced, and how many elements each of them counts for."""
MAX_SHAPES = 1_000
"""Shapes of one class that are remembered: where instances are alike there are a few."""


@dataclass(frozen=True, slots=True)
class InstanceLayout:
    """Where the instances of one class keep their state.

    ``attributes`` reads the instance dict. ``skipped`` are attributes that are no state. ``shapes`` are keyed
    by the names in the order in which they were set; most instances share one.
    """

    base: Handler | None
    slots: tuple[tuple[str, Getter], ...]
    attributes: Getter | None
    skipped: frozenset[str]
    user_class: type | None
    shapes: dict[tuple[str, ...], Shape] = field(default_factory=dict)

    def content(self, value: Any, walk: Walk) -> bytes:
        """The content of the user's class, that of the builtin base, then the attributes by name."""
        shared = b""
        if self.user_class is not None:
            shared = walk.visit(self.user_class)  # a class attribute set in place changes all instances
        base = self.base.content(value, walk) if self.base is not None else b""
        shape, fields = self.held(value, walk)
        return b"%b%d:%b%b%b" % (shared, len(base), base, shape.head, fields_digest(fields, walk))

    def parts(self, value: Any, walk: Walk) -> Iterable[Part]:
        """One part for each attribute, and one for each that the class provides for all instances."""
        shape, fields = self.held(value, walk)
        if self.base is not None or len(fields) > MAX_PARTS:
            return ()
        paths = map(attribute_path, shape.names)
        own: list[Part] = [*zip(paths, map(walk.visit, fields), fields, strict=True)]
        if (told := estimators.parameters(value, walk)) is not None:
            own.append((PARAMETERS, told))
        return own if self.user_class is None else [*own, *class_parts(self.user_class, walk, shape.names)]

    def held(self, value: Any, walk: Walk) -> tuple[Shape, tuple[Any, ...]]:
        """The attributes that are state, sorted by name, because their order is no state."""
        state = self.attributes(value) if self.attributes is not None else {}
        if type(state) is dict and (count := dict.__len__(state)) > MANY_FIELDS:
            walk.elements_ahead(FIELD_ELEMENTS * count)
            if walk.sampling:
                state = {}  # their order tells nothing, and so no few of them do
        if self.slots or type(state) is not dict:
            state = dict([*self._in_slots(value), *dict.items(state)])
        keys = tuple(state)
        if not set(map(id, map(type, keys))) <= _STR_ID:
            state = {key: held for key, held in state.items() if type(key) is str}
            keys = tuple(state)
        shape = self.shapes.get(keys)
        if shape is None:
            if len(self.shapes) > MAX_SHAPES:
                self.shapes.clear()
            shape = self.shapes[keys] = shape_of(keys, self.skipped)
        return shape, shape.take(state)

    def _in_slots(self, value: Any) -> Iterator[tuple[str, Any]]:
        for name, getter in self.slots:
            try:
                yield name, getter(value)
            except AttributeError:  # an empty slot
                continue


def class_parts(cls: type, walk: Walk, hidden: Collection[str] = ()) -> Iterator[Part]:
    """One part for each data attribute of a class, and one for the whole class (for its methods)."""
    for name, held in class_reflection.data_members(cls).items():
        if name not in hidden:
            yield attribute_path(name), walk.visit(held), held
    yield attribute_path("__class__"), walk.visit(cls)


def kind_for(cls: type, base: type, handler: Handler | None) -> ResolvedHandler:
    """The handler for instances of a class without a handler of its own."""
    name = class_reflection.short_name(cls)
    if issubclass(type(cls), EnumMeta):
        return ResolvedHandler(type_tag(cls), name, _enum_member)
    if handler is not None and handler.whole:
        return ResolvedHandler(
            type_tag(cls), name, handler.content, handler.size, handler.parts, handler.leaf, handler.mutable
        )
    if base is tuple and class_reflection.is_struct_sequence(cls):
        return ResolvedHandler(type_tag(cls), name, _struct_sequence)
    layout = dissect(cls, base, handler)
    size = handler.size if handler else _iterator_words if _is_iterator(cls) else None
    if layout is None:
        return ResolvedHandler(type_tag(cls), name, sealed_handler(cls) or opaque, size)
    own = handler is not None and (handler.inherited or base is cls)
    parts = handler.parts if handler is not None and own else layout.parts
    return ResolvedHandler(type_tag(cls), name, layout.content, size, parts, mutable=True)


def _is_iterator(cls: type) -> bool:
    """Whether elements can be taken from instances: nothing tells how far one of a library's own has come."""
    return class_reflection.has_member(cls, "__next__")


def _iterator_words(value: Any) -> str:
    return ITERATOR


def dissect(cls: type, base: type, handler: Handler | None) -> InstanceLayout | None:
    """Where instances keep their state. None if some of it cannot be seen."""
    if any(class_reflection.module_root(owner) in OPAQUE_ROOTS for owner in class_reflection.mro(cls)):
        return None
    slots = tuple(class_reflection.slots(cls, base))
    family = handler is not None and handler.family
    # A size that adds up proves that Python can see all that an instance holds.
    if not family and class_reflection.has_hidden_state(cls, base, len(slots)):
        return None
    attributes = class_reflection.instance_dict_getter(cls)
    private = handler.private if handler else frozenset()
    skipped = class_reflection.cached_names(cls) | caches_of(cls) | private
    user_class = cls if class_reflection.made_by_user(cls) else None
    return InstanceLayout(handler, slots, attributes, skipped, user_class)


def opaque(value: object, walk: Walk) -> bytes:
    """The handler of values whose content cannot be read."""
    return walk.mark_opaque(value)


def _struct_sequence(value: Any, walk: Walk) -> bytes:
    """All fields of ``os.stat`` or ``time.gmtime`` results. Some fields are no elements of the tuple."""
    return walk.visit_untracked(class_reflection.namespace(type(value))["__reduce__"](value)[1])


def _enum_member(value: Any, walk: Walk) -> bytes:
    """Name and value. The class that a member refers to is no part of it."""
    cls = type(value)
    if class_reflection.made_by_user(cls):
        # A member equals only members of the same class, not of one that was made again. One that is a number
        # or a text too equals these as well, and is another object all the same.
        walk.note(value if issubclass(cls, (int, str)) else cls)
    getter = class_reflection.instance_dict_getter(cls)
    state = getter(value) if getter else {}
    return walk.sequence([state.get("_name_"), state.get("_value_")])

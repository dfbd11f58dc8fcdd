"""numpy: arrays by their bytes at the speed of memory, scalars, dtypes and random generators.

numpy is never imported here: these handlers run only for values whose class it has already made.
"""

from __future__ import annotations

import marshal
import mmap
import struct
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from xxhash import xxh3_128, xxh3_128_digest

from cellgraph.digest import class_reflection, mapped_memory
from cellgraph.digest.forms import by_attributes, by_text
from cellgraph.digest.mapped_memory import UnbackedMemoryError
from cellgraph.digest.protocol import LARGE, SCALAR_IDS, Part, Walk
from cellgraph.digest.registry import digests, ignore_cache_fields, type_tag
from cellgraph.digest.sampling import blocks, picks
from cellgraph.digest.value_parts import MAX_ITEMS

CHUNK = 4_194_304
"""Bytes copied at a time from an array that does not lie in one piece."""
SMALL = 16_384
"""Bytes up to which an array is copied: that takes less than to see how it lies."""
COPY_SECONDS, DISK_SECONDS = 2e-10, 1e-9
SAMPLE_BLOCK = 2_048
"""Bytes of one block of a sample."""
SAMPLED_OBJECTS, FEW_OBJECTS = 500, 200
_NAMED_KINDS = "biufcmMSU"
"""Kinds of dtypes that their short name tells, which is had much faster than the long one."""
_PLAIN_NUMBERS = "?bhilqBHILQefd"
_PADDED = "gG"
"""Numbers of extended precision: some of their bytes mean nothing."""

ignore_cache_fields("numpy", "_ufunc")  # caches that ``vectorize`` fills when it is called


def numpy() -> Any:
    """The numpy module that the user has imported."""
    return sys.modules["numpy"]


def shape_words(value: Any) -> str:
    """The shape as text, such as ``shape (1000, 12)``."""
    return f"shape {numpy().ndarray.shape.__get__(value)}"


def _array_parts(value: Any, walk: Walk) -> Iterable[Part]:
    """Parts: the dtype with the writable flag, and each element of a short array of one dimension.

    The last element has a second path, ``[-1]``.
    """
    array = _as_ndarray(value)
    if not _is_readable(array):
        return
    if array.dtype.kind in _NAMED_KINDS:
        yield ".dtype", walk.visit_untracked((array.dtype.str, array.flags.writeable))
    if array.ndim != 1 or not 0 < array.size <= MAX_ITEMS or array.dtype.kind not in _NAMED_KINDS:
        return
    kind = array.dtype.str
    found = [walk.visit_untracked((kind, array[at : at + 1].tobytes())) for at in range(array.size)]
    yield from ((f"[{at}]", digest) for at, digest in enumerate(found))
    yield "[-1]", found[-1]


@digests("numpy.ndarray", size=shape_words, parts=_array_parts)
def _array(value: Any, walk: Walk) -> bytes:
    return array_content(_as_ndarray(value), walk, owner=value)


@digests("numpy.matrix", "numpy.recarray", size=shape_words)
def _array_of_a_kind(value: Any, walk: Walk) -> bytes:
    return array_content(_as_ndarray(value), walk, owner=value)


@digests("numpy.memmap", size=shape_words, private="_mmap")
def _memmap(value: Any, walk: Walk) -> bytes:
    return array_content(_as_ndarray(value), walk, owner=value)


@digests("numpy.MaskedArray", "numpy.ma.MaskedArray", size=shape_words, whole=True)
def _masked(value: Any, walk: Walk) -> bytes:
    """Data, mask, and a fill value that is not the default: that one is set by a mere ``repr``."""
    state, array = class_reflection.state_of(value), _as_ndarray(value)
    fill = state.get("_fill_value")
    content = array_content(array, walk, owner=value) + walk.visit(state.get("_mask"))
    return content if fill is None or _is_default_fill(fill) else content + walk.visit_untracked(fill)


def _is_default_fill(fill: Any) -> bool:
    """Whether an array without dimensions holds what numpy fills in where no other value was chosen."""
    if fill.dtype.kind not in _NAMED_KINDS:
        return True
    default = numpy().array(numpy().ma.default_fill_value(fill.dtype), fill.dtype)
    return bool(default.tobytes() == fill.tobytes())


digests("numpy.dtype", whole=True)(by_text(str))


@digests("numpy.generic", "numpy.str_", "numpy.bytes_", whole=True, leaf=True)
def _scalar(value: Any, walk: Walk) -> bytes:
    if _is_plain_number(value):
        content: bytes = numpy().generic.tobytes(value)
        return content
    array = numpy().generic.__array__(value)
    return f"{array.dtype}|".encode() + elements_digest(array, walk)


def _is_plain_number(value: Any) -> bool:
    """Whether the type alone says how the number is stored."""
    return numpy().generic.dtype.__get__(value).char in _PLAIN_NUMBERS


def numbers_digest(values: Sequence[Any], walk: Walk) -> bytes | None:
    """The digest of numpy numbers of one type, or None for anything else."""
    cls = type(values[0])
    if walk.hook.kinds(cls).content is not _scalar or not _is_plain_number(values[0]):
        return None
    walk.elements_ahead(len(values))
    if cls is numpy().float64:  # it is a float as well
        return type_tag(cls) + struct.pack(f"={len(values)}d", *values)
    return type_tag(cls) + b"".join(map(numpy().generic.tobytes, values))


def arrays_digest(values: Sequence[Any], walk: Walk) -> bytes | None:
    """The digest of small arrays of numbers, or None for anything else."""
    if type(values[0]) is not numpy().ndarray:
        return None
    distinct = {id(held): held for held in values}
    digests = {}
    for key, held in distinct.items():
        dtype = held.dtype
        if dtype.kind not in "biufcmM" or dtype.char in _PADDED or held.nbytes > SMALL:
            return None
        walk.bytes_ahead(held.nbytes)
        note_memory(held, walk)
        digests[key] = xxh3_128_digest(marshal.dumps((dtype.str, held.shape, held.tobytes()), 2))
    return b"".join(map(digests.__getitem__, map(id, values)))


digests("numpy.random._generator.Generator", "numpy.Generator", mutable=True)(by_attributes("bit_generator"))


@digests("numpy.BitGenerator", "numpy.random.bit_generator.BitGenerator", mutable=True, whole=True)
def _bit_generator(value: Any, walk: Walk) -> bytes:
    seeds = getattr(value, "seed_seq", None)
    spawned = seeds if type(seeds).__name__ == "SeedSequence" else None
    return walk.visit_untracked(value.state) + walk.visit(spawned)


@digests("numpy.SeedSequence", mutable=True, whole=True)
def _seed_sequence(value: Any, walk: Walk) -> bytes:
    """The entropy and the number of spawned children, on which the next child depends."""
    return walk.visit_temporary(value.state)


# The position of an iterator, and its array.
digests("numpy.flatiter", mutable=True)(by_attributes("base", "index"))


@digests("numpy.busdaycalendar")
def _calendar(value: Any, walk: Walk) -> bytes:
    return walk.visit_untracked([value.weekmask, value.holidays])


@digests("numpy.RandomState")
def _random_state(value: Any, walk: Walk) -> bytes:
    """The state. The generator behind ``numpy.random.rand`` goes by identity, as any draw changes it."""
    if value is numpy().random.mtrand._rand:
        return b"global"
    walk.note(value)
    return walk.visit_untracked(value.get_state(legacy=False))


@digests("numpy.ufunc", "numpy._ArrayFunctionDispatcher")
def _numpy_function(value: Any, walk: Walk) -> bytes:
    """The name, if numpy has it under that name. ``frompyfunc`` hides the function it was given."""
    name = value.__name__
    known = (vars(module).get(name) for module in (numpy(), numpy().linalg, numpy().fft))
    return name.encode() if any(held is value for held in known) else walk.mark_opaque(value)


def array_content(array: Any, walk: Walk, owner: Any = None) -> bytes:
    """The contents of an exact ndarray: dtype, shape, and elements in the order of their indices."""
    try:
        shown = note_memory(array, walk, owner, told=True)
    except UnbackedMemoryError:
        return walk.mark_opaque(array if owner is None else owner)
    if type(shown) is mmap.mmap:
        walk.foresee(array.nbytes, array.nbytes * DISK_SECONDS)
    head = f"{_dtype_words(array.dtype, walk)}{array.shape}|".encode()
    return head + elements_digest(array, walk)


def _dtype_words(dtype: Any, walk: Walk) -> str:
    """A dtype in words. That of records takes numpy long, and the trees of a forest have one in common."""
    if dtype.kind in _NAMED_KINDS:
        return dtype.str  # type: ignore[no-any-return]
    if (known := walk.hook.told.get(id(dtype))) is None:
        known = walk.hook.told[id(dtype)] = (dtype, str(dtype))
    return known[1]


def note_memory(array: Any, walk: Walk, value: Any = None, *, told: bool = False) -> Any:
    """Note the array and whose memory it shows, so that views of the same memory meet; give the owner.

    ``value`` is the user's, where the array is a view that was made of it. ``told``: all of the array
    is going to be hashed.
    """
    walk.note(array if value is None else value)
    ndarray = numpy().ndarray
    owner = shown = array
    if ndarray.base.__get__(array) is not None:
        while (held := _shown_by(owner, ndarray)) is not None:
            owner = held
            shown = owner if isinstance(owner, ndarray) else shown
        walk.note(owner)
        if not isinstance(owner, (ndarray, bytes, bytearray)):
            mapped_memory.require(*mapped_memory.extent(array, numpy().ndarray))
    address = 0
    if "torch" in sys.modules or "pyarrow" in sys.modules:  # their objects may show the same memory
        walk.note_memory(address := mapped_memory.address(shown, ndarray))
    if told and owner is array and _holds_no_objects(array):
        walk.close(array, address)
    if owner is not shown and (find := _ADDRESSES.get(class_reflection.module_root(type(owner)))) is not None:
        walk.note_memory(find(owner))
    return owner


def _is_readable(array: Any) -> bool:
    """Whether no file that the elements were mapped from has become shorter."""
    return mapped_memory.is_array_there(array, numpy().ndarray)


_ADDRESSES: dict[str, Callable[[Any], int]] = {}


def lends_memory(root: str) -> Callable[[Callable[[Any], int]], Callable[[Any], int]]:
    """Register a function that returns the address of memory which a library's objects lend to arrays.

    The library's adapter calls this, because this module knows nothing of the library.
    """

    def register(find: Callable[[Any], int]) -> Callable[[Any], int]:
        _ADDRESSES[root] = find
        return find

    return register


def _holds_no_objects(array: Any) -> bool:
    """Whether no element refers to an object that can change. An object array may hold texts only."""
    if not array.dtype.hasobject:
        return True
    few = array.dtype.kind == "O" and array.size <= FEW_OBJECTS
    return few and SCALAR_IDS.issuperset(map(id, map(type, array.ravel().tolist())))


def _shown_by(owner: Any, ndarray: Any) -> Any:
    """The object whose memory an array or a memoryview shows. None if its memory is its own."""
    if isinstance(owner, ndarray):
        return ndarray.base.__get__(owner)
    return owner.obj if type(owner) is memoryview else None


def elements_digest(array: Any, walk: Walk) -> bytes:
    """The digest of the elements, without dtype and shape."""
    kind = array.dtype.kind
    if kind == "O":
        return walk.visit_temporary(_objects(array, walk))
    if kind == "T" or (kind == "V" and array.dtype.hasobject):
        return _by_python(array, walk)
    if kind == "V" and _has_gaps(array.dtype):
        return b"".join([elements_digest(array[name], walk) for name in array.dtype.names])
    if walk.sampling and array.nbytes > LARGE // 4:
        return _sampled(array)
    return _whole(array, walk)


def _has_gaps(dtype: Any) -> bool:
    """Whether records contain bytes that belong to no field, as aligned records and tree nodes do.

    Nobody fills such bytes, so equal records may differ in them. Overlapping fields count as gaps too.
    """
    if dtype.subdtype is not None:
        return _has_gaps(dtype.subdtype[0])
    if dtype.names is None:
        return dtype.char in _PADDED
    held = [dtype.fields[name][0] for name in dtype.names]
    return sum(field.itemsize for field in held) != dtype.itemsize or any(map(_has_gaps, held))


def rows_digests(array: Any, walk: Walk) -> list[bytes]:
    """The digests of the rows of a 2-D array. Small rows are copied all at once."""
    dtype, size = array.dtype, array.itemsize * array.shape[1]
    by_bytes = not (dtype.hasobject or dtype.char in _PADDED or dtype.kind in "TV")
    if not (by_bytes and 0 < size <= SMALL and array.nbytes <= LARGE):
        return [elements_digest(row, walk) for row in array]
    walk.bytes_ahead(array.nbytes)
    raw = array.tobytes()
    return [xxh3_128_digest(raw[start : start + size]) for start in range(0, len(raw), size)]


def _whole(array: Any, walk: Walk) -> bytes:
    if array.nbytes <= SMALL and array.dtype.char not in _PADDED:
        walk.bytes_ahead(array.nbytes)
        return xxh3_128_digest(array.tobytes())
    if array.flags.c_contiguous:
        walk.bytes_ahead(array.nbytes)
        return xxh3_128_digest(as_bytes(array))
    if array.flags.f_contiguous and array.nbytes >= LARGE:
        walk.bytes_ahead(array.nbytes)
        walk.note_layout("F")
        return xxh3_128_digest(as_bytes(array.T))
    walk.weigh(array.nbytes, array.nbytes * COPY_SECONDS)
    return _in_chunks(array)


def _in_chunks(array: Any) -> bytes:
    """The bytes of the array in the order of its indices. At most one chunk at a time is copied."""
    if array.ndim == 0 or array.size == 0:
        return xxh3_128_digest(array.tobytes())
    rows = max(1, CHUNK * len(array) // max(array.nbytes, 1))
    state = xxh3_128()
    for start in range(0, len(array), rows):
        state.update(as_bytes(numpy().ascontiguousarray(array[start : start + rows])))
    return state.digest()


def as_bytes(array: Any) -> Any:
    """A C-contiguous array as a buffer of bytes, without the padding of extended precision."""
    np = numpy()
    if array.size == 0 or array.ndim == 0 or array.dtype.itemsize == 0:
        return array.tobytes()
    flat = array.reshape(-1).view(np.uint8)
    if array.dtype.char not in _PADDED:
        return flat
    return np.ascontiguousarray(flat.reshape(-1, np.dtype("g").itemsize)[:, :10])


def _sampled(array: Any) -> bytes:
    """Blocks of elements chosen by index, so the memory layout makes no difference."""
    np = numpy()
    ranges = blocks(array.size, max(1, SAMPLE_BLOCK // array.dtype.itemsize))
    state = xxh3_128(b"%d" % array.size)
    flat = array.reshape(-1) if array.flags.c_contiguous else None
    for start, end in ranges:
        if flat is not None:
            block = flat[start:end]
        else:
            block = array[np.unravel_index(np.arange(start, end), array.shape)]
        state.update(as_bytes(np.ascontiguousarray(block)))
    return state.digest()


def _objects(array: Any, walk: Walk) -> list[Any]:
    if walk.sampling and array.size > SAMPLED_OBJECTS:
        flat = array.flat
        return [array.size, *(flat[position] for position in picks(array.size, SAMPLED_OBJECTS))]
    walk.elements_ahead(array.size)
    return array.ravel().tolist() if array.ndim else [array.item()]


def _by_python(array: Any, walk: Walk) -> bytes:
    """Elements that must be read as Python objects: variable-length strings, records with objects."""
    if walk.sampling and array.size > SAMPLED_OBJECTS:
        flat = array.reshape(-1)
        held = [
            flat[position].item() if array.dtype.kind == "V" else flat[position]
            for position in picks(array.size, SAMPLED_OBJECTS)
        ]
        return walk.visit_temporary(held)
    walk.weigh(array.size * 100, array.size * 1e-7)
    return walk.visit_temporary(array.reshape(-1).tolist())


def _as_ndarray(value: Any) -> Any:
    """A view of the same memory without the subclass, whose methods may be the user's."""
    plain = numpy().ndarray
    return value if type(value) is plain else plain.view(value, plain)

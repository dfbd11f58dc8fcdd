"""torch tensors by the bytes in their storage, read in place, and the small types around them.

Reading is not recorded by autograd, not counted as a version, and not seen by a mode or a subclass of the
user's: memory is read past the library. A tensor that is not on the CPU is known by its storage and version
alone. torch is never imported here: these handlers run for values whose class exists already.
"""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from math import prod
from typing import Any

from xxhash import xxh3_128_digest

from cellgraph.digest import class_reflection
from cellgraph.digest.adapters.numpy_arrays import elements_digest, lends_memory
from cellgraph.digest.forms import by_part, by_text
from cellgraph.digest.protocol import Walk
from cellgraph.digest.registry import digests

_VIEW_MEMORY = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.c_ssize_t, ctypes.c_int)(
    ("PyMemoryView_FromMemory", ctypes.pythonapi)
)
_READ_ONLY = 0x100
_SMALL = 100_000
"""Bytes up to which no tensor is sampled: then a contiguous one needs nothing that steps through it."""
_WIDTHS = {1: "u1", 2: "u2", 4: "u4", 8: "u8", 16: "c16"}
_TENSOR_WEIGHT, _TENSOR_SECONDS = 3_000, 1.5e-5
_MAX_NODES = 20_000
_NODE_WEIGHT, _NODE_SECONDS = 100, 1e-6
_COMPRESSED = {
    "torch.sparse_csr": ("crow_indices", "col_indices"),
    "torch.sparse_bsr": ("crow_indices", "col_indices"),
    "torch.sparse_csc": ("ccol_indices", "row_indices"),
    "torch.sparse_bsc": ("ccol_indices", "row_indices"),
}


def torch() -> Any:
    """The torch module that the user has imported."""
    return sys.modules["torch"]


def shape_words(value: Any) -> str:
    """The shape as text, such as ``shape (1000, 12)``."""
    with torch()._C.DisableTorchFunction():
        try:
            return f"shape {tuple(torch()._C.TensorBase.shape.__get__(value))}"
        except RuntimeError:  # a nested tensor has no shape
            return ""


@digests(
    "torch.Tensor",
    "torch.Parameter",
    "torch.Buffer",
    "torch.UninitializedParameter",
    mutable=True,
    size=shape_words,
)
def _tensor(value: Any, walk: Walk) -> bytes:
    """Elements, gradient and attributes that the user has set. The autograd graph is left out."""
    walk.weigh(_TENSOR_WEIGHT, _TENSOR_SECONDS)
    with torch()._C.DisableTorchFunction():
        if not _is_plain(type(value)) and _acts_by_itself(type(value)):
            return walk.mark_opaque(value)
        read = torch()._C.TensorBase
        if (node := read.grad_fn.__get__(value)) is not None:
            _note_leaves(node, walk)
        elements = _elements(value, read, walk)
        kept = node is None or read.retains_grad.__get__(value)
        grad = read._grad.__get__(value) if kept else None
        head = _head(value, read)
    held = walk.visit(grad) if grad is not None else b""
    return b"%b%b|%b%b" % (head, elements, held, _set_by_user(value, walk))


def _set_by_user(value: Any, walk: Walk) -> bytes:
    cls = type(value)
    getter = _plain_attributes() if _is_plain(cls) else class_reflection.instance_dict_getter(cls)
    state = getter(value) if getter is not None else None
    return walk.visit(tuple(sorted(dict.items(state)))) if state else b""


def _is_plain(cls: type) -> bool:
    return cls is torch().Tensor or cls is torch().nn.Parameter


@cache
def _plain_attributes() -> Any:
    return class_reflection.instance_dict_getter(torch().Tensor)


@digests("torch.NestedTensor", mutable=True, whole=True)
def _jagged(value: Any, walk: Walk) -> bytes:
    """The values of all rows and the offset of each row. Its other fields are caches of these."""
    extra = class_reflection.instance_dict_getter(type(value))
    state = extra(value) if extra is not None else {}
    return walk.sequence([state.get(name) for name in ("_values", "_offsets", "_lengths", "_ragged_idx")])


def _acts_by_itself(cls: type) -> bool:
    """Whether operations on it run code of the subclass. Its elements may then be in no memory of its own."""
    for owner in class_reflection.mro(cls):
        if (
            class_reflection.qualified_name(owner) == "Tensor"
            and class_reflection.module_root(owner) == "torch"
        ):
            return False
        if "__torch_dispatch__" in class_reflection.namespace(owner):
            return True
    return True


def _head(value: Any, read: Any) -> bytes:
    shape = () if read.is_nested.__get__(value) else tuple(read.shape.__get__(value))
    facts = [read.dtype.__get__(value), shape, read.layout.__get__(value)]
    facts += [read.requires_grad.__get__(value), read.is_conj(value), read.is_neg(value)]
    return "|".join(map(str, facts)).encode()


def _elements(value: Any, read: Any, walk: Walk) -> bytes:
    """The digest of the elements, by the tensor's layout."""
    if read.is_meta.__get__(value):
        return b"meta"
    if not read.is_cpu.__get__(value):
        return _elsewhere(value, read, walk)
    layout = str(read.layout.__get__(value))
    made_of_others = read.is_nested.__get__(value) or read.is_quantized.__get__(value)
    if (made_of_others or layout != "torch.strided") and torch()._C._len_torch_dispatch_stack():
        return walk.mark_opaque(value)  # a mode of the user's would notice the request
    return _strided(value, read, walk) if layout == "torch.strided" else _sparse(value, layout, read, walk)


def _sparse(value: Any, layout: str, read: Any, walk: Walk) -> bytes:
    if layout == "torch.sparse_coo":
        flag = b"%d" % read.is_coalesced(value)
        return flag + _made_of(value, read, ("_indices", "_values"), walk)
    if layout in _COMPRESSED:
        return _made_of(value, read, (*_COMPRESSED[layout], "values"), walk)
    return walk.mark_opaque(value)


def _made_of(value: Any, read: Any, names: tuple[str, ...], walk: Walk) -> bytes:
    """The tensors that a sparse, nested or quantized tensor consists of."""
    with torch().no_grad():
        parts = [getattr(read, name)(value) for name in names]
    return b"".join(map(walk.visit_temporary, parts))


def _elsewhere(value: Any, read: Any, walk: Walk) -> bytes:
    """A tensor on a device: its identity, the address of its elements, and the number of changes."""
    try:
        held = f"{read.device.__get__(value)}|{read.data_ptr(value)}|{read._version.__get__(value)}"
        walk.note_memory(read.untyped_storage(value).data_ptr())
    except RuntimeError:  # this kind of tensor has no storage
        held = ""
    return walk.mark_opaque(value) + held.encode()


def _strided(value: Any, read: Any, walk: Walk) -> bytes:
    if read.is_nested.__get__(value):
        layout = ("_nested_tensor_size", "_nested_tensor_strides", "_nested_tensor_storage_offsets")
        return _made_of(value, read, layout, walk) + storage_digest(read.untyped_storage(value), walk)
    if torch()._C._is_cow_tensor(value) or read._is_zerotensor(value):
        return walk.mark_opaque(value)  # asking for its memory would allocate it
    scale = _scale(value, read, walk) if read.is_quantized.__get__(value) else b""
    shape, width = tuple(read.shape.__get__(value)), read.element_size(value)
    if not prod(shape):
        return scale
    storage = read.untyped_storage(value)
    walk.note_memory(storage.data_ptr())
    walk.note_memory(read.data_ptr(value))  # the address under which an array over the same memory notes it
    strides = tuple(width * step for step in read.stride(value))
    extent = width + sum((count - 1) * step for count, step in zip(shape, strides, strict=True))
    room = storage.nbytes() - read.storage_offset(value) * width
    dtype = _WIDTHS.get(width)
    if extent > room or dtype is None or "numpy" not in sys.modules:
        return scale + walk.mark_opaque(value)  # its memory was freed, or its strides cannot be followed
    memory = _VIEW_MEMORY(read.data_ptr(value), extent, _READ_ONLY)
    if extent <= _SMALL and read.is_contiguous(value):
        walk.bytes_ahead(extent)
        return scale + xxh3_128_digest(memory)
    array = sys.modules["numpy"].ndarray(shape, dtype, memory, strides=strides)
    return scale + elements_digest(array, walk)


def _scale(value: Any, read: Any, walk: Walk) -> bytes:
    """The scale and zero point that the integers of a quantized tensor refer to."""
    scheme = str(read.qscheme(value))
    if "per_tensor" in scheme:
        return walk.visit((scheme, read.q_scale(value), read.q_zero_point(value)))
    axis = walk.visit((scheme, read.q_per_channel_axis(value)))
    return axis + _made_of(value, read, ("q_per_channel_scales", "q_per_channel_zero_points"), walk)


def _note_leaves(node: Any, walk: Walk) -> None:
    """Note the parameters from which a result was computed: ``backward`` changes their gradients."""
    seen = {node}
    pending = [node]
    while pending and len(seen) < _MAX_NODES:
        node = pending.pop()
        if class_reflection.short_name(type(node)) == "AccumulateGrad":
            walk.note(node.variable)
        following = [found for found, _ in node.next_functions if found is not None and found not in seen]
        walk.weigh(_NODE_WEIGHT, _NODE_SECONDS)
        seen.update(following)
        pending += following


@digests("torch.UntypedStorage", mutable=True, whole=True)
def _storage(value: Any, walk: Walk) -> bytes:
    return storage_digest(value, walk)


@lends_memory("torch")
def storage_address(tensor: Any) -> int:
    """The address of the memory that a tensor shows. Other tensors may show other parts of it."""
    with torch()._C.DisableTorchFunction():
        address: int = torch()._C.TensorBase.untyped_storage(tensor).data_ptr()
    return address


def storage_digest(storage: Any, walk: Walk) -> bytes:
    """The digest of all bytes of a storage."""
    if str(storage.device) != "cpu" or "numpy" not in sys.modules:
        return walk.mark_opaque(storage)
    address, count = storage.data_ptr(), storage.nbytes()
    walk.note_memory(address)
    if not count:
        return b""
    memory = _VIEW_MEMORY(address, count, _READ_ONLY)
    return elements_digest(sys.modules["numpy"].ndarray((count,), "u1", memory), walk)


digests(
    "torch.device",
    "torch.dtype",
    "torch.layout",
    "torch.memory_format",
    "torch.qscheme",
    "torch.finfo",
    "torch.iinfo",
    whole=True,
)(by_text(str))


digests("torch.Size", whole=True)(by_part(lambda value: tuple.__getitem__(value, slice(None))))


@digests("torch.Generator", whole=True)
def _generator(value: Any, walk: Walk) -> bytes:
    """The state. The generator behind ``torch.rand`` goes by identity, as every draw anywhere changes it."""
    if value is torch().default_generator:
        return b"global"
    walk.note(value)
    with torch()._C.DisableTorchFunction():
        state = type(value).get_state(value)
    return str(value.device).encode() + walk.visit_untracked(state)

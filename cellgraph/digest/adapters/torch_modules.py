"""torch modules, optimizers and data loaders.

They are plain objects; these are the parts of them that are not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from cellgraph.code.part_paths import attribute_path, item_path
from cellgraph.digest import class_reflection
from cellgraph.digest.adapters.torch_tensors import torch
from cellgraph.digest.forms import by_type
from cellgraph.digest.protocol import Walk
from cellgraph.digest.registry import digests
from cellgraph.digest.value_parts import MAX_PARTS

_CHILDREN = ("_parameters", "_buffers", "_modules")
_HOOKS = (
    "_forward_hooks _forward_pre_hooks _backward_hooks _backward_pre_hooks _state_dict_hooks"
    " _state_dict_pre_hooks _load_state_dict_pre_hooks _load_state_dict_post_hooks"
).split()
_HOOK_SETTINGS = "_forward_hooks_with_kwargs _forward_hooks_always_called _forward_pre_hooks_with_kwargs"
_OPTIMIZER_HOOKS = (
    "_optimizer_step_pre_hooks _optimizer_step_post_hooks _optimizer_state_dict_pre_hooks"
    " _optimizer_state_dict_post_hooks _optimizer_load_state_dict_pre_hooks"
    " _optimizer_load_state_dict_post_hooks"
).split()
_DERIVED = "_flat_weight_refs _compiled_call_impl _hook _load_hook _initialize_hook"
"""Weak references to what is seen anyway, compiled code, and handles of hooks that are seen too."""

_MODULE_PRIVATE = frozenset(
    [
        "training",
        *_CHILDREN,
        *_HOOKS,
        *_HOOK_SETTINGS.split(),
        *_DERIVED.split(),
        "_non_persistent_buffers_set",
    ]
)


def _module_parts(value: Any, walk: Walk) -> Iterable[tuple[str, bytes]]:
    """One part for each child and attribute, and one for the training mode.

    The mode is no part of the whole value. Otherwise a cell that calls ``model.eval()`` and then predicts
    would, when it is run again, be found to read its own output.
    """
    state = _state(value)
    held = {name: part for group in _CHILDREN for name, part in dict.items(state.get(group) or {})}
    held |= {name: part for name, part in state.items() if name not in _MODULE_PRIVATE}
    if len(held) > MAX_PARTS:
        return ()
    parts = [(_path(name), walk.visit(part)) for name, part in sorted(held.items())]
    parts += [(attribute_path("_hooks"), _hooks(state, _HOOKS, walk))]
    return [*parts, (attribute_path("training"), walk.visit(tuple(_modes(value))))]


@digests("torch.Module", private=" ".join(sorted(_MODULE_PRIVATE)), parts=_module_parts, inherited=True)
def _module(value: Any, walk: Walk) -> bytes:
    """Children and hooks. The keys of hooks are left out, because they count all hooks ever made."""
    state = _state(value)
    names = (*_CHILDREN, "_non_persistent_buffers_set")
    children = b"".join(walk.visit(found) if (found := state.get(name)) else b"-" for name in names)
    return children + _hooks(state, _HOOKS, walk)


@digests("torch.OptimizedModule", mutable=True, whole=True)
def _compiled(value: Any, walk: Walk) -> bytes:
    """The module that was compiled, without what the compiler caches beside it."""
    return walk.visit((_state(value).get("_modules") or {}).get("_orig_mod"))


@digests("torch.ScriptModule", "torch.RecursiveScriptModule", whole=True)
def _scripted(value: Any, walk: Walk) -> bytes:
    """Parameters and buffers. The code is hidden in C, so the value is opaque."""
    hidden = _state(value).get("_c")
    if hidden is None:
        return walk.mark_opaque(value)
    return walk.mark_opaque(value) + walk.visit(tuple(_scripted_tensors(hidden)))


def _scripted_tensors(hidden: Any) -> Iterator[object]:
    pending = [hidden]
    while pending:
        module = pending.pop()
        for table in (torch()._C.ParameterDict, torch()._C.BufferDict):
            yield from (held for _, held in table(module).items())
        pending += [child for _, child in torch()._C.ModuleDict(module).items()]


@digests("torch.Optimizer", private=" ".join(["step", *_OPTIMIZER_HOOKS]) + " _opt_called _numel_cache")
def _optimizer(value: Any, walk: Walk) -> bytes:
    """Parameters, state and hooks.

    A scheduler puts a ``step`` of its own in front of the optimizer's, which is left out.
    """
    return _hooks(_state(value), _OPTIMIZER_HOOKS, walk)


@digests("torch.RemovableHandle", whole=True)
def _handle(value: Any, walk: Walk) -> bytes:
    """The hook of a module that it stands for. Removing the hook changes the module."""
    hooks = getattr(value, "hooks_dict_ref", None)
    if hooks is not None:
        walk.note(hooks())
    return b""


# Its attributes only: the iterator of an earlier loop is no state of the loader.
digests(
    "torch.DataLoader", private="_iterator _IterableDataset_len_called _DataLoader__multiprocessing_context"
)(by_type)


@digests("torch.Distribution", private="probs logits scale_tril covariance_matrix precision_matrix")
def _distribution(value: Any, walk: Walk) -> bytes:
    """Its attributes only. One of a pair (logits, probs) is computed from the other on request."""
    extra = _state(value)
    kept = any(name in extra for name in ("_param", "_unbroadcasted_scale_tril"))
    return b"" if kept else walk.sequence([extra.get(name) for name in ("probs", "logits", "scale_tril")])


def _path(name: str) -> str:
    """The path of a child: ``[0]`` for the first child of a Sequential or a ModuleList."""
    return item_path(int(name)) if name.isdecimal() else attribute_path(name)


def _state(value: Any) -> dict[str, Any]:
    getter = class_reflection.instance_dict_getter(type(value))
    return getter(value) if getter is not None else {}


def _hooks(state: dict[str, Any], names: list[str], walk: Walk) -> bytes:
    tables = [found for name in names if (found := state.get(name))]
    if not tables:
        return b""
    for table in tables:
        walk.note(table)
    return walk.visit(tuple(tuple(dict.values(table)) for table in tables))


def _modes(value: Any) -> Iterator[object]:
    """Whether the module, and each module below it, is in training mode."""
    seen: set[int] = set()
    pending = [value]
    while pending:
        module = pending.pop()
        if id(module) in seen:
            continue
        seen.add(id(module))
        state = _state(module)
        yield state.get("training")
        pending.extend(dict.values(state.get("_modules") or {}))

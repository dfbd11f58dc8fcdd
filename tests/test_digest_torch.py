"""torch: tensors by their bytes, modules by what they learnt, and no trace of the look in either."""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from cellgraph.digest.adapters import torch_tensors
from cellgraph.model import Run, Write
from tests.digests import NONE, Case, digest, look
from tests.twins import tracked

pytest.importorskip("torch", reason="torch is not installed")

import numpy as np
import torch
from torch import nn
from torch.optim import SGD, Adam, AdamW, RMSprop
from torch.utils.data import DataLoader, TensorDataset, random_split

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def seeded(make: Callable[[], object]) -> Callable[[], object]:
    """The same value at each call, though it is drawn at random."""

    def again() -> object:
        torch.manual_seed(0)
        return make()

    return again


def ones(*shape: int) -> Any:
    """A tensor of ones."""
    return torch.ones(*shape)


def put(value: Any, position: object, element: object) -> Any:
    """The value with one element set in place."""
    value[position] = element
    return value


def after(value: Any, change: Callable[[Any], object]) -> Any:
    """The value after a change in place."""
    change(value)
    return value


def spread() -> Any:
    """Every other element of a tensor."""
    return torch.arange(20)[::2]


TENSORS = (
    Case(
        "floats", lambda: ones(3), (lambda: put(ones(3), 1, 2), lambda: ones(3).double(), lambda: ones(3, 1))
    ),
    Case("strided", spread, (lambda: torch.arange(10) * 2 + 1,)),
    Case("turned", lambda: torch.arange(6).reshape(2, 3).T, (lambda: torch.arange(6).reshape(3, 2),)),
    Case("expanded", lambda: ones(2, 1).expand(2, 3), (lambda: ones(2, 1).expand(2, 4),)),
    Case("empty", lambda: torch.empty(0, 3), (lambda: torch.empty(3, 0),)),
    Case("no dimension", lambda: torch.tensor(3.0), (lambda: torch.tensor(4.0), lambda: torch.tensor([3.0]))),
    Case("bfloat16", lambda: ones(3).bfloat16(), (lambda: ones(3).half(), lambda: ones(3).bfloat16() * 2)),
    Case("float8", lambda: ones(3).to(torch.float8_e4m3fn), (lambda: ones(3).to(torch.float8_e5m2),)),
    Case("bool", lambda: ones(2) > 0, (lambda: ones(2) < 0, lambda: ones(2).to(torch.uint8))),
    Case("complex", lambda: ones(2) * 1j, ((ones(2) * 1j).conj, lambda: ones(2) * 2j)),
    Case("coo", lambda: torch.eye(3).to_sparse(), ((torch.eye(3) * 2).to_sparse,)),
    Case("csr", lambda: torch.eye(3).to_sparse_csr(), (lambda: torch.eye(3).to_sparse_csc(),)),
    Case("meta", lambda: torch.empty(3, device="meta"), (lambda: torch.empty(4, device="meta"),)),
    Case(
        "quantized",
        lambda: torch.quantize_per_tensor(ones(3), 0.1, 0, torch.qint8),
        (lambda: torch.quantize_per_tensor(ones(3) * 2, 0.2, 0, torch.qint8),),
    ),
    Case(
        "nested",
        lambda: torch.nested.nested_tensor([ones(2), ones(1)]),
        (lambda: torch.nested.nested_tensor([ones(1), ones(2)]),),
    ),
    Case(
        "jagged",
        lambda: torch.nested.nested_tensor([ones(2), ones(1)], layout=torch.jagged),
        (lambda: torch.nested.nested_tensor([ones(1), ones(2)], layout=torch.jagged),),
    ),
    Case("wants a gradient", lambda: ones(2).requires_grad_(), (lambda: ones(2),)),
    Case("parameter", lambda: nn.Parameter(ones(2)), (lambda: ones(2), lambda: nn.Parameter(ones(2) * 2))),
    Case(
        "gradient",
        lambda: after(nn.Parameter(ones(2)), lambda p: p.sum().backward()),
        (
            lambda: nn.Parameter(ones(2)),
            lambda: after(nn.Parameter(ones(2)), lambda p: (p * 2).sum().backward()),
        ),
    ),
    Case("marked by hand", lambda: after(ones(2), lambda t: setattr(t, "unit", "m")), (lambda: ones(2),)),
    Case("storage", lambda: ones(3).untyped_storage(), (lambda: ones(4).untyped_storage(),)),
    Case("size", lambda: torch.Size([1, 2]), (lambda: torch.Size([2, 1]), lambda: (1, 2))),
    Case("dtype", lambda: [torch.float32], (lambda: [torch.float64],)),
    Case("device", lambda: torch.device("cpu"), (lambda: torch.device("meta"),)),
    Case(
        "generator",
        lambda: torch.Generator().manual_seed(1),
        (lambda: torch.Generator().manual_seed(2),),
    ),
)


def hooked() -> Any:
    """A layer with a hook on its output."""
    return after(nn.Linear(2, 2), lambda layer: layer.register_forward_hook(_double))


def _double(layer: object, given: object, made: Any) -> Any:
    return made * 2


class Mixed(TensorDataset, nn.Module):
    """A module behind a mixin."""

    def __init__(self) -> None:
        nn.Module.__init__(self)
        self.layer = nn.Linear(2, 2)


def net() -> Any:
    """A small network with all that behaves otherwise in training."""
    return nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(), nn.Linear(8, 2))


MODULES = tuple(
    Case(name, seeded(make), tuple(map(seeded, others)))
    for name, make, others in (
        ("linear", lambda: nn.Linear(2, 3), (lambda: nn.Linear(2, 4), lambda: nn.Linear(2, 3).double())),
        ("network", net, (lambda: net()[:4], lambda: after(net(), lambda n: n(ones(3, 4))))),
        (
            "recurrent",
            lambda: nn.LSTM(2, 3),
            (lambda: nn.LSTM(2, 3, bidirectional=True), lambda: nn.GRU(2, 3)),
        ),
        ("attention", lambda: nn.MultiheadAttention(4, 2), (lambda: nn.MultiheadAttention(4, 1),)),
        ("hooked", hooked, (lambda: nn.Linear(2, 2),)),
        ("behind a mixin", Mixed, ()),
        ("not initialized yet", lambda: nn.LazyLinear(3), (lambda: nn.LazyLinear(4),)),
        ("list", lambda: nn.ParameterList([ones(2)]), (lambda: nn.ParameterList([ones(2), ones(2)]),)),
        ("dict", lambda: nn.ModuleDict({"a": nn.ReLU()}), (lambda: nn.ModuleDict({"b": nn.ReLU()}),)),
        (
            "normed",
            lambda: nn.utils.parametrizations.weight_norm(nn.Linear(2, 3)),
            (lambda: nn.Linear(2, 3),),
        ),
        ("loss", lambda: nn.CrossEntropyLoss(ones(2)), (nn.CrossEntropyLoss,)),
        ("compiled", lambda: torch.compile(nn.Linear(2, 3)), (lambda: nn.Linear(2, 3),)),
        ("state", lambda: nn.Linear(2, 3).state_dict(), (lambda: nn.Linear(2, 3, bias=False).state_dict(),)),
        ("set", lambda: TensorDataset(ones(3)), (lambda: TensorDataset(ones(4)),)),
        ("loader", lambda: DataLoader(TensorDataset(ones(3))), (lambda: DataLoader(TensorDataset(ones(4))),)),
        ("part", lambda: random_split(TensorDataset(ones(4)), [1, 3])[0], ()),
        (
            "normal",
            lambda: torch.distributions.Normal(0.0, 1.0),
            (lambda: torch.distributions.Normal(0.0, 2.0),),
        ),
        ("optimizer", lambda: Adam(net().parameters()), (lambda: Adam(net().parameters(), lr=0.1),)),
    )
)


@pytest.mark.parametrize("case", TENSORS + MODULES, ids=str)
def test_a_value_of_torch_is_known_by_what_it_holds(case: Case) -> None:
    """Made again it agrees, and made otherwise it does not."""
    first = digest(case.make())
    assert first.quality == "exact"
    assert first.agrees(digest(case.make()))
    assert not any(first.agrees(digest(other())) for other in case.others)


@pytest.mark.parametrize("make", [lambda: torch.arange(3_000_000), lambda: torch.rand(2_000, 2_000).T])
def test_an_exact_digest_agrees_with_one_over_budget(make: Callable[[], object]) -> None:
    """With no budget a large tensor or model is sampled, and the sample agrees."""
    value = make()
    exact, sampled = digest(value), digest(value, NONE)
    assert (exact.quality, sampled.quality) == ("exact", "sampled")
    assert exact.agrees(sampled)


def test_tensors_agree_however_they_lie_in_memory() -> None:
    """By rows or by columns, and with the channels last."""
    rows = torch.rand(600, 500)
    assert digest(rows).agrees(digest(rows.T.contiguous().T))
    images = torch.rand(2, 3, 4, 5)
    assert digest(images).agrees(digest(images.to(memory_format=torch.channels_last)))


def test_a_look_leaves_autograd_alone() -> None:
    """A look leaves autograd alone: no version, no gradient, no node, no warning."""
    model, given = net(), ones(3, 4)
    made = model(given).sum()
    before = [(p._version, p.grad, p.grad_fn) for p in model.parameters()], made._version, made.grad_fn
    digest([model, made, given])
    assert before == (
        [(p._version, p.grad, p.grad_fn) for p in model.parameters()],
        made._version,
        made.grad_fn,
    )
    made.backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_a_look_runs_no_mode_of_the_users() -> None:
    """A look runs no mode and no subclass of the user's."""
    from torch.overrides import TorchFunctionMode
    from torch.utils._python_dispatch import TorchDispatchMode

    seen: list[object] = []

    class Functions(TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            seen.append(func)
            return func(*args, **(kwargs or {}))

    class Operations(TorchDispatchMode):
        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            seen.append(func)
            return func(*args, **(kwargs or {}))

    class Noisy(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            seen.append(func)
            return super().__torch_function__(func, types, args, kwargs)

    values = [case.make() for case in TENSORS] + [torch.eye(2).as_subclass(Noisy)]
    seen.clear()
    with Functions(), Operations():
        for value in values:
            digest(value)
    assert seen == []


def test_a_subclass_that_acts_by_itself_is_opaque() -> None:
    """A subclass that acts by itself is opaque: what it shows may be in no memory of its own."""
    from torch._subclasses.fake_tensor import FakeTensorMode

    with FakeTensorMode():
        assert digest(torch.empty(3, device="cuda")).quality == "opaque"


def test_a_tensor_on_a_device_is_known_by_its_storage_and_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tensor on a device is known by its storage and version, and nothing of it is read."""
    monkeypatch.setattr(
        torch_tensors, "_strided", torch_tensors._elsewhere
    )  # there is no device to test with
    value = torch.zeros(4)
    before = digest(value)
    assert before.quality == "opaque"
    assert before.agrees(digest(value))
    assert look(value).mutable & look(value[1:]).mutable
    value[1:].add_(1)
    assert not before.agrees(digest(value))


def test_tensors_over_one_storage_are_aliases() -> None:
    """Tensors over one storage are aliases, and so are arrays over it and models that hold it."""
    base = torch.zeros(10)
    shared = (base[2:5], base.view(2, 5).T, base.detach(), base.data, base.numpy(), base[4:].numpy())
    for other in (*shared, {"a": base}, TensorDataset(base), DataLoader(TensorDataset(base))):
        assert look(base).mutable & look(other).mutable
    array = np.zeros(3)
    assert look(array).mutable & look(torch.from_numpy(array)).mutable
    layer = nn.Linear(2, 2)
    for other in (layer.state_dict(), SGD(layer.parameters()), list(layer.parameters()), layer.weight.data):
        assert look(layer).mutable & look(other).mutable


def test_tensors_with_storages_of_their_own_are_no_aliases() -> None:
    """Tensors with storages of their own are no aliases, and neither are two models."""
    base, layer, other = torch.zeros(10), net(), net()
    assert not look(base).mutable & look(base.clone()).mutable
    assert not look(layer).mutable & look(other).mutable
    assert not look(SGD(layer.parameters())).mutable & look(SGD(other.parameters())).mutable
    assert not look(layer).mutable & look(layer(ones(2, 4)).detach()).mutable


def test_a_loss_shares_the_parameters_that_backward_changes() -> None:
    """The graph behind the loss leads to the layer that made it."""
    layer = net()
    assert look(layer).mutable & look(layer(ones(2, 4)).sum()).mutable


@pytest.mark.parametrize("kind", [SGD, Adam, AdamW, RMSprop])
def test_a_step_is_a_change_of_the_model_and_of_the_optimizer(kind: Callable[..., Any]) -> None:
    """A step is a change of the model and of the optimizer, and zeroing the gradients is one too."""
    layer = net()
    optimizer = kind(layer.parameters(), lr=0.1)
    values = [digest(optimizer)]
    for change in (lambda: layer(ones(3, 4)).sum().backward(), optimizer.step, optimizer.zero_grad):
        model = digest(layer)
        change()
        assert not model.agrees(digest(layer))
        values.append(digest(optimizer))
    assert not any(one.agrees(other) for one, other in pairwise(values))


def test_a_scheduler_in_front_of_an_optimizer_is_no_change_of_it() -> None:
    """A scheduler is known by how far it is."""
    optimizer = SGD(net().parameters(), lr=0.1)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1)
    before, rate = digest(scheduler), digest(optimizer)
    assert before.quality == "exact"
    scheduler.step()
    assert not before.agrees(digest(scheduler))
    assert not rate.agrees(digest(optimizer))


STATE_STYLES: tuple[Callable[[Any], object], ...] = (
    repr,
    lambda model: model.state_dict(),
    lambda model: list(model.named_parameters()),
    lambda model: sum(p.numel() for p in model.parameters()),
    lambda model: model.eval()(ones(2, 4)),
    lambda model: model(ones(2, 4)).sum().item(),
)


@pytest.mark.parametrize("use", STATE_STYLES)
def test_to_use_a_model_that_is_not_in_training_is_no_change(use: Callable[[Any], object]) -> None:
    """For each way of using it that the row names, after ``eval()``."""
    model = net().eval()
    before = digest(model)
    use(model)
    assert before.agrees(digest(model))


def test_whether_a_module_is_in_training_is_a_part_that_its_value_leaves_out() -> None:
    """``eval()`` of a child changes the part ``.training`` and no other, and the digests agree."""
    model = net()
    before, now = digest(model), digest(after(model, lambda model: model[3].eval()))
    assert before.agrees(now)
    differ = [path for path, value in now.parts if dict(before.parts)[path] != value]
    assert differ == [".training"]


def test_the_parts_of_a_module_are_its_children() -> None:
    """The parts of a module are its children and attributes."""
    model = net()
    before = digest(model)
    with torch.no_grad():
        model[4].weight.add_(1)
    now = digest(model)
    assert [path for path, value in now.parts if dict(before.parts)[path] != value] == ["[4]"]


def test_a_hook_removed_is_a_change_of_the_module_that_its_handle_shares() -> None:
    """``handle.remove()`` takes the hook out of the layer."""
    layer = nn.Linear(2, 2)
    handle = layer.register_forward_hook(_double)
    before = digest(layer)
    assert look(handle).mutable & look(layer).mutable
    handle.remove()
    assert not before.agrees(digest(layer))


def test_a_scripted_module_is_opaque_and_its_training_is_seen() -> None:
    """A scripted module is opaque, and a change of its parameters is seen."""
    model = torch.jit.script(nn.Sequential(nn.Linear(2, 2)))
    before = digest(model)
    assert before.quality == "opaque"
    assert before.agrees(digest(model))
    with torch.no_grad():
        next(model.parameters()).add_(1)
    assert not before.agrees(digest(model))


def test_a_tensor_that_was_looked_at_is_freed_with_its_name() -> None:
    """The weak reference dies with ``del``, without a collection."""
    value = torch.zeros(1000)
    gone = weakref.ref(value)
    gc.disable()
    try:
        digest([value, value * 2])
        del value
        assert gone() is None
    finally:
        gc.enable()


def test_no_part_of_torch_is_imported_for_a_look() -> None:
    """``sys.modules`` is the same before and after a look at every tensor and module of the tables."""
    values = [case.make() for case in TENSORS + MODULES]
    before = set(sys.modules)
    digest(values)
    assert set(sys.modules) == before


SETUP = """
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
torch.manual_seed(0)
X, y = torch.randn(64, 4), torch.randint(0, 2, (64,))
loader = DataLoader(TensorDataset(X, y), batch_size=16, shuffle=True)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner, self.drop, self.outer = nn.Linear(4, 8), nn.Dropout(), nn.Linear(8, 2)
    def forward(self, x):
        return self.outer(self.drop(torch.relu(self.inner(x))))
model = Net()
opt = torch.optim.Adam(model.parameters(), lr=0.01)
loss_fn = nn.CrossEntropyLoss()
"""
TRAIN = """
for inputs, target in loader:
    opt.zero_grad(); loss_fn(model(inputs), target).backward(); opt.step()
"""
JUDGE = """
model.eval()
with torch.no_grad():
    right = (model(X).argmax(1) == y).float().mean().item()
"""


def written(run: Run) -> dict[str, Write]:
    """What a run changed in place; that dropout draws from the generator is left out."""
    return {w.name: w for w in run.writes if w.kind == "mutate" and not w.name.is_setting}


def test_a_training_loop_changes_the_model_and_the_optimizer_and_nothing_else() -> None:
    """A training loop changes the model and the optimizer, to judge it its mode, and batches nothing.

    A cell that sets the mode has set it, also where the model was in that mode.
    """
    session = tracked([SETUP, TRAIN, JUDGE, JUDGE, "for batch in loader: pass"])
    changed = [written(run) for run in session.runs]
    assert [sorted(names) for names in changed] == [[], ["model", "opt"], ["model"], ["model"], []]
    assert changed[1]["model"].paths == (".inner", ".outer")
    assert changed[2]["model"].paths == (".training",)
    assert session.warnings == []


def test_judging_a_model_again_is_quiet_in_the_same_cell(tracker: Any, shell: Any) -> None:
    """A cell that sets a model to eval() and judges it can be run again without a word.

    The training loop of the cell above is then told: its second run trains with eval() left on.
    """
    for cell, text in {"a": SETUP, "b": TRAIN, "c": JUDGE}.items():
        shell.run_cell(text, store_history=True, cell_id=cell)
    shell.run_cell(JUDGE, store_history=True, cell_id="c")
    assert [finding.code for finding in tracker.findings() if finding.severity == "warning"] == []
    shell.run_cell(TRAIN, store_history=True, cell_id="b")
    assert {finding.code for finding in tracker.findings() if finding.cell == "b"} == {"CG103", "CG106"}


def test_backward_in_a_cell_of_its_own_changes_the_model() -> None:
    """backward in a cell of its own changes the model, and no_grad inference with a view of it does not."""
    cells = [
        SETUP,
        "loss = loss_fn(model(X), y)",
        "loss.backward()",
        "w = model.inner.weight.detach()",
        "w.mean()",
    ]
    changed = [sorted(written(run)) for run in tracked(cells).runs]
    assert changed == [[], [], ["model", "opt"], [], []]


def test_a_tensor_and_a_model_are_freed_as_soon_as_their_names_are_deleted(tracker: Any, shell: Any) -> None:
    """A tensor and a model are freed as soon as their names are deleted, without a collection."""
    shell.run_cell(SETUP + "import gc, weakref; gc.disable()", store_history=True)
    shell.run_cell("t = torch.zeros(9); layer = nn.Linear(9, 9)", store_history=True)
    shell.run_cell(
        "gone = [weakref.ref(t), weakref.ref(layer), weakref.ref(layer.weight)]", store_history=True
    )
    shell.run_cell("del t, layer", store_history=True)
    shell.run_cell("left = [found() for found in gone]; gc.enable()", store_history=True)
    assert shell.user_ns["left"] == [None, None, None]

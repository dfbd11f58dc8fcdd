"""torch: tensors, modules and what trains them."""

from __future__ import annotations

from typing import Any

from tests.values.row import Row

_IMPORT = """
import torch
from torch import nn
from torch.utils.data import DataLoader, Subset, TensorDataset
def net():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(), nn.Linear(8, 2)).eval()
def graded(model):
    model(torch.ones(3, 4)).sum().backward()
    return model
"""
_TENSOR = "repr(v), len(v), v.shape, v.dtype, v.numpy(), v.tolist(), v.sum().item(), v * 2, v.clone(), v == v"
_SPARSE = "repr(v), v.shape, v.to_dense(), v.values(), v * 2"
_MODULE = (
    "repr(v), v.state_dict(), list(v.named_parameters()), list(v.modules()),"
    " sum(p.numel() for p in v.parameters()), v.training"
)
_OPTIMIZER = "repr(v), v.state_dict(), v.param_groups[0]['lr']"
_STEP = "model(torch.ones(2, 4)).sum().backward(); v.step()"


def _row(kind: str, make: str, change: str = "", **rest: Any) -> Row:
    known: dict[str, Any] = {"setup": _IMPORT, "needs": ("torch",), "looks": "repr(v)"}
    return Row(
        "torch",
        kind,
        make if "\n" in make or make.startswith("v =") else f"v = {make}",
        change,
        **known | rest,
    )


def _optimizer(kind: str, arguments: str = "lr=0.1") -> Row:
    make = f"model = net()\nv = torch.optim.{kind}(model.parameters(), {arguments})"
    return _row(kind, make, _STEP, alias="w = model", looks=_OPTIMIZER)


def _module(kind: str, make: str, **rest: Any) -> Row:
    seeded = f"torch.manual_seed(0)\nv = {make}"
    change = "with torch.no_grad(): next(v.parameters()).add_(1)"
    return _row(kind, seeded, change, alias="w = v.state_dict()", **{"looks": _MODULE, **rest})


ROWS: tuple[Row, ...] = (
    _row(
        "Tensor",
        "torch.arange(12.0).reshape(3, 4)",
        "v[1, 1] = 9",
        alias="w = v[1:].T",
        looks=_TENSOR,
        large="v = torch.rand(25_000_000)",
        extent="100 MB",
    ),
    _row("Tensor, in place", "torch.ones(3)", "v.mul_(2)", alias="w = v.detach()", looks=_TENSOR),
    _row("Tensor, by numpy", "torch.ones(3)", "w[0] = 5", alias="w = v.numpy()", looks=_TENSOR),
    _row(
        "Tensor of numpy",
        "import numpy as np\na = np.ones(3)\nv = torch.from_numpy(a)",
        "w[0] = 5",
        alias="w = a",
    ),
    _row(
        "Tensor, transposed",
        "torch.arange(6.0).reshape(2, 3).T",
        "v[0] = 9",
        looks=_TENSOR,
        large="v = torch.rand(5_000, 5_000).T",
        extent="100 MB",
    ),
    _row(
        "Tensor, bfloat16",
        "torch.ones(3).bfloat16()",
        "v[0] = 2",
        looks="repr(v), v.float().numpy(), v.sum()",
        large="v = torch.zeros(50_000_000, dtype=torch.bfloat16)",
        extent="100 MB",
    ),
    _row("Tensor, bool", "torch.ones(3) > 0", "v[0] = False", looks="repr(v), v.sum(), v.any()"),
    _row("Tensor, complex", "torch.ones(3) * 1j", "v[0] = 2", looks="repr(v), v.real, v.conj(), v.abs()"),
    _row(
        "Tensor, quantized",
        "torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8)",
        "v[0] = 0.5",
        looks="repr(v), v.dequantize(), v.int_repr()",
    ),
    _row(
        "Tensor, sparse",
        "torch.eye(3).to_sparse()",
        "v._values().mul_(2)",
        alias="w = v._values()",
        looks="repr(v), v.shape, v.to_dense(), v.coalesce().values()",
        large="v = torch.sparse_coo_tensor(torch.arange(5_000_000)[None], torch.rand(5_000_000))",
        extent="60 MB",
    ),
    _row("Tensor, CSR", "torch.eye(3).to_sparse_csr()", "v.values()[0] = 9", looks=_SPARSE),
    _row("Tensor, nested", "torch.nested.nested_tensor([torch.ones(2), torch.ones(3)])", "v[0].zero_()"),
    _row(
        "Tensor, jagged",
        "torch.nested.nested_tensor([torch.ones(2), torch.ones(3)], layout=torch.jagged)",
        "v.values()[0] = 3",
        looks="repr(v), v.shape, v.offsets(), v.sum()",
    ),
    _row("Tensor, meta", "torch.empty(3, device='meta')", looks="repr(v), v.shape, v * 2"),
    _row(
        "Tensor with a graph",
        "torch.manual_seed(0)\nmodel = nn.Linear(2, 1)\nv = model(torch.ones(3, 2))",
        "",
        looks="repr(v), v.detach().numpy(), v.grad_fn, v.mean().item()",
    ),
    _row(
        "Parameter",
        "nn.Parameter(torch.ones(3))",
        "(v * 2).sum().backward()",
        alias="w = [v]",
        looks="repr(v), v.grad, v.data, v.shape, v.numel()",
    ),
    _row("UntypedStorage", "torch.ones(3).untyped_storage()", "v[0] = 9", looks="len(v), v.nbytes()"),
    _row("Size", "torch.Size([2, 3])", looks="repr(v), v.numel(), v[0]"),
    _row("dtype", "torch.float32", looks="repr(v), v.itemsize"),
    _row("device", "torch.device('cpu')", looks="repr(v), v.type"),
    _row(
        "Generator",
        "torch.Generator().manual_seed(1)",
        "torch.rand(3, generator=v)",
        looks="repr(v), v.get_state(), v.device",
    ),
    _module("Linear", "nn.Linear(4, 2)", large="v = nn.Linear(5_000, 5_000)", extent="100 MB"),
    _module("Sequential", "net()", looks=_MODULE + ", v(torch.ones(2, 4))"),
    _row(
        "Sequential, trained",
        "net().train()",
        "opt = torch.optim.SGD(v.parameters(), lr=0.1); v(torch.rand(3, 4)).sum().backward(); opt.step()",
        looks=_MODULE,
    ),
    _row("Sequential, out of training", "net().train()", "v.eval()", alias="", looks=_MODULE),
    _row("Sequential, gradients", "graded(net())", "v.zero_grad()", looks=_MODULE),
    _module("Conv2d", "nn.Conv2d(1, 2, 3)"),
    _module("Embedding", "nn.Embedding(5, 3)", large="v = nn.Embedding(100_000, 250)", extent="100 MB"),
    _module("LSTM", "nn.LSTM(2, 3)", looks=_MODULE + ", v(torch.ones(1, 2))"),
    _module("MultiheadAttention", "nn.MultiheadAttention(4, 2).eval()"),
    _module("TransformerEncoderLayer", "nn.TransformerEncoderLayer(4, 2, 8).eval()"),
    _module("ModuleDict", "nn.ModuleDict({'a': nn.Linear(2, 2)})"),
    _module("ParameterList", "nn.ParameterList([torch.ones(2)])"),
    _row(
        "Module, hooked",
        "torch.manual_seed(0)\nv = nn.Linear(2, 2)",
        "handle = v.register_forward_hook(print)",
        looks=_MODULE,
    ),
    _row(
        "Module of the notebook",
        """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(4, 2)
    def forward(self, x):
        return torch.relu(self.inner(x))
torch.manual_seed(0)
v = Net()""",
        "with torch.no_grad(): v.inner.bias.zero_()",
        alias="w = v.inner",
        looks=_MODULE + ", v(torch.ones(2, 4))",
    ),
    _module(
        "weight_norm", "nn.utils.parametrizations.weight_norm(nn.Linear(2, 3))", looks="repr(v), v.weight"
    ),
    _row("BatchNorm1d, running", "nn.BatchNorm1d(2)", "v(torch.rand(4, 2))", looks=_MODULE),
    _row(
        "ScriptModule",
        "torch.manual_seed(0)\nv = torch.jit.script(nn.Linear(2, 2))",
        "with torch.no_grad(): v.weight.zero_()",
        looks="v.code, v.training, v(torch.ones(1, 2))",
        quality="opaque",
    ),
    _row(
        "state_dict",
        "net().state_dict()",
        "v['0.bias'].zero_()",
        alias="w = v['0.bias']",
        looks="repr(v), list(v), v['0.bias'].shape",
        large="v = nn.Linear(5_000, 5_000).state_dict()",
        extent="100 MB",
    ),
    _optimizer("SGD", "lr=0.1, momentum=0.9"),
    _optimizer("Adam"),
    _optimizer("AdamW"),
    _optimizer("RMSprop"),
    _row(
        "StepLR",
        "opt = torch.optim.SGD(net().parameters(), lr=0.1)\nv = torch.optim.lr_scheduler.StepLR(opt, 1)",
        "opt.step(); v.step()",
        alias="w = opt",
        looks="v.get_last_lr(), v.state_dict()",
    ),
    _row(
        "OneCycleLR",
        "opt = torch.optim.SGD(net().parameters(), lr=0.1)\n"
        "v = torch.optim.lr_scheduler.OneCycleLR(opt, 1.0, total_steps=9)",
        "opt.step(); v.step()",
        alias="w = opt",
        looks="v.get_last_lr(), v.state_dict()",
    ),
    _row(
        "TensorDataset",
        "TensorDataset(torch.arange(6.0), torch.ones(6))",
        "w[0] = 9",
        alias="w = v.tensors[0]",
        looks="len(v), v[0], v[:2]",
    ),
    _row(
        "Subset",
        "torch.utils.data.random_split(range(9), [4, 5], torch.Generator().manual_seed(0))[0]",
        "v.indices.append(0)",
        looks="len(v), v[0], list(v)",
    ),
    _row(
        "DataLoader",
        "x = torch.arange(6.0)\nv = DataLoader(TensorDataset(x), batch_size=2, shuffle=True)",
        "w[0] = 9",
        alias="w = x",
        looks="len(v), [batch for batch in v], v.batch_size, v.dataset[0]",
    ),
    _row(
        "DataLoader, seeded",
        "g = torch.Generator().manual_seed(0)\nv = DataLoader(range(6), shuffle=True, generator=g)",
        "list(v)",
        alias="w = g",
        looks="len(v), v.batch_size",
    ),
    _row(
        "Normal",
        "torch.distributions.Normal(torch.zeros(2), 1.0)",
        "v.loc.add_(1)",
        looks="repr(v), v.mean, v.sample()",
    ),
    _row(
        "Categorical",
        "torch.distributions.Categorical(torch.ones(3))",
        "v.probs[0] = 1",
        looks="repr(v), v.logits, v.sample(), v.entropy()",
    ),
    _row(
        "PackedSequence",
        "nn.utils.rnn.pack_sequence([torch.ones(2), torch.ones(1)])",
        "v.data.zero_()",
        looks="len(v), v.batch_sizes",
    ),
    _row(
        "GradScaler",
        "torch.amp.GradScaler('cpu')",
        "v._growth_interval = 5",
        looks="v.get_scale(), v.state_dict()",
    ),
)

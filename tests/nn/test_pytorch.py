"""PyTorch's names for our parameters, and its networks with our numbers, and ours with its."""

import importlib.util

import numpy as np
import pytest

import autodiff
from autodiff import Tensor, nn
from autodiff.nn.pytorch import torch_names

with_torch = pytest.mark.skipif(not importlib.util.find_spec("torch"), reason="needs PyTorch")


class Net(nn.Module):
    """Attributes, a list and a dict of layers, as one has them in PyTorch."""

    def __init__(self):
        self.fc1 = nn.Linear(3, 4)
        self.blocks = [nn.Linear(4, 4, bias=False), nn.Sequential(nn.ReLU(), nn.Linear(4, 4))]
        self.heads = {"a": nn.Linear(4, 2)}
        self.scales = [Tensor(np.ones(2, np.float32), requires_grad=True)]
        self.owner = self
        self.made = self.fc1.weight * 2.0


def normalised():
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2))


@pytest.mark.parametrize(
    "build, names",
    [
        (
            lambda: nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2, bias=False)),
            "0.weight 0.bias 2.weight",
        ),
        (
            lambda: nn.Sequential(
                autodiff.tanh, nn.Sequential(nn.Linear(3, 4)), nn.Embedding(5, 2)
            ),
            "1.0.weight 1.0.bias 2.weight",
        ),
        (
            normalised,
            "0.weight 0.bias 1.weight 1.bias 1.running_mean 1.running_var 1.num_batches_tracked"
            " 3.weight 3.bias",
        ),
        (
            Net,
            "fc1.weight fc1.bias blocks.0.weight blocks.1.1.weight blocks.1.1.bias heads.a.weight"
            " heads.a.bias scales.0",
        ),
        (lambda: nn.LayerNorm(4), "weight bias"),
    ],
)
def test_names_are_those_that_pytorch_has(build, names):
    model = build()
    state = nn.to_torch_state(model)
    assert list(state) == names.split()
    assert {type(x) for x in state.values()} == {np.ndarray}
    leaves = torch_names(model)
    for name in leaves:
        assert state[name].dtype == leaves[name].dtype
        assert state[name].tolist() == leaves[name].tolist()
    assert sum(x.size for x in leaves.values()) == sum(map(np.size, model.state_dict().values()))


def test_a_state_is_a_copy():
    model = normalised()
    state = nn.to_torch_state(model)
    before = state["0.weight"].copy()
    state["0.weight"][:] = 0.0
    assert nn.to_torch_state(model)["0.weight"].tolist() == before.tolist()


@pytest.mark.parametrize("build", [normalised, Net])
def test_a_state_goes_into_another_model_to_the_bit(build):
    autodiff.seed(0)
    one, two = build(), build()
    state = nn.to_torch_state(one)
    two_state = nn.to_torch_state(two)
    assert any(state[name].tolist() != two_state[name].tolist() for name in state)
    nn.load_torch_state(two, state)
    assert {name: x.tolist() for name, x in nn.to_torch_state(two).items()} == {
        name: x.tolist() for name, x in state.items()
    }


def test_a_parameter_keeps_its_type_and_a_count_of_batches_may_be_absent():
    model = normalised()
    state = nn.to_torch_state(model)
    del state["1.num_batches_tracked"]
    nn.load_torch_state(model, {name: np.ones(x.shape) for name, x in state.items()})
    assert {x.dtype for x in torch_names(model).values()} == {np.dtype(np.float32)}
    assert set(model[0].weight.tolist()[0]) == {1.0}


def test_a_weight_that_two_layers_share_has_both_names():
    a = nn.Linear(2, 2)
    b = nn.Linear(2, 2)
    b.weight = a.weight
    model = nn.Sequential(a, b)
    state = nn.to_torch_state(model)
    assert list(state) == ["0.weight", "0.bias", "1.weight", "1.bias"]
    nn.load_torch_state(model, {**state, "0.weight": np.eye(2), "1.weight": np.eye(2)})
    assert a.weight.tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_what_does_not_fit_is_named_and_nothing_is_changed():
    model = normalised()
    before = nn.to_torch_state(model)
    state = dict(before)
    state["0.weight"] = state["0.weight"].T
    state["4.bias"] = state.pop("3.bias")
    state["3.weight"] = np.array([["a", "b"]])
    with pytest.raises(ValueError, match="does not fit") as caught:
        nn.load_torch_state(model, state)
    assert str(caught.value).splitlines() == [
        "load_torch_state() got what does not fit Sequential, which is left as it was:",
        "  missing: 3.bias",
        "  extra: 4.bias",
        "  0.weight has shape (3, 4); expected (4, 3)",
        "  3.weight is an ndarray of <U1; expected real numbers",
    ]
    after = nn.to_torch_state(model)
    assert all(after[name].tolist() == before[name].tolist() for name in before)


def test_numbers_of_another_library_that_cannot_be_read_are_named():
    class OnGPU:
        def __dlpack_device__(self):
            return 2, 0

        def __dlpack__(self, **options):
            raise BufferError

    model = nn.Sequential(nn.Linear(2, 1))
    state = {**nn.to_torch_state(model), "0.bias": OnGPU()}
    with pytest.raises(ValueError, match=r"0\.bias cannot be taken: .* write x\.cpu\(\)"):
        nn.load_torch_state(model, state)


def test_what_is_no_state_or_no_module_of_tensors_is_refused():
    class Theirs:
        def state_dict(self):
            return {}

    model = nn.Sequential(nn.Linear(2, 1))
    with pytest.raises(TypeError, match=r"expected a dict: write model\.state_dict\(\)"):
        nn.load_torch_state(model, Theirs())
    with pytest.raises(TypeError, match=r"got 'weights\.pt', a str; expected a dict"):
        nn.load_torch_state(model, "weights.pt")
    with pytest.raises(TypeError, match=r"an MLP has Values, as .*write nn\.to_tensor\(mlp\)"):
        nn.to_torch_state(nn.MLP(2, [1]))
    with pytest.raises(TypeError, match=r"expected a Module, as a Sequential, got \{\}, a dict"):
        nn.to_torch_state({})


# -- beside PyTorch --------------------------------------------------------------------------------


def mlp(library):
    return library.Sequential(
        library.Linear(20, 16), library.BatchNorm1d(16), library.ReLU(), library.Dropout(0.5),
        library.Sequential(library.Linear(16, 12), library.Tanh(), library.LayerNorm(12)),
        library.Linear(12, 5, bias=False), library.GELU(),
    )  # fmt: skip


def cnn(library):
    return library.Sequential(
        library.Conv2d(1, 4, 3, padding=1), library.BatchNorm2d(4), library.ReLU(),
        library.MaxPool2d(2), library.Conv2d(4, 6, 3), library.Tanh(), library.MaxPool2d(2),
        library.Flatten(), library.Linear(6 * 2 * 2, 10),
    )  # fmt: skip


def words(library):
    return library.Sequential(library.Embedding(7, 5), library.LayerNorm(5), library.Linear(5, 3))


def images(*shape):
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


CASES = [
    (mlp, images(8, 20)),
    (cnn, images(4, 1, 12, 12)),
    (words, np.random.default_rng(0).integers(0, 7, (6, 4))),
]
NAMES = ["mlp", "cnn", "embedding"]


def near(ours, theirs):
    """Compare to 1e-6 of the largest number: float32 has seven digits."""
    theirs = theirs.detach().numpy()
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6 * max(1.0, np.abs(theirs).max()))


def compare(model, theirs, x):
    """Require the same outputs, and gradients of all parameters and of the input."""
    import torch

    model.eval()
    theirs.eval()
    floats = x.dtype.kind == "f"
    ours, other = Tensor(x, requires_grad=floats), torch.tensor(x, requires_grad=floats)
    out, reference = model(ours), theirs(other)
    near(out.numpy(), reference)
    weights = images(*out.shape)
    model.zero_grad()
    theirs.zero_grad()
    (out * weights).sum().backward()
    (reference * torch.tensor(weights)).sum().backward()
    leaves = torch_names(model)
    parameters = dict(theirs.named_parameters())
    assert [name for name in leaves if leaves[name].requires_grad] == list(parameters)
    for name, parameter in parameters.items():
        near(leaves[name].grad, parameter.grad)
    if floats:
        near(ours.grad, other.grad)


@with_torch
@pytest.mark.parametrize("build, x", CASES, ids=NAMES)
def test_a_network_of_pytorch_does_the_same_here(build, x):
    import torch

    torch.manual_seed(0)
    theirs, model = build(torch.nn), build(nn)
    if x.dtype.kind == "f":
        theirs(torch.tensor(x))  # in training, so that running means have run
    nn.load_torch_state(model, theirs.state_dict())
    compare(model, theirs, x)


@with_torch
@pytest.mark.parametrize("build, x", CASES, ids=NAMES)
def test_a_network_from_here_does_the_same_in_pytorch(build, x):
    import torch

    autodiff.seed(0)
    theirs, model = build(torch.nn), build(nn)
    model(x)
    state = nn.to_torch_state(model)
    assert list(state) == list(theirs.state_dict())
    theirs.load_state_dict({name: torch.tensor(array) for name, array in state.items()})
    compare(model, theirs, x)


@with_torch
def test_modules_with_the_same_attributes_take_the_same_state():
    import torch

    class Theirs(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.fc1 = torch.nn.Linear(3, 4)
            self.blocks = torch.nn.ModuleList(
                [
                    torch.nn.Linear(4, 4, bias=False),
                    torch.nn.Sequential(torch.nn.ReLU(), torch.nn.Linear(4, 4)),
                ]
            )
            self.heads = torch.nn.ModuleDict({"a": torch.nn.Linear(4, 2)})
            self.scales = torch.nn.ParameterList([torch.nn.Parameter(torch.ones(2))])

    model, theirs = Net(), Theirs()
    nn.load_torch_state(model, theirs.state_dict())
    assert model.heads["a"].weight.tolist() == theirs.heads["a"].weight.tolist()
    theirs.load_state_dict({k: torch.tensor(x) for k, x in nn.to_torch_state(model).items()})


def test_names_of_the_other_side_are_told_with_the_function_that_takes_them():
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2))
    with pytest.raises(ValueError, match=r"PyTorch's names: use nn\.load_torch_state\(model, st"):
        model.load_state_dict(nn.to_torch_state(model))
    with pytest.raises(ValueError, match=r"autodiff's names: use model\.load_state_dict\(state\)"):
        nn.load_torch_state(model, model.state_dict())

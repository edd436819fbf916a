"""Arrays of other libraries become Tensors and operands; what would be lost is refused.

Stand-ins show their numbers as the libraries do, so that neither PyTorch nor JAX is needed; where
they are installed, they are asked as well.
"""

import importlib.util

import numpy as np
import pytest

from autodiff import Tensor, matmul, tanh
from autodiff.foreign import as_ndarray, is_foreign

with_torch = pytest.mark.skipif(not importlib.util.find_spec("torch"), reason="needs PyTorch")
with_jax = pytest.mark.skipif(not importlib.util.find_spec("jax"), reason="needs JAX")

NUMBERS = np.array([[1.0, 2.0], [3.0, 4.0]], np.float32)


class ByDLPack:
    """An array that speaks DLPack alone."""

    device = 1, 0

    def __init__(self, array=NUMBERS):
        self.array = np.array(array)

    def __dlpack__(self, **options):
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.device


class ByArray:
    """An array with the method by which PyTorch and JAX give NumPy their numbers."""

    def __init__(self, array=NUMBERS):
        self.array = np.array(array)

    def __array__(self, dtype=None, copy=None):
        return self.array


class ByInterface:
    """An array with the attribute that tells where the numbers are, as Pillow's images have it."""

    def __init__(self, array=NUMBERS):
        self.array = np.array(array)
        self.__array_interface__ = self.array.__array_interface__


KINDS = [ByDLPack, ByArray, ByInterface]


def leaf():
    return Tensor([[1.0, -1.0], [0.5, 2.0]], requires_grad=True)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int64", "uint8"])
def test_a_tensor_takes_over_numbers_and_their_type(kind, dtype):
    tensor = Tensor(kind(NUMBERS.astype(dtype)))
    assert tensor.dtype == dtype
    assert tensor.tolist() == [[1.0, 2.0], [3.0, 4.0]]


@pytest.mark.parametrize("kind", KINDS)
def test_numbers_are_copied_or_shared_as_is_asked_for(kind):
    theirs = kind()
    if kind is ByDLPack and not np.from_dlpack(theirs).flags.writeable:
        pytest.skip("of DLPack's memory NumPy 2.0 lets nobody write to any")
    apart, together = Tensor(theirs), Tensor(theirs, requires_grad=True, copy=False)
    theirs.array[0, 0] = 9.0
    assert apart.tolist()[0] == [1.0, 2.0]
    assert together.tolist()[0] == [9.0, 2.0]
    together.data -= 1.0
    assert apart.tolist()[0] == [1.0, 2.0]


def test_memory_that_is_for_reading_alone_is_never_shared():
    theirs = ByArray()
    theirs.array.flags.writeable = False
    tensor = Tensor(theirs, requires_grad=True, copy=False)
    tensor.data -= 1.0
    assert tensor.tolist() == [[0.0, 1.0], [2.0, 3.0]]
    assert theirs.array.tolist() == [[1.0, 2.0], [3.0, 4.0]]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "f",
    [
        lambda t, x: t + x,
        lambda t, x: x - t,
        lambda t, x: x / t,
        lambda t, x: t**x,
        lambda t, x: t @ x,
        lambda t, x: x @ t,
        lambda t, x: np.maximum(t, x),
        lambda t, x: np.multiply(x, t),
        lambda t, x: matmul(x, t),
        lambda t, x: t > x,
        lambda t, x: t == x,
    ],
)
def test_an_operand_counts_as_the_ndarray_of_its_numbers(kind, f):
    ours, expected = leaf(), leaf()
    result, reference = f(ours, kind()), f(expected, NUMBERS)
    assert result.tolist() == reference.tolist()
    assert result.dtype == reference.dtype
    if reference.requires_grad:
        result.sum().backward()
        reference.sum().backward()
        assert ours.grad.tolist() == expected.grad.tolist()


def test_numbers_are_taken_in_assignments_and_as_gradients():
    tensor = leaf()
    tensor.data = ByDLPack()
    assert tensor.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    (tensor * 2.0).backward(ByArray())
    assert tensor.grad.tolist() == [[2.0, 4.0], [6.0, 8.0]]


def test_a_gradient_that_another_library_waits_for_is_not_lost_in_silence():
    theirs = ByArray()
    theirs.requires_grad = True
    message = r"got .* a tests\.ByArray with requires_grad=True; .* write x\.detach\(\)"
    for use in (Tensor, leaf().__add__, lambda x: np.add(x, leaf()), lambda x: leaf() @ x):
        with pytest.raises(TypeError, match=message):
            use(theirs)
    theirs.requires_grad = False
    assert Tensor(theirs).tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_numbers_on_a_gpu_are_asked_for_on_the_cpu():
    theirs = ByDLPack()
    theirs.device = 2, 0
    with pytest.raises(TypeError, match=r"on a GPU .* write x\.cpu\(\) in PyTorch"):
        Tensor(theirs)
    theirs.device = 3, 0  # memory of the CPU, pinned for a GPU
    assert Tensor(theirs).tolist() == [[1.0, 2.0], [3.0, 4.0]]


@pytest.mark.parametrize(
    "array, message",
    [
        (np.zeros(2, "V2"), r"of dtype \|V2; expected real numbers of a type that NumPy has"),
        (np.zeros(2, complex), "of dtype complex128; expected real numbers"),
        (np.array([None, 1]), "of dtype object; expected real numbers"),
    ],
)
def test_types_that_are_no_real_numbers_of_numpy_are_refused(array, message):
    with pytest.raises(TypeError, match=rf"Tensor\(\) got .*, a tests\.ByArray, {message}"):
        Tensor(ByArray(array))


@pytest.mark.parametrize("kind", [TypeError, RuntimeError, BufferError, ValueError])
def test_a_refusal_of_the_other_library_is_passed_on_in_one_line(kind):
    class Refusing(ByDLPack):
        dtype = "bfloat16"

        def __dlpack__(self, **options):
            raise kind("Got unsupported ScalarType BFloat16\nand a long explanation")

    with pytest.raises(TypeError) as caught:
        Tensor(Refusing())
    assert "of bfloat16, which NumPy cannot read (Got unsupported ScalarType" in str(caught.value)
    assert "convert it first, as to float32" in str(caught.value)
    assert "explanation" not in str(caught.value)


def test_a_list_of_what_refuses_is_told_with_the_reason():
    class Refusing:
        def __array__(self, dtype=None, copy=None):
            raise RuntimeError("Use tensor.detach().numpy() instead.")

    with pytest.raises(
        TypeError, match=r"add got .*, a list; expected real numbers: Use tensor\.detach"
    ):
        leaf().__add__([Refusing(), Refusing()])


@pytest.mark.parametrize("x", [NUMBERS, np.float32(1.0), leaf(), 1.0, [1.0], ByArray, None, "a"])
def test_what_is_no_array_of_another_library_is_told_apart(x):
    assert not is_foreign(x)
    assert is_foreign(ByArray())


def test_a_stranger_without_numbers_may_still_know_what_to_do_with_a_tensor():
    class Stranger:
        def __radd__(self, other):
            return "mine"

    assert leaf() + Stranger() == "mine"


# -- the libraries themselves, where they are ------------------------------------------------------


@with_torch
def test_tensors_of_pytorch_are_operands_on_either_side():
    import torch

    theirs, w = torch.tensor(NUMBERS), leaf()
    for ours, reference in [
        (w + theirs, w + NUMBERS),
        (theirs + w, NUMBERS + w),
        (theirs @ w, NUMBERS @ w),
        (w / theirs, w / NUMBERS),
        (theirs - w, NUMBERS - w),
        (np.maximum(theirs, w), np.maximum(NUMBERS, w)),
        (theirs == w, w == NUMBERS),
        (theirs < w, w > NUMBERS),
        (Tensor(theirs.T), Tensor(NUMBERS.T)),
        (Tensor([theirs[0], theirs[1]]), Tensor(NUMBERS)),
    ]:
        assert type(ours) is Tensor
        assert (ours.dtype, ours.tolist()) == (reference.dtype, reference.tolist())
    assert tanh(theirs).tolist() == np.tanh(NUMBERS).tolist()
    shared = Tensor(theirs, copy=False)
    theirs[0, 0] = 7.0
    assert shared.tolist()[0] == [7.0, 2.0]


@with_torch
def test_what_pytorch_would_lose_is_refused():
    import torch

    for theirs, message in [
        (torch.ones(2, requires_grad=True), r"a torch\.Tensor with requires_grad=True; .*detach"),
        (torch.nn.Parameter(torch.ones(2)), r"a torch\.Parameter with requires_grad=True; .*deta"),
        (torch.ones(2, dtype=torch.bfloat16), r"of torch\.bfloat16, which NumPy cannot read"),
        (torch.ones(2, device="meta"), r"which NumPy cannot read \(Unknown device type meta"),
        (torch.ones(2, 2).to_sparse(), r"which NumPy cannot read \(.*to_dense"),
    ]:
        for use in (Tensor, leaf().__mul__, lambda x: np.add(x, leaf())):
            with pytest.raises(TypeError, match=message):
                use(theirs)


@with_jax
def test_arrays_of_jax_are_operands_on_either_side():
    import jax
    import jax.numpy as jnp

    theirs, w = jnp.asarray(NUMBERS), leaf()
    for ours, reference in [
        (w + theirs, w + NUMBERS),
        (theirs + w, NUMBERS + w),
        (theirs @ w, NUMBERS @ w),
        (theirs / w, NUMBERS / w),
        (np.maximum(theirs, w), np.maximum(NUMBERS, w)),
        (theirs == w, w == NUMBERS),
        (theirs < w, w > NUMBERS),
        (Tensor(theirs), Tensor(NUMBERS)),
    ]:
        assert type(ours) is Tensor
        assert (ours.dtype, ours.tolist()) == (reference.dtype, reference.tolist())
    held = Tensor(theirs, requires_grad=True, copy=False)
    held.data -= 1.0
    assert theirs.tolist() == NUMBERS.tolist()
    with pytest.raises(TypeError, match="of dtype bfloat16; expected real numbers of a type"):
        Tensor(theirs.astype(jnp.bfloat16))
    with pytest.raises(TypeError, match="which NumPy cannot read"):
        jax.jit(lambda x: as_ndarray(x, "jit"))(theirs)

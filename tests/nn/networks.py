"""What the tests of networks share."""

import numpy as np

from autodiff import Tensor


def run(layer, x, gradient=None):
    """Return the output of a layer and the gradient of its input, both as ndarrays."""
    x = Tensor(x, requires_grad=True)
    y = layer(x)
    y.backward(np.ones(y.shape) if gradient is None else gradient)
    return y.numpy(), x.grad


def slope_by_differences(f, x, step=1e-6):
    """Return the derivatives of the number f(x) by all numbers of x, from central differences."""
    x = np.array(x, float)
    slope = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += step
        down[place] -= step
        slope[place] = (float(f(Tensor(up))) - float(f(Tensor(down)))) / (2 * step)
    return slope

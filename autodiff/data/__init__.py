"""Data to learn from.

>>> from autodiff import data
>>> X, y = data.moons(100, noise=0.1, seed=1)
>>> X.shape, y.shape
((100, 2), (100,))

`idx` reads the files that MNIST comes in, `mirrors` fetches them, `mnist` puts them in shape;
`toys` makes small data sets; `loader`, `split` and `labels` prepare any of them for training. They
all need NumPy, so `import autodiff` does not load them before somebody asks for `autodiff.data`.
"""

from .idx import read_idx
from .labels import one_hot
from .loader import DataLoader
from .mnist import load_mnist, load_mnist_small
from .split import train_test_split
from .toys import beans, moons, people

__all__ = [
    "DataLoader",
    "beans",
    "load_mnist",
    "load_mnist_small",
    "moons",
    "one_hot",
    "people",
    "read_idx",
    "train_test_split",
]

"""Data to learn from.

>>> from autodiff import data
>>> X, y = data.moons(100, noise=0.1, seed=1)
>>> X.shape, y.shape
((100, 2), (100,))
"""

from .toys import moons

__all__ = ["moons"]

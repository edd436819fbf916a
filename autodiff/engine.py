"""micrograd's import path: `from autodiff.engine import Value` where it was micrograd.engine."""

from .value import Value

__all__ = ["Value"]

"""The rules: gradient descent, and what has been made of it.

    >>> optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)

Formulas, names and defaults are PyTorch's. x is a parameter, g its gradient, t the number of the
step, from 1; ← is an assignment. `weight_decay` adds weight_decay·x to g, the gradient of
½·weight_decay·x², but in AdamW.
"""

from __future__ import annotations

from .optimizer import Optimizer, check_fraction, check_number

TYPE_CHECKING = False  # typing is slow to import, and nothing needs it at run time
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from .optimizer import Rate


class _Decaying(Optimizer):
    """An optimiser with weight decay in the gradient."""

    def __init__(
        self, parameters: Iterable[Any], lr: Rate, weight_decay: float, accumulate: bool
    ) -> None:
        self.weight_decay = check_number(type(self).__name__, "weight_decay", weight_decay)
        super().__init__(parameters, lr, accumulate=accumulate)

    def decayed(self, g: Any, x: Any) -> Any:
        return g + self.weight_decay * x if self.weight_decay else g


class SGD(_Decaying):
    """Gradient descent: x ← x - lr·g. With momentum μ: v ← μv + g, x ← x - lr·v.

    Nesterov's form is x ← x - lr·(g + μv) (Sutskever et al., 2013, as PyTorch writes it).
    """

    def __init__(
        self,
        parameters: Iterable[Any],
        lr: Rate,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
        *,
        accumulate: bool = False,
    ) -> None:
        self.momentum, self.nesterov = check_number("SGD", "momentum", momentum), nesterov
        self.remembers = ("velocity",) if self.momentum else ()
        if nesterov and not momentum:
            raise ValueError("SGD got nesterov=True without momentum; expected momentum=0.9, say")
        super().__init__(parameters, lr, weight_decay, accumulate)

    def rule(self, xp: Any, rate: float, x: Any, g: Any, *memory: Any) -> tuple[Any, ...]:
        g = self.decayed(g, x)
        if not self.momentum:
            x -= rate * g
            return (x,)
        (v,) = memory
        v *= self.momentum
        v += g
        x -= rate * (g + self.momentum * v if self.nesterov else v)
        return x, v


class AdaGrad(_Decaying):
    """r ← r + g², x ← x - lr·g/(√r + eps) (Duchi, Hazan and Singer, 2011).

    A parameter with large gradients takes smaller and smaller steps; so do all, in the end.
    """

    remembers = ("sum_of_squares",)

    def __init__(
        self,
        parameters: Iterable[Any],
        lr: Rate = 0.01,
        eps: float = 1e-10,
        weight_decay: float = 0.0,
        *,
        accumulate: bool = False,
    ) -> None:
        self.eps = check_number("AdaGrad", "eps", eps)
        super().__init__(parameters, lr, weight_decay, accumulate)

    def rule(self, xp: Any, rate: float, x: Any, g: Any, *memory: Any) -> tuple[Any, ...]:
        (r,) = memory
        g = self.decayed(g, x)
        r += g * g
        x -= xp.divide(rate * g, xp.sqrt(r) + self.eps)
        return x, r


class RMSProp(_Decaying):
    """r ← αr + (1 - α)g², x ← x - lr·g/(√r + eps) (Hinton's lecture 6e, 2012)."""

    remembers = ("mean_of_squares",)

    def __init__(
        self,
        parameters: Iterable[Any],
        lr: Rate = 0.01,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        *,
        accumulate: bool = False,
    ) -> None:
        self.alpha = check_fraction("RMSProp", "alpha", alpha)
        self.eps = check_number("RMSProp", "eps", eps)
        super().__init__(parameters, lr, weight_decay, accumulate)

    def rule(self, xp: Any, rate: float, x: Any, g: Any, *memory: Any) -> tuple[Any, ...]:
        (r,) = memory
        g = self.decayed(g, x)
        r *= self.alpha
        r += (1.0 - self.alpha) * (g * g)
        x -= xp.divide(rate * g, xp.sqrt(r) + self.eps)
        return x, r


class Adam(_Decaying):
    """m ← β₁m + (1 - β₁)g, v ← β₂v + (1 - β₂)g², x ← x - lr·m̂/(√v̂ + eps).

    m̂ = m/(1 - β₁ᵗ) and v̂ = v/(1 - β₂ᵗ) make up for the zeros that m and v start from; t counts the
    gradients of each parameter (Kingma and Ba, 2015).
    """

    remembers = ("count", "mean", "mean_of_squares")

    def __init__(
        self,
        parameters: Iterable[Any],
        lr: Rate = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        *,
        accumulate: bool = False,
    ) -> None:
        name = type(self).__name__
        beta1, beta2 = betas
        self.betas = (
            check_fraction(name, "betas[0]", beta1),
            check_fraction(name, "betas[1]", beta2),
        )
        self.eps = check_number(name, "eps", eps)
        super().__init__(parameters, lr, weight_decay, accumulate)

    def rule(self, xp: Any, rate: float, x: Any, g: Any, *memory: Any) -> tuple[Any, ...]:
        return self.adapted(xp, rate, x, self.decayed(g, x), *memory)

    def adapted(
        self, xp: Any, rate: float, x: Any, g: Any, t: float, m: Any, v: Any
    ) -> tuple[Any, ...]:
        (beta1, beta2), t = self.betas, t + 1.0
        m *= beta1
        m += (1.0 - beta1) * g
        v *= beta2
        v += (1.0 - beta2) * (g * g)
        root = xp.sqrt(v) * (1.0 - beta2**t) ** -0.5
        x -= xp.divide(rate / (1.0 - beta1**t) * m, root + self.eps)
        return x, t, m, v


class AdamW(Adam):
    """Adam, with x ← x - lr·weight_decay·x beside it and not in its gradient.

    So the decay of a weight does not depend on the size of its gradients (Loshchilov and Hutter,
    Decoupled weight decay regularization, 2019).
    """

    def __init__(
        self,
        parameters: Iterable[Any],
        lr: Rate = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
        *,
        accumulate: bool = False,
    ) -> None:
        super().__init__(parameters, lr, betas, eps, weight_decay, accumulate=accumulate)

    def rule(self, xp: Any, rate: float, x: Any, g: Any, *memory: Any) -> tuple[Any, ...]:
        x *= 1.0 - rate * self.weight_decay
        return self.adapted(xp, rate, x, g, *memory)

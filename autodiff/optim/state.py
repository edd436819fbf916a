"""What an optimiser has to remember for a training to go on as if it had not been interrupted.

    >>> state = optimizer.state_dict()
    >>> state["kind"], state["steps"], state["settings"]["betas"]
    ('Adam', 100, (0.9, 0.999))
    >>> state["memory"][0]          # of the first parameter
    {'count': 100.0, 'mean': array(...), 'mean_of_squares': array(...)}

A learning rate that is a number is saved and comes back, whoever assigned it. One that is a
function cannot be saved: what it gives for the next step is, so that another one is noticed.
"""

from __future__ import annotations

from ..wording import shown
from .optimizer import NO_SETTINGS

TYPE_CHECKING = False  # typing is slow to import, and nothing needs it at run time
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from .optimizer import Optimizer

_PLAIN = (bool, int, float, str)


def state_of(optimizer: Optimizer) -> dict[str, Any]:
    """Return kind, steps, settings and memory: copies, ndarrays or floats."""
    names = optimizer.remembers
    return {
        "kind": type(optimizer).__name__,
        "steps": optimizer.steps,
        "settings": {
            "lr": optimizer.lr,
            "scheduled": optimizer.scheduled,
            **_settings(optimizer),
        },
        "memory": [
            {name: x if type(x) is float else x.copy(order="K") for name, x in zip(names, memory)}
            for memory in optimizer.memory
        ],
    }


def restore(optimizer: Optimizer, state: Mapping[str, Any]) -> None:
    """Take a state, or raise ValueError that names all that does not fit."""
    kind = type(optimizer).__name__
    if not hasattr(state, "get") or not {"kind", "steps", "settings", "memory"} <= set(state):
        raise TypeError(
            f"{kind}.load_state_dict() got {shown(state)}; expected what state_dict() returns, a"
            " dict of kind, steps, settings and memory"
        )
    if state["kind"] != kind:
        raise ValueError(
            f"{kind}.load_state_dict() got the state of {state['kind']}; expected that of {kind}"
        )
    faults = [*_other_settings(optimizer, state), *_other_memory(optimizer, state["memory"])]
    if faults:
        more = f"\n  and {len(faults) - 10} more" if len(faults) > 10 else ""
        raise ValueError(
            f"{kind}.load_state_dict() got what does not fit this {kind}, which is left as it was:"
            "\n  " + "\n  ".join(faults[:10]) + more
        )
    if not optimizer.scheduled:
        optimizer.lr = state["settings"]["lr"]
    optimizer.steps = state["steps"]
    for i, (old, new) in enumerate(zip(optimizer.memory, state["memory"])):
        # Arrays are written where they are, so that they keep their order in memory.
        for name, x in zip(optimizer.remembers, old):
            if type(x) is not float:
                x[...] = new[name]
        optimizer.memory[i] = tuple(
            float(new[name]) if type(x) is float else x for name, x in zip(optimizer.remembers, old)
        )


def _settings(optimizer: Optimizer) -> dict[str, Any]:
    """Return what else the steps depend on: the attributes that are numbers."""
    return {
        name: value
        for name, value in vars(optimizer).items()
        if not name.startswith("_")
        and name not in NO_SETTINGS
        and all(isinstance(x, _PLAIN) for x in (value if isinstance(value, tuple) else (value,)))
    }


def _other_settings(optimizer: Optimizer, state: Mapping[str, Any]) -> list[str]:
    """Say which settings differ; of a rate that is a function, for the step of the state."""
    ours: dict[str, Any] = {"scheduled": optimizer.scheduled, **_settings(optimizer)}
    if optimizer.scheduled:
        steps, optimizer.steps = optimizer.steps, state["steps"]
        try:
            ours["lr"] = optimizer.lr
        finally:
            optimizer.steps = steps
    else:
        ours["lr"] = state["settings"].get("lr", "a number")
    theirs = {
        name: tuple(value) if isinstance(value, list) else value  # of JSON
        for name, value in state["settings"].items()
    }
    words = {
        "lr": f"lr of step {state['steps']}",
        "scheduled": "that lr is a function of the step",
    }
    return [
        f"{words.get(name, name)} is {theirs.get(name, 'not there')} in the state;"
        f" expected {ours.get(name, 'none')}"
        for name in {**ours, **theirs}
        if ours.get(name) != theirs.get(name)
    ]


def _other_memory(optimizer: Optimizer, memory: Any) -> list[str]:
    """Say what of the memory is missing, extra, or has another shape or type."""
    if len(memory) != len(optimizer.memory):
        return [f"it is of {len(memory)} parameters; expected {len(optimizer.memory)}"]
    faults = []
    for i, (old, new) in enumerate(zip(optimizer.memory, memory)):
        if set(new) != set(optimizer.remembers):
            names = [", ".join(sorted(x)) or "nothing" for x in (new, optimizer.remembers)]
            faults.append(f"parameter {i} has {names[0]}; expected {names[1]}")
            continue
        for name, x in zip(optimizer.remembers, old):
            is_, should = (_form(x) for x in (new[name], x))
            if is_ != should:
                faults.append(f"parameter {i} has a {name} of {is_}; expected {should}")
    return faults


def _form(x: Any) -> str:
    """Describe a number or array as it must be, to be taken."""
    return f"{x.dtype} {x.shape}" if hasattr(x, "dtype") else type(x).__name__

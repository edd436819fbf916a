"""`autodiff mnist`: train a network that reads digits, from the command line.

    autodiff mnist --epochs 5 --hidden 128 --optimizer adam

It takes the whole of MNIST if it can be had, else the small part inside the package, and says so.
It prints a line for each epoch, and writes the weights (safetensors) and the learning curve (CSV,
and a picture where matplotlib is installed). Until it is done there is a checkpoint beside them, of
the last epoch, for `--resume`.
"""

from __future__ import annotations

import argparse
import io
import os
from collections.abc import Callable
from typing import Any

from . import recognition
from .serialization import replace

# name -> (class in `optim`, its settings, the learning rate that suits it here)
OPTIMIZERS: dict[str, tuple[str, dict[str, Any], float]] = {
    "sgd": ("SGD", {}, 0.1),
    "momentum": ("SGD", {"momentum": 0.9}, 0.02),
    "nesterov": ("SGD", {"momentum": 0.9, "nesterov": True}, 0.02),
    "adagrad": ("AdaGrad", {}, 0.02),
    "rmsprop": ("RMSProp", {}, 0.001),
    "adam": ("Adam", {}, 0.001),
    "adamw": ("AdamW", {}, 0.001),
}

Say = Callable[[str], None]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what `run` wants to know."""
    add: Any = parser.add_argument
    add("--epochs", type=_whole, default=5, metavar="N", help="times over the data (5)")
    add("--hidden", type=_widths, default=[128], metavar="W",
        help="widths of the hidden layers, as 256,128 (128)")  # fmt: skip
    add("--optimizer", choices=OPTIMIZERS, default="adam", help="(adam)")
    add("--lr", type=_positive, metavar="RATE", help="the learning rate (one for each optimizer)")
    add("--schedule", choices=("constant", "linear", "cosine"), default="constant",
        help="how the learning rate falls to 0 over the run (constant: it does not)")  # fmt: skip
    add("--batch", type=_whole, default=100, metavar="N", help="images a step (100)")
    add("--activation", choices=recognition.ACTIVATIONS, default="relu", help="(relu)")
    add("--seed", type=int, default=0, help="of the weights and of the order of the images (0)")
    add("--data", metavar="FOLDER", help="where the idx files are (else AUTODIFF_DATA, the cache,"
        " the mirrors)")  # fmt: skip
    add("--small", action="store_true", help="train on the part of MNIST inside the package")
    add("--resume", action="store_true", help="go on from where the same command was stopped, by"
        " hand or by accident; from the start if it was not")  # fmt: skip
    add("-o", dest="output", default="mnist", metavar="NAME",
        help="write NAME.safetensors, NAME.csv and NAME.png (mnist)")  # fmt: skip
    add("--predict", nargs="+", metavar="IMAGE", help="say which digit an image shows, a photo or a"
        " drawing, by the network in NAME.safetensors; trains nothing, so takes none of the other"
        " options but -o, --weights and --activation")  # fmt: skip
    add("--weights", metavar="FILE", help="for --predict: the network in this file instead")


def run(options: argparse.Namespace, say: Say) -> int:
    """Train, print and save; return 0, or 1 if the training diverged. Or predict."""
    if options.predict:
        _refuse_training(options)
        weights = options.weights or f"{_stem(options.output)}.safetensors"
        return recognition.predict(options.predict, weights, options.activation, say)
    if options.weights:
        raise ValueError("--weights got a file, but nothing to read: name an image by --predict")
    from . import nn as modules
    from . import optim, serialization, training
    from .data import DataLoader
    from .nn.initialisers import he
    from .seeding import seed

    name = _name(options.output)
    (x, y), test = _data(options, say)
    seed(options.seed)
    widths = [x.shape[1], *options.hidden, 10]
    model = recognition.perceptron(widths, options.activation, he)
    kind, settings, rate = OPTIMIZERS[options.optimizer]
    rate = options.lr if options.lr is not None else rate
    loader = DataLoader(x, y, batch_size=options.batch, shuffle=True, seed=options.seed)
    steps = len(loader) * options.epochs
    schedules = {
        "constant": rate,
        "linear": optim.linear_decay(rate, 0.0, steps=steps),
        "cosine": optim.cosine_decay(rate, steps=steps),
    }
    lr = schedules[options.schedule]
    optimizer = getattr(optim, kind)(model.parameters(), lr=lr, **settings)
    say(f"{'-'.join(map(str, widths))}, {options.activation}, {options.optimizer} at {rate:g},"
        f" {len(x):,} images in batches of {options.batch}")  # fmt: skip
    say("epoch  train loss  train accuracy  test loss  test accuracy  seconds")

    def line(run: Any) -> None:
        r = run.history.rows()[-1]
        say(
            f"{r['epoch']:5}  {r['train_loss']:10.4f}  {r['train_accuracy']:14.4f}"
            f"  {r['validation_loss']:9.4f}  {r['validation_accuracy']:13.4f}  {r['seconds']:7.1f}"
        )

    status = 0
    best = training.KeepBest()
    checkpoint = training.Checkpoint(name)
    is_there = os.path.exists(checkpoint.path)
    if is_there and not options.resume:
        say(f"this starts anew: with --resume it would go on from {checkpoint.path},"
            f" which is kept as {checkpoint.path_before}")  # fmt: skip
    if options.resume and not is_there:
        say(f"there is no {checkpoint.path} to go on from, so this starts anew")
    try:
        history = training.fit(
            model, loader, modules.cross_entropy, optimizer, options.epochs, validation=test,
            callbacks=[line, training.ProgressBar(keep=False), best, checkpoint],
            resume=options.resume,
        )  # fmt: skip
    except training.Diverged as error:
        say(f"stopped: {error}")
        status, history = 1, error.history
    except training.CheckpointError as error:
        say(f"stopped: {error.strerror}")
        return 1
    except KeyboardInterrupt:  # pressed twice or more
        say(f"stopped at once; {_going_on(checkpoint.path)}")
        return 130
    if status or history.stopped:
        if history.stopped:
            epoch = min(history.epochs + 1, options.epochs)
            say(f"stopped by hand in epoch {epoch}; {_going_on(checkpoint.path)}")
        if not history.epochs:  # nothing that would be better than the files of an earlier training
            say(f"no epoch is finished, so {name}.safetensors is not written")
            return status
        say(f"the weights are those of epoch {best.best_epoch}, the best")
        model.load_state_dict(best.weights)
    if not history.stopped and os.path.exists(checkpoint.path):  # nothing to go on with
        os.remove(checkpoint.path)
    which = history["epoch"].index(best.best_epoch) if status or history.stopped else -1
    written = [f"{name}.safetensors", f"{name}.csv"]
    serialization.save(model, written[0], {"activation": options.activation})
    history.save_csv(written[1], validation="test")
    try:
        if _picture(history, f"{name}.png"):
            written.append(f"{name}.png")
    except KeyboardInterrupt:
        say(f"stopped while drawing {name}.png, which is not written")
        status = 130
    say(f"wrote {', '.join(written)}")
    say(f"test accuracy {history['validation_accuracy'][which]:.4f}")
    return status


def _refuse_training(options: argparse.Namespace) -> None:
    """Raise ValueError where a training is asked for beside a prediction."""
    parser = argparse.ArgumentParser()
    add_options(parser)
    plain = parser.parse_args([])
    given = [
        "--" + name
        for name, value in vars(options).items()
        if name not in ("output", "predict", "weights", "activation")
        and value != getattr(plain, name, value)
    ]
    if given:
        raise ValueError(f"--predict trains nothing, and got {', '.join(given)}: leave that out")


def _going_on(path: str) -> str:
    """Say how to go on from a checkpoint, if there is one."""
    return "to go on, say --resume" if os.path.exists(path) else "there is nothing to go on from"


def _name(output: str) -> str:
    """Return `_stem`; raise if the files have no place."""
    output = _stem(output)
    folder = os.path.dirname(output) or "."
    if not os.path.isdir(folder) or not os.access(folder, os.W_OK):
        raise FileNotFoundError(f"-o got a name in the folder '{folder}', which is not there or"
            " cannot be written: make it first")  # fmt: skip
    return output


def _stem(output: str) -> str:
    """Return what the files are called before their endings."""
    for ending in (".safetensors", ".csv", ".png"):
        output = output.removesuffix(ending)
    if os.path.isdir(output) or output.endswith(("/", os.sep)):
        output = os.path.join(output, "mnist")
    return output


def _data(options: argparse.Namespace, say: Say) -> tuple[Any, Any]:
    from .data import load_mnist, load_mnist_small

    if options.small and options.data is not None:
        raise ValueError("--small and --data exclude each other: give one of them")
    if options.small:
        return load_mnist_small()
    try:
        return load_mnist(options.data)
    except FileNotFoundError as error:
        if options.data is not None or os.environ.get("AUTODIFF_DATA"):
            raise  # a folder that somebody has named
        say(f"{error}")
        say("So this trains on the part of MNIST inside the package, 5,000 images.")
        return load_mnist_small()


def _picture(history: Any, path: str) -> bool:
    """Draw the learning curve; return whether there is matplotlib to do so."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return False
    figure = Figure(figsize=(8, 3.2), layout="constrained")
    for axes, what in zip(figure.subplots(1, 2), ("loss", "accuracy")):
        for part, name, ink, mark in (
            ("train", "train", "#0B5FB5", "o"),
            ("validation", "test", "#8F3A00", "s"),
        ):
            axes.plot(history["epoch"], history[f"{part}_{what}"], color=ink, marker=mark,
                      markersize=4, label=name)  # fmt: skip
        axes.set(xlabel="epoch", ylabel=what)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(color="#E3E7EC")
        axes.legend(frameon=False)
    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=100)
    replace(path, buffer.getvalue())
    return True


def _whole(text: str) -> int:
    if text.isdecimal() and len(text) < 7 and int(text) >= 1:
        return int(text)
    raise argparse.ArgumentTypeError(f"got '{text[:40]}'; expected a whole number, 1 to 999999")


def _widths(text: str) -> list[int]:
    return [_whole(part.strip()) for part in text.split(",")]


def _positive(text: str) -> float:
    try:
        if 0.0 < float(text) < float("inf"):
            return float(text)
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(
        f"got '{text[:40]}'; expected a finite number above 0, such as 0.1"
    )

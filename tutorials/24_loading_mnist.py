# %% [markdown]
"""
# Lesson 24: Loading digits

**What you will see first.** Real handwritten digits, sixty of them on a sheet. They lie in
files of a very plain kind, which you will take apart byte by byte; then the three switches that say
in which shape you want them, and what a broken file says.

![A sheet of handwritten digits, each with its label](pictures/24_digits.png)

*About 10 minutes. The lesson runs as it stands, and writes its pictures into the directory that
you run it from.*
"""

# %%
import gzip
import pickle
import sys
import tempfile
from pathlib import Path

import numpy as np

from autodiff.data import load_mnist, load_mnist_small, read_idx
from visualize.plots import images

# %% [markdown]
"""
## The digits

MNIST has 60,000 digits to learn from and 10,000 to be examined with, each 28 × 28 pixels. A small
part of it comes with the package, 5,000 and 1,000 real ones, so that this lesson needs no internet.
`python 24_loading_mnist.py --full` takes the whole: from the folder that `AUTODIFF_DATA` names,
from the cache, or from the public mirrors, and checks the bytes.
"""

# %%
full = "--full" in sys.argv
load = load_mnist if full else load_mnist_small
(x_train, y_train), (x_test, y_test) = load()
print("training:", x_train.shape, x_train.dtype, "  labels:", y_train.shape, y_train.dtype)
print("test:    ", x_test.shape, x_test.dtype)
assert x_train.shape == ((60_000 if full else 5_000), 784)
assert sorted(set(y_train.tolist())) == list(range(10))

# %%
picture = images(x_train[:60], y_train[:60], columns=12, title="The first sixty")
picture.save("24_digits.png")
print("wrote 24_digits.png")
picture

# %% [markdown]
"""
## Three switches

- `normalize`: the pixels are bytes, 0 to 255. With it they are divided by 255, to lie between 0 and
  1: inputs of size one, as lesson 12 wished for.
- `flatten`: a picture as a row of 784 numbers, for plain layers; without it (1, 28, 28), one
  channel of 28 rows and 28 columns, for convolutions.
- `one_hot_label`: 5 as 5, or as ten numbers of which the sixth is 1.
"""

# %%
(raw, _), _ = load(normalize=False)
(square, _), _ = load(flatten=False)
(_, hot), _ = load(one_hot_label=True)
print("normalize=False:    ", raw.dtype, "from", raw.min(), "to", raw.max())
print("flatten=False:      ", square.shape[1:])
print("one_hot_label=True: ", y_train[0], "is", hot[0].astype(int).tolist())
assert (raw.dtype, raw.min(), raw.max()) == (np.uint8, 0, 255)
assert (x_train.min(), x_train.max()) == (0.0, 1.0)
assert np.array_equal(x_train[0], raw[0].astype(np.float32) / 255)
assert square.shape[1:] == (1, 28, 28)
assert np.array_equal(square[0].ravel(), x_train[0])
assert hot[0].argmax() == y_train[0]
assert hot[0].sum() == 1.0

# %% [markdown]
"""
## The file, by hand

An **idx** file begins with four bytes: two zeros, the type of its numbers (8 for a byte), and how
many dimensions it has. Then comes the size of each dimension, four bytes each, large end first.
Then the numbers. Let us make one, of two pictures of 2 × 3 pixels, and read it.
"""

# %%
folder = Path(tempfile.mkdtemp())
pixels = bytes(range(12))
header = bytes([0, 0, 8, 3]) + b"".join(n.to_bytes(4, "big") for n in (2, 2, 3))
(folder / "small.idx").write_bytes(header + pixels)
by_hand = np.frombuffer((folder / "small.idx").read_bytes()[16:], np.uint8).reshape(2, 2, 3)
engine = read_idx(folder / "small.idx")
print("header:", list(header))
print("by hand", by_hand.tolist())
print("read_idx", engine.tolist())
assert np.array_equal(by_hand, engine)

(folder / "small.idx.gz").write_bytes(gzip.compress(header + pixels))
assert np.array_equal(read_idx(folder / "small.idx.gz"), engine)  # packed, too

# %% [markdown]
"""
## What a broken file says

Half a download, a web page in place of a file, one byte too many: a loader that takes what it gets
would give you pictures of noise, and you would look for the fault in your network. So it does not.
"""

# %%
broken = {
    "cut short": (header + pixels)[:-5],
    "a byte too many": header + pixels + b"!",
    "a web page": b"<!DOCTYPE html><title>404</title>",
    "a damaged gzip": gzip.compress(header + pixels)[:-6],
    "empty": b"",
}
for what, content in broken.items():
    path = folder / "broken.idx"
    path.write_bytes(content)
    told = ""
    try:
        read_idx(path)
    except ValueError as error:
        told = str(error).replace(str(path), "broken.idx")
    print(f"{what:16} {told}")
    assert "broken.idx" in told

# %% [markdown]
"""
## Why there is no pickle

**The slip.** The text reads the files once and keeps the arrays as a pickle, to be faster the next
time. But to load a pickle is to *run* it: whoever made the file decides what your computer does.
Here is one that only prints. It could as well have deleted your home.
"""


# %%
class Wicked:
    def __reduce__(self):
        return print, ("a pickle ran this line while it was being loaded",)


pickle.loads(pickle.dumps(Wicked()))  # noqa: S301 - that this is unsafe is what it shows

# %% [markdown]
"""
The idx files are read in a fraction of a second, and hold numbers and nothing else. Weights are
saved the same way, as `safetensors`.

## One thing to try

Which two digits look most alike on the average? Guess, then run the cell: it makes the mean picture
of each digit.
"""

# %%
means = np.array([x_train[y_train == digit].mean(axis=0) for digit in range(10)])
distances = np.linalg.norm(means[:, None] - means[None], axis=2) + 99 * np.eye(10)
one, two = divmod(int(distances.argmin()), 10)
print(f"the closest mean pictures are those of {one} and {two}, {distances.min():.2f} apart")

# %% [markdown]
"""
## One question

Why are there separate pictures to be examined with?

<details><summary>Answer</summary>

A network can learn its examples by heart, and would then be right on all of them and know nothing.
Only pictures that it has never seen tell whether it can read. They were written by other people,
too.

</details>
"""

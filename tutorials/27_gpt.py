# %% [markdown]
"""
# Lesson 27: A GPT in scalars

**What you will see first.** Names that nobody has ever had, made up by a program that has seen a
list of real ones. It is a GPT, the kind of network behind the large language models, with
everything that they have, attention, residuals, layers, Adam; only smaller, and every number in it
is a `Value`. The chain rule of lesson 6 is all that trains it.

![The loss of the GPT falls from that of a guess among 27 letters](pictures/27_loss.png)

*About 25 minutes. It trains for about a quarter of a minute. The lesson runs as it stands, and
writes its pictures into the directory that you run it from.*
"""

# %%
import random
from itertools import pairwise
from math import isclose, log
from time import perf_counter

import autodiff
from autodiff import Value, dot, linear, softmax
from autodiff import log as log_of
from autodiff.optim import Adam, linear_decay
from visualize import explain, summary
from visualize.plots import lines

# %% [markdown]
"""
## The names

A name is a row of letters; before it and after it we put a dot, which says "begin" and "end". The
network sees some letters and is asked for the next one. So there are 27 *tokens*: a to z, and the
dot.
"""

# %%
NAMES = """
ada adam adele agnes alan albert alice alma amelia amy andrea anna anton arthur bella ben
benjamin bertha boris carl carla carmen charles clara daniel david diana dora edgar edith eliza
ella elsa emil emily emma eric ernest eva felix flora frank frida george gerda grace greta
gustav hanna hans harald helen henry hilda hugo ida igor ines ingrid irene iris isaac ivan jack
jakob jane jasmin joan johanna john jonas julia julian karin karl katherine klara lara laura lea
lena leo lily linda lisa lotte lucas lucy luisa magda maria marie mark marta martin mary
mathilda max mia mila mira mona nadia nelly nina nora olga olivia oscar otto paul paula peter
philip rebecca rita robert rosa ruth samuel sandra sara simon sofia sophia stella susan thea
theodor thomas tina tom ursula vera victor viola walter wanda wilma xenia yara yvonne zelda zoe
""".split()  # noqa: SIM905 - easier to read, and to change
LETTERS = ".abcdefghijklmnopqrstuvwxyz"
print(f"{len(NAMES)} names, the longest of {max(map(len, NAMES))} letters; {len(LETTERS)} tokens")
assert len(LETTERS) == 27
assert len(set(NAMES)) == len(NAMES)
assert all(set(name) <= set(LETTERS[1:]) for name in NAMES)


def tokens(name):
    return [LETTERS.index(letter) for letter in f".{name}."]


# %% [markdown]
"""
## The parameters

- a row of 16 numbers for each token, and one for each position: the **embeddings**;
- for the attention four tables of 16 × 16: queries, keys, values, and the one that joins them;
- for the small network after it 64 × 16 and 16 × 64;
- 27 × 16 at the end, for the scores of the next token.
"""

# %%
WIDTH, HEADS, LONGEST = 16, 4, 12
autodiff.seed(27)


def table(rows, columns, deviation=0.08):
    return [[Value(random.gauss(0.0, deviation)) for _ in range(columns)] for _ in range(rows)]


of_token, of_place = table(27, WIDTH), table(LONGEST, WIDTH)
queries, keys, values, join = (table(WIDTH, WIDTH) for _ in range(4))
wide, narrow = table(4 * WIDTH, WIDTH), table(WIDTH, 4 * WIDTH)
scores_of = table(27, WIDTH)
tables = [of_token, of_place, queries, keys, values, join, wide, narrow, scores_of]
parameters = [value for one in tables for row in one for value in row]
print(f"{len(parameters):,} parameters, each a Value")
assert len(parameters) == 2 * 27 * 16 + 12 * 16 + 4 * 16 * 16 + 2 * 64 * 16

# %% [markdown]
"""
## The network

It goes from token to token. Each gets its embedding and that of its place. Then two things happen,
and what they find is *added* to the row, not put in its place: a **residual**, a short cut for
gradients too.

1. **Attention.** The token asks: its *query*. Every token before it, and itself, offers a *key* and
a *value*. The query times a key says how well they fit; a softmax makes shares of that (lesson 17);
and the values are mixed in those shares. Four heads do so side by side, on four numbers each.
2. **A small network** of one hidden layer, 64 wide, with ReLU.

Before each, the row is brought to the size one (a **norm**), as lesson 23 taught us to keep sizes.
"""


# %%
def norm(row):
    scale = (dot(row, row) / len(row) + 1e-5) ** -0.5
    return [x * scale for x in row]


def mixed(query, seen_keys, seen_values):
    """Return what one head finds: the values, in shares by how well their keys fit the query."""
    fits = [dot(query, key) / len(query) ** 0.5 for key in seen_keys]
    shares = softmax(fits)
    return [dot(shares, column) for column in zip(*seen_values)]


def next_scores(token, place, memory):
    """Return 27 scores for the next token; `memory` has the keys and values of those before."""
    x = norm([a + b for a, b in zip(of_token[token], of_place[place])])

    row = norm(x)
    query, key, value = linear(row, queries), linear(row, keys), linear(row, values)
    memory.append((key, value))
    found, size = [], WIDTH // HEADS
    for head in range(0, WIDTH, size):
        part = slice(head, head + size)
        found += mixed(query[part], [k[part] for k, _ in memory], [v[part] for _, v in memory])
    x = [a + b for a, b in zip(x, linear(found, join))]

    hidden = [h.relu() for h in linear(norm(x), wide)]
    x = [a + b for a, b in zip(x, linear(hidden, narrow))]
    return linear(x, scores_of)


def loss_of(name):
    """Return the mean of -log p of each letter of a name, and of its end."""
    row, memory, losses = tokens(name), [], []
    for place, (token, following) in enumerate(pairwise(row)):
        p = softmax(next_scores(token, place, memory))
        losses.append(-log_of(p[following]))
    return sum(losses) / len(losses)


loss = loss_of("emma")
loss.backward()
print(f"before any learning: {loss.data:.4f}; a guess among 27 has log 27 = {log(27):.4f}")
print(summary(loss))
assert abs(loss.data - log(27)) < 0.3

# %% [markdown]
"""
More than two thousand operations for four letters, and one walk back gives the gradient of every
parameter. By hand that would be a book. We can still check one of them by nudging; and look at one
that is close to the end, the score table's first number for "e".
"""

# %%
weight = scores_of[5][0]
h = 1e-5
weight.data += h
above = loss_of("emma").data
weight.data -= 2 * h
below = loss_of("emma").data
weight.data += h
print(f"by nudging {(above - below) / (2 * h):.9f}, engine {weight.grad:.9f}")
assert isclose((above - below) / (2 * h), weight.grad, rel_tol=1e-5)

# %% [markdown]
"""
The last link, for one score and its share of the loss, in the engine's words:
"""

# %%
s = [Value(0.5), Value(-1.0), Value(0.1)]
p = softmax(s)
one_loss = -log_of(p[0])
one_loss.backward()
by_hand = p[0].data - 1  # what was said minus what is true: lesson 17
print(f"by hand {by_hand:.9f}, engine {s[0].grad:.9f}")
assert isclose(by_hand, s[0].grad)
print(explain(one_loss, p[0]))

# %% [markdown]
"""
## Training

One name a step, Adam, a rate that falls to 0.
"""

# %%
STEPS = 1000
optimizer = Adam(parameters, lr=linear_decay(0.01, 0.0, steps=STEPS), betas=(0.85, 0.99))
order = random.sample(NAMES, len(NAMES))
history = []
for step in range(STEPS):
    optimizer.zero_grad()
    loss = loss_of(order[step % len(order)])
    loss.backward()
    optimizer.step()
    history.append(loss.data)
    if step % 200 == 199:
        print(f"step {step + 1:4}: mean loss of the last hundred {sum(history[-100:]) / 100:.4f}")
first, last = sum(history[:50]) / 50, sum(history[-100:]) / 100
assert first > 2.5
assert last < 2.1

smooth = [sum(history[max(0, i - 40) : i + 1]) / min(i + 1, 41) for i in range(STEPS)]
picture = lines(
    {"mean of 40 names": smooth, "a guess among 27": [log(27)] * STEPS},
    x="step",
    y="loss",
    title="A GPT learns names",
)
picture.save("27_loss.png")
print("wrote 27_loss.png")
picture

# %% [markdown]
"""
The graph of a name is built anew at each step. For one name it could be written down once, as
straight Python: `compile` does so, and then only its lines run.
"""

# %%
straight = autodiff.compile(lambda: loss_of("emma"))
start = perf_counter()
compiled_loss = straight.backward()
print(f"compiled in {perf_counter() - start:.1f} s, {straight.source.count(chr(10)):,} lines")


def built():
    loss_of("emma").backward()


times = []
for run in (built, straight.backward):
    start = perf_counter()
    for _ in range(5):
        run()
    times.append((perf_counter() - start) / 5)
print(f"a step on emma: {1000 * times[0]:.1f} ms as a graph, {1000 * times[1]:.1f} ms as Python")
assert isclose(compiled_loss, loss_of("emma").data)
optimizer.zero_grad()

# %% [markdown]
"""
The waves in the picture are the list: it has 144 names, and they come again in the same order.

## New names

Begin with the dot, draw a letter by the probabilities, put it in, draw the next, until the dot
comes. The *temperature* of lesson 17 makes it bolder or more careful.
"""


# %%
def make_up(temperature=0.6):
    token, memory, name = 0, [], ""
    with autodiff.no_grad():
        while len(name) < LONGEST:
            scores = next_scores(token, len(name), memory)
            shares = softmax([s / temperature for s in scores])
            weights = [float(p) for p in shares]
            token = random.choices(range(27), weights)[0]
            if token == 0:
                break
            name += LETTERS[token]
    return name


random.seed(1)
made = [make_up() for _ in range(20)]
new = [name for name in made if name not in NAMES]
print("names:", ", ".join(made))
print(f"{len(new)} of {len(made)} are not on the list")
assert len(new) >= 10
vowels = sum(any(letter in "aeiouy" for letter in name) for name in made)
assert vowels >= 18  # it has found out that a name has a vowel

# %% [markdown]
"""
After a thousand names it knows that a name has vowels, that consonants like vowels after them, and
that many end in a. The large ones have seen more text and have more of everything; the parts are
these.

## One thing to try

Make up names at the temperature below. What do 0.1 and 2.0 give?
"""

# %%
temperature = 1.0

print(f"at {temperature}:", ", ".join(make_up(temperature) for _ in range(8)))

# %% [markdown]
"""
## One question

Where in this network do letters learn anything of each other?

<details><summary>Answer</summary>

Only in the attention. All else, embeddings, norms, the small network, the scores, looks at one
place at a time. Without attention each letter would be guessed from the one before it and
its place alone, as the memory would never be asked.

</details>
"""

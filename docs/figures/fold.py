"""fold.svg: in inference a linear layer and the batch norm after it are one linear layer."""
import sys

from svg import BLUE, CHANNELS, GREY, INK, ORANGE, PALE, Picture, number

# By hand, one input and one channel, as in the chapter.
W, b, mean, variance, gamma, beta, x = 3, 1, 5, 16, 2, 10, 4
factor = gamma / variance**0.5
z = W * x + b
y = factor * (z - mean) + beta
W_, b_ = factor * W, beta + factor * (b - mean)
assert W_ * x + b_ == y

p = Picture(488, "Two layers become one: batch norm folded into the layer in front of it")


def layer(left, top, width, name, formula, notes, example):
    p.rect(left, top, width, 124, PALE, INK, 1.5, round=8)
    middle = left + width / 2
    p.text(middle, top + 22, name, 13, bold=True)
    p.text(middle, top + 48, formula, 16)
    p.lines(middle, top + 72, notes, 12, 17, fill=GREY)
    p.text(middle, top + 114, example, 13, fill=BLUE)


def flow(start, y, end, name, value):
    p.path([(start, y), (end, y)], INK, 2, arrow=True)
    p.text((start + end) / 2 - 3, y - 9, name, 14)
    p.text((start + end) / 2 - 3, y + 20, number(value), 13, fill=BLUE)


def columns(left, top, colours):
    """A kernel as a matrix: a column for each output channel."""
    p.matrix(left, top, [[""] * 3] * 4, 16, 12, lambda r, c: colours[c])


p.text(16, 26, "trained: two layers", 13, "start", bold=True)
flow(16, 104, 62, "x", x)
layer(66, 42, 196, "conv2d or dense", "z = x W + b",
      "kernel W, bias b\n(no bias counts as b = 0)",
      f"{W}·{x} + {b} = {z}")
flow(264, 104, 312, "z", z)
layer(316, 42, 316, "batch_norm, inference", "y = γ s (z − μ̄) + β",
      "s = 1 / √(σ̄² + ε), with the running statistics:\nall constants, one of each for a channel",
      f"{number(factor)}·({z} − {mean}) + {beta} = {number(y)}")
flow(634, 104, 684, "y", y)

p.path([(350, 178), (350, 210)], ORANGE, 2.5, arrow=True)
p.text(364, 198, "put z in and multiply out", 13, "start", ORANGE)
p.text(350, 240, "y = x (γ s W)  +  β + γ s (b − μ̄)".replace("  ", "\u2002"), 17)

p.text(16, 286, "folded: one layer, the same answers but for rounding", 13, "start", bold=True)
flow(16, 364, 92, "x", x)
layer(96, 302, 300, "conv2d or dense", "y = x W′ + b′",
      "W′ = γ s W: each column by its own factor\nb′ = β + γ s (b − μ̄)",
      f"{number(W_)}·{x} + {number(b_)} = {number(y)}")
flow(398, 364, 448, "y", y)
columns(480, 332, CHANNELS)
p.text(504, 322, "W", 14)
p.text(558, 362, "· γ s =", 14)
columns(590, 332, ["#8fc7ea", "#ffb84d", "#d48ab5"])
p.text(614, 322, "W′", 14)
p.text(562, 404, "a column for each output channel", 12, fill=GREY)
p.lines(16, 456, f"""
Blue: one input and one channel, with γ s = {gamma} / √{variance} = {number(factor)} (ε = 0).
Only in inference: in training the statistics are those of the batch.""",
        12, 18, anchor="start", fill=GREY)
p.save(__file__, sys.argv[1])

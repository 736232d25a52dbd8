"""fold.svg: in inference a convolution and the batch norm behind it are one convolution."""
import sys

from svg import CHANNELS, GREY, INK, ORANGE, PALE, Picture

p = Picture(440, "Two layers become one: batch norm folded into the convolution in front of it")


def layer(x, y, width, name, formula, state):
    p.rect(x, y, width, 112, PALE, INK, 1.5, round=8)
    p.text(x + width / 2, y + 24, name, 14, bold=True)
    p.text(x + width / 2, y + 50, formula, 15)
    p.lines(x + width / 2, y + 76, state, 12, 18, fill=GREY)


def flow(x, y, end, name=""):
    p.path([(x, y), (end, y)], INK, 2, arrow=True)
    p.text((x + end) / 2 - 3, y - 9, name, 14)


def channels(x, y):
    """A kernel [k·k·C, filters]: a column a filter."""
    p.matrix(x, y, [[""] * 3] * 4, 15, 11, lambda r, c: CHANNELS[c])


p.text(20, 28, "trained: two layers", 13, "start", bold=True)
flow(20, 100, 66, "x")
layer(70, 46, 196, "conv2d", "z = x ∗ w + b", ["kernel w, bias b", "(b = 0 in front of batch norm)"])
flow(268, 100, 316, "z")
layer(320, 46, 310, "batch_norm, inference", "y = γ·(z − μ) / √(σ² + ε) + β",
      ["γ, β trained; μ, σ² running: all constants,", "one of each for a channel"])
flow(632, 100, 684, "y")

p.path([(350, 170), (350, 204)], ORANGE, 2.5, arrow=True)
p.text(364, 192, "insert z, sort by x", 13, "start", ORANGE)
p.text(350, 234, "y = x ∗ (w·f) + β + (b − μ)·f with f = γ / √(σ² + ε)", 16)

p.text(20, 276, "folded: one layer, the same answers but for rounding", 13, "start", bold=True)
flow(20, 346, 96, "x")
layer(100, 292, 290, "conv2d", "y = x ∗ w′ + b′", ["w′ = w·f: each filter by its own factor", "b′ = β + (b − μ)·f"])
flow(392, 346, 440, "y")
channels(482, 316)
p.text(504, 306, "w", 13)
p.text(546, 343, "·f =", 14)
p.matrix(578, 316, [[""] * 3] * 4, 15, 11, lambda r, c: ["#8fc7ea", "#ffb84d", "#d48ab5"][c])
p.text(600, 306, "w′", 13)
p.text(562, 382, "a column a filter, a factor a column", 11, fill=GREY)
p.text(20, 426, "Only in inference: in training μ and σ² depend on the batch.", 12, "start", GREY)
p.save(__file__, sys.argv[1])

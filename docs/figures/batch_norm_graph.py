"""batch_norm_graph.svg: batch norm of one channel composed from arithmetic, beside the one node.

The values go down, the gradients come back up; both sides get the same dx, dγ and dβ.
"""
import math
import sys

from svg import BLUE, GREY, INK, PALE, Picture, number

x, gamma, beta, dy = [2, 4, 5, 6, 8], 2, 1, [10, 0, 0, 0, 0]  # ε is taken as 0: round numbers
m = len(x)

# Forward, an operation a line.
mean = sum(x) / m
centred = [v - mean for v in x]
square = [v * v for v in centred]
variance = sum(square) / m
std = math.sqrt(variance)
x_hat = [v / std for v in centred]
scaled = [gamma * v for v in x_hat]
y = [v + beta for v in scaled]

# Backward, from the last line to the first.
dbeta = sum(dy)
dgamma = sum(d * v for d, v in zip(dy, x_hat))
dx_hat = [gamma * d for d in dy]
dstd = sum(-d * v / std**2 for d, v in zip(dx_hat, centred))
dvariance = dstd / (2 * std)
dsquare = [dvariance / m] * m
dcentred = [d / std + 2 * v * q for d, v, q in zip(dx_hat, centred, dsquare)]
dmean = -sum(dcentred)
dx = [d + dmean / m for d in dcentred]

# The one formula.
s = 1 / std
fused = [gamma * s * (d - dbeta / m - h * dgamma / m) for d, h in zip(dy, x_hat)]
assert all(abs(a - b) < 1e-12 for a, b in zip(dx, fused))

p = Picture(744, "Batch norm composed from arithmetic, and as one operation")
WIDE, HIGH, STEP, TOP = 206, 58, 69, 52
LEFT, SIDE, FUSED = 14, 242, 476


def row(i):
    return TOP + i * STEP


def numbers(left, y, values, is_gradient):
    colour = BLUE if is_gradient else INK
    p.text(left, y, "↑" if is_gradient else "↓", 12, "start", colour)
    for i, v in enumerate(values if isinstance(values, list) else [values]):
        p.text(left + 16 + 36 * i, y, number(v), 12, "start", colour)


def box(left, top, title, shape, value, gradient, leaf=False, wide=WIDE):
    p.rect(left, top, wide, HIGH, PALE if leaf else "#ffffff", INK, 1.3, round=0 if leaf else 8)
    p.text(left + 8, top + 17, title, 13, "start", bold=True)
    p.text(left + wide - 8, top + 17, shape, 12, "end", GREY)
    numbers(left + 8, top + 34, value, False)
    numbers(left + 8, top + 51, gradient, True)


def flow(start, end):
    p.path([start, end], GREY, 1.5, arrow=True)


p.text(LEFT, 24, "composed from arithmetic: nine operations", 14, "start", bold=True)
p.text(LEFT, 42, "↓ value\u2003↑ gradient", 12, "start", GREY)
middle, side = LEFT + WIDE / 2, SIDE + WIDE / 2
box(LEFT, row(0), "x", "[m, C]", x, dx, True)
box(SIDE, row(1), "mean, Σ x / m", "[C]", mean, dmean)
box(LEFT, row(2), "x − mean", "[m, C]", centred, dcentred)
box(SIDE, row(3), "square", "[m, C]", square, dsquare)
box(SIDE, row(4), "mean of squares", "[C]", variance, dvariance)
box(SIDE, row(5), "+ ε", "[C]", variance, dvariance)
box(SIDE, row(6), "root", "[C]", std, dstd)
box(LEFT, row(7), "divide: x̂", "[m, C]", x_hat, dx_hat)
box(LEFT, row(8), "· γ", "[m, C]", scaled, dy)
box(LEFT, row(9), "+ β: y", "[m, C]", y, dy)
box(SIDE, row(8), "γ", "[C]", gamma, dgamma, True)
box(SIDE, row(9), "β", "[C]", beta, dbeta, True)
for a, b in ((0, 2), (2, 7), (7, 8), (8, 9)):
    flow((middle, row(a) + HIGH), (middle, row(b) - 1))
for a, b in ((3, 4), (4, 5), (5, 6)):
    flow((side, row(a) + HIGH), (side, row(b) - 1))
for i in (8, 9):
    flow((SIDE, row(i) + 29), (LEFT + WIDE + 1, row(i) + 29))
for a, b in ((0, 1), (2, 3)):
    flow((LEFT + WIDE, row(a) + 40), (SIDE + 40, row(b) - 1))
for a, b in ((1, 2), (6, 7)):
    flow((SIDE + 40, row(a) + HIGH), (LEFT + WIDE + 1, row(b) + 20))
p.path([(462, 16), (462, 730)], GREY, 1, "4 4")

p.text(FUSED, 24, "as one operation", 14, "start", bold=True)
box(FUSED, row(0), "x", "[m, C]", x, fused, True)
box(FUSED, row(1), "γ", "[C]", gamma, dgamma, True, 98)
box(FUSED + 108, row(1), "β", "[C]", beta, dbeta, True, 98)
top = row(2) + 14
p.rect(FUSED, top, WIDE, 270, "#ffffff", INK, 1.8, round=8)
p.text(FUSED + 8, top + 20, "batch_norm", 13, "start", bold=True)
p.text(FUSED + WIDE - 8, top + 20, "[m, C]", 12, "end", GREY)
p.lines(FUSED + 8, top + 44, """
μ = Σ x / m
σ² = Σ (x − μ)² / m
s = 1 / √(σ² + ε)
x̂ = (x − μ)·s
y = γ·x̂ + β""", 13, 20, anchor="start")
p.lines(FUSED + 8, top + 160, """
dβ = Σ dy
dγ = Σ dy·x̂
dx = γ·s·(dy − dβ/m
− x̂·dγ/m)""", 13, 20, anchor="start", fill=BLUE)
numbers(FUSED + 8, top + 246, y, False)
numbers(FUSED + 8, top + 262, dy, True)
flow((FUSED + 49, row(1) + HIGH), (FUSED + 49, top - 1))
flow((FUSED + 157, row(1) + HIGH), (FUSED + 157, top - 1))
right = FUSED + WIDE + 10
p.path([(FUSED + WIDE, row(0) + 29), (right, row(0) + 29), (right, top + 29), (right - 9, top + 29)],
       GREY, 1.5, arrow=True)
p.lines(FUSED - 8, top + 300, f"""
one channel, m = {m}, γ = {gamma}, β = {beta},
ε taken as 0 for round numbers.

The chain rule on the left and the
formula here give the same dx:
({", ".join(map(number, fused))}).
Its sum and its product with x̂
are {number(sum(fused))}.""", 13, 20, anchor="start")
p.save(__file__, sys.argv[1])

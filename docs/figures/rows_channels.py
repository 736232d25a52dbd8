"""rows_channels.svg: (N, H, W, C) in memory, and the same numbers as a matrix [m, C]."""
import sys

from svg import CHANNELS, GREY, INK, ORANGE, Picture

N, H, W, C = 2, 2, 3, 3
MARKED = (1, 0, 2)  # n, h, w: shown in every place

p = Picture(470, "Tensors after dense and convolution layers, read as rows and channels")
colour = lambda r, c: CHANNELS[c]


def offset(n, h, w, c):
    return ((n * H + h) * W + w) * C + c


marked_row = offset(*MARKED, 0) // C
CELL, HIGH, TOP = 34, 20, 74


def matrix(left, rows):
    for c in range(C):
        p.text(left + (c + 0.5) * CELL, TOP - 7, f"c={c}", 11)
    p.matrix(left, TOP, [[r * C + c for c in range(C)] for r in range(rows)], CELL, HIGH, colour)


p.text(121, 26, "(N, C)", 15, bold=True)
p.text(121, 45, "(4, 3), after a dense layer", 12)
matrix(70, 4)
p.bracket(62, TOP, 4 * HIGH, "m = N")
p.lines(121, 196, """
Both are a matrix [m, C].
Batch norm takes the mean
and variance of each column:
C means, C variances,
of m numbers each.""", 12)

LEFT = 330
p.text(LEFT + 51, 26, "[m, C]", 15, bold=True)
p.text(LEFT + 51, 45, "the numbers on the right", 12)
matrix(LEFT, N * H * W)
p.rect(LEFT - 2, TOP + marked_row * HIGH - 2, C * CELL + 4, HIGH + 4, "none", ORANGE, 3)
p.bracket(LEFT - 8, TOP, N * H * W * HIGH, "m = N·H·W")
p.text(LEFT - 19, TOP + N * H * W * HIGH / 2 + 20, f"= {N * H * W} rows", 12, "end")
n, h, w = MARKED
p.text(LEFT + 51, 334, f"row (n·H + h)·W + w = {marked_row}", 12, fill=ORANGE)

RIGHT = 500
p.text(RIGHT + 87, 26, "(N, H, W, C)", 15, bold=True)
p.text(RIGHT + 87, 45, f"({N}, {H}, {W}, {C}), after a convolution", 12)
for n in range(N):
    top = 84 + n * 116
    p.text(RIGHT + 87, top - 8, f"image n = {n}", 12, fill=GREY)
    for h in range(H):
        for w in range(W):
            x, y = RIGHT + w * 60, top + h * 36
            p.matrix(x, y, [[offset(n, h, w, c) for c in range(C)]], 18, 28, colour, 11)
            p.rect(x, y, 54, 28, "none", INK, 1.2)
            if (n, h, w) == MARKED:
                p.rect(x - 2, y - 2, 58, 32, "none", ORANGE, 3)
p.text(RIGHT + 87, 298, "a pixel is C numbers side by side", 12, fill=GREY)
p.path([(RIGHT - 14, 196), (LEFT + 3 * CELL + 12, 196)], GREY, 2, arrow=True)

p.text(20, 372, "the image tensor in memory: one row of numbers, channels last", 13, "start",
       bold=True)
for i in range(N * H * W * C):
    p.matrix(20 + i * 18.3, 384, [[i]], 18.3, 26, lambda r, c: CHANNELS[i % C], 11)
p.rect(20 + marked_row * C * 18.3 - 1, 382, C * 18.3 + 2, 30, "none", ORANGE, 3)
for n in range(N):
    first = 20 + n * H * W * C * 18.3
    p.path([(first + 2, 418), (first + 2, 423), (first + H * W * C * 18.3 - 2, 423),
            (first + H * W * C * 18.3 - 2, 418)], GREY, 1)
    p.text(first + H * W * C * 9.15, 438, f"image n = {n}", 12, fill=GREY)
p.text(20, 460, "offset of (n, h, w, c) = ((n·H + h)·W + w)·C + c: "
       "reading it as [m, C] moves nothing", 12, "start")
p.save(__file__, sys.argv[1])

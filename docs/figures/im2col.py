"""im2col.svg: convolution as a matrix product: each window of the image is a row."""
import sys

from svg import CHANNELS, GREY, INK, ORANGE, Picture, number

image = [[0, 1, 2, 0], [1, 3, 1, 0], [2, 2, 0, 1], [0, 1, 1, 3]]
kernels = [[-1, 0, 1, -1, 0, 1, -1, 0, 1], [0, 1, 0, 1, -4, 1, 0, 1, 0]]
SIZE, K, MARKED = 4, 3, 1
windows = [(h, w) for h in range(SIZE - K + 1) for w in range(SIZE - K + 1)]
rows = [[image[h + i][w + j] for i in range(K) for j in range(K)] for h, w in windows]
kernel = [list(pair) for pair in zip(*kernels)]
output = [[sum(a * b for a, b in zip(row, column)) for column in kernels] for row in rows]

p = Picture(478, "A convolution as a matrix product")
p.text(94, 26, "image (H, W)", 13, bold=True)
p.matrix(40, 40, image, 27, 27, size=13)
h, w = windows[MARKED]
p.rect(40 + w * 27, 40 + h * 27, 81, 81, "none", ORANGE, 3.5)
p.text(40, 172, "window at h = 0, w = 1", 12, "start", ORANGE)
p.lines(230, 46, """
A 3×3 kernel fits into a 4×4 image in 2·2 places (padding
"valid"). Each window, read line by line, becomes a row;
each filter a column. One product of matrices does it all.

A number stands in as many rows as windows hold it:
backward adds up what comes back to each of its copies.""", 13, 20, anchor="start")
TOP = 254
p.text(40 + 9 * 13, TOP - 12, "windows as rows [m, k·k·C]", 13, bold=True)
p.matrix(40, TOP, rows, 26, 24)
p.rect(40, TOP + MARKED * 24, 9 * 26, 24, "none", ORANGE, 3.5)
for i, (h, w) in enumerate(windows):
    p.text(34, TOP + i * 24 + 16, f"{h},{w}", 11, "end", GREY)
p.text(302, TOP + 54, "·", 22)
p.text(366, TOP - 68, "kernel", 13, bold=True)
p.text(366, TOP - 52, "[k·k·C, filters]", 12)
p.matrix(330, TOP - 44, kernel, 36, 22, lambda r, c: CHANNELS[c])
p.text(432, TOP + 54, "=", 18)
p.text(500, TOP - 28, "output", 13, bold=True)
p.text(500, TOP - 12, "[m, filters]", 12)
p.matrix(464, TOP, output, 36, 24, lambda r, c: CHANNELS[c])
p.rect(464, TOP + MARKED * 24, 72, 24, "none", ORANGE, 3.5)
p.path([(548, TOP + 48), (572, TOP + 48)], GREY, 1.5, arrow=True)
p.text(632, TOP - 28, "the same, seen as", 12)
p.text(632, TOP - 12, "(H, W, filters)", 13, bold=True)
for i, (h, w) in enumerate(windows):
    x, y = 584 + w * 52, TOP + 6 + h * 44
    p.matrix(x, y, [output[i]], 24, 34, lambda r, c: CHANNELS[c])
    if i == MARKED:
        p.rect(x, y, 48, 34, "none", ORANGE, 3.5)
terms = " + ".join(f"({number(b)})·{number(a)}" if b < 0 else f"{number(b)}·{number(a)}"
                   for a, b in zip(rows[MARKED], kernels[0]) if b)
p.text(40, 426, f"marked row, first filter: {terms} = {number(output[MARKED][0])}", 13, "start",
       ORANGE)
p.lines(40, 448, """
With C channels a window has k·k·C numbers. With N images there are m rows, the windows of all
of them, and the output is the matrix [m, C] of the layer after it, a channel for each filter.""",
        12, 18, anchor="start")
p.save(__file__, sys.argv[1])

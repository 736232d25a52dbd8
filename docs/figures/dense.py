"""dense.svg: y = x·w + b and the two products of its backward pass, one cell of each marked."""
import sys

from svg import BLUE, GREY, INK, ORANGE, Picture

N, INPUTS, OUTPUTS = 4, 3, 2
ROW, COLUMN, CELL_COLOUR = "#ffd591", "#bfe0f5", "#f3b9a0"
SIDE = 22
p = Picture(480, "The three matrix products of a dense layer")


def matrix(x, middle, rows, columns, name, row=None, column=None, cell=None):
    """Centred on the line `middle`, with its name above and shape below; returns its right edge."""
    y = middle - rows * SIDE / 2

    def fill(r, c):
        return (CELL_COLOUR if (r, c) == cell else ROW if r == row else COLUMN if c == column else "#ffffff")

    p.matrix(x, y, [["" for _ in range(columns)] for _ in range(rows)], SIDE, SIDE, fill)
    p.text(x + columns * SIDE / 2, y - 8, name, 14, bold=True)
    size = {N: "N", INPUTS: "in", OUTPUTS: "out"}
    p.text(x + columns * SIDE / 2, y + rows * SIDE + 16, f"[{size[rows]}, {size[columns]}]", 12, fill=GREY)
    return x + columns * SIDE


def product(middle, title, colour, a, b, c, text):
    """a·b = c, each a name with rows and columns; row and column of the marked cell of c."""
    i, j = 1, 0
    p.lines(20, middle - 4, title, 13, anchor="start", fill=colour, bold=True)
    end = matrix(116, middle, *a[1:], a[0], row=i)
    p.text(end + 16, middle + 5, "·", 20)
    end = matrix(end + 32, middle, *b[1:], b[0], column=j)
    p.text(end + 20, middle + 5, "=", 16)
    matrix(end + 40, middle, *c[1:], c[0], cell=(i, j))
    p.text(430, middle - 22, text[0], 16, "start")
    p.lines(430, middle + 4, text[1:], 13, 20, anchor="start")


product(84, ["forward"], INK, ("x", N, INPUTS), ("w", INPUTS, OUTPUTS), ("y", N, OUTPUTS),
        ["yᵢⱼ = Σₖ xᵢₖ wₖⱼ + bⱼ", "one row of x, one column of w:", "image i, output j"])
product(244, ["backward,", "kernel"], BLUE, ("xᵀ", INPUTS, N), ("dy", N, OUTPUTS), ("dw", INPUTS, OUTPUTS),
        ["dwₖⱼ = Σᵢ xᵢₖ dyᵢⱼ, dbⱼ = Σᵢ dyᵢⱼ", "sums over the images: every",
         "image has used the same w and b"])
product(404, ["backward,", "input"], BLUE, ("dy", N, OUTPUTS), ("wᵀ", OUTPUTS, INPUTS), ("dx", N, INPUTS),
        ["dxᵢₖ = Σⱼ dyᵢⱼ wₖⱼ", "sums over the outputs: every", "output has used the same x"])
p.save(__file__, sys.argv[1])

"""dense.svg: y = x·W + b and the two products of its backward pass, one cell of each marked."""
import sys

from svg import BLUE, GREY, INK, PAPER, Picture

N, INPUTS, OUTPUTS = 4, 3, 2
ROW, COLUMN, CELL_COLOUR = "#ffd591", "#bfe0f5", "#f3b9a0"
SIDE = 22
p = Picture(480, "The three matrix products of a dense layer")


def matrix(x, middle, rows, columns, name, row=None, column=None, cell=None):
    """Centred on the line `middle`, with its name above and shape below; returns its right edge."""
    y = middle - rows * SIDE / 2

    def fill(r, c):
        if (r, c) == cell:
            return CELL_COLOUR
        return ROW if r == row else COLUMN if c == column else PAPER

    p.matrix(x, y, [["" for _ in range(columns)] for _ in range(rows)], SIDE, SIDE, fill)
    p.text(x + columns * SIDE / 2, y - 8, name, 14, bold=True)
    size = {N: "N", INPUTS: "in", OUTPUTS: "out"}
    shape = f"[{size[rows]}, {size[columns]}]"
    p.text(x + columns * SIDE / 2, y + rows * SIDE + 16, shape, 12, fill=GREY)
    return x + columns * SIDE


def product(middle, title, colour, a, b, c, formula, text):
    """a·b = c, each a name with rows and columns. Centred on the line `middle`."""
    i, j = 1, 0
    p.lines(20, middle - 4, title, 13, anchor="start", fill=colour, bold=True)
    end = matrix(116, middle, *a[1:], a[0], row=i)
    p.text(end + 16, middle + 5, "·", 20)
    end = matrix(end + 32, middle, *b[1:], b[0], column=j)
    p.text(end + 20, middle + 5, "=", 16)
    matrix(end + 40, middle, *c[1:], c[0], cell=(i, j))
    p.text(430, middle - 22, formula, 16, "start")
    p.lines(430, middle + 4, text, 13, 20, anchor="start")


product(84, "forward", INK, ("x", N, INPUTS), ("W", INPUTS, OUTPUTS), ("y", N, OUTPUTS),
        "yᵢⱼ = Σₖ xᵢₖ Wₖⱼ + bⱼ",
        "a row of x times a column of W:\nexample i, output j")
product(244, "backward,\ninput", BLUE, ("dy", N, OUTPUTS), ("Wᵀ", OUTPUTS, INPUTS),
        ("dx", N, INPUTS), "dxᵢₖ = Σⱼ dyᵢⱼ Wₖⱼ",
        "a row of dy times a row of W: a sum\nover the outputs that used this input")
product(404, "backward,\nweights", BLUE, ("xᵀ", INPUTS, N), ("dy", N, OUTPUTS),
        ("dW", INPUTS, OUTPUTS), "dWₖⱼ = Σᵢ xᵢₖ dyᵢⱼ,\u2003dbⱼ = Σᵢ dyᵢⱼ",
        "a column of x times a column of dy: a\nsum over the examples that used it")
p.save(__file__, sys.argv[1])

"""projection.svg: batch norm's backward pass removes from dy its parts along 1 and x̂.

m = 3 numbers of a channel: dy is a point in three dimensions, and only one direction is left.
"""
import math
import sys

from svg import BLUE, GREY, INK, ORANGE, PINK, Picture, number

ones = (1, 1, 1)
x_hat = (-math.sqrt(1.5), 0, math.sqrt(1.5))  # mean 0, mean square 1
third = (math.sqrt(0.5), -math.sqrt(2), math.sqrt(0.5))  # what is left, as long as the others
dy = (1, 0, 5)
m = 3


def mean_product(a, b):
    return sum(u * v for u, v in zip(a, b)) / m


a, b, c = mean_product(dy, ones), mean_product(dy, x_hat), mean_product(dy, third)  # dβ/m, dγ/m
without_mean = [d - a for d in dy]
rest = [d - b * x for d, x in zip(without_mean, x_hat)]

p = Picture(444, "The two terms of batch norm's gradient are a projection")
ORIGIN, UNIT = (190, 250), 86
AXES = [(1.0, 0.12), (-0.62, 0.52), (0, -1.25)]  # on paper: 1, x̂ and the third direction


def place(*amounts):
    return tuple(ORIGIN[i] + UNIT * sum(amount * axis[i] for amount, axis in zip(amounts, AXES))
                 for i in range(2))


def point(values):
    return "(" + ", ".join(number(value) for value in values) + ")"


for end, name, right, down in (((2.3, 0, 0), "1", 14, 6), ((0, 2.05, 0), "x̂", -12, 14),
                               ((0, 0, 1.9), "", 0, 0)):
    p.path([ORIGIN, place(*end)], GREY, 1.2, arrow=bool(name))
    p.text(place(*end)[0] + right, place(*end)[1] + down, name, 15, fill=GREY, bold=True)
# The box whose diagonal is dy.
for start, end in (((a, 0, 0), (a, b, 0)), ((0, b, 0), (a, b, 0)), ((a, b, 0), (a, b, c)),
                   ((0, b, 0), (0, b, c)), ((a, 0, 0), (a, 0, c)), ((a, 0, c), (a, b, c)),
                   ((0, 0, c), (a, 0, c))):
    p.path([place(*start), place(*end)], "#aaaaaa", 1, "3 3")
p.path([ORIGIN, place(a, b, c)], INK, 3, arrow=True)
p.path([place(a, b, c), place(0, b, c)], ORANGE, 3, "8 4", arrow=True)
p.path([place(0, b, c), place(0, 0, c)], PINK, 3, "2 3", arrow=True)
p.path([ORIGIN, place(0, 0, c)], BLUE, 4.5, arrow=True)
p.text(place(a, b, c)[0] + 8, place(a, b, c)[1] + 5, "dy", 16, "start", bold=True)
p.text(place(a, b, c)[0] - 44, place(a, b, c)[1] - 14, "− dβ/m", 14, fill=ORANGE)
p.text(place(0, b / 2, c)[0] - 10, place(0, b / 2, c)[1] - 2, "− x̂·dγ/m", 14, "end", PINK)
p.text(ORIGIN[0] + 10, place(0, 0, c)[1] + 36, "what is left", 14, "start", BLUE, bold=True)

LEFT, MIDDLE = 428, 560
p.text(LEFT, 60, "with numbers, m = 3", 13, "start", bold=True)
for i, (name, values, colour) in enumerate((
        ("dy", dy, INK), ("dβ/m", [a] * 3, ORANGE), ("dy − dβ/m", without_mean, ORANGE),
        ("x̂·dγ/m", [b * x for x in x_hat], PINK), ("what is left", rest, BLUE))):
    p.text(LEFT, 90 + 26 * i, name, 13, "start", colour)
    p.text(MIDDLE, 90 + 26 * i, "= " + point(values), 13, "start", colour, bold=i in (0, 4))
p.lines(LEFT, 236, """
What is left has the sum 0, so nothing
along 1, and its product with x̂ is 0.

dx = γ·s · (what is left)""", 13, 20, anchor="start")
p.lines(20, 396, """
y stays as it is when x moves along 1 (a constant is added to the channel) or along x̂ (the channel
is stretched about its mean; exactly so for ε = 0). So dx has no part there: the two terms take it
out of dy.""", 12, 18, anchor="start")
p.save(__file__, sys.argv[1])

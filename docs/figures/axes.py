"""A plot: axes with ticks, and a mapping from numbers to the picture."""
from svg import GREY, INK, number


class Axes:
    def __init__(self, picture, left, top, width, height, x, y, x_ticks, y_ticks):
        """x and y are (lowest, highest)."""
        self.p, self.x, self.y = picture, x, y
        self.left, self.top, self.width, self.height = left, top, width, height
        for tick in y_ticks:
            _, v = self.place(x[0], tick)
            self.p.path([(left, v), (left + width, v)], "#cccccc", 0.7)
            self.p.text(left - 7, v + 4, number(tick), 12, "end")
        for tick in x_ticks:
            u, _ = self.place(tick, y[0])
            self.p.path([(u, top + height), (u, top + height + 4)], GREY, 1)
            self.p.text(u, top + height + 18, number(tick), 12)
        self.p.path([(left, top), (left, top + height), (left + width, top + height)], GREY, 1)

    def place(self, x, y):
        return (self.left + self.width * (x - self.x[0]) / (self.x[1] - self.x[0]),
                self.top + self.height * (self.y[1] - y) / (self.y[1] - self.y[0]))

    def line(self, points, stroke=INK, line=2, dash=None):
        self.p.path([self.place(*point) for point in points], stroke, line, dash)

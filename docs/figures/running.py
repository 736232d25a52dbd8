"""running.svg: three ways to keep running statistics, on the means of made batches.

running += w·(batch − running), with w as in include/minitape/nn/batch_norm.hpp. A batch's mean is
the population's plus noise; the first panel starts cold, in the second the population moves, as it
does while the layers before learn.
"""
import random
import sys

from axes import Axes
from svg import BLUE, GREEN, GREY, INK, ORANGE, Picture

DECAY = 0.9
WEIGHTS = {"ema": lambda t: 1 - DECAY,
           "debiased_ema": lambda t: (1 - DECAY) / (1 - DECAY**t),
           "cumulative": lambda t: 1 / t}
LOOKS = {"ema": (ORANGE, None, 2.4),
         "debiased_ema": (BLUE, "8 3", 2.4),
         "cumulative": (GREEN, "2 3", 2.6)}

source = random.Random(4)
noise = [sum(source.random() for _ in range(12)) - 6 for _ in range(240)]  # nearly normal


def curves(population, first):
    """The batches' means, and what each way makes of them, after t = 1, 2, … batches."""
    batches = [p + 0.2 * n for p, n in zip(population, noise[first:])]
    result = {}
    for name, weight in WEIGHTS.items():
        running, points = 0.0, [(0, 0.0)]  # the mean starts at 0
        for t, batch in enumerate(batches, 1):
            running += weight(t) * (batch - running)
            points.append((t, running))
        result[name] = points if name == "ema" else points[1:]
    return batches, result


p = Picture(400, "Running means: ema, debiased ema and cumulative average")
for left, width, steps, population, title, x_ticks, y, y_ticks in (
        (44, 290, 40, [1] * 40, "a cold start",
         (0, 10, 20, 30, 40), (0, 1.6), (0, 0.5, 1, 1.5)),
        (394, 290, 120, [1 if t < 60 else 2 for t in range(120)], "the population moves",
         (0, 30, 60, 90, 120), (0, 3), (0, 1, 2, 3))):
    axes = Axes(p, left, 62, width, 250, (0, steps), y, x_ticks, y_ticks)
    p.text(left, 28, title, 14, "start", bold=True)
    p.text(left, 48, "mean of a channel", 12, "start", GREY)
    p.text(left + width / 2, 346, "batches so far", 12, fill=GREY)
    axes.line([(t, population[max(0, t - 1)]) for t in range(steps + 1)], INK, 1, "1 2")
    batches, result = curves(population, 0 if steps == 40 else 100)
    for t, batch in enumerate(batches, 1):
        u, v = axes.place(t, batch)
        p.add("circle", cx=u, cy=v, r=1.7, fill="#999999")
    for name, points in result.items():
        colour, dash, line = LOOKS[name]
        axes.line(points, colour, line, dash)
for x, name, meaning in ((44, "ema", "ema, decay 0.9"),
                         (190, "debiased_ema", "debiased_ema, decay 0.9"),
                         (402, "cumulative", "cumulative")):
    colour, dash, line = LOOKS[name]
    p.path([(x, 376), (x + 30, 376)], colour, line, dash)
    p.text(x + 36, 380, meaning, 12, "start")
p.add("circle", cx=534, cy=376, r=2.2, fill="#999999")
p.text(542, 380, "mean of one batch", 12, "start")
p.save(__file__, sys.argv[1])

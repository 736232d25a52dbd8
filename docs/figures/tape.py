"""tape.svg: the tape of y = a·b + a, as in apps/examples/first_gradient.cpp, after backward."""
import sys

from svg import BLUE, GREY, INK, PALE, PAPER, Picture, number

a, b = 3, 4
# Name, inputs, value, and the derivative with respect to each input with its name.
product = a * b
tape = [("variable", "a", [], a, []),
        ("variable", "b", [], b, []),
        ("multiply", "a·b", [0, 1], product, [("b", b), ("a", a)]),
        ("add", "a·b + a", [2, 0], product + a, [("1", 1), ("1", 1)])]

# Backward: the loop of the engine.
contributions = [[] for _ in tape]
contributions[-1].append(1)
for i in reversed(range(len(tape))):
    for source, (_, derivative) in zip(tape[i][2], tape[i][4]):
        contributions[source].append(sum(contributions[i]) * derivative)
gradient = [sum(parts) for parts in contributions]

p = Picture(420, "The tape of a·b + a: four nodes with their values and gradients")
LEFT, WIDE, STEP, TOP, HIGH = 40, 128, 164, 152, 112
middle = [LEFT + i * STEP + WIDE / 2 for i in range(4)]

p.text(20, 24, "forward: every operation appends a node and computes its value at once", 13,
       "start")
p.path([(520, 19), (680, 19)], INK, 2, arrow=True)
p.text(20, 404, "backward: one loop from the last node to the first; contributions add up", 13,
       "start", BLUE)
p.path([(680, 399), (540, 399)], BLUE, 2, "6 4", arrow=True)
for i, (operation, name, inputs, value, derivatives) in enumerate(tape):
    x = LEFT + i * STEP
    p.rect(x, TOP, WIDE, HIGH, PAPER if inputs else PALE, INK, 1.5, round=8 if inputs else 0)
    p.text(x + 8, TOP + 18, str(i), 12, "start", GREY)
    p.text(x + WIDE / 2, TOP + 20, operation, 13, bold=True)
    p.text(x + WIDE / 2, TOP + 40, name, 13)
    p.path([(x, TOP + 50), (x + WIDE, TOP + 50)], GREY, 1)
    p.text(x + WIDE / 2, TOP + 71, f"value {number(value)}", 14)
    parts = [number(part) for part in contributions[i]]
    total = " + ".join(parts) + (f" = {number(gradient[i])}" if len(parts) > 1 else "")
    p.text(x + WIDE / 2, TOP + 96, f"gradient {total}", 13 if len(parts) == 1 else 12, fill=BLUE)
    for slot, (source, (word, derivative)) in enumerate(zip(inputs, derivatives)):
        start, end = middle[source], middle[i]
        near = i - source == 1
        up = 46 if near else 30 + 34 * (i - source)
        go, come = start + (28 if near else 10 - 16 * (i == 3)), end - (34 if near else 4)
        p.curve((go, TOP), (go + 8, TOP - up), (come - 8, TOP - up), (come, TOP - 2), INK, 1.6)
        low = TOP + HIGH
        p.curve((come, low), (come - 8, low + up), (go + 8, low + up), (go, low + 2), BLUE, 1.8,
                "6 4")
        times = f"{number(gradient[i])}·{word} = {number(gradient[i] * derivative)}"
        if word == "1":
            times = f"{number(gradient[i])}·1"
        p.text((go + come) / 2, low + 0.75 * up - 6, times, 12, fill=BLUE)
p.save(__file__, sys.argv[1])

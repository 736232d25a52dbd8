"""speed.svg: the time of a training step, one change after the other: the two tables of
docs/performance.md, "What made the difference". They were measured in a run each."""
import pathlib
import re
import sys

from svg import GREY, INK, Picture

text = (pathlib.Path(__file__).parents[1] / "performance.md").read_text()
section = text.split("## What made the difference", 1)[1].split("\n## ", 1)[0]
tables = []  # of rows of cells, the head first
for line in section.splitlines():
    cells = [cell.strip().replace("`", "") for cell in line.strip("|").split("|")]
    if not line.startswith("|") or set(cells[1]) <= set("-:"):
        continue
    if cells[0] == "":
        tables.append([])
    tables[-1].append(cells)
NETWORKS = ["cifar_cnn, 2 threads", "mnist_cnn, 2 threads", "mnist_mlp, 1 thread"]
rows = []  # name, first row of a run, times
for table in tables:
    columns = [table[0].index(network) for network in NETWORKS]
    rows += [(cells[0], i == 0, [cells[c] for c in columns]) for i, cells in enumerate(table[1:])]

HIGH, TOP = 26, 74
p = Picture(TOP + HIGH * len(rows) + 66, "Time of a training step, one change after the other")
p.text(16, 26, "ms for a training step with batch norm", 14, "start", bold=True)
y = TOP
for k, network in enumerate(NETWORKS):
    name, threads = network.split(", ")
    p.text(226 + k * 160, 48, name, 13, "start", bold=True)
    p.text(226 + k * 160, 64, threads, 12, "start", GREY)
longest = [max(float(times[k]) for _, _, times in rows) for k in range(len(NETWORKS))]
for i, (name, first, times) in enumerate(rows):
    measured_again = first and i > 0
    if measured_again:
        p.path([(16, y + 9), (684, y + 9)], GREY, 1, "4 4")
        p.text(16, y + 28, "a run of its own", 12, "start", GREY)
        y += 36
    p.text(16, y + 17, name, 12.5, "start")
    for k, time in enumerate(times):
        width = 100 * float(time) / longest[k]
        p.rect(226 + k * 160, y + 3, width, HIGH - 7, "#d5d5d5" if measured_again else "#8fc7ea",
               INK, 0.8)
        p.text(226 + k * 160 + width + 5, y + 17, time, 12, "start")
    y += HIGH
p.text(16, y + 22, "From the tables of docs/performance.md; each row has one change more than the "
       "one above it.", 12, "start", GREY)
p.save(__file__, sys.argv[1])

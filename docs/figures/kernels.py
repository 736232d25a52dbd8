"""kernels.svg: the kernels of a trained first layer, from kernels.dat. With the folder of a run of
kernels.toml as a second argument it first reads them from there, with Python's standard library."""
import csv
import json
import pathlib
import struct
import sys

from svg import GREY, Picture

data = pathlib.Path(__file__).with_suffix(".dat")


def read_tensor(path, name):
    """A safetensors file: the length of the header, the header in JSON, the numbers."""
    content = path.read_bytes()
    start = 8 + struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8:start])[name]
    first, end = header["data_offsets"]
    return header["shape"], struct.unpack_from(f"<{(end - first) // 4}f", content, start + first)


if len(sys.argv) > 2:
    run = pathlib.Path(sys.argv[2])
    (side, _, _, filters), values = read_tensor(run / "model.safetensors", "0.conv2d.kernel")
    accuracy = float(list(csv.DictReader(open(run / "metrics.csv")))[-1]["test_accuracy"])
    text = ("# The first layer after `minitape train docs/figures/kernels.toml`, in percent of\n"
            f"# each kernel's largest number. test accuracy: {100 * accuracy:.1f} %\n")
    for f in range(filters):
        kernel = values[f::filters]
        largest = max(map(abs, kernel))
        for row in range(side):
            numbers = [round(100 * v / largest) for v in kernel[row * side:(row + 1) * side]]
            text += " ".join(map(str, numbers)) + "\n"
        text += "\n"
    data.write_text(text)

text = data.read_text()
accuracy = text.split("accuracy: ")[1].split("\n")[0]
rows = [list(map(int, line.split())) for line in text.splitlines() if line and line[0] != "#"]
side = len(rows[0])
kernels = [rows[i:i + side] for i in range(0, len(rows), side)]


def colour(percent):
    """White for 0, dark blue for 100, orange for -100."""
    end = (8, 48, 107) if percent > 0 else (230, 130, 0)
    return "#" + "".join(f"{round(255 + (e - 255) * abs(percent) / 100):02x}" for e in end)


CELL, STEP = 8, 84
p = Picture(268, "Kernels of a trained first layer")
p.text(16, 26, f"The {len(kernels)} kernels ({side} × {side}) of a first layer, "
       "trained on the drawn digits", 13, "start", bold=True)
cells = {}  # colour: its cells, drawn as one path
for i, kernel in enumerate(kernels):
    x, y = 16 + (i % 8) * STEP, 42 + (i // 8) * STEP
    for r, row in enumerate(kernel):
        for c, percent in enumerate(row):
            cell = f"M{x + c * CELL} {y + r * CELL}h8.2v8.2h-8.2z"
            cells.setdefault(colour(percent), []).append(cell)
for fill, places in cells.items():
    p.add("path", d="".join(places), fill=fill)
for i in range(len(kernels)):
    p.rect(16 + (i % 8) * STEP, 42 + (i // 8) * STEP, side * CELL, side * CELL, "none", GREY, 1)
y = 42 + 2 * STEP + 8
p.text(16, y + 13, "negative", 12, "start")
for i in range(21):
    p.rect(76 + i * 8, y + 3, 8.3, 12, colour(10 * (i - 10)), "none", 0)
p.text(252, y + 13, "positive, each kernel by its own largest number", 12, "start")
p.text(16, y + 38, "Bars and edges in different directions: strokes, and where they end. "
       f"Test accuracy of the network: {accuracy}.", 12, "start", GREY)
p.save(__file__, sys.argv[1])

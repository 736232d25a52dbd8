"""How numbers for the fixtures are drawn, laid out and written.

Drawn numbers are multiples of a small power of two. They are exact in float as well, so both builds
of minitape start from the very numbers that PyTorch starts from, and they are short in the file.
"""
import json
import random

import torch


class Draw:
    """Random numbers from a stream of their own, named by the seed and by what they are for."""

    def __init__(self, seed, name):
        self.random = random.Random(f"{seed}/{name}")

    def tensor(self, *shape, unit=1 / 8, limit=2.0):
        """Multiples of `unit` in [-limit, limit], all equally likely."""
        steps = round(limit / unit)
        count = torch.Size(shape).numel()
        values = [self.random.randint(-steps, steps) * unit for _ in range(count)]
        return torch.tensor(values, dtype=torch.float64).reshape(shape)

    def distinct(self, *shape, unit=1 / 16):
        """Numbers around 0 of which no two are closer than `unit` and none is closer to 0 than
        unit/2: no ties for a max pool, no corner of a relu, whatever the seed."""
        count = torch.Size(shape).numel()
        values = [(k + 0.5) * unit for k in self.random.sample(range(-count, count), count)]
        return torch.tensor(values, dtype=torch.float64).reshape(shape)

    def labels(self, count, classes):
        return [self.random.randrange(classes) for _ in range(count)]


# ---- Layouts: minitape is NHWC with kernels HWIO and dense kernels (in, out) ----


def to_nchw(x):
    return x.permute(0, 3, 1, 2).contiguous()


def to_nhwc(x):
    return x.permute(0, 2, 3, 1).contiguous()


def to_oihw(kernel):
    return kernel.permute(3, 2, 0, 1).contiguous()


def to_hwio(kernel):
    return kernel.permute(2, 3, 1, 0).contiguous()


def same_padding(extent, size, stride):
    """(before, after) of one axis by TensorFlow's rule; the odd one comes after the image."""
    out = -(-extent // stride)
    total = max((out - 1) * stride + size - extent, 0)
    return total // 2, total - total // 2


def padding_amounts(padding, height, width, size, stride):
    """(left, right, top, bottom), as torch.nn.functional.pad takes them."""
    if padding == "valid":
        return 0, 0, 0, 0
    if padding == "same":
        return same_padding(width, size, stride) + same_padding(height, size, stride)
    return (int(padding),) * 4


# ---- Files ----


def encode(value):
    """Python writes a float with the fewest digits that read back as the same double."""
    if isinstance(value, torch.Tensor):
        assert value.dtype == torch.float64
        value = {"shape": list(value.shape), "values": value.detach().flatten().tolist()}
    elif isinstance(value, list) and value and isinstance(value[0], (dict, torch.Tensor)):
        return "[\n" + ",\n".join(encode(v) for v in value) + "\n]"
    elif isinstance(value, dict):
        lines = [f"{json.dumps(key)}: {encode(v)}" for key, v in value.items()]
        return "{\n" + ",\n".join(lines) + "\n}"
    return json.dumps(value, allow_nan=False, separators=(",", ":"))


def write_fixture(folder, name, seed, content):
    header = {
        "name": name,
        "made_by": f"tests/golden/generate.py --seed {seed}, in float64 on one thread",
        "torch": torch.__version__,
        "seed": seed,
    }
    path = folder / f"{name}.json"
    path.write_text(encode({**header, **content}) + "\n", encoding="utf-8")
    return path.stat().st_size

"""The images a run was trained on, read without minitape's help where they come from files.

All images are bytes [N, H, W, C] in the data set's order, labels [N].
"""
import gzip
import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from run_folder import BadInput, read_safetensors

REPOSITORY = Path(__file__).resolve().parents[2]
DEFAULT_BUILD = REPOSITORY / "build" / "release"


def load(run, build):
    """((train_images, train_labels), (test_images, test_labels)) of a run."""
    data = run.config["data"]
    if data["name"] == "none":
        raise BadInput(f"{run.folder}: data.name = \"none\" cannot be trained")
    if data["name"] in ("digits", "shapes"):
        return drawn_by_minitape(run.folder / "config.toml", build)
    folder = Path(data["dir"] or os.environ.get("MINITAPE_DATA") or "data")
    read = read_cifar10 if data["name"] == "cifar10" else read_mnist
    try:
        train, test = read(folder, data["name"])
    except (OSError, EOFError, ValueError) as error:
        raise BadInput(f"{run.folder}: the images of {data['name']} are not in {folder}, which "
                       f"data.dir or MINITAPE_DATA names: {error}") from error
    return keep_first(train, data["train_limit"]), keep_first(test, data["test_limit"])


def keep_first(part, limit):
    images, labels = part
    return (images[:limit], labels[:limit]) if limit > 0 else part


def drawn_by_minitape(config, build):
    """digits and shapes are drawn by the C++ code: a small program hands out its images."""
    program = Path(build) / "export_data"
    if not program.is_file():
        raise BadInput(f"there is no {program}, which draws the images: "
                       "build its target export_data or name the build folder with --build")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "data.safetensors"
        try:
            done = subprocess.run([program, config, file], capture_output=True, text=True)
        except OSError as error:
            raise BadInput(f"{program} cannot be run: {error}") from error
        if done.returncode != 0:
            raise BadInput(f"{program} refuses {config}: {done.stderr.strip()}")
        data = read_safetensors(file)
    return tuple((data[f"{split}_images"], data[f"{split}_labels"]) for split in ("train", "test"))


def read_mnist(folder, name):
    """IDX files: magic number, extents, bytes. Numbers in the header are big-endian, 4 bytes."""

    def read_idx(file, axes):
        path = folder / name / (file + ".gz")
        if path.exists():
            data = gzip.decompress(path.read_bytes())
        else:
            data = (folder / name / file).read_bytes()
        magic, *extents = np.frombuffer(data, ">u4", 1 + axes)
        if magic != 0x800 + axes:
            raise ValueError(f"{file} starts with the magic number {magic:#x}")
        return np.frombuffer(data, np.uint8, offset=4 + 4 * axes).reshape(extents)

    return tuple(
        (read_idx(f"{split}-images-idx3-ubyte", 3)[..., np.newaxis],
         read_idx(f"{split}-labels-idx1-ubyte", 1))
        for split in ("train", "t10k")
    )


def read_cifar10(folder, _):
    """Records of a label and three planes, red, green and blue, of 32 x 32 bytes."""

    def read_files(*files):
        records = np.concatenate([
            np.fromfile(folder / "cifar-10-batches-bin" / file, np.uint8).reshape(-1, 3073)
            for file in files
        ])
        planes = records[:, 1:].reshape(-1, 3, 32, 32)
        return planes.transpose(0, 2, 3, 1), records[:, 0]

    return read_files(*(f"data_batch_{i}.bin" for i in range(1, 6))), read_files("test_batch.bin")


class Standardization:
    """From bytes to network inputs: (byte / 255 - mean) / deviation, per channel."""

    def __init__(self, images, wanted, precision):
        self.precision = precision
        channels = images.shape[-1]
        self.mean, self.deviation = np.zeros(channels), np.ones(channels)
        if not wanted:
            return
        for c in range(channels):
            # How often each byte occurs: the statistics of 256 weighted values are those of all.
            parts = np.array_split(images[..., c], max(1, len(images) // 1000))
            count = sum(np.bincount(part.ravel(), minlength=256) for part in parts)
            values = np.arange(256) / 255
            self.mean[c] = np.average(values, weights=count)
            variance = np.average((values - self.mean[c]) ** 2, weights=count)
            if np.count_nonzero(count) > 1:  # a constant channel is only centred
                self.deviation[c] = np.sqrt(variance)

    def __call__(self, images):
        """bytes [N, H, W, C] -> numbers [N, C, H, W], PyTorch's order."""
        numbers = ((images / 255 - self.mean) / self.deviation).astype(self.precision)
        return np.ascontiguousarray(numbers.transpose(0, 3, 1, 2))


def batch_slices(images, batch_size, drop_last):
    """The batches of an epoch in order. The last may be smaller, or is dropped, but no batch has
    only one image unless that is the batch size: batch norm could not train on it."""
    slices = [slice(i, min(i + batch_size, images)) for i in range(0, images, batch_size)]
    if images % batch_size and (drop_last or images % batch_size == 1):
        slices.pop()
    return slices

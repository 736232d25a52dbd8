"""What a run of `minitape train` left in its folder: config, weights, losses, metrics."""
import csv
import json
import math
import tomllib
from pathlib import Path

import numpy as np

DTYPES = {"F32": np.float32, "F64": np.float64, "I64": np.int64, "U8": np.uint8}


class BadInput(Exception):
    """The input cannot be compared; the text says why."""


def read_safetensors(path):
    """{name: array} of a safetensors file: the header's length, the header as JSON, the bytes."""
    data = Path(path).read_bytes()
    try:
        start = 8 + int.from_bytes(data[:8], "little")
        header = json.loads(data[8:start])
        if not isinstance(header, dict):
            raise ValueError("the header is no JSON object")
        tensors = {}
        for name, entry in header.items():
            if name == "__metadata__":
                continue
            begin, end = entry["data_offsets"]
            values = np.frombuffer(data[start + begin : start + end], DTYPES[entry["dtype"]])
            tensors[name] = values.reshape(entry["shape"])
        return tensors
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{path} is no safetensors file: {str(error)[:200]}") from error


def read_csv(path):
    """{column: array of numbers} of a CSV file with a header."""
    try:
        with open(path, newline="") as file:
            rows = list(csv.reader(file))
        columns = zip(*rows[1:], strict=True) if len(rows) > 1 else [()] * len(rows[0])
        return {
            name: np.array([float(cell or "nan") for cell in column])
            for name, column in zip(rows[0], columns, strict=True)
        }
    except (ValueError, IndexError) as error:
        raise BadInput(f"{path} is no table of numbers: {error}") from error


class RunFolder:
    """The run in one folder. Raises BadInput where something is missing or cannot be compared."""

    def __init__(self, folder):
        self.folder = Path(folder)
        for name in ("config.toml", "initial.safetensors", "steps.csv"):
            if not (self.folder / name).is_file():
                raise BadInput(f"{folder} is no run folder: it has no {name}")
        try:
            self.config = tomllib.loads((self.folder / "config.toml").read_text())
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise BadInput(f"{folder}/config.toml is no TOML: {error}") from error
        self._check_comparable()
        self.initial = read_safetensors(self.folder / "initial.safetensors")
        self.steps = read_csv(self.folder / "steps.csv")
        self.metrics = self._read_if_there("metrics.csv", read_csv)
        self.final = self._read_if_there("model.safetensors", read_safetensors)

    def _read_if_there(self, name, read):
        path = self.folder / name
        return read(path) if path.is_file() else None

    def _check_comparable(self):
        try:
            if self.config["train"]["shuffle"]:
                raise BadInput(
                    f"{self.folder} was made with train.shuffle = true: "
                    "train again with --set train.shuffle=false"
                )
            if self.config["data"]["augment"]:
                raise BadInput(
                    f"{self.folder} was made with data.augment = "
                    f"{self.config['data']['augment']}: train again with --set data.augment=[]"
                )
        except KeyError as error:
            raise BadInput(f"{self.folder}/config.toml has no key {error}: it must be the resolved "
                           "config that `minitape train` writes") from error

    @property
    def precision(self):
        """np.float32, or np.float64 for a run of the double-precision command minitape_f64."""
        return next((array.dtype.type for array in self.initial.values()), np.float32)

    @property
    def finite_steps(self):
        """How many steps were taken before the first loss that is not a number."""
        losses = self.steps["loss"]
        return next((i for i, loss in enumerate(losses) if not math.isfinite(loss)), len(losses))

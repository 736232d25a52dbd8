"""Reads and writes safetensors files strictly to the format's description, with nothing but the
standard library, as a second opinion on the program's files.

    python3 safetensors_files.py check FILE...      every rule of the format; prints the tensors
    python3 safetensors_files.py rewrite FILE NEW   the same tensors as another program writes them

Source: https://github.com/huggingface/safetensors (README, "Format"). Where the Python package
`safetensors` is installed, it reads and writes the files as well.
"""
import json
import struct
import sys
from pathlib import Path

BITS = {"BOOL": 8, "U8": 8, "I8": 8, "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32,
        "U32": 32, "F32": 32, "F64": 64, "I64": 64, "U64": 64}


def without_duplicates(pairs):
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names)), "a key occurs twice"
    return dict(pairs)


def read(path):
    """({name: (dtype, shape, bytes)}, metadata); every rule is asserted."""
    data = Path(path).read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    assert length <= 100_000_000 and 8 + length <= len(data), "the header's length is wrong"
    text = data[8 : 8 + length].decode("utf-8")
    assert text.startswith("{"), "the header must begin with {"
    header = json.loads(text, object_pairs_hook=without_duplicates)
    metadata = header.pop("__metadata__", {})
    assert all(isinstance(value, str) for value in metadata.values()), "metadata must be text"
    body, tensors, end = data[8 + length :], {}, 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        assert set(entry) == {"dtype", "shape", "data_offsets"}, f"{name} has other keys"
        first, last = entry["data_offsets"]
        count = 1
        for extent in entry["shape"]:
            assert isinstance(extent, int) and extent >= 0, f"{name} has a bad shape"
            count *= extent
        assert first == end, f"{name} leaves a gap or overlaps"
        assert (last - first) * 8 == count * BITS[entry["dtype"]], f"{name} has a wrong size"
        tensors[name] = (entry["dtype"], entry["shape"], body[first:last])
        end = last
    assert end == len(body), "bytes follow the last tensor"
    return tensors, metadata


def write(path, tensors, metadata):
    """In the order of the names, metadata last, no padding: allowed, and not as minitape does it."""
    header, body = {}, b""
    for name, (dtype, shape, data) in sorted(tensors.items(), reverse=True):
        header[name] = {"shape": shape, "data_offsets": [len(body), len(body) + len(data)],
                        "dtype": dtype}
        body += data
    if metadata:
        header["__metadata__"] = metadata
    text = json.dumps(header, indent=1).encode()
    Path(path).write_bytes(struct.pack("<Q", len(text)) + text + body)


def check_with_package(path, tensors):
    """The same through the package, where it is installed."""
    try:
        from safetensors.numpy import load_file
    except ImportError:
        return
    loaded = load_file(path)
    assert set(loaded) == set(tensors), "the package finds other tensors"
    for name, (_, shape, data) in tensors.items():
        assert list(loaded[name].shape) == shape and loaded[name].tobytes() == data, name


def main(command, *paths):
    if command == "rewrite":
        write(paths[1], *read(paths[0]))
        return
    for path in paths:
        tensors, _ = read(path)
        check_with_package(path, tensors)
        for name, (dtype, shape, _) in tensors.items():
            print(path, name, dtype, shape)


main(*sys.argv[1:])

"""How fast PyTorch trains and predicts the model of a config, on random input.

    /usr/bin/python3 tests/bench/pytorch_step.py CONFIG [--best] [--threads N] [--steps N]
        [--no-batch-norm] [--predict-batch N]

Prints one JSON object like `minitape bench --json`. Without --best PyTorch runs as people run it:
images as (N, C, H, W), everything at its default. With --best it gets what makes it fast on a
processor: channels last, gradients set to None; for prediction a traced and frozen model, which
folds batch norm into the convolutions. (The allocator's and BLAS's settings come from the
environment: see against_pytorch.py.)
"""
import argparse
import json
import resource
import statistics
import time
import tomllib

started = time.perf_counter()
import torch
from torch import nn

SHAPES = {"digits": (1, 28, 28), "mnist": (1, 28, 28), "shapes": (3, 32, 32),
          "cifar10": (3, 32, 32)}


def build(config, batch_norm, best):
    """The config's layers as modules; only what the shipped configs use."""
    modules, channels, size = [], *SHAPES[config["data"]["name"]][:2]
    entries = [e for e in config["model"]["layers"] if batch_norm or e["type"] != "batch_norm"]
    features = None  # of vectors, once the images are flattened
    for i, layer in enumerate(entries):
        bias = i + 1 == len(entries) or entries[i + 1]["type"] != "batch_norm"
        kind = layer["type"]
        if kind == "conv2d":
            modules.append(nn.Conv2d(channels, layer["filters"], layer["kernel"],
                                     padding=layer["padding"], bias=bias))
            channels = layer["filters"]
        elif kind == "batch_norm":
            modules.append(nn.BatchNorm1d(features) if features else nn.BatchNorm2d(channels))
        elif kind == "relu":
            modules.append(nn.ReLU(inplace=best))
        elif kind == "sigmoid":
            modules.append(nn.Sigmoid())
        elif kind == "max_pool":
            modules.append(nn.MaxPool2d(layer["size"]))
            size //= layer["size"]
        elif kind == "flatten":
            modules.append(nn.Flatten())
            features = channels * size * size
        elif kind == "dense":
            modules.append(nn.Linear(features, layer["units"], bias=bias))
            features = layer["units"]
        else:
            raise SystemExit(f"pytorch_step.py has no layer {kind}")
    return nn.Sequential(*modules)


def median_ms(steps, step):
    times = []
    for i in range(steps + 3):
        start = time.perf_counter()
        step()
        if i >= 3:
            times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


def images(config, batch, best):
    x = torch.randn(batch, *SHAPES[config["data"]["name"]])
    return x.contiguous(memory_format=torch.channels_last) if best else x


def train_ms(model, x, steps, best):
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
    loss_of, labels = nn.CrossEntropyLoss(), torch.arange(x.shape[0]) % 10
    model.train()

    def step():
        optimizer.zero_grad(set_to_none=True) if best else optimizer.zero_grad()
        loss_of(model(x), labels).backward()
        optimizer.step()

    step()
    first = time.perf_counter() - started
    return median_ms(steps, step), first


def predict_ms(model, x, steps, best):
    model.eval()
    with torch.inference_mode() if best else torch.no_grad():
        if best:
            model = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(model, x)))
        return median_ms(steps, lambda: model(x))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("config")
    parser.add_argument("--best", action="store_true")
    parser.add_argument("--no-batch-norm", action="store_true")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--predict-batch", type=int, default=256)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    with open(arguments.config, "rb") as file:
        config = tomllib.load(file)
    best, steps = arguments.best, arguments.steps
    model = build(config, not arguments.no_batch_norm, best)
    if best:
        model = model.to(memory_format=torch.channels_last)
    batch = config["train"]["batch_size"]
    train, first = train_ms(model, images(config, batch, best), steps, best)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    many = predict_ms(model, images(config, arguments.predict_batch, best), steps, best)
    one = predict_ms(model, images(config, 1, best), steps, best)
    print(json.dumps({"train_ms_per_step": train, "predict_ms": many, "predict_ms_batch_1": one,
                      "peak_rss_mb": peak, "first_step_seconds": first,
                      "version": torch.__version__}))


if __name__ == "__main__":
    main()

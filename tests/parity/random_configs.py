#!/usr/bin/env python3
"""Writes random small configs that `minitape train` accepts, to be compared with PyTorch.

    python3 tests/parity/random_configs.py --random N --seed S --out DIR

writes DIR/random-S-0.toml … Each is a network of one to three blocks of convolution, batch norm
(in any form, before or after the activation, or none), pool and residual block, then zero or one hidden dense
layer, and 50 steps of training. Equal seeds give equal configs.
"""
import argparse
import random
from pathlib import Path

STEPS = 50


class Generator:
    def __init__(self, seed, smooth):
        self.draw = random.Random(seed)
        self.activations = ["sigmoid", "tanh", "gelu"] + ([] if smooth else ["relu", "leaky_relu"])
        self.smooth = smooth
        self.side = self.channels = 0  # of the image after the layers so far

    def chance(self, probability):
        return self.draw.random() < probability

    def window(self, size, most_padding):
        """Stride and padding of a window that fits into the image; the image shrinks with them."""
        stride = self.draw.randint(1, 3) if self.side > 12 else self.draw.randint(1, 2)
        padding = self.draw.choice(["valid", "same", self.draw.randint(0, most_padding)])
        if self.side < 2 * size:  # keep something to look at
            padding = "same"
        if padding == "same":
            self.side = -(-self.side // stride)
        else:
            room = self.side + (0 if padding == "valid" else 2 * padding)
            self.side = (room - size) // stride + 1
        return {"stride": stride, "padding": padding}

    def kernel_options(self):
        options = {}
        if self.chance(0.2):
            options["bias"] = self.chance(0.5)
        if self.chance(0.3):
            options["init"] = self.draw.choice([
                {"type": "he_uniform"}, {"type": "glorot_normal"}, {"type": "glorot_uniform"},
                {"type": "normal", "stddev": 0.1}, {"type": "uniform", "limit": 0.2}])
        if self.chance(0.1):
            options["trainable"] = False
        return options

    def conv2d(self):
        kernel = self.draw.randint(1, 5)
        self.channels = self.draw.randint(2, 6)
        return {"type": "conv2d", "filters": self.channels, "kernel": kernel,
                **self.window(kernel, kernel), **self.kernel_options()}

    def batch_norm(self, channels, pixels):
        layer = {"type": "batch_norm"}
        if self.chance(0.15):  # groups of more than one value
            layer["group_norm"] = self.draw.choice(
                [g for g in range(1, channels + 1) if channels % g == 0 and pixels * channels > g])
        if self.chance(0.3):
            layer["epsilon"] = self.draw.choice([1e-3, 1e-2, 1.0])
        if self.chance(0.3):
            layer["ema_decay"] = self.draw.choice([0.0, 0.5, 0.99, 1.0])
        if self.chance(0.3):
            layer["running"] = self.draw.choice(["ema", "debiased_ema", "cumulative"])
        if self.chance(0.3):
            layer["running_variance"] = self.draw.choice(["unbiased", "biased"])
        return layer

    def activation(self):
        kind = self.draw.choice(self.activations + ["activation"])
        slope = {"slope": self.draw.choice([0.01, 0.2])} if kind == "leaky_relu" else {}
        return {"type": kind, **slope}

    def with_norm(self, layer):
        """The layer with an activation, and batch norm before it, behind it or not at all."""
        channels = layer.get("filters") or layer["units"]
        norm = self.batch_norm(channels, self.side**2 if "filters" in layer else 1)
        order = self.draw.choice([[layer, norm, self.activation()],
                                  [layer, self.activation(), norm],
                                  [layer, self.activation()]])
        return order

    def pool(self):
        size = self.draw.randint(2, 3)
        kind = "avg_pool" if self.smooth else self.draw.choice(["max_pool", "avg_pool"])
        return {"type": kind, "size": size, **self.window(size, size - 1)}

    def residual(self, depth):
        """Keeps the shape: convolutions with padding "same" and as many filters as channels."""
        conv = {"type": "conv2d", "filters": self.channels, "kernel": self.draw.randint(1, 4),
                "padding": "same", **self.kernel_options()}
        body = self.with_norm(conv)
        if depth < 2 and self.chance(0.3):
            body.append(self.residual(depth + 1))
        if self.chance(0.3):
            body.append({"type": "dropout", "rate": 0.2})
        return {"type": "residual", "layers": body}

    def layers(self):
        layers = []
        if self.chance(0.15):
            layers.append(self.batch_norm(self.channels, self.side**2))
        for _ in range(self.draw.randint(1, 3)):
            layers += self.with_norm(self.conv2d())
            if self.chance(0.4) and self.side > 3:
                layers.append(self.pool())
            if self.chance(0.3):
                layers.append(self.residual(1))
        layers.append({"type": self.draw.choice(["flatten", "flatten", "global_avg_pool"])})
        if self.chance(0.3):
            layers.append({"type": "dropout", "rate": self.draw.choice([0.0, 0.1, 0.5])})
        if self.chance(0.5):
            layers += self.with_norm({"type": "dense", "units": 12, **self.kernel_options()})
        scale = [{"type": "scale", "factor": 0.2}] if self.chance(0.2) else []
        return layers + [{"type": "dense", "units": 10}, *scale]

    def schedule(self):
        name = self.draw.choice(["constant", "step", "cosine", "one_cycle"])
        schedule = {"name": name, "warmup_steps": self.draw.choice([0, 0, 1, 7])}
        if name == "step":
            schedule |= {"step_epochs": self.draw.randint(1, 3), "factor": 0.5}
        if name == "one_cycle" and self.chance(0.5):
            schedule |= {"warmup_fraction": self.draw.choice([0.0, 0.1, 1.0]), "div_factor": 10,
                         "anneal": self.draw.choice(["cosine", "linear"])}
        return schedule

    def batch_norm_section(self, ghost_batch):
        section = {"running": self.draw.choice(["ema", "debiased_ema", "cumulative"]),
                   "running_variance": self.draw.choice(["unbiased", "biased"]),
                   "position": self.draw.choice(["before", "before", "after"]),
                   "noise": self.chance(0.1)}
        if ghost_batch:
            section["ghost_batch"] = ghost_batch
        elif self.chance(0.3):
            section["statistics"] = self.draw.choice(["running", "batch_as_constant"])
        if self.chance(0.2):
            section |= {"recalibrate": self.draw.choice(["average", "pooled"]),
                        "recalibrate_batches": self.draw.choice([1, 3, 100])}
        return section

    def optimizer(self, rate):
        momentum = self.draw.choice([0.0, 0.5, 0.9])
        optimizer = {"learning_rate": rate * (1 - momentum), "momentum": momentum,
                     "nesterov": momentum > 0 and self.chance(0.5),
                     "weight_decay": self.draw.choice([0.0, 5e-4, 1e-2])}
        if self.chance(0.2):  # the last layer has a kernel and a bias
            optimizer["train"] = self.draw.choice([["kernel", "bias"], ["kernel", "bias", "beta"],
                                                   ["gamma", "beta", "bias"], ["kernel"]])
        if self.chance(0.2):
            optimizer |= {"beta_factor": 4.0, "decay_betas": self.chance(0.5)}
        if self.chance(0.2):
            optimizer["lookahead_steps"] = self.draw.randint(2, 7)
        return optimizer

    def config(self, rate):
        data = self.draw.choice(["digits", "shapes"])
        self.side, self.channels = (28, 1) if data == "digits" else (32, 3)
        batch_size, images = self.draw.randint(8, 20), self.draw.randint(100, 160)
        ghost_batch = self.draw.choice([4, 5, 6]) if self.chance(0.25) else 0
        if ghost_batch:  # divides both
            batch_size, images = ghost_batch * self.draw.randint(2, 4), ghost_batch * 25
        config = {
            "": {"seed": self.draw.randint(0, 2**62)},
            "data": {"name": data, "train_limit": images, "test_limit": 40,
                     "standardize": self.chance(0.9)},
            "model": {"batch_norm": self.chance(0.85), "layers": self.layers(),
                      "activation": self.draw.choice(self.activations)},
            "batch_norm": self.batch_norm_section(ghost_batch),
            "optimizer": self.optimizer(rate),
            "schedule": self.schedule(),
            "train": {"shuffle": False, "sort_by_class": self.chance(0.1), "batch_size": batch_size,
                      "epochs": STEPS, "max_steps": STEPS, "drop_last": self.chance(0.2),
                      "label_smoothing": self.draw.choice([0.0, 0.0, 0.2])},
        }
        if "batch_norm" not in repr(config["model"]["layers"]):  # a factor of nothing is refused
            config["optimizer"].pop("beta_factor", None)
        return config


def toml(value):
    """A value as TOML; a layer is an inline table."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(v)}" for key, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return repr(value)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--random", type=int, required=True, metavar="N", help="how many")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=0.005,
                        help="learning rate / (1 - momentum) of all (default 0.005)")
    parser.add_argument("--smooth", action="store_true",
                        help="no relu, leaky_relu and max_pool: their kinks turn a rounding error "
                        "into another gradient")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for i in range(options.random):
        generator, text = Generator(f"{options.seed}/{i}", options.smooth), ""
        for section, values in generator.config(options.rate).items():
            text += f"[{section}]\n" if section else ""
            text += "".join(f"{key} = {toml(value)}\n" for key, value in values.items())
        (options.out / f"random-{options.seed}-{i}.toml").write_text(text)


if __name__ == "__main__":
    main()

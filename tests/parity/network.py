"""The network that a config describes, in PyTorch.

PyTorch keeps images as [N, C, H, W], minitape as [N, H, W, C]. Three things follow: kernels of
convolutions are permuted from [kh, kw, in, out] to [out, in, kh, kw], flatten puts the channels
last before it flattens, and masks of dropout, which are drawn in minitape's order, are permuted.
"""
import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from run_folder import BadInput
from streams import Stream


def pad(x, size, stride, padding, value):
    """x [N, C, H, W] with what "valid", "same" or a number of pixels puts around it."""
    if padding == "valid":
        return x
    sides = []
    for extent in (x.shape[3], x.shape[2]):  # F.pad wants the last axis first
        if padding == "same":  # as TensorFlow: ceil(extent / stride) windows, the odd one behind
            windows = -(-extent // stride)
            total = max(0, (windows - 1) * stride + size - extent)
            sides += [total // 2, total - total // 2]
        else:
            sides += [padding, padding]
    return F.pad(x, sides, value=value)


class Conv2d(nn.Module):
    def __init__(self, layer, tensors, name, bias):
        super().__init__()
        self.layer = layer
        kernel = tensors[f"{name}.kernel"]  # [kh, kw, in, out]
        if kernel.shape[:2] != (layer["kernel"],) * 2 or kernel.shape[3] != layer["filters"]:
            raise BadInput(f"{name}.kernel has shape {kernel.shape}, which is not the config's")
        self.kernel = nn.Parameter(kernel.permute(3, 2, 0, 1).contiguous())
        self.bias = nn.Parameter(tensors[f"{name}.bias"]) if bias else None

    def forward(self, x):
        layer = self.layer
        x = pad(x, layer["kernel"], layer["stride"], layer["padding"], 0)
        return F.conv2d(x, self.kernel, self.bias, layer["stride"])


class Dense(nn.Module):
    def __init__(self, layer, tensors, name, bias):
        super().__init__()
        kernel = tensors[f"{name}.kernel"]  # [in, out]
        if kernel.shape[1] != layer["units"]:
            raise BadInput(f"{name}.kernel has shape {kernel.shape}, which is not the config's")
        self.kernel = nn.Parameter(kernel.T.contiguous())
        self.bias = nn.Parameter(tensors[f"{name}.bias"]) if bias else None

    def forward(self, x):
        return F.linear(x, self.kernel, self.bias)


def all_but_channels(x):
    return [axis for axis in range(x.dim()) if axis != 1]


class BatchNorm(nn.Module):
    """Batch norm as F.batch_norm computes it, over the whole batch or parts of it, with the three
    ways to keep running statistics, and what experiments change in it."""

    def __init__(self, options, tensors, name, noise):
        super().__init__()
        self.epsilon, self.decay = options["epsilon"], options["ema_decay"]
        self.running = options["running"]
        self.biased = options["running_variance"] == "biased"
        self.statistics, self.ghost_batch = options["statistics"], options["ghost_batch"]
        self.noise = noise  # from y to y, or None
        self.gamma = nn.Parameter(tensors[f"{name}.gamma"])
        self.beta = nn.Parameter(tensors[f"{name}.beta"])
        self.register_buffer("running_mean", tensors[f"{name}.running_mean"])
        self.register_buffer("running_variance", tensors[f"{name}.running_variance"])
        self.batches = 0

    def weight_of_new(self):
        """In the running statistics, after so many batches."""
        if self.running == "cumulative":
            return 1 / self.batches
        if self.running == "debiased_ema" and self.decay < 1:
            return (1 - self.decay) / (1 - self.decay**self.batches)
        return 1 - self.decay

    def normalized(self, x, mean=None, variance=None):
        """With given statistics, or else with those of x, through which the gradient goes."""
        return F.batch_norm(x, mean, variance, self.gamma, self.beta, mean is None, 0, self.epsilon)

    def forward(self, x):
        if not self.training:
            return self.normalized(x, self.running_mean, self.running_variance)
        if self.statistics == "running":
            y = self.normalized(x, self.running_mean, self.running_variance)
        else:
            y = self.normalized_in_training(x)
        return self.noise(y) if self.noise else y

    def normalized_in_training(self, x):
        self.batches += 1
        parts = x.split(self.ghost_batch or len(x))
        if len(parts) == 1 and self.statistics == "batch" and not self.biased:
            # All of it is PyTorch's own, whose momentum is the weight of the new value.
            return F.batch_norm(x, self.running_mean, self.running_variance, self.gamma, self.beta,
                                True, self.weight_of_new(), self.epsilon)
        constants = [part.detach() for part in parts]
        means = [part.mean(all_but_channels(part)) for part in constants]
        variances = [part.var(all_but_channels(part), unbiased=not self.biased)
                     for part in constants]
        self.running_mean.lerp_(torch.stack(means).mean(0), self.weight_of_new())
        self.running_variance.lerp_(torch.stack(variances).mean(0), self.weight_of_new())
        if self.statistics == "batch_as_constant":
            biased = constants[0].var(all_but_channels(x), unbiased=False)
            return self.normalized(x, means[0], biased)
        return torch.cat([self.normalized(part) for part in parts])


class GroupNorm(nn.Module):
    def __init__(self, groups, epsilon, tensors, name):
        super().__init__()
        self.groups, self.epsilon = groups, epsilon
        self.gamma = nn.Parameter(tensors[f"{name}.gamma"])
        self.beta = nn.Parameter(tensors[f"{name}.beta"])

    def forward(self, x):
        # With channels last, PyTorch takes E[x^2] - E[x]^2 for the variance, and loses digits.
        return F.group_norm(x.contiguous(), self.groups, self.gamma, self.beta, self.epsilon)


class Noise:
    """A random slope and shift for every number: the n-th are from "noise/NAME.noises/n"."""

    def __init__(self, seed, name, precision):
        self.seed, self.name, self.precision, self.noises = seed, name, precision, 0

    def __call__(self, y):
        stream = Stream(self.seed, f"noise/{self.name}.noises/{self.noises}")
        self.noises += 1
        in_order = y.movedim(1, -1).shape  # [N, H, W, C]
        mean, scale = stream.uniform(2 * y.shape[1]).reshape(-1, 2).T
        by_number = 0.2 * stream.uniform(2 * y.numel()).reshape(*in_order, 2) - 0.1
        factors = [torch.from_numpy(values.astype(self.precision)).to(y.dtype).movedim(-1, 1)
                   for values in (1 + scale / 4 + by_number[..., 1],
                                  mean - 0.5 + by_number[..., 0])]
        return y * factors[0] + factors[1]


class MaxPool(nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.size, self.stride, self.padding = layer["size"], layer["stride"], layer["padding"]

    def forward(self, x):
        x = pad(x, self.size, self.stride, self.padding, -float("inf"))
        return F.max_pool2d(x, self.size, self.stride)


class AvgPool(MaxPool):
    """The mean of the pixels that exist: sums of the image over sums of ones."""

    def forward(self, x):
        def mean(image):
            return F.avg_pool2d(pad(image, self.size, self.stride, self.padding, 0),
                                self.size, self.stride)

        return mean(x) / mean(torch.ones_like(x[:1, :1]))


class GlobalAvgPool(nn.Module):
    def forward(self, x):
        return x.mean([2, 3])


class Flatten(nn.Module):
    def forward(self, x):
        return x.movedim(1, -1).flatten(1)  # [N, H * W * C]


class Dropout(nn.Module):
    """The n-th mask comes from the stream "dropout/NAME.masks/n"."""

    def __init__(self, rate, seed, name, precision):
        super().__init__()
        self.rate, self.seed, self.name, self.masks = rate, seed, name, 0
        self.factors = np.array([0, 1 / (1 - rate)], precision)  # of dropped and kept elements

    def forward(self, x):
        if not self.training:
            return x
        stream = Stream(self.seed, f"dropout/{self.name}.masks/{self.masks}")
        self.masks += 1
        in_order = x.movedim(1, -1).shape  # [N, H, W, C]
        kept = stream.uniform(x.numel()) >= self.rate
        factors = torch.from_numpy(self.factors[kept.astype(int)]).to(x.dtype)
        return x * factors.reshape(in_order).movedim(-1, 1)


class Residual(nn.Module):
    def __init__(self, body):
        super().__init__()
        self.body = body

    def forward(self, x):
        return x + self.body(x)


class Scale(nn.Module):
    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, x):
        return self.factor * x


class Gelu(nn.Module):
    """PyTorch's tanh form, x (1 + tanh u) / 2, and below -3 the same as x sigmoid(2u). There 1 + tanh u
    loses its digits, all of them in double precision from about -6 on, and a max pool behind it would
    meet equal zeros in place of small numbers that differ."""

    def forward(self, x):
        far_below = x * torch.sigmoid(2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))
        return torch.where(x > -3, F.gelu(x, approximate="tanh"), far_below)


ACTIVATIONS = {"relu": nn.ReLU, "leaky_relu": nn.LeakyReLU, "sigmoid": nn.Sigmoid,
               "tanh": nn.Tanh, "gelu": Gelu}


class Builder:
    """Builds the layers of a config around given tensors, {name: tensor}."""

    def __init__(self, config, tensors, precision):
        self.config, self.tensors, self.precision = config, tensors, precision
        self.parts = {}  # name of each layer that owns tensors: "3.residual.0.conv2d"

    def resolved(self, layers):
        """The layers in the order in which they are built, each with all keys that it goes by."""
        section, model = self.config["batch_norm"], self.config["model"]
        layers = [{**section, **layer} if layer["type"] == "batch_norm" else
                  {**layer, "slope": 0.01, "type": model["activation"]}
                  if layer["type"] == "activation" else layer for layer in layers]
        i = 0
        while section["position"] == "after" and i + 1 < len(layers):
            if layers[i]["type"] == "batch_norm" and layers[i + 1]["type"] in ACTIVATIONS:
                layers[i], layers[i + 1] = layers[i + 1], layers[i]
                i += 1
            i += 1
        return layers

    def layers(self, layers, prefix=""):
        # The position in the list is part of a name, so it also counts what is left out.
        resolved = self.resolved(layers)
        present = [(i, layer) for i, layer in enumerate(resolved)
                   if layer["type"] != "batch_norm" or self.config["model"]["batch_norm"]]
        modules = []
        for i, layer in present:
            # Batch norm subtracts a bias, also behind pools.
            behind = (other for other in resolved[i + 1:]
                      if other["type"] not in ("max_pool", "avg_pool"))
            next_layer = next(behind, {"type": "the end"})
            bias_is_lost = (next_layer["type"] == "batch_norm" and next_layer["group_norm"] == 0
                            and self.config["model"]["batch_norm"])
            kind = "group_norm" if layer.get("group_norm", 0) > 0 else layer["type"]
            modules.append(self.layer(layer, f"{prefix}{i}.{kind}", bias_is_lost))
        return nn.Sequential(*modules)

    def layer(self, layer, name, bias_is_lost):
        kind = layer["type"]
        if kind in ("conv2d", "dense"):
            bias = layer.get("bias", not bias_is_lost)
            module = (Conv2d if kind == "conv2d" else Dense)(layer, self.tensors, name, bias)
            module.kernel.requires_grad = layer.get("trainable", True)
            self.parts[name] = module
        elif kind == "batch_norm" and layer["group_norm"] > 0:
            module = GroupNorm(layer["group_norm"], layer["epsilon"], self.tensors, name)
            self.parts[name] = module
        elif kind == "batch_norm":
            noise = Noise(self.config["seed"], name, self.precision) if layer["noise"] else None
            module = BatchNorm(layer, self.tensors, name, noise)
            self.parts[name] = module
        elif kind == "leaky_relu":
            module = nn.LeakyReLU(layer["slope"])
        elif kind in ACTIVATIONS:
            module = ACTIVATIONS[kind]()
        elif kind in ("max_pool", "avg_pool"):
            module = (MaxPool if kind == "max_pool" else AvgPool)(layer)
        elif kind == "global_avg_pool":
            module = GlobalAvgPool()
        elif kind == "flatten":
            module = Flatten()
        elif kind == "dropout":
            module = Dropout(layer["rate"], self.config["seed"], name, self.precision)
        elif kind == "scale":
            module = Scale(layer["factor"])
        elif kind == "residual":
            module = Residual(self.layers(layer["layers"], name + "."))
        else:
            raise BadInput(f"there is no layer type \"{kind}\"")
        return module


class Network:
    """The network of a config with the given weights, {name: array}, computing in `dtype`. What
    minitape rounds to the `precision` of the run is rounded here, too."""

    def __init__(self, config, weights, dtype, precision):
        tensors = {name: torch.tensor(array).to(dtype) for name, array in weights.items()}
        builder = Builder(config, tensors, precision)
        try:
            self.model = builder.layers(config["model"]["layers"])
        except KeyError as error:
            raise BadInput(f"config.toml and initial.safetensors do not fit: no {error}") from error
        self.parts = builder.parts
        for name, parameter in self.model.named_parameters():
            if name.rpartition(".")[2] not in config["optimizer"]["train"]:
                parameter.requires_grad = False
        extra = set(weights) - set(self.tensors())
        if extra:
            raise BadInput(f"initial.safetensors has what the config has not: {sorted(extra)}")

    def parameters(self, role):
        """Of those that are trained: the kernels, the biases, the gammas or the betas."""
        return [parameter for name, parameter in self.model.named_parameters()
                if parameter.requires_grad and name.endswith(role)]

    def tensors(self):
        """{name: array}, named and laid out as minitape saves them."""
        result = {}
        for name, part in self.parts.items():
            for key, tensor in (*part.named_parameters(), *part.named_buffers()):
                array = tensor.detach().numpy()
                if key == "kernel":  # from [out, in, kh, kw] or [out, in]
                    array = array.transpose(2, 3, 1, 0) if array.ndim == 4 else array.T
                result[f"{name}.{key}"] = array.astype(np.float64)
        return result

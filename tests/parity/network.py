"""The network that a config describes, in PyTorch.

PyTorch keeps images as [N, C, H, W], minitape as [N, H, W, C]. Three things follow: kernels of
convolutions are permuted from [kh, kw, in, out] to [out, in, kh, kw], flatten puts the channels
last before it flattens, and masks of dropout, which are drawn in minitape's order, are permuted.
"""
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


class BatchNorm(nn.Module):
    """F.batch_norm with the three ways to keep running statistics. PyTorch's momentum is the weight
    of the new value: 1 - ema_decay."""

    def __init__(self, options, tensors, name):
        super().__init__()
        self.epsilon, self.decay = options["epsilon"], options["ema_decay"]
        self.running = options["running"]
        self.biased = options["running_variance"] == "biased"
        self.gamma = nn.Parameter(tensors[f"{name}.gamma"])
        self.beta = nn.Parameter(tensors[f"{name}.beta"])
        self.register_buffer("running_mean", tensors[f"{name}.running_mean"])
        self.register_buffer("running_variance", tensors[f"{name}.running_variance"])
        self.batches = 0

    def momentum(self):
        if self.running == "cumulative":
            return 1 / self.batches
        if self.running == "debiased_ema" and self.decay < 1:
            return (1 - self.decay) / (1 - self.decay**self.batches)
        return 1 - self.decay

    def forward(self, x):
        affine = self.gamma, self.beta
        if not self.training:
            return F.batch_norm(x, self.running_mean, self.running_variance, *affine,
                                False, 0, self.epsilon)
        self.batches += 1
        # PyTorch stores the unbiased variance. For the biased one it gets a variance to waste.
        variance = self.running_variance.clone() if self.biased else self.running_variance
        y = F.batch_norm(x, self.running_mean, variance, *affine,
                         True, self.momentum(), self.epsilon)
        if self.biased:
            of_batch = x.detach().var([i for i in range(x.dim()) if i != 1], unbiased=False)
            self.running_variance.lerp_(of_batch, self.momentum())
        return y


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


ACTIVATIONS = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh}


class Builder:
    """Builds the layers of a config around given tensors, {name: tensor}."""

    def __init__(self, config, tensors, precision):
        self.config, self.tensors, self.precision = config, tensors, precision
        self.parts = {}  # name of each layer that owns tensors: "3.residual.0.conv2d"

    def layers(self, layers, prefix=""):
        # The position in the list is part of a name, so it also counts what is left out.
        present = [(i, layer) for i, layer in enumerate(layers)
                   if layer["type"] != "batch_norm" or self.config["model"]["batch_norm"]]
        modules = []
        for i, layer in present:
            batch_norm_follows = any(j == i + 1 and next_layer["type"] == "batch_norm"
                                     for j, next_layer in present)
            modules.append(self.layer(layer, f"{prefix}{i}.{layer['type']}", batch_norm_follows))
        return nn.Sequential(*modules)

    def layer(self, layer, name, batch_norm_follows):
        kind = layer["type"]
        if kind in ("conv2d", "dense"):
            bias = layer.get("bias", not batch_norm_follows)
            module = (Conv2d if kind == "conv2d" else Dense)(layer, self.tensors, name, bias)
            self.parts[name] = module
        elif kind == "batch_norm":
            module = BatchNorm({**self.config["batch_norm"], **layer}, self.tensors, name)
            self.parts[name] = module
        elif kind in ACTIVATIONS:
            module = ACTIVATIONS[kind]()
        elif kind == "leaky_relu":
            module = nn.LeakyReLU(layer["slope"])
        elif kind in ("max_pool", "avg_pool"):
            module = (MaxPool if kind == "max_pool" else AvgPool)(layer)
        elif kind == "global_avg_pool":
            module = GlobalAvgPool()
        elif kind == "flatten":
            module = Flatten()
        elif kind == "dropout":
            module = Dropout(layer["rate"], self.config["seed"], name, self.precision)
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
        extra = set(weights) - set(self.tensors())
        if extra:
            raise BadInput(f"initial.safetensors has what the config has not: {sorted(extra)}")

    def parameters(self, kernels):
        """The kernels, which weight decay applies to, or all other parameters."""
        return [parameter for name, parameter in self.model.named_parameters()
                if name.endswith("kernel") == kernels]

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

"""Twenty training steps of two small networks."""
import math

import torch
import torch.nn.functional as F

from fixture_format import Draw, padding_amounts, to_hwio, to_nchw, to_nhwc

# ---- Networks, with minitape's names ----


class SameConv2d(torch.nn.Conv2d):
    """TensorFlow's `same`, which PyTorch does not have for strides above 1."""

    def forward(self, x):
        amounts = padding_amounts("same", *x.shape[2:], self.kernel_size[0], self.stride[0])
        return super().forward(F.pad(x, amounts))


class Flatten(torch.nn.Module):
    """In minitape's order (h, w, c), so that the dense kernel needs no permutation."""

    def forward(self, x):
        return to_nhwc(x).flatten(1)


class GlobalAvgPool(torch.nn.Module):
    def forward(self, x):
        return x.mean((2, 3))


class Residual(torch.nn.Module):
    def __init__(self, body):
        super().__init__()
        self.body = body

    def forward(self, x):
        return x + self.body(x)


def conv_network():
    """Batch norm before the activation, no bias in front of it."""
    nn = torch.nn
    return nn.Sequential(
        SameConv2d(2, 3, 3, bias=False), nn.BatchNorm2d(3), nn.ReLU(), nn.MaxPool2d(2),
        SameConv2d(3, 4, 3, stride=2, bias=False), nn.BatchNorm2d(4), nn.ReLU(), Flatten(),
        nn.Linear(8, 5, bias=False), nn.BatchNorm1d(5), nn.ReLU(), nn.Linear(5, 4))


def residual_network():
    """Batch norm after the activation, even kernels, biases everywhere."""
    nn = torch.nn
    body = nn.Sequential(SameConv2d(3, 4, 2), nn.ReLU(), nn.BatchNorm2d(4), SameConv2d(4, 3, 3))
    return nn.Sequential(
        SameConv2d(2, 3, 3, stride=2), nn.ReLU(), nn.BatchNorm2d(3, eps=1e-2, momentum=0.3),
        Residual(body), nn.ReLU(), nn.BatchNorm2d(3, eps=1e-2, momentum=0.3), GlobalAvgPool(),
        nn.Linear(3, 4))


TYPES = {SameConv2d: "conv2d", torch.nn.Linear: "dense", torch.nn.BatchNorm1d: "batch_norm",
         torch.nn.BatchNorm2d: "batch_norm"}


def named_state(model, prefix=""):
    """[(minitape's name, tensor in PyTorch's layout)], parameters and running statistics."""
    state = []
    for i, layer in enumerate(model):
        if isinstance(layer, Residual):
            state += named_state(layer.body, f"{prefix}{i}.residual.")
        if type(layer) not in TYPES:
            continue
        norm = TYPES[type(layer)] == "batch_norm"
        entries = {"gamma" if norm else "kernel": layer.weight, "beta" if norm else "bias":
                   layer.bias}
        if norm:
            entries["running_mean"] = layer.running_mean
            entries["running_variance"] = layer.running_var
        state += [(f"{prefix}{i}.{TYPES[type(layer)]}.{name}", value)
                  for name, value in entries.items() if value is not None]
    return state


def in_minitape_layout(state):
    layouts = {1: torch.clone, 2: torch.t, 4: to_hwio}
    return {name: layouts[value.dim()](value.detach()).clone() for name, value in state}


# ---- Trajectories ----

# Ten times the most that float's rounding was seen to move an activation by in twenty steps.
KINK_MARGIN = 1e-4
# A channel that is all but constant would have its rounding errors stretched by batch norm.
LEAST_VARIANCE = 0.02


def draw_weights(model, draw):
    """Uniform as He et al. for kernels; gamma around 1 and negative now and then, small biases."""
    for name, value in named_state(model):
        kind = name.rsplit(".", 1)[-1]
        if kind == "kernel":
            limit = math.sqrt(6 / value[0].numel())
            new = draw.tensor(*value.shape, unit=1 / 256, limit=limit)
        elif kind == "gamma":
            new = 1 + draw.tensor(*value.shape, limit=0.5)
            new[0] = -new[0]
        elif kind in ("beta", "bias"):
            new = draw.tensor(*value.shape, limit=0.25)
        else:
            continue
        with torch.no_grad():
            value.copy_(new)


class Watch:
    """How close a run came to a corner of a relu or a tie in a max pool, and the smallest variance
    of a channel that batch norm had to normalise."""

    def __init__(self, model):
        self.kink = self.variance = math.inf
        for layer in model.modules():
            if isinstance(layer, torch.nn.ReLU):
                layer.register_forward_hook(self.at_relu)
            if isinstance(layer, torch.nn.MaxPool2d):
                layer.register_forward_hook(self.at_max_pool)
            if TYPES.get(type(layer)) == "batch_norm":
                layer.register_forward_hook(self.at_batch_norm)

    def at_relu(self, _layer, inputs, _output):
        self.kink = min(self.kink, inputs[0].abs().min().item())

    def at_max_pool(self, layer, inputs, _output):
        k = layer.kernel_size
        windows = inputs[0].unfold(2, k, k).unfold(3, k, k).flatten(4)
        first, second = windows.topk(2).values.unbind(-1)
        gaps = (first - second)[first > 0]  # where all are 0 behind a relu, nothing flows back
        self.kink = min([self.kink] + gaps.tolist())

    def at_batch_norm(self, _layer, inputs, _output):
        channels = inputs[0].detach().transpose(0, 1).flatten(1)  # [C, rows]
        self.variance = min(self.variance, channels.var(1, unbiased=False).min().item())


def train(model, batches, settings):
    """The losses of 20 steps; batch after batch, from the start again after the last."""
    kernels = [p for p in model.parameters() if p.dim() > 1]
    others = [p for p in model.parameters() if p.dim() == 1]
    groups = [{"params": kernels, "weight_decay": settings["weight_decay"]},
              {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.SGD(groups, lr=settings["learning_rate"],
                                momentum=settings["momentum"], nesterov=settings["nesterov"])
    losses = []
    for step in range(20):
        x, labels = batches[step % len(batches)]
        loss = F.cross_entropy(model(to_nchw(x)), torch.tensor(labels))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return torch.tensor(losses, dtype=torch.float64)


def trajectory(seed, name, make, settings):
    """Draws weights and data until no step comes close to a kink and no channel is all but
    constant. Whoever computes with float then takes the same side of every relu and the same winner
    of every max pool as we do, and stays as close to us as rounding allows."""
    for attempt in range(1000):
        draw = Draw(seed, f"{name}/{attempt}")
        model = make().double()
        draw_weights(model, draw)
        start = in_minitape_layout(named_state(model))
        batches = [(draw.tensor(8, 6, 5, 2), draw.labels(8, 4)) for _ in range(3)]
        watch = Watch(model)
        losses = train(model, batches, settings)
        seen = {"kink_margin": watch.kink, "smallest_variance": watch.variance}  # in training
        if watch.kink >= KINK_MARGIN and watch.variance >= LEAST_VARIANCE:
            break
    else:
        raise SystemExit(f"{name}: no draw is well enough behaved")
    final = in_minitape_layout(named_state(model))
    model.eval()
    with torch.no_grad():
        outputs = model(to_nchw(batches[0][0]))
    return {"attempt": attempt, **seen, **settings,
            "batches": [{"x": x, "labels": labels} for x, labels in batches],
            "start": start, "losses": losses, "final": final, "outputs": outputs}


def trajectory_fixtures(seed):
    settings = {"learning_rate": 0.05, "momentum": 0.9, "nesterov": False, "weight_decay": 0.01}
    other = {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.005}
    return {
        "trajectory_conv": trajectory(seed, "trajectory_conv", conv_network, settings),
        "trajectory_residual": trajectory(seed, "trajectory_residual", residual_network, other),
    }

"""Single operations: values, and gradients for a random dy."""
import torch
import torch.nn.functional as F

from fixture_format import Draw, padding_amounts, to_hwio, to_nchw, to_nhwc, to_oihw


def leaf(x):
    return x.clone().requires_grad_(True)


# ---- Convolution and dense ----


def conv2d_case(seed, size, stride, padding, bias, height, width, filters):
    draw = Draw(seed, f"conv2d/{size}/{stride}/{padding}")
    x = draw.tensor(3, height, width, 2)
    kernel = draw.tensor(size, size, 2, filters)
    tx, tk = leaf(to_nchw(x)), leaf(to_oihw(kernel))
    tb = leaf(draw.tensor(filters)) if bias else None
    y = F.conv2d(F.pad(tx, padding_amounts(padding, height, width, size, stride)), tk, tb, stride)
    dy = draw.tensor(*to_nhwc(y).shape)
    y.backward(to_nchw(dy))
    case = {"size": size, "stride": stride, "padding": padding, "x": x, "kernel": kernel}
    if bias:
        case.update({"bias": tb.detach(), "dbias": tb.grad})
    case.update({"y": to_nhwc(y), "dy": dy, "dx": to_nhwc(tx.grad), "dkernel": to_hwio(tk.grad)})
    return case


def conv2d_fixture(seed):
    """Every kernel size with every stride; `same`, where the rule is intricate, for all of them,
    the other paddings so that each meets every size and every stride."""
    cases = []
    for size in range(1, 6):
        for stride in range(1, 4):
            for padding in ("same", ("valid", "1", "2")[(size + stride) % 3]):
                number = len(cases)
                height, width = 5 + number % 5, 5 + (number // 5) % 3
                if size < 5:
                    width -= 1  # 4 … 6; a 5x5 window needs 5
                cases.append(conv2d_case(seed, size, stride, padding, number % 4 < 2, height,
                                         width, 3 + number % 3))
    return {"cases": cases}


def dense_fixture(seed):
    cases = []
    for bias in (True, False):
        draw = Draw(seed, f"dense/{bias}")
        x, kernel = leaf(draw.tensor(5, 4)), leaf(draw.tensor(4, 3))
        b = leaf(draw.tensor(3)) if bias else None
        y = F.linear(x, kernel.t(), b)
        dy = draw.tensor(5, 3)
        y.backward(dy)
        case = {"x": x, "kernel": kernel, "y": y, "dy": dy, "dx": x.grad, "dkernel": kernel.grad}
        if bias:
            case.update({"bias": b, "dbias": b.grad})
        cases.append(case)
    return {"cases": cases}


# ---- Pools ----


def average(x, size, stride, amounts):
    """Padding does not count: the sum over the window by the number of elements in the image."""
    def sums(v):
        return F.avg_pool2d(F.pad(v, amounts), size, stride, divisor_override=1)

    return sums(x) / sums(torch.ones_like(x))


def pool_case(seed, kind, size, stride, padding, ties=False):
    draw = Draw(seed, f"{kind}/{size}/{stride}/{padding}")
    # Ties: the values -1, 0 and 1 alone; PyTorch too gives the gradient to the first one.
    x = draw.tensor(2, 7, 5, 2, unit=1.0, limit=1.0) if ties else draw.distinct(2, 7, 5, 2)
    tx = leaf(to_nchw(x))
    amounts = padding_amounts(padding, 7, 5, size, stride)
    if kind == "max_pool":
        y = F.max_pool2d(F.pad(tx, amounts, value=float("-inf")), size, stride)
    elif kind == "avg_pool":
        y = average(tx, size, stride, amounts)
        if padding != "same":  # PyTorch has no `same`; for the rest it has the same operation
            own = F.avg_pool2d(tx, size, stride, amounts[0], count_include_pad=False)
            assert torch.allclose(y, own, rtol=0, atol=1e-14)
    dy = draw.tensor(*to_nhwc(y).shape)
    y.backward(to_nchw(dy))
    return {"kind": kind, "size": size, "stride": stride, "padding": padding, "x": x,
            "y": to_nhwc(y), "dy": dy, "dx": to_nhwc(tx.grad)}


def pool_fixture(seed):
    geometries = [(2, 2, "valid"), (3, 2, "valid"), (2, 3, "valid"), (3, 1, "1"), (3, 2, "1"),
                  (4, 3, "2"), (3, 2, "same"), (2, 1, "same"), (4, 3, "same")]
    cases = [pool_case(seed, kind, *g) for kind in ("max_pool", "avg_pool") for g in geometries]
    cases.append(pool_case(seed, "max_pool", 3, 2, "1", ties=True))

    draw = Draw(seed, "global_avg_pool")
    x, dy = draw.tensor(3, 5, 4, 2), draw.tensor(3, 2)
    tx = leaf(to_nchw(x))
    y = F.adaptive_avg_pool2d(tx, 1).flatten(1)
    y.backward(dy)
    return {"cases": cases, "global": {"x": x, "y": y, "dy": dy, "dx": to_nhwc(tx.grad)}}


# ---- Activations and losses ----


def activation_fixture(seed):
    functions = {"relu": torch.relu, "leaky_relu": lambda v: F.leaky_relu(v, 0.125),
                 "sigmoid": torch.sigmoid, "tanh": torch.tanh}
    cases = []
    for kind, function in functions.items():
        draw = Draw(seed, kind)
        x, dy = draw.distinct(6, 5, unit=1 / 8), draw.tensor(6, 5)
        x[0, 0], x[5, 4] = 0.0, -0.0  # the corner itself: both sides hold the same exact number
        tx = leaf(x)
        y = function(tx)
        y.backward(dy)
        cases.append({"kind": kind, "slope": 0.125, "x": x, "y": y, "dy": dy, "dx": tx.grad})
    return {"cases": cases}


def loss_fixture(seed):
    draw = Draw(seed, "losses")
    small = draw.tensor(5, 4)
    large = draw.tensor(5, 4, limit=1.0)
    large[0] += torch.tensor([1000.0, -1000.0, 0.0, 1000.0])  # two of the large ones close together
    large[1] += 1000.0
    large[2] -= 1000.0
    large[3] += torch.tensor([-1000.0, 1000.0, 1000.0, -1000.0])
    cases = []
    for logits, labels in ((small, draw.labels(5, 4)), (large, [3, 1, 2, 2, 0]),
                           (large, [1, 0, 3, 0, 2])):  # the last: almost impossible labels
        z = leaf(logits)
        loss = F.cross_entropy(z, torch.tensor(labels))
        loss.backward()
        cases.append({"logits": logits, "labels": labels, "loss": loss,
                      "probabilities": torch.softmax(logits, 1), "dlogits": z.grad})

    y, target = leaf(draw.tensor(4, 3, 2)), draw.tensor(4, 3, 2)
    loss = F.mse_loss(y, target)
    loss.backward()
    mse = {"y": y, "target": target, "loss": loss, "dy": y.grad}
    return {"cases": cases, "mean_squared_error": mse}


# ---- Batch norm ----


def batch_norm_case(seed, shape, epsilon, momentum):
    """Four batches in training, each with its own mean and spread, then one in inference."""
    draw = Draw(seed, f"batch_norm/{shape}/{epsilon}/{momentum}")
    channels = shape[-1]
    layer = torch.nn.BatchNorm1d if len(shape) == 2 else torch.nn.BatchNorm2d
    layer = layer(channels, eps=epsilon, momentum=momentum).double()
    gamma, beta = draw.tensor(channels), draw.tensor(channels)
    gamma[gamma == 0] = 0.75
    gamma[0], gamma[1] = -gamma[0].abs(), gamma[1].abs()  # one negative, one positive at least
    with torch.no_grad():
        layer.weight.copy_(gamma)
        layer.bias.copy_(beta)
    to_torch = to_nchw if len(shape) == 4 else torch.clone
    from_torch = to_nhwc if len(shape) == 4 else torch.clone

    def run(batch):
        # The first channel varies so little that epsilon counts, the last one lies far from 0.
        x = draw.tensor(*shape, unit=1 / 64) * (1 + batch)
        x[..., 0] /= 16
        x[..., -1] += 5 - batch
        tx = leaf(to_torch(x))
        y = layer(tx)
        while True:  # until neither sum over the rows cancels: float would have no digits left
            dy = draw.tensor(*shape)
            layer.zero_grad()
            tx.grad = None
            y.backward(to_torch(dy), retain_graph=True)
            dgamma, dbeta = layer.weight.grad.clone(), layer.bias.grad.clone()
            if min(dgamma.abs().max(), dbeta.abs().max()) >= 1:
                break
        return {"x": x, "y": from_torch(y), "dy": dy, "dx": from_torch(tx.grad),
                "dgamma": dgamma, "dbeta": dbeta,
                "running_mean": layer.running_mean.clone(),
                "running_variance": layer.running_var.clone()}

    training = [run(batch) for batch in range(4)]
    layer.eval()
    return {"epsilon": epsilon, "momentum": momentum, "gamma": gamma, "beta": beta,
            "training": training, "inference": run(1)}


def batch_norm_fixture(seed):
    dense, image = (7, 3), (3, 4, 3, 2)
    return {"cases": [
        batch_norm_case(seed, shape, epsilon, momentum)
        for shape in (dense, image)
        for epsilon, momentum in ((1e-5, 0.1), (1e-2, 0.3), (1e-5, None), (1e-2, 0.1))]}

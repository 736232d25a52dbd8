"""The optimizer and the schedules of the learning rate."""
import warnings

import torch
from torch.optim import lr_scheduler

from fixture_format import Draw

# ---- SGD ----



def sgd_case(seed, momentum, nesterov, weight_decay):
    """Six steps with given gradients and changing rates; the decay is for the kernel alone."""
    draw = Draw(seed, f"sgd/{momentum}/{nesterov}/{weight_decay}")
    shapes = {"kernel": (4, 3), "bias": (3,), "gamma": (3,), "beta": (3,)}
    parameters = {name: torch.nn.Parameter(draw.tensor(*shape)) for name, shape in shapes.items()}
    start = {name: p.detach().clone() for name, p in parameters.items()}
    others = [p for name, p in parameters.items() if name != "kernel"]
    groups = [{"params": [parameters["kernel"]], "weight_decay": weight_decay},
              {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.SGD(groups, lr=1.0, momentum=momentum, nesterov=nesterov)
    steps = []
    for rate in (0.1, 0.1, 0.5, 0.02, 0.3, 1e-3):
        for group in optimizer.param_groups:
            group["lr"] = rate
        step = {"learning_rate": rate}
        for name, p in parameters.items():
            p.grad = draw.tensor(*p.shape)
            step["d" + name] = p.grad.clone()
        optimizer.step()
        step.update({name: p.detach().clone() for name, p in parameters.items()})
        steps.append(step)
    return {"momentum": momentum, "nesterov": nesterov, "weight_decay": weight_decay,
            "start": start, "steps": steps}


def sgd_fixture(seed):
    settings = ((0.0, False, 0.0), (0.0, False, 0.125), (0.9, False, 0.0), (0.9, False, 0.01),
                (0.9, True, 0.0), (0.5, True, 0.125))
    return {"cases": [sgd_case(seed, *s) for s in settings]}


# ---- Schedules ----


def schedule_case(settings, make):
    """`settings` are named as minitape's; make(optimizer) is PyTorch's scheduler."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=settings["peak"])
    scheduler = make(optimizer)
    rates = []
    for _ in range(settings["total_steps"]):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        with warnings.catch_warnings():  # SequentialLR calls what PyTorch itself deprecates
            warnings.simplefilter("ignore")
            scheduler.step()
    return {**settings, "rates": torch.tensor(rates, dtype=torch.float64)}


def warm(optimizer, warmup, after):
    """A rate that climbs in equal steps and reaches the peak at the last one, then `after`."""
    linear = lr_scheduler.LinearLR(optimizer, 1 / warmup, 1.0, total_iters=warmup - 1)
    return lr_scheduler.SequentialLR(optimizer, [linear, after], [warmup])


def one_cycle_case(peak, steps, fraction, div, final_div, warmup=0):
    settings = {"kind": "one_cycle", "peak": peak, "total_steps": steps, "warmup_steps": warmup,
                "warmup_fraction": fraction, "div_factor": div, "final_div_factor": final_div}
    return schedule_case(settings, lambda o: lr_scheduler.OneCycleLR(
        o, max_lr=peak, total_steps=steps, pct_start=warmup / steps if warmup else fraction,
        div_factor=div, final_div_factor=final_div, cycle_momentum=False))


def schedule_fixture(_seed):
    cosine = {"kind": "cosine", "peak": 0.4, "total_steps": 17}
    return {"cases": [
        schedule_case({"kind": "constant", "peak": 0.4, "total_steps": 5},
                      lambda o: lr_scheduler.ConstantLR(o, 1.0)),
        schedule_case({"kind": "step", "peak": 0.5, "total_steps": 14, "every": 4, "factor": 0.3},
                      lambda o: lr_scheduler.StepLR(o, 4, 0.3)),
        schedule_case({"kind": "step", "peak": 0.5, "total_steps": 13, "every": 5, "factor": 0.1},
                      lambda o: lr_scheduler.MultiStepLR(o, [5, 10], 0.1)),
        schedule_case(cosine, lambda o: lr_scheduler.CosineAnnealingLR(o, 17)),
        schedule_case({**cosine, "warmup_steps": 4}, lambda o: warm(
            o, 4, lr_scheduler.CosineAnnealingLR(o, 13))),
        schedule_case({"kind": "constant", "peak": 0.4, "total_steps": 9, "warmup_steps": 5},
                      lambda o: warm(o, 5, lr_scheduler.ConstantLR(o, 1.0))),
        one_cycle_case(0.8, 20, 0.3, 25.0, 1e4),
        one_cycle_case(0.2, 23, 0.45, 10.0, 100.0),
        one_cycle_case(0.8, 16, 0.3, 25.0, 1e4, warmup=4),
    ]}

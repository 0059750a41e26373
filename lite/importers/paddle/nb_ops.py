# SPDX-License-Identifier: Apache-2.0
"""What Paddle Lite's optimiser fused into ops, taken apart into the ops of Paddle's own programs.

Between layers that run on integers values are reals here: where Lite makes integers of reals, or lets a
layer write integers, stands the op ``calib``, which rounds to what they stand for. Scales are steps, not
thresholds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers.paddle.program import Attribute, Operator

_KERNEL = "__@kernel_type_attr@__"  # op/alias/target/precision/layout
_COPIES = ("io_copy", "io_copy_once", "layout", "layout_once")
_CALIBRATES = ("calib", "calib_once", "calib_inplace")
_ELEMENTS = {"bool": 0, "int32": 2, "int64": 3, "fp16": 4, "fp32": 5}
_WEIGHTS = {  # slot of the weights of layers that run on integers
    "conv2d": "Filter", "depthwise_conv2d": "Filter", "conv2d_transpose": "Filter", "fc": "W", "mul": "Y",
    "matmul": "Y", "matmul_v2": "Y",
}  # fmt: skip
_ACTIVATIONS: dict[str, dict[str, tuple[str, ...]]] = {  # their attributes, and what layers call them
    "relu": {}, "sigmoid": {}, "tanh": {}, "swish": {}, "abs": {}, "exp": {},
    "relu6": {"threshold": ("fuse_brelu_threshold", "alpha")},
    "leaky_relu": {"alpha": ("leaky_relu_alpha", "alpha")},
    "hard_swish": {name: (f"hard_swish_{name}",) for name in ("threshold", "scale", "offset")},
    "hard_sigmoid": {"slope": ("slope",), "offset": ("offset",)},
    "prelu": {"mode": ("prelu_mode",)},
}  # fmt: skip
_NOT_READ = ("fuse_elementwise_op_type", "scale_activation_type", "fuse_scale")
_HINT = "convert the source model, from which the .nb was made"
_Step = tuple[str, dict[str, tuple[str, ...]], dict[str, Attribute]]


def unfolded(operators: Sequence[Operator]) -> list[Operator]:
    """The program's ops, each with its activation and its rounding as ops of their own.

    Raises
    ------
    ModelFormatError, UnsupportedOpError
        If something was fused that is not known.
    """
    found: list[Operator] = []
    for operator in operators:
        for type, inputs, outputs, attributes in _apart(operator):
            found.append(Operator(type, inputs, outputs, attributes, len(found)))
    return found


def _apart(
    operator: Operator,
) -> list[tuple[str, dict[str, tuple[str, ...]], dict[str, tuple[str, ...]], dict[str, Attribute]]]:
    alias = _alias(operator)
    attributes = {name: found for name, found in operator.attributes.items() if name != _KERNEL}
    if operator.type in _COPIES or operator.type in _CALIBRATES:
        type, given = _converted(operator, alias)
        read = operator.inputs.get("Input") or operator.inputs.get("X", ())
        return [(type, {"X": read}, {"Out": operator.outputs.get("Out", ())}, given)]
    steps = [(_plain_type(operator.type), dict(operator.inputs), attributes)]
    steps += _activation(operator)
    if operator.attributes.get("enable_int8"):
        _give_scales(operator, attributes)
        if alias.replace("_", "") == "int8out":
            steps.append(("calib", {}, {"scale": _scale(operator, f"{operator.main_slot}0_scale")}))
    return _chained(operator, steps)


def _alias(operator: Operator) -> str:
    """What Lite calls the kernel, which says what an op writes."""
    parts = str(operator.attributes.get(_KERNEL, "")).split("/")
    return parts[1] if len(parts) > 1 else ""


def _plain_type(type: str) -> str:
    fused = re.fullmatch(r"fusion_(elementwise_\w+)_activation", type)
    return fused.group(1) if fused else type


def _converted(operator: Operator, alias: str) -> tuple[str, dict[str, Attribute]]:
    """What an op that only converts stands for: a copy, a rounding, or a cast."""
    if operator.type in _COPIES or alias.startswith("int8_to_"):
        return "assign", {}
    to = re.match(r"\w+?_to_([a-z]+\d*)", alias)
    if to is not None and to.group(1) == "int8":
        return "calib", {"scale": _scale(operator, "scale")}
    if to is None or to.group(1) not in _ELEMENTS:
        raise UnsupportedOpError(f"its kernel {alias!r} is not known", where=operator.title, hint=_HINT)
    return "cast", {"out_dtype": _ELEMENTS[to.group(1)]}


def _activation(operator: Operator) -> list[_Step]:
    given = operator.attributes
    fused = [name for name in _NOT_READ if given.get(name)]
    if fused:
        message = f"the attribute {fused[0]!r} says that another op was fused into it"
        raise UnsupportedOpError(message, where=operator.title, hint=_HINT)
    if operator.type in ("fc", "scale"):
        name = given.get("activation_type", "")
    elif operator.type.startswith("fusion_elementwise_") or given.get("with_act"):
        name = given.get("act_type", "")
    else:
        name = "relu" if given.get("fuse_relu") and operator.type in _WEIGHTS else ""
    if not name:
        return []
    if name not in _ACTIVATIONS:
        raise UnsupportedOpError(
            f"the activation {name!r} was fused into it, which is not known", where=operator.title, hint=_HINT
        )
    attributes = {
        ours: next(given[theirs] for theirs in names if theirs in given)
        for ours, names in _ACTIVATIONS[name].items()
        if any(theirs in given for theirs in names)
    }
    slopes = {"Alpha": operator.inputs.get("Prelu_alpha", ())} if name == "prelu" else {}
    return [(str(name), slopes, attributes)]


def _give_scales(operator: Operator, attributes: dict[str, Attribute]) -> None:
    """Say the scale of integer weights as models with such weights only do."""
    slot = _WEIGHTS.get(operator.type, "")
    scales = operator.attributes.get(f"{slot}0_scale")
    for name in operator.inputs.get(slot, ()):
        if scales is not None:
            attributes[f"{name}_quant_scale"] = scales


def _scale(operator: Operator, name: str) -> float:
    found = operator.attributes.get(name)
    several = found if isinstance(found, tuple) else (found,)
    if len(several) != 1 or not isinstance(several[0], float):
        message = f"attribute {name!r} is {found!r:.60}, expected one float"
        raise ModelFormatError(message, where=operator.title)
    return several[0]


def _chained(
    operator: Operator, steps: Sequence[_Step]
) -> list[tuple[str, dict[str, tuple[str, ...]], dict[str, tuple[str, ...]], dict[str, Attribute]]]:
    """One op after the other: the first has the op's inputs, the last writes its result."""
    slot, result = operator.main_slot, operator.outputs.get(operator.main_slot, ())
    names = [(f"{operator.result}:{steps[place][0]}",) for place in range(len(steps) - 1)] + [result]
    chain = []
    for place, (type, inputs, attributes) in enumerate(steps):
        if place == 0:
            outputs = {**operator.outputs, slot: names[0]}
        else:
            inputs, outputs = {"X": names[place - 1], **inputs}, {"Out": names[place]}
        chain.append((type, inputs, outputs, attributes))
    return chain

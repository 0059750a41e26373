# SPDX-License-Identifier: Apache-2.0
"""Integer forms of sums, products, means, interpolation, softmax and layer_norm."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lite.ir import Value
from lite.ops.adaptive_pool2d import AdaptivePool2d
from lite.ops.pool2d import Pool2d
from lite.ops.q_softmax import powers_of
from lite.ops.resize import Resize
from lite.passes.integer_affine import affine_form
from lite.passes.integer_form import IntegerForm, NoForm, Site, integer_op


def with_constant(form: Callable[[Site], IntegerForm]) -> Callable[[Site], IntegerForm]:
    """A form for two quantized operands, or for one and constants."""

    def either(site: Site) -> IntegerForm:
        try:
            return form(site)
        except NoForm as error:
            try:
                return affine_form(site)
            except NoForm:
                raise error from None

    return either


def sum_form(site: Site) -> IntegerForm:
    """add and sub."""
    a, b = site.real(0, "its operand"), site.real(1, "its operand")
    sign = -1.0 if site.node.op.name == "sub" else 1.0
    attributes = {"a_scale": site.ratio(a.scale), "b_scale": sign * site.ratio(b.scale),
                  "a_zero": a.zero_point, "b_zero": b.zero_point}
    return IntegerForm(integer_op("q_add", None, **attributes, **site.results()), (a.q, b.q))


def product_form(site: Site) -> IntegerForm:
    """mul and matmul."""
    a, b = site.real(0, "its operand"), site.real(1, "its operand")
    attributes: dict[str, Any] = {"scale": site.ratio(a.scale, b.scale), "a_zero": a.zero_point,
                                  "b_zero": b.zero_point, **site.results()}
    return IntegerForm(integer_op(f"q_{site.node.op.name}", site.node.op, **attributes), (a.q, b.q))


def pool_form(site: Site) -> IntegerForm:
    """pool2d and adaptive_pool2d that average."""
    op = site.node.op
    if op.attributes()["layout"] == "nchw":
        raise NoForm("it is not NHWC")
    if isinstance(op, Pool2d):
        return _scaled(site, "q_average_pool2d")
    assert isinstance(op, AdaptivePool2d)
    if op.output == (1, 1):
        return _scaled(site, "q_reduce_mean", axes=(1, 2), keepdims=True)
    x = site.node.inputs[0]
    assert x is not None
    height, width = x.type.shape[1:3]
    if any(not isinstance(extent, int) or not isinstance(count, int) or extent % count
           for extent, count in zip((height, width), op.output)):
        raise NoForm("its windows differ in size")
    kernel = tuple(int(extent) // int(count) for extent, count in zip((height, width), op.output))
    return _scaled(site, "q_average_pool2d", kernel=kernel, strides=kernel)


def mean_form(site: Site) -> IntegerForm:
    """reduce_mean."""
    return _scaled(site, "q_reduce_mean")


def resize_form(site: Site) -> IntegerForm:
    """resize that interpolates."""
    op = site.node.op
    assert isinstance(op, Resize)
    if op.layout == "nchw":
        raise NoForm("it is not NHWC")
    return _scaled(site, "q_resize")


def _scaled(site: Site, name: str, **attributes: Any) -> IntegerForm:
    """One input, which only its scale distinguishes from what the op does to floats."""
    x = site.real(0)
    op = integer_op(name, site.node.op, scale=site.ratio(x.scale), x_zero=x.zero_point, **site.results(),
                    **attributes)
    return IntegerForm(op, (x.q,))


def layer_norm_form(site: Site) -> IntegerForm:
    """layer_norm."""
    x = site.real(0)
    shape = x.q.type.shape[site.node.op.attributes()["axis"]:]
    gamma, beta = (_parameter(site, position, neutral, shape) for position, neutral in ((1, 1.0), (2, 0.0)))
    op = integer_op("q_layer_norm", site.node.op, x_scale=x.scale, y_scale=site.y.scale, **site.results())
    return IntegerForm(op, (x.q, gamma, beta))


def _parameter(site: Site, position: int, neutral: float, shape: tuple[Any, ...]) -> Value | np.ndarray:
    value = site.node.input(position)
    if value is not None:
        return value
    if not all(isinstance(extent, int) for extent in shape):
        raise NoForm("the extents that it normalises over are not known")
    return np.full(shape, neutral, np.float32)


def softmax_form(site: Site) -> IntegerForm:
    """softmax."""
    x = site.real(0)
    op = integer_op("q_softmax", site.node.op, y_scale=site.y.scale, **site.results())
    return IntegerForm(op, (x.q, powers_of(x.scale)))


FORMS = {
    "add": with_constant(sum_form), "sub": with_constant(sum_form), "mul": with_constant(product_form),
    "div": affine_form, "matmul": product_form, "pool2d": pool_form, "adaptive_pool2d": pool_form,
    "reduce_mean": mean_form, "resize": resize_form, "layer_norm": layer_norm_form, "softmax": softmax_form,
}  # fmt: skip

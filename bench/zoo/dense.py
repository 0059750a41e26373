# SPDX-License-Identifier: Apache-2.0
"""Networks of dense convolutions."""

from __future__ import annotations

from .mobilenets import layer
from .net import CLASSES, INPUT, Net


def resnet50(net: Net) -> str:
    """He et al. 2015, arXiv:1512.03385, table 1; strides lie in the 3 x 3 layers, as PyTorch has them."""
    x = net.max_pool(layer(net, INPUT, 64, 7, 2, act=Net.relu), 3, 2, pad=1)
    for stage, (width, repeats) in enumerate(((64, 3), (128, 4), (256, 6), (512, 3))):
        for index in range(repeats):
            x = _bottleneck(net, x, width, 2 if stage and index == 0 else 1)
    return net.linear(net.flatten(net.global_pool(x)), CLASSES)


def _bottleneck(net: Net, x: str, width: int, stride: int) -> str:
    out = 4 * width
    y = layer(net, layer(net, x, width, act=Net.relu), width, 3, stride, act=Net.relu)
    y = layer(net, y, out)
    return net.relu(net.add(y, x if net.channels[x] == out else layer(net, x, out, 1, stride)))


def squeezenet(net: Net) -> str:
    """Iandola et al. 2016, arXiv:1602.07360, in the authors' version 1.1; it has no batch normalization."""
    x = net.relu(net.conv(INPUT, 64, 3, 2, bias=True, pad=0))
    for stage in (((16, 64), (16, 64)), ((32, 128), (32, 128)), ((48, 192), (48, 192), (64, 256), (64, 256))):
        x = net.max_pool(x, 3, 2, ceil=True)
        for squeeze, expand in stage:
            x = _fire(net, x, squeeze, expand)
    return net.flatten(net.global_pool(net.relu(net.conv(x, CLASSES, bias=True))))


def _fire(net: Net, x: str, squeeze: int, expand: int) -> str:
    narrow = net.relu(net.conv(x, squeeze, bias=True))
    one, three = (net.relu(net.conv(narrow, expand, kernel, bias=True)) for kernel in (1, 3))
    return net.concat(one, three)

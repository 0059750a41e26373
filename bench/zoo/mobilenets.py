# SPDX-License-Identifier: Apache-2.0
"""Networks of depthwise and 1 x 1 convolutions."""

from __future__ import annotations

from collections.abc import Callable

from .net import CLASSES, INPUT, Net

Activation = Callable[[Net, str], str]
Block = tuple[int, int, int, int, int]  # kernel, expansion, channels, repeats, first stride


def layer(net: Net, x: str, out: int, kernel: int = 1, stride: int = 1, groups: int = 1,
          act: Activation | None = None) -> str:  # fmt: skip
    """Convolution, batch normalization, activation."""
    y = net.batch_norm(net.conv(x, out, kernel, stride, groups))
    return y if act is None else act(net, y)


def depthwise(net: Net, x: str, kernel: int, stride: int, act: Activation | None) -> str:
    channels = net.channels[x]
    return layer(net, x, channels, kernel, stride, channels, act)


def inverted(net: Net, x: str, wide: int, out: int, kernel: int, stride: int, act: Activation,
             squeeze: int = 0) -> str:  # fmt: skip
    """Expand, depthwise, squeeze and excite if ``squeeze`` > 0, project; with a short cut where it fits."""
    y = layer(net, x, wide, act=act) if wide != net.channels[x] else x
    y = depthwise(net, y, kernel, stride, act)
    if squeeze:
        y = excited(net, y, squeeze)
    y = layer(net, y, out)
    return net.add(x, y) if stride == 1 and net.channels[x] == out else y


def excited(net: Net, x: str, squeeze: int) -> str:
    """Channels weighted by what two small layers make of their means."""
    hidden = net.relu(net.conv(net.global_pool(x), squeeze, bias=True))
    return net.mul(net.hard_sigmoid(net.conv(hidden, net.channels[x], bias=True)), x)


def stacked(net: Net, x: str, blocks: tuple[Block, ...], act: Activation) -> str:
    """Runs of inverted residuals; only the first of a run has its stride."""
    for kernel, expansion, out, repeats, stride in blocks:
        for index in range(repeats):
            x = inverted(net, x, expansion * net.channels[x], out, kernel, 1 if index else stride, act)
    return x


def divisible(channels: float) -> int:
    """The nearest multiple of 8, not more than a tenth below."""
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded if rounded >= 0.9 * channels else rounded + 8


def mobilenet_v1(net: Net) -> str:
    """Howard et al. 2017, arXiv:1704.04861, table 1."""
    x = layer(net, INPUT, 32, 3, 2, act=Net.relu)
    rows = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1)]
    for out, stride in rows:
        x = layer(net, depthwise(net, x, 3, stride, Net.relu), out, act=Net.relu)
    return net.linear(net.flatten(net.global_pool(x)), CLASSES)


def mobilenet_v2(net: Net) -> str:
    """Sandler et al. 2018, arXiv:1801.04381, table 2."""
    x = layer(net, INPUT, 32, 3, 2, act=Net.relu6)
    blocks = ((3, 1, 16, 1, 1), (3, 6, 24, 2, 2), (3, 6, 32, 3, 2), (3, 6, 64, 4, 2), (3, 6, 96, 3, 1),
              (3, 6, 160, 3, 2), (3, 6, 320, 1, 1))  # fmt: skip
    x = layer(net, stacked(net, x, blocks, Net.relu6), 1280, act=Net.relu6)
    return net.linear(net.flatten(net.global_pool(x)), CLASSES)


def mobilenet_v3_large(net: Net) -> str:
    """Howard et al. 2019, arXiv:1905.02244, table 1."""
    soft, hard = Net.hard_swish, Net.relu
    rows: tuple[tuple[int, int, int, bool, Activation, int], ...] = (
        (3, 16, 16, False, hard, 1), (3, 64, 24, False, hard, 2), (3, 72, 24, False, hard, 1),
        (5, 72, 40, True, hard, 2), (5, 120, 40, True, hard, 1), (5, 120, 40, True, hard, 1),
        (3, 240, 80, False, soft, 2), (3, 200, 80, False, soft, 1), (3, 184, 80, False, soft, 1),
        (3, 184, 80, False, soft, 1), (3, 480, 112, True, soft, 1), (3, 672, 112, True, soft, 1),
        (5, 672, 160, True, soft, 2), (5, 960, 160, True, soft, 1), (5, 960, 160, True, soft, 1),
    )  # fmt: skip
    x = layer(net, INPUT, 16, 3, 2, act=soft)
    for kernel, wide, out, excite, act, stride in rows:
        x = inverted(net, x, wide, out, kernel, stride, act, divisible(wide / 4) if excite else 0)
    x = net.flatten(net.global_pool(layer(net, x, 960, act=soft)))
    return net.linear(soft(net, net.linear(x, 1280)), CLASSES)


def efficientnet_lite0(net: Net) -> str:
    """EfficientNet-B0 (Tan and Le 2019, arXiv:1905.11946, table 1) without excitation, with ReLU6."""
    x = layer(net, INPUT, 32, 3, 2, act=Net.relu6)
    blocks = ((3, 1, 16, 1, 1), (3, 6, 24, 2, 2), (5, 6, 40, 2, 2), (3, 6, 80, 3, 2), (5, 6, 112, 3, 1),
              (5, 6, 192, 4, 2), (3, 6, 320, 1, 1))  # fmt: skip
    x = layer(net, stacked(net, x, blocks, Net.relu6), 1280, act=Net.relu6)
    return net.linear(net.flatten(net.global_pool(x)), CLASSES)


def mnasnet(net: Net) -> str:
    """Tan et al. 2018, arXiv:1807.11626: MnasNet-B1, width 1."""
    x = layer(net, INPUT, 32, 3, 2, act=Net.relu)
    blocks = ((3, 1, 16, 1, 1), (3, 3, 24, 3, 2), (5, 3, 40, 3, 2), (5, 6, 80, 3, 2), (3, 6, 96, 2, 1),
              (5, 6, 192, 4, 2), (3, 6, 320, 1, 1))  # fmt: skip
    x = layer(net, stacked(net, x, blocks, Net.relu), 1280, act=Net.relu)
    return net.linear(net.spatial_mean(x), CLASSES)


def shufflenet_v2(net: Net) -> str:
    """Ma et al. 2018, arXiv:1807.11164, table 5, width 1."""
    x = net.max_pool(layer(net, INPUT, 24, 3, 2, act=Net.relu), 3, 2, pad=1)
    for out, repeats, extent in ((116, 4, 28), (232, 8, 14), (464, 4, 7)):
        for index in range(repeats):
            x = net.shuffle(net.concat(*_branches(net, x, out // 2, halve=index == 0)), 2, extent)
    return net.linear(net.spatial_mean(layer(net, x, 1024, act=Net.relu)), CLASSES)


def _branches(net: Net, x: str, out: int, halve: bool) -> tuple[str, str]:
    """The two sides of a unit: of half the channels each, or of all of them at half the extents."""
    left, right = (x, x) if halve else net.halves(x)
    if halve:
        left = layer(net, depthwise(net, left, 3, 2, None), out, act=Net.relu)
    right = layer(net, right, out, act=Net.relu)
    right = depthwise(net, right, 3, 2 if halve else 1, None)
    return left, layer(net, right, out, act=Net.relu)

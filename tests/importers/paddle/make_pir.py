# SPDX-License-Identifier: Apache-2.0
"""Saves to pir.json.xz: tiny networks by Paddle 3 in PIR form, and the programs of zoo.json.xz translated.

Run it with paddlepaddle 3.3.1: python make_pir.py [OUT]. Of the translated ones the archive holds the program
only: what they are fed and what they give is in zoo.json.xz.
"""

from __future__ import annotations

import base64
import json
import lzma
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import paddle
import paddle.nn.functional as F
from make_zoo import _array, _text
from paddle import nn, static
from paddle.base import core
from paddle.base.proto import framework_pb2
from paddle.quantization import PTQ, QuantConfig
from paddle.quantization.observers import AbsmaxObserver
from paddle.vision import ops

VERSION = 4
WRONGLY_TRANSLATED = ("fc", "fill_constant_str", "reduce_sum_all", "reduce_sum_all_keep")
_FLOAT = 5


def translated(entry: dict[str, Any], path: Path) -> str:
    """A program of protobuf form in PIR form, by Paddle's own translator."""
    message = framework_pb2.ProgramDesc()
    message.MergeFromString(base64.b64decode(entry["program"]))
    for variable in message.blocks[0].vars:  # by-products of which the program does not say a type
        tensor = variable.type.dense_tensor.tensor
        if variable.type.HasField("dense_tensor") and not tensor.HasField("data_type"):
            tensor.data_type = _FLOAT
    with paddle.pir_utils.OldIrGuard():
        program = static.Program.parse_from_string(message.SerializeToString())
    core.serialize_pir_program(
        paddle.pir.translate_to_pir(program.desc), str(path), True, False, True, VERSION
    )
    return path.read_text()


class Net(nn.Layer):
    """A function of a tensor, with layers that hold its weights."""

    def __init__(self, function: Callable[..., Any], **layers: nn.Layer) -> None:
        super().__init__()
        self.function = function
        for name, layer in layers.items():
            setattr(self, name, layer)

    def forward(self, x: Any) -> Any:
        return self.function(self, x)


def _inverted(net: Net, x: Any) -> Any:
    """The block of MobileNetV3 and PP-LCNet."""
    y = F.hardswish(net.norm(net.depthwise(F.relu6(net.narrow(x)))))
    return x + net.wide(y * F.hardsigmoid(net.gate(F.adaptive_avg_pool2d(y, 1))))


def _fpn(net: Net, x: Any) -> Any:
    """A level of a feature pyramid, resized to the size of another."""
    small = F.max_pool2d(net.a(x), 2)
    up = F.interpolate(net.b(small), size=paddle.shape(x)[2:], mode="nearest")
    up = F.interpolate(up, scale_factor=2, mode="bilinear")
    return paddle.concat([up, F.upsample(x, scale_factor=2)], 1)


def _encoder(net: Net, ids: Any) -> Any:
    """Embeddings and a layer of a transformer."""
    x = net.norm(net.words(ids) + net.places(paddle.arange(ids.shape[1]).unsqueeze(0)))
    return F.softmax(net.head(net.layer(x)[:, 0]), -1)


def _shuffled(net: Net, x: Any) -> Any:
    first, second = paddle.split(x, 2, axis=1)
    y = paddle.concat([first, F.silu(net.conv(second))], axis=1)
    batch, channels, height, width = y.shape
    y = y.reshape([batch, 2, channels // 2, height, width]).transpose([0, 2, 1, 3, 4])
    return F.avg_pool2d(y.reshape([batch, channels, height, width]), 3, stride=2, padding=1, ceil_mode=True)


def _segmenter(net: Net, x: Any) -> Any:
    y = F.relu(net.up(net.down(x)))
    y = F.interpolate(y, size=[9, 13], mode="bilinear", align_corners=True)
    return paddle.argmax(y, axis=1), F.sigmoid(y).max(axis=1), y.sum(), paddle.any(y > 1, axis=[2, 3])


def _anchors(net: Net, x: Any) -> Any:
    """What heads of detectors do with grids."""
    rows, columns = paddle.meshgrid(paddle.arange(4, dtype="float32"), paddle.arange(5, dtype="float32"))
    grid = paddle.stack([columns, rows], axis=-1).reshape([-1, 2]).unsqueeze(0)
    flat = x.flatten(2).transpose([0, 2, 1])
    values, places = paddle.topk(flat.mean(-1), 3, axis=1)
    corners = paddle.clip(flat[..., :2] + grid, 0.0, 4.0)
    return paddle.take_along_axis(corners, places.unsqueeze(-1), 1), values, paddle.where(x > 0, x, -2 * x)


def _branch(net: Net, x: Any) -> Any:
    """A branch that is decided when converting, and indices that wrap."""
    y = paddle.static.nn.cond(paddle.full([1], True, "bool"), lambda: x + 1, lambda: x * 2)
    return paddle.roll(y, [1, -1], [0, 1]), y[:, ::2], y[-1], F.pad(y.unsqueeze(0), [1, 0, 2, 1])


def quantized(net: Net, x: np.ndarray) -> nn.Layer:
    """The network with the ranges of one input, as paddle.quantization leaves it."""
    observer = AbsmaxObserver(quant_bits=8)
    tool = PTQ(QuantConfig(activation=observer, weight=observer))
    net.eval()
    observed = tool.quantize(net)
    observed(paddle.to_tensor(x))
    return tool.convert(observed)


def _layers(net: Net, x: Any) -> Any:
    y = net.relu(net.depthwise(net.relu(net.conv(x))))
    return net.linear(net.flatten(net.pool(y)))


def _functions(net: Net, x: Any) -> Any:
    """Ops that are a few of ours each."""
    strange = paddle.where(x > 0.5, paddle.full_like(x, float("nan")), x)
    ids = paddle.to_tensor([[0, 2], [3, 1], [1, 1]])
    put = paddle.put_along_axis(x, ids, 7.0, 1), paddle.put_along_axis(x, ids[:, :1], x[:, :1], 1, "add")
    shrunk = F.celu(x, 0.7), F.hardshrink(x), F.softshrink(x, 0.3), paddle.expm1(x)
    pairs = paddle.fmax(x, strange), paddle.fmin(strange, x * 2), paddle.lerp(x, x + 1, 0.3)
    sums = paddle.addmm(x, x, paddle.ones([4, 4]), 2.0, 0.5), paddle.mv(x, x[0]), paddle.dot(x[0], x[1])
    joined = paddle.einsum("ij,kj->ik", x, x), paddle.einsum("ij->j", x)
    return (
        *put, *shrunk, *pairs, *sums, *joined, paddle.isfinite(strange), paddle.bitwise_not(x > 0),
        paddle.masked_fill(x, x > 0, -3.0), paddle.index_sample(x, ids), paddle.repeat_interleave(x, 3, 1),
        paddle.crop(x, [2, -1], [1, 1]),
    )  # fmt: skip


def _windows(net: Net, x: Any) -> Any:
    return F.unfold(x, [2, 3], [2, 1], [1, 0], [1, 2]), F.unfold(x, 2, 2), F.maxout(x, 2), F.maxout(x, 3, -1)


def _written(net: Net, x: Any) -> Any:
    """Parts of tensors written over."""
    number, step, whole, row = x * 1, x * 2, x * 3, x * 4
    number[:, 1:3] = 0.5
    step[..., ::-2] = -1.0
    whole[:, 1:, :2] = x[:, :2, :2] * 9
    row[:, 1] = x[:, 0] - 5
    return number, step, whole, row


def _yolo(net: Net, x: Any) -> Any:
    sizes = paddle.to_tensor([[320, 416], [200, 100]], "int32")
    anchors = [10, 13, 16, 30]
    plain = ops.yolo_box(x[:, :16], sizes, anchors, 3, 0.3, 32, clip_bbox=True, scale_x_y=1.1)
    aware = ops.yolo_box(x, sizes, anchors, 3, 0.4, 8, clip_bbox=False, iou_aware=True, iou_aware_factor=0.4)
    return *plain, *aware


def _priors(net: Net, x: Any) -> Any:
    """Boxes of a detector of the kind of SSD, what is said of them, and what should be."""
    image = paddle.zeros([1, 3, 60, 90])
    some = ops.prior_box(x, image, [8.0, 20.0], [15.0, 30.0], [1.0, 2.0], flip=True, clip=True)
    boxes, variances = ops.prior_box(x, image, [9.0], [18.0], [3.0], min_max_aspect_ratios_order=True)
    flat = boxes.reshape([-1, 4])
    told = x.reshape([2, -1])[:, :60].reshape([2, 15, 4])
    near = flat[:15]
    return (
        *some, boxes, variances,
        ops.box_coder(near, variances.reshape([-1, 4])[:15], told, "decode_center_size"),
        ops.box_coder(flat[:2], [0.1, 0.1, 0.2, 0.2], told, "decode_center_size", False, axis=1),
        ops.box_coder(flat[:7], variances.reshape([-1, 4])[:7], near + 0.01, "encode_center_size", False),
    )  # fmt: skip


def _detector(whole_pixels: bool, keep: int) -> Callable[..., Any]:
    def found(net: Net, x: Any) -> Any:
        low = x[:, :, :2]
        boxes = paddle.concat([low, low + paddle.abs(x[:, :, 2:4]) * 2], -1) * 20
        scores = F.sigmoid(x[:, :, 4:]).transpose([0, 2, 1])
        given = boxes, scores, None, 0.4, 20, keep, 0.45, not whole_pixels, 0.9, 1
        return paddle._C_ops.multiclass_nms3(*given)

    return found


def _recurrent(net: Net, x: Any) -> Any:
    """Layers that follow each other, one direction and both, whose last states count, too."""
    y, (states, memories) = net.lstm(x)
    z, last = net.gru(y)
    return y, states, memories, z, last, net.simple(z)[0]


def _norms(net: Net, x: Any) -> Any:
    return net.group(x) * net.instance(x) + F.normalize(net.batch(x), axis=1), paddle.linalg.norm(x, 2, 1)


def nets() -> dict[str, tuple[Net, np.ndarray, static.InputSpec]]:
    """Networks by name, what they are fed, and what their inputs declare."""
    generator = np.random.default_rng(0)

    def image(*shape: int) -> np.ndarray:
        return generator.standard_normal(shape).astype(np.float32)

    def spec(*shape: int, dtype: str = "float32", name: str = "x") -> static.InputSpec:
        return static.InputSpec(list(shape), dtype, name)

    block = Net(
        _inverted, narrow=nn.Conv2D(4, 8, 1),
        depthwise=nn.Conv2D(8, 8, 3, padding=1, groups=8, bias_attr=False),
        norm=nn.BatchNorm2D(8), gate=nn.Conv2D(8, 8, 1), wide=nn.Conv2D(8, 4, 1),
    )  # fmt: skip
    encoder = Net(
        _encoder, words=nn.Embedding(11, 8), places=nn.Embedding(6, 8), norm=nn.LayerNorm(8),
        head=nn.Linear(8, 3), layer=nn.TransformerEncoderLayer(8, 2, 16, activation="gelu"),
    )  # fmt: skip
    segmenter = Net(
        _segmenter, down=nn.Conv2D(3, 4, 3, stride=2, padding="SAME"),
        up=nn.Conv2DTranspose(4, 4, 2, stride=2, bias_attr=False),
    )  # fmt: skip
    norms = Net(_norms, group=nn.GroupNorm(2, 4), instance=nn.InstanceNorm2D(4), batch=nn.BatchNorm2D(4))
    recurrent = Net(
        _recurrent, lstm=nn.LSTM(5, 3, 2, direction="bidirect"), gru=nn.GRU(6, 4, 2),
        simple=nn.SimpleRNN(4, 2, activation="relu"),
    )  # fmt: skip
    pyramid = Net(_fpn, a=nn.Conv2D(3, 4, 3, padding=1), b=nn.Conv2D(4, 3, 1))
    return {
        "inverted_residual": (block, image(2, 4, 6, 6), spec(-1, 4, 6, 6)),
        "pyramid": (pyramid, image(1, 3, 8, 12), spec(1, 3, -1, -1)),
        "encoder": (encoder, generator.integers(0, 11, (2, 6)), spec(-1, 6, dtype="int64", name="ids")),
        "shuffled": (Net(_shuffled, conv=nn.Conv2D(3, 3, 1)), image(2, 6, 5, 7), spec(2, 6, 5, 7)),
        "segmenter": (segmenter, image(1, 3, 8, 8), spec(-1, 3, 8, 8)),
        "anchors": (Net(_anchors), image(2, 6, 4, 5), spec(-1, 6, 4, 5)),
        "branch": (Net(_branch), image(3, 4, 5), spec(3, 4, 5)),
        "functions": (Net(_functions), image(3, 4), spec(3, 4)),
        "windows": (Net(_windows), image(2, 6, 5, 6), spec(-1, 6, 5, 6)),
        "written": (Net(_written), image(2, 3, 5), spec(-1, 3, 5)),
        "yolo": (Net(_yolo), image(2, 18, 4, 3), spec(2, 18, 4, 3)),
        "priors": (Net(_priors), image(2, 3, 4, 6), spec(2, 3, 4, 6)),
        "recurrent": (recurrent, image(2, 7, 5), spec(-1, 7, 5)),
        "found_corners": (Net(_detector(False, 30)), image(1, 60, 8), spec(-1, 60, 8)),
        "found_images": (Net(_detector(False, 100)), image(2, 60, 8), spec(2, 60, 8)),
        "found_pixels": (Net(_detector(True, 8)), image(1, 60, 8), spec(1, 60, 8)),
        "found_nothing": (Net(_detector(False, 8)), image(1, 9, 8) - 9, spec(1, 9, 8)),
        "norms": (norms, image(2, 4, 3, 5), spec(-1, 4, 3, 5)),
    }


def layers() -> Net:
    """What is quantized."""
    return Net(
        _layers, conv=nn.Conv2D(3, 8, 3, padding=1), relu=nn.ReLU(), linear=nn.Linear(8, 5),
        depthwise=nn.Conv2D(8, 8, 3, padding=1, groups=8), pool=nn.AdaptiveAvgPool2D(1), flatten=nn.Flatten(),
    )  # fmt: skip


def saved(net: nn.Layer, x: np.ndarray, spec: static.InputSpec, prefix: str) -> dict[str, Any]:
    """The network's entry in the archive."""
    net.eval()
    given = net(paddle.to_tensor(x))
    outputs = [given] if isinstance(given, paddle.Tensor) else list(given)
    paddle.jit.save(paddle.jit.to_static(net, input_spec=[spec], full_graph=True), prefix)
    parameters = Path(f"{prefix}.pdiparams")
    return {
        "program": _without_places(Path(f"{prefix}.json").read_text()),
        "parameters": _text(parameters.read_bytes() if parameters.exists() else b""),
        "inputs": {spec.name: _array(x)},
        "outputs": [_array(output.numpy()) for output in outputs],
    }


def _without_places(program: str) -> str:
    """The program without attributes that say where in the network an op was made."""
    root = json.loads(program)
    for op in root["program"]["regions"][0]["blocks"][0]["ops"]:
        if op["#"] != "p":
            op["A"] = [attribute for attribute in op["A"] if attribute["N"] != "struct_name"]
            op["OA"] = []
    return json.dumps(root, separators=(",", ":"))


def main() -> None:
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("pir.json.xz")
    zoo = json.loads(lzma.decompress(Path(__file__).with_name("zoo.json.xz").read_bytes()))
    archive: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        paddle.seed(0)
        for name, (net, x, spec) in nets().items():
            archive[f"net/{name}"] = saved(net, x, spec, f"{folder}/{name}")
        x = np.random.default_rng(1).standard_normal((4, 3, 8, 8)).astype(np.float32)
        net = quantized(layers(), x)
        archive["quantized/layers"] = saved(net, x, static.InputSpec(x.shape, "float32", "x"), f"{folder}/q")
        paddle.enable_static()
        for name, entry in zoo.items():
            version, _, case = name.partition("/")
            if version != paddle.__version__ or case in WRONGLY_TRANSLATED:
                continue
            try:
                program = translated(entry, Path(folder, "program.json"))
            except Exception as error:
                print(f"{case}: {str(error).strip()[-200:]}")
            else:
                archive[name] = {"program": _without_places(program)}
    out.write_bytes(lzma.compress(json.dumps(archive, indent=0, sort_keys=True).encode(), preset=9))
    print(f"{len(archive)} cases in {out} ({out.stat().st_size} bytes)")


if __name__ == "__main__":
    main()

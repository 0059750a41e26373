# SPDX-License-Identifier: Apache-2.0
"""What cannot be imported: everything at once, with the reason and what to do; damage in one sentence."""

from __future__ import annotations

import numpy as np
import pytest
from caffe_nets import Net, caffemodel, layer, one, random
from caffe_zoo import detector

from lite.errors import InputError, LiteError, ModelFormatError, UnsupportedOpError
from lite.importers.caffe import load
from lite.importers.proto import messages

CONV = "convolution_param { num_output: 3 kernel_size: 1 }"


def _refused(text: bytes, weights: bytes = caffemodel({}), error: type[LiteError] = ModelFormatError) -> str:
    with pytest.raises(error) as caught:
        load(text, param_file=weights)
    return str(caught.value)


def _of(net: Net, error: type[LiteError] = ModelFormatError) -> str:
    return _refused(net.text, net.model, error)


def test_unsupported_layers_are_told_all_at_once() -> None:
    text = "".join(layer("Mystery", bottoms="x", tops=f"y{at}", name=f"m{at}") for at in range(7))
    text += layer("LSTM", bottoms="y0", tops="z", name="recurrent") + layer("AbsVal", bottoms="z", tops="end")
    message = _of(Net(text, {"x": random(1, 3)}), UnsupportedOpError)
    assert "8 nodes cannot be imported" in message
    assert "Mystery x7 (m0, m1, m2, m3, m4, ...): there is no rule" in message
    assert "LSTM x1 (recurrent): recurrent layers have no kernel" in message


@pytest.mark.parametrize(
    ("net", "words"),
    [
        (one("BatchNorm", "batch_norm_param { use_global_stats: false }"), "statistics of each batch"),
        (one("Pooling", "pooling_param { pool: STOCHASTIC kernel_size: 2 }"), "stochastic"),
        (one("Pooling", "pooling_param { kernel_size: 1 stride: 4 }", x=random(1, 1, 6, 6)), "begins behind"),
        (one("Convolution", CONV, x=random(1, 3, 6)), "blobs of 4 axes"),
        (one("Convolution", f"{CONV[:-1]} axis: 2 }}"), "channels on axis 2"),
        (one("Convolution", f"{CONV[:-1]} pad: 0 pad: 0 pad: 0 }}"), "3 numbers"),
        (one("Upsample", "", a=random(2, 4, 5, 6)), "where a pooling took them"),
        (one("Reorg", "reorg_param { reverse: true }", x=random(1, 4, 2, 2)), "reverse"),
        (one("Python", 'python_param { module: "m" }'), "a program in Python"),
        (one("ROIPooling"), "known only when running"),
        (detector("background_label_id: 0", classes=1), "only class is the background"),
    ],
)  # fmt: skip
def test_what_is_not_supported(net: Net, words: str) -> None:
    message = _of(net, UnsupportedOpError)
    assert words in message
    assert "x1 (it)" in message


@pytest.mark.parametrize(
    ("net", "words"),
    [
        (one("Convolution", "convolution_param { num_output: 3 }"), "kernel is 0 x 0"),
        (one("Convolution", f"{CONV[:-1]} group: 3 }}"), "do not make 3 groups"),
        (one("Convolution", f"{CONV[:-1]} stride: 0 }}"), "strides are 0"),
        (one("Pooling", "pooling_param { kernel_size: 2 pad: 2 }"), "not smaller than the kernel"),
        (one("Eltwise", "eltwise_param { coeff: 1 }", a=random(2, 4, 5, 6)), "has 1 coefficients"),
        (one("Eltwise", "", a=random(2, 4, 5, 1)), "expected one shape"),
        (one("Slice", "slice_param { slice_point: 9 }"), "cannot be cut at"),
        (one("Concat", "concat_param { axis: 7 }", a=random(2, 4, 5, 6)), "axis 7 is out of range"),
        (one("Concat", "", a=random(2, 4, 9, 6)), "concat"),
        (one("Crop", "crop_param { offset: 4 }", a=random(2, 4, 5, 6)), "which is not inside"),
        (one("Crop", "crop_param { offset: 1 offset: 2 offset: 3 }", a=random(2, 4, 5, 6)), "one offset"),
        (one("Crop"), "expected at least 2"),
        (one("Reshape", "reshape_param { shape { dim: -1 dim: -1 } }"), "at most one -1"),
        (one("Reshape", "reshape_param { shape { dim: 7 } }"), "reshape"),
        (one("Reshape", "reshape_param { axis: 3 num_axes: 4 }"), "axis 3 and num_axes 4"),
        (one("Flatten", "flatten_param { axis: 3 end_axis: 1 }"), "behind end_axis"),
        (one("Permute", "permute_param { order: 1 order: 1 }"), "name one axis twice"),
        (one("LRN", "lrn_param { local_size: 4 }"), "expected an odd number"),
        (one("Exp", "exp_param { base: -3 }"), "the base is -3"),
        (one("Clip"), "lacks min or max"),
        (one("Tile", "tile_param { tiles: 0 }"), "tiles is 0"),
        (one("Axpy", "", a=random(2, 3), b=random(2, 4, 5, 6)), "one for each channel"),
        (one("Scale", "scale_param { num_axes: 9 }"), "num_axes is 9"),
        (one("Scale", "", a=random(1, 2, 3, 4)), "does not fit under"),
        (one("PReLU", x=random(3)), "expected channels on axis 1"),
        (one("Interp", "interp_param { pad_beg: 1 }"), "expected at most 0"),
        (one("Interp", "interp_param { zoom_factor: 0 }"), "the factors are 0"),
        (one("Upsample", "upsample_param { scale: 0 }"), "scale is 0"),
        (one("ShuffleChannel", "shuffle_channel_param { group: 3 }"), "3 groups"),
        (one("Reorg", "reorg_param { stride: 4 }"), "blocks of 4"),
        (one("PriorBox", "", a=random(1, 3, 8, 8)), "min_size is []"),
        (one("PriorBox", "prior_box_param { min_size: 4 aspect_ratio: 0 }", a=random(1, 3, 8, 8)), "above 0"),
        (one("PriorBox", "prior_box_param { min_size: 4 variance: 0 }", a=random(1, 3, 8, 8)), "variance is"),
        (detector("keep_top_k: 0"), "keep_top_k 0"),
        (detector("", groups=2), "do not fit 4 classes"),
        (Net(layer("AbsVal", tops="y z"), {"x": random(1)}), "names 2 tops, expected 1"),
    ],
)  # fmt: skip
def test_what_contradicts_itself(net: Net, words: str) -> None:
    message = _of(net)
    assert words in message
    assert "layer 'it' (" in message


def test_missing_weights_are_told_all_at_once() -> None:
    text = layer("Convolution", CONV, name="a", tops="a") + layer("PReLU", name="b", bottoms="a")
    message = _of(Net(text, {"x": random(1, 4, 5, 6)}))
    assert "1 layer without weights" in message  # b reads what a would have made
    assert "a: its weights (blob 0) are missing: there are 0 blobs" in message
    assert "does this .caffemodel belong to this .prototxt?" in message


def test_a_missing_bias_is_told() -> None:
    assert "its bias (blob 1) are missing" in _of(one("Convolution", CONV, random(3, 4, 1, 1)))


def test_weights_of_another_shape_are_told() -> None:
    message = _of(one("Convolution", CONV, random(4, 3, 1, 1), random(3)))
    assert "its weights (blob 0) have shape [4, 3, 1, 1], expected [3, 4, 1, 1]" in message


# Text ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "found no layer"),
        ("layer {", "no description of a Caffe network"),
        ("\xff\xfe", "no description of a Caffe network"),
        ("layer { name: 7 }", "no description of a Caffe network"),
        ("layer { name: 'x' }", "it has no type"),
        ("layers { bottom: 'x' layer { name: 'old' type: 'conv' } }", "Caffe's oldest form"),
        ("layer { type: 'AbsVal' } layers { type: RELU }", "expected one kind"),
        ("input: 'x'" + layer("AbsVal"), "each with one input_shape"),
        (2 * "input: 'x' input_shape { dim: 1 } " + layer("AbsVal"), "different names"),
        (layer("AbsVal"), "reads the blob 'x', but nothing makes it"),
        (layer("AbsVal", bottoms="b", tops="a") + layer("AbsVal", bottoms="a", tops="b"),
         "reads the blob 'b', but only layer 'it' (AbsVal) makes it, further below"),
        ("input: 'x' input_shape { dim: 1 }" + layer("AbsVal") + layer("TanH"), "'y', which was made before"),
        ("input: 'x' input_shape { dim: -3 }" + layer("AbsVal"), "the shape is [-3]"),
        ("input: 'x' input_shape { dim: 1099511627776 dim: 999 }" + layer("AbsVal"), "the shape is ["),
        ("input: 'x' input_shape { dim: 1 }" + layer("Silence", tops=""), "has no output"),
    ],
)  # fmt: skip
def test_text_that_is_no_network(text: str, words: str) -> None:
    assert words in _refused(text.encode("latin1"), error=LiteError)


def test_deep_nesting_is_refused() -> None:
    assert "no description" in _refused(b"layer { unknown " + b"{ a " * 100_000)
    depth = 100_000
    assert "no description" in _refused(b"layer { x { " * depth + b"} } " * depth)


def test_a_source_without_a_shape_asks_for_it() -> None:
    text = layer("Data", bottoms="", tops="x label", name="data") + layer("AbsVal")
    message = _refused(text.encode(), error=UnsupportedOpError)
    assert "--input_shape x:1,3,224,224" in message


def test_options_that_do_not_fit() -> None:
    net = one("AbsVal")
    with pytest.raises(InputError, match=r"input_shapes names \['z'\], but the inputs are \['x'\]"):
        load(net.text, param_file=net.model, input_shapes={"z": (1,)})
    with pytest.raises(InputError, match="has 1 axes, expected 4"):
        load(net.text, param_file=net.model, input_shapes={"x": (1,)})


# Weights ---------------------------------------------------------------------------------------------


def _weights(dims: tuple[int, ...] = (), **blob: list[bytes]) -> bytes:
    message = messages("caffe")["Weights"]()
    stored = message.layer.add(name="it").blobs.add(**blob)
    stored.shape.dim.extend(dims)
    return bytes(message.SerializeToString())


FOUR = np.zeros(4, np.float32).tobytes()


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        (b"\xff\xff\xff", "no Caffe weights"),
        (b"\x08\x01", "no layer with weights"),
        (b"\x89HDF\r\n\x1a\n", "HDF5"),
        (_weights(data=[FOUR], dims=(2, -2)), "it has shape [2, -2]"),
        (_weights(data=[FOUR], dims=(1 << 40, 1 << 40)), "it has shape ["),
        (_weights(data=[FOUR], dims=(1 << 20,)), "holds 16 bytes of data, expected 4194304"),
        (_weights(data=[FOUR[:-1]], dims=(4,)), "holds 15 bytes of data, expected 16"),
        (_weights(data=[FOUR]), "holds 16 bytes of data, expected 4 for shape []"),
        (_weights(double_data=[FOUR], dims=(4,)), "holds 16 bytes of data, expected 32"),
        (_weights(data=[FOUR], dims=(4,)) * 2, "two layers with weights have this name"),
    ],
)
def test_weights_that_are_damaged(weights: bytes, words: str) -> None:
    message = _refused(one("AbsVal").text, weights)
    assert words in message
    assert "layer 'it'" in message or "bytes of weights" in message


def test_weights_that_end_early() -> None:
    net = one("PReLU", "", random(4))
    assert "no Caffe weights" in _refused(net.text, net.model[:-3])


def test_parts_of_packed_data_are_joined() -> None:
    net = one("PReLU", "", random(4))
    halves = [random(4)[:2].tobytes(), random(4)[2:].tobytes()]
    assert load(net.text, param_file=_weights(data=halves, dims=(4,))).outputs

# SPDX-License-Identifier: Apache-2.0
"""Networks whose outputs OpenCV's importer of Caffe gives: make_zoo.py stores them in zoo.npz."""

from __future__ import annotations

import numpy as np
from caffe_nets import Net, layer, one, random

IMAGE = random(1, 6, 9, 10)
ONE_BY_ONE = "num_output: 5 kernel_size: 1 bias_term: false"


def _conv(parameters: str, *shape: int, x: np.ndarray = IMAGE, type: str = "Convolution") -> Net:
    w, bias = random(*shape, seed=1), random(shape[0] if type == "Convolution" else 8, seed=2)
    return one(type, f"convolution_param {{ num_output: 8 {parameters} }}", w, bias, x=x)


def _convolutions() -> dict[str, Net]:
    return {
        "conv": _conv("kernel_size: 3 pad: 1 stride: 2", 8, 6, 3, 3),
        "conv_sides": _conv("kernel_h: 3 kernel_w: 2 pad_h: 1 pad_w: 0 stride_h: 1 stride_w: 2", 8, 6, 3, 2),
        "conv_groups": _conv("kernel_size: 3 group: 2", 8, 3, 3, 3),
        "conv_dilated": _conv("kernel_size: 3 pad: 2 dilation: 2", 8, 6, 3, 3),
        "conv_without_bias": one(
            "Convolution", f"convolution_param {{ {ONE_BY_ONE} }}", random(5, 6, 1, 1), x=IMAGE
        ),
        "deconv": _conv("kernel_size: 4 stride: 2 pad: 1", 6, 8, 4, 4, type="Deconvolution"),
        "deconv_groups": _conv("kernel_size: 3 stride: 2 group: 2", 6, 4, 3, 3, type="Deconvolution"),
    }


def _poolings() -> dict[str, Net]:
    found = {}
    for kind in ("MAX", "AVE"):
        for size, stride, pad, extent in (
            (3, 2, 0, 8),
            (3, 2, 1, 8),
            (2, 2, 0, 7),
            (3, 2, 1, 9),
            (3, 1, 1, 6),
        ):
            told = f"pooling_param {{ pool: {kind} kernel_size: {size} stride: {stride} pad: {pad} }}"
            name = f"pool_{kind}_{size}_{stride}_{pad}_{extent}".lower()
            found[name] = one("Pooling", told, x=random(1, 3, extent, extent + 1))
        found[f"pool_{kind}_global".lower()] = one(
            "Pooling", f"pooling_param {{ pool: {kind} global_pooling: true }}"
        )
        found[f"pool_{kind}_floor".lower()] = one(
            "Pooling", f"pooling_param {{ pool: {kind} kernel_size: 2 stride: 2 ceil_mode: false }}"
        )
    return found


def _arithmetic() -> dict[str, Net]:
    x, y = random(2, 4, 5, 6), random(2, 4, 5, 6, seed=5)
    return {
        "relu": one("ReLU"),
        "relu6": one("ReLU6"),
        "sigmoid": one("Sigmoid"),
        "tanh": one("TanH"),
        "leaky": one("ReLU", "relu_param { negative_slope: 0.1 }"),
        "elu": one("ELU"),
        "abs": one("AbsVal"),
        "bnll": one("BNLL"),
        "power": one("Power", "power_param { power: 2 scale: 0.5 shift: 3 }"),
        "power_affine": one("Power", "power_param { scale: 0.5 shift: 3 }"),
        "exp": one("Exp", "exp_param { base: 2 scale: 0.5 shift: 0.3 }"),
        "prelu": one("PReLU", "", random(4)),
        "prelu_shared": one("PReLU", "prelu_param { channel_shared: true }", np.array([0.3], np.float32)),
        "sum": one("Eltwise", "", a=y),
        "product": one("Eltwise", "eltwise_param { operation: PROD }", a=y),
        "max": one("Eltwise", "eltwise_param { operation: MAX }", a=y),
        "weighted": one("Eltwise", "eltwise_param { coeff: 0.5 coeff: -1 coeff: 2 }", a=y, b=x + 1),
        "scale": one("Scale", "scale_param { bias_term: true }", random(4), random(4, seed=3)),
        "scale_by_blob": one("Scale", "scale_param { axis: 0 }", a=random(2, 4)),
        "inner": one("InnerProduct", "inner_product_param { num_output: 7 }", random(7, 120), random(7)),
        "softmax": one("Softmax"),
        "softmax_last": one("Softmax", "softmax_param { axis: -1 }"),
    }


def _movements() -> dict[str, Net]:
    x = random(2, 4, 5, 6)
    return {
        "concat": one("Concat", a=random(2, 3, 5, 6)),
        "concat_old": one("Concat", "concat_param { concat_dim: 1 }", a=x),
        "concat_rows": one("Concat", "concat_param { axis: 2 }", a=random(2, 4, 2, 6)),
        "slice": Net(
            layer("Slice", "slice_param { slice_point: 1 slice_point: 3 }", tops="a b c", name="cut")
            + layer("Concat", bottoms="c a b"),
            {"x": x},
        ),
        "split": Net(layer("Split", tops="a b", name="cut") + layer("Eltwise", bottoms="a b"), {"x": x}),
        "crop": one("Crop", "crop_param { axis: 2 offset: 1 offset: 2 }", a=random(2, 4, 3, 4)),
        "crop_evenly": one("Crop", "crop_param { axis: 1 offset: 1 }", a=random(2, 2, 3, 4)),
        "reshape": one("Reshape", "reshape_param { shape { dim: 0 dim: -1 dim: 2 } }"),
        "reshape_part": one("Reshape", "reshape_param { shape { dim: 2 dim: 2 } axis: 1 num_axes: 1 }"),
        "flatten": one("Flatten"),
        "flatten_part": one("Flatten", "flatten_param { axis: 1 end_axis: 2 }"),
        "permute": one("Permute", "permute_param { order: 0 order: 2 order: 3 order: 1 }"),
        "shuffle": one("ShuffleChannel", "shuffle_channel_param { group: 2 }"),
        "interp": one("Interp", "interp_param { height: 9 width: 4 }"),
        "interp_zoom": one("Interp", "interp_param { zoom_factor: 3 }"),
        "dropout": one("Dropout", "dropout_param { dropout_ratio: 0.3 }"),
    }


def _normalizations() -> dict[str, Net]:
    channels, within = random(1, 12, 5, 6), "norm_region: WITHIN_CHANNEL local_size: 3 alpha: 0.5"
    return {
        "batch_norm": one(
            "BatchNorm", "batch_norm_param { eps: 0.001 }", random(4), random(4, low=0.5), np.array([2.0])
        ),
        "lrn": one("LRN", "lrn_param { local_size: 5 alpha: 0.5 beta: 0.75 }", x=channels),
        "lrn_within": one("LRN", f"lrn_param {{ {within} }}", x=channels),
        "mvn": one("MVN"),
        "mvn_across": one("MVN", "mvn_param { across_channels: true }"),
        "mvn_mean": one("MVN", "mvn_param { normalize_variance: false }"),
        "normalize": one(
            "Normalize", "norm_param { across_spatial: false channel_shared: false }", random(4)
        ),
        "normalize_all": one("Normalize", "", np.array([0.5])),
    }


VARIANCES = "variance: 0.1 variance: 0.1 variance: 0.2 variance: 0.2"
PRIORS = f"min_size: 30 max_size: 60 aspect_ratio: 2 aspect_ratio: 3 {VARIANCES}"


def _priors(parameters: str) -> Net:
    x, image = random(1, 2, 3, 4), random(1, 3, 60, 90)
    return Net(layer("PriorBox", f"prior_box_param {{ {parameters} }}", "x image"), {"x": x, "image": image})


def detector(parameters: str, *, classes: int = 4, groups: int = 1, images: int = 1) -> Net:
    """The end of an SSD: priors, places, confidences, detections."""
    count, shared = 72, str(groups == 1).lower()
    x, image = random(1, 2, 3, 4), random(1, 3, 60, 90)
    places = random(images, count * groups * 4, low=-1, high=1)
    confidences = np.exp(random(images, count, classes, seed=7))
    confidences = (confidences / confidences.sum(2, keepdims=True)).reshape(images, -1).astype(np.float32)
    told = f"num_classes: {classes} share_location: {shared} {parameters}"
    text = layer(
        "PriorBox", f"prior_box_param {{ {PRIORS} clip: false }}", "x image", "priors", "priors"
    ) + layer(
        "DetectionOutput", f"detection_output_param {{ {told} }}", "places confidences priors", "y", "it"
    )
    return Net(text, {"x": x, "image": image, "places": places, "confidences": confidences})


def _detections() -> dict[str, Net]:
    nms = "nms_param { nms_threshold: 0.4 top_k: 20 }"
    likely = "confidence_threshold: 0.3"
    corner = f"{nms} code_type: CORNER background_label_id: 0"
    coded = f"{nms} code_type: CENTER_SIZE background_label_id: 0"
    return {
        "priors": _priors(f"{PRIORS} clip: false"),
        "priors_clip": _priors(f"{PRIORS} clip: true flip: false offset: 0.3"),
        "priors_step": _priors("min_size: 20 step: 15 variance: 0.2 clip: false"),
        "detections": detector(f"{coded} keep_top_k: 15 {likely}"),
        "detections_all": detector(f"{coded} keep_top_k: 200 confidence_threshold: 0.25"),
        "detections_corners": detector(f"{corner} keep_top_k: 9 {likely}"),
        "detections_own": detector(f"{coded} keep_top_k: 9 {likely}", groups=4),
        "detections_two": detector(
            f"{nms} code_type: CENTER_SIZE keep_top_k: 9 {likely} background_label_id: 2", images=2
        ),
    }


def cases() -> dict[str, Net]:
    """All networks by name."""
    return {
        **_convolutions(),
        **_poolings(),
        **_arithmetic(),
        **_movements(),
        **_normalizations(),
        **_detections(),
    }

# SPDX-License-Identifier: Apache-2.0
"""The table of rules: which of Paddle's ops are imported, by what; and why the others are not."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping

from lite import ops
from lite.importers.paddle import (
    activation,
    composed,
    convolution,
    creation,
    detection,
    elementwise,
    indexing,
    linear,
    movement,
    normalization,
    quantization,
    recurrent,
    reduction,
    resizing,
    sampling,
    shaping,
    volumes,
)
from lite.importers.paddle.call import Call, Given
from lite.importers.paddle.pir import UNKNOWN
from lite.importers.paddle.program import Operator, Program, SubBlock
from lite.ir import Rename

Rule = Callable[[Call], Given]

_TOPICS = (
    activation,
    composed,
    convolution,
    creation,
    detection,
    elementwise,
    indexing,
    linear,
    movement,
    normalization,
    quantization,
    recurrent,
    reduction,
    resizing,
    sampling,
    shaping,
    volumes,
)


@functools.cache
def table() -> Mapping[str, Rule]:
    """Rules by Paddle's op name: those of the topics, and the renames that the ops themselves declare."""
    rules: dict[str, Rule] = {
        rename.foreign: functools.partial(_renamed, op.name, rename) for op, rename in ops.renames("paddle")
    }
    for topic in _TOPICS:
        rules.update(topic.RULES)
    return rules


def names() -> list[str]:
    """Names of the Paddle ops that can be imported, sorted."""
    return sorted({"feed", "fetch", *table()})


def _renamed(name: str, rename: Rename, call: Call) -> Given:
    attributes = call.operator.attributes
    given = {
        ours: attributes[foreign] for ours, foreign in rename.attributes.items() if foreign in attributes
    }
    return call.add(name, *(call.optional(slot) for slot in rename.inputs or ("X",)), **given)


def body(operator: Operator, program: Program) -> list[Operator] | None:
    """The ops of the only block that a branch or loop names."""
    found = [each for each in operator.attributes.values() if isinstance(each, SubBlock)]
    indices = found[0].indices if len(found) == 1 else ()
    return program.bodies.get(indices[0]) if len(indices) == 1 else None


def refusal(
    operator: Operator, known: Mapping[str, Rule], program: Program
) -> tuple[str, str] | None:
    """Why an op cannot be imported and what to do about it; None if it can be tried."""
    if operator.type in BODIES and body(operator, program) is not None:
        return None
    if any(isinstance(attribute, SubBlock) for attribute in operator.attributes.values()):
        return CONTROL_FLOW
    if operator.type in known:
        return None
    name = operator.type.removeprefix(UNKNOWN).rstrip("_")
    for names, reason in _REFUSED:
        if name in names:
            return reason
    if name.startswith("fake_"):
        return _QUANTIZED
    if name.startswith("sequence_"):
        return _RAGGED
    return "there is no rule for this op", "`lite opt --print_all_ops` lists the ops that are supported"


BODIES = ("conditional_block", "conditional_block_infer", "while")  # entered if that is known
CONTROL_FLOW = (
    "control flow: its body runs a number of times known only when running",
    "export the model without loops and branches on data (paddle.jit.save traces them away)",
)
_QUANTIZED = (
    "this form of quantization is not read: its scales are computed when running, or nowhere",
    "export the model with PaddleSlim's onnx_format=True",
)
WITHOUT_SCALE = (
    "it is quantized, but no op says by what scale",
    "convert the float model, or export with PaddleSlim's onnx_format=True",
)
_RAGGED = ("it works on ragged batches (LoD)", "save the model with padded dense inputs")
_DETECTION = (
    "the number of boxes it writes depends on data",
    "export without post-processing (PaddleDetection: export.post_process=False) and do it after the model",
)
_DATA_SHAPE = (
    "the shape of its result depends on data",
    "end the model before it, and do this step after the model",
)
_RANDOM = ("its result is random", "make the random numbers an input of the model")
_RECURRENT = ("fluid's recurrent layers work on ragged batches", "use the layers of Paddle 2 or newer")
_REFUSED = (
    (("while", "conditional_block", "conditional_block_infer", "select_output", "recurrent",
      "write_to_array", "read_from_array", "lod_array_length", "array_to_lod_tensor", "lod_tensor_to_array",
      "tensor_array_to_tensor", "beam_search", "beam_search_decode"), CONTROL_FLOW),
    (("quantize", "dequantize", "requantize", "dequantize_abs_max", "dequantize_log"), _QUANTIZED),
    (("lod_reset", "im2sequence", "ctc_align", "crf_decoding", "linear_chain_crf", "edit_distance"), _RAGGED),
    (("matrix_nms", "nms", "yolo_box_post", "yolo_box_head", "density_prior_box", "anchor_generator",
      "box_clip",
      "generate_proposals", "generate_proposals_v2", "distribute_fpn_proposals", "collect_fpn_proposals",
      "bipartite_match", "target_assign", "retinanet_detection_output",
      "locality_aware_nms", "polygon_box_transform"), _DETECTION),
    (("where_index", "nonzero", "masked_select", "unique", "unique_consecutive", "unique_with_counts",
      "is_empty"),
     _DATA_SHAPE),
    (("lstm", "gru", "cudnn_lstm", "lstmp", "gru_unit", "lstm_unit", "fusion_gru", "fusion_lstm"),
     _RECURRENT),
    (("bernoulli", "gaussian_random", "multinomial", "randint", "randperm", "uniform_random"), _RANDOM),
)  # fmt: skip

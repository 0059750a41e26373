# SPDX-License-Identifier: Apache-2.0
"""Why some ONNX ops are not supported, and what to do about each."""

from __future__ import annotations

_SEQUENCE = "values that are sequences or optional are not supported", "export the model with plain tensors"
_TEXT = "text is not supported", "do this step before the model"
_RANDOM = "it is random: a run would not repeat", "replace it by an input or a constant"

REFUSALS: dict[str, tuple[str, str]] = {
    "ImageDecoder": ("decoding images is not an op of a network", "decode the image before the model"),
    **dict.fromkeys(("SequenceAt", "SequenceConstruct", "SequenceEmpty", "SequenceErase", "SequenceInsert",
                     "SequenceLength", "SequenceMap", "SplitToSequence", "ConcatFromSequence", "Optional",
                     "OptionalGetElement", "OptionalHasElement"), _SEQUENCE),
    **dict.fromkeys(("RegexFullMatch", "StringConcat", "StringNormalizer", "StringSplit"), _TEXT),
    **dict.fromkeys(("RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Multinomial",
                     "Bernoulli"), _RANDOM),
}  # fmt: skip

# SPDX-License-Identifier: Apache-2.0
"""Runs PP-OCRv4 with the real Paddle (paddlepaddle 2.6.2) and keeps a part of its outputs in ocr.npz.

python make_ocr.py FOLDER_OF_PPOCRV4 [OUT.npz]
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

MODELS = {
    "det": ("ch_PP-OCRv4_det_infer", [(1, 3, 96, 128), (2, 3, 64, 32)]),
    "rec": ("ch_PP-OCRv4_rec_infer", [(1, 3, 48, 160), (2, 3, 48, 71)]),
    "cls": ("ch_ppocr_mobile_v2_cls_infer", [(1, 3, 48, 192), (2, 3, 48, 100)]),
}
CLASSES_KEPT = 61  # every 61st of the recogniser's 6625


def image(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """A line of dark strokes on bright ground: to anything but text the detector answers with zeros."""
    batch, channels, height, width = shape
    strokes = np.random.default_rng(seed).random((batch, 1, height // 6 + 1, width // 2 + 1)) < 0.4
    pixels = np.where(np.kron(strokes, np.ones((6, 2)))[:, :, :height, :width] > 0, -1.0, 1.0)
    pixels[:, :, : height // 3] = pixels[:, :, height * 2 // 3 :] = 1.0
    return np.repeat(pixels, channels, axis=1).astype(np.float32)


def kept(name: str, output: np.ndarray) -> np.ndarray:
    """The part of an output that the archive holds."""
    return output[..., ::CLASSES_KEPT] if name == "rec" else output


def main() -> None:
    from paddle.inference import Config, create_predictor

    outputs = {}
    for name, (folder, shapes) in MODELS.items():
        files = [str(Path(sys.argv[1], folder, f"inference.{suffix}")) for suffix in ("pdmodel", "pdiparams")]
        config = Config(*files)
        config.disable_gpu()
        config.switch_ir_optim(False)
        predictor = create_predictor(config)
        for seed, shape in enumerate(shapes):
            predictor.get_input_handle(predictor.get_input_names()[0]).copy_from_cpu(image(shape, seed))
            predictor.run()
            output = predictor.get_output_handle(predictor.get_output_names()[0]).copy_to_cpu()
            outputs[f"{name}_{seed}"] = kept(name, output)
    out = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(__file__).with_name("ocr.npz")
    np.savez_compressed(out, **outputs)
    print({name: array.shape for name, array in outputs.items()}, out.stat().st_size)


if __name__ == "__main__":
    main()

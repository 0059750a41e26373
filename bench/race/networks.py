# SPDX-License-Identifier: Apache-2.0
"""What engines race on: networks of bench/zoo, trained ones from $LITE_TEST_DATA, ONNX files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import onnx
from engines import RefusalError, Source

from .cache import digest

if TYPE_CHECKING:
    from PIL.Image import Image

ZOO = {
    "mobilenet_v1": "MobileNetV1",
    "mobilenet_v2": "MobileNetV2",
    "mobilenet_v3_large": "MobileNetV3-Large",
    "resnet50": "ResNet50",
    "squeezenet_1_1": "SqueezeNet 1.1",
    "shufflenet_v2": "ShuffleNetV2",
    "efficientnet_lite0": "EfficientNet-Lite0",
    "mnasnet": "MnasNet",
}
IMAGES = 32  # that calibrate, where there are so many
OCR = "rapidocr_onnxruntime"
OCR_PIN = "rapidocr-onnxruntime==1.4.4"


@dataclass(frozen=True)
class Trained:
    """A trained network.

    Attributes
    ----------
    title : str
    model : str
        Below $LITE_TEST_DATA/models, or a file of the package ``OCR``.
    shape : tuple of int
        Of the input.
    photographs : str
        Folder below $LITE_TEST_DATA/data.
    mean, deviation : tuple of float
        Of pixels of 0..255 in the order of ``channels``.
    channels : str
    paddle : str
        Folder of the same network in Paddle's form, below $LITE_TEST_DATA/models; "" for none.
    text : str
        "line": scale to the height and fill up on the right; "page": many pictures one below another.
    """

    title: str
    model: str
    shape: tuple[int, int, int, int]
    photographs: str
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    channels: str = "RGB"
    paddle: str = ""
    text: str = ""


MEAN, DEVIATION = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
TRAINED = {
    "fastestdet": Trained("FastestDet", "fastestdet/FastestDet.onnx", (1, 3, 352, 352),
                          "coco128_train/images", (0,), (255,), "BGR"),
    "ppocrv4_det": Trained("PP-OCRv4 det", "ch_PP-OCRv4_det_infer.onnx", (1, 3, 640, 640), "ocr_words",
                           MEAN, DEVIATION, "BGR", "ppocrv4_paddle/ch_PP-OCRv4_det_infer", "page"),
    "ppocrv4_rec": Trained("PP-OCRv4 rec", "ch_PP-OCRv4_rec_infer.onnx", (1, 3, 48, 320), "ocr_words",
                           (127.5,), (127.5,), "BGR", "ppocrv4_paddle/ch_PP-OCRv4_rec_infer", "line"),
    "mobilenet_v2_trained": Trained("MobileNetV2, trained", "mobilenet_v2_torchvision/mobilenet_v2.onnx",
                                    (1, 3, 224, 224), "imagenet_calib200", MEAN, DEVIATION,
                                    paddle="mobilenet_v2_paddle"),
    "efficientnet_lite0_trained": Trained("EfficientNet-Lite0, trained",
                                          "efficientnet_lite0/efficientnet_lite0.onnx", (1, 3, 224, 224),
                                          "imagenet_calib200", (127,), (128,)),
}  # fmt: skip
NAMES = (*ZOO, *TRAINED)
RACED = tuple(name for name in NAMES if not name.endswith("_trained"))  # by --all: no architecture twice


def title(name: str) -> str:
    return ZOO.get(name) or (TRAINED[name].title if name in TRAINED else Path(name).stem)


def is_trained(name: str) -> bool:
    """Whether outputs mean something: errors of int8 are held to more than with random weights."""
    return name not in ZOO


def source(name: str, folder: Path) -> Source:
    """A network with its images, written below a folder unless it is there already.

    Parameters
    ----------
    name : str
        One of ``NAMES``, or an ONNX file with one input, which gets random images.
    folder : Path

    Raises
    ------
    RefusalError
        If a file is missing, or the input is not one array of floats.
    """
    if name in ZOO:
        return of_zoo(name, folder)
    if name in TRAINED:
        return of_data(TRAINED[name], name, folder)
    if not Path(name).is_file():
        raise RefusalError(
            f"there is no file {name!r} and no network of that name; there are {', '.join(NAMES)}"
        )
    place = made(folder / f"{Path(name).stem}-{digest(Path(name))}")
    if not (place / "images.npy").is_file():
        shape = fix_shape(Path(name), place / "model.onnx")
        store(place / "images.npy", np.random.default_rng(1).standard_normal((9, *shape), np.float32))
    return Source(place / "model.onnx", place / "images.npy")


def of_zoo(name: str, folder: Path) -> Source:
    import zoo

    code = digest(*sorted(Path(str(zoo.__file__)).parent.glob("*.py")))
    place, images = made(folder / f"{name}-{code}"), made(folder / f"images-{code}") / "images.npy"
    if not (place / "model.onnx").is_file():
        rough = place / f"{os.getpid()}.onnx"
        zoo.write(name, rough)
        keep(rough, place / "model.onnx")
    if not images.is_file():
        store(images, zoo.random_images(IMAGES + 1)[:, None])
    return Source(place / "model.onnx", images)


def of_data(network: Trained, name: str, folder: Path) -> Source:
    data = os.environ.get("LITE_TEST_DATA")
    if not data:
        raise RefusalError("LITE_TEST_DATA does not name the folder of test models")
    model = ocr_model(network.model) if "/" not in network.model else Path(data, "models", network.model)
    photographs = photographs_in(Path(data, "data", network.photographs))[: IMAGES + 1]
    if not model.is_file() or len(photographs) < 2:
        missing = Path(data, "data", network.photographs) if model.is_file() else model
        raise RefusalError(f"{missing} is missing")
    place = made(folder / f"{name}-{digest(model, Path(__file__))}")
    if not (place / "images.npy").is_file():
        fix_shape(model, place / "model.onnx", network.shape)
        store(place / "images.npy", np.stack(list(images_of(photographs, network))))
    paddle = Path(data, "models", network.paddle) if network.paddle else None
    return Source(place / "model.onnx", place / "images.npy", paddle if paddle and paddle.is_dir() else None)


def photographs_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.suffix in (".jpg", ".png"))


def ocr_model(name: str) -> Path:
    """A file of the package: from the environment at hand, or $LITE_PEERS/rapidocr."""
    spec = find_spec(OCR)
    places: list[Path] = [Path(place) for place in (spec.submodule_search_locations or ())] if spec else []
    peers = Path(os.environ.get("LITE_PEERS", "$LITE_PEERS"))
    places += peers.glob(f"rapidocr/lib/python*/site-packages/{OCR}")
    for place in places:
        if (place / "models" / name).is_file():
            return place / "models" / name
    raise RefusalError(f"{name} is missing; python -m venv $LITE_PEERS/rapidocr && "
                       f"$LITE_PEERS/rapidocr/bin/pip install --no-deps {OCR_PIN}")  # fmt: skip


def images_of(photographs: list[Path], network: Trained) -> Iterator[np.ndarray]:
    """Inputs made of picture files: one of each, or pages with all of them in another order each time."""
    from lite.images import open_image

    pictures = [open_image(path) for path in photographs]
    if network.text != "page":
        yield from (pixels(picture, network) for picture in pictures)
        return
    for page in range(IMAGES + 1):
        order = np.random.default_rng(page).permutation(len(pictures))
        yield pixels(page_of([pictures[index] for index in order], network.shape[2:]), network)


def page_of(pictures: list[Image], size: tuple[int, ...]) -> Image:
    """Pictures one below another on white, each as high as a line of a page."""
    from PIL import Image as pillow

    height, width = size
    page, line = pillow.new("RGB", (width, height), "white"), height // (len(pictures) + 1)
    for index, picture in enumerate(pictures):
        scale = min(0.8 * line / picture.height, 0.9 * width / picture.width)
        scaled = picture.resize((max(1, round(picture.width * scale)), max(1, round(picture.height * scale))))
        page.paste(scaled, (index * width // 40, index * line + line // 2))
    return page


def pixels(image: Image, network: Trained) -> np.ndarray:
    """A picture, scaled to the network's input."""
    from PIL import Image as pillow

    _, _, height, width = network.shape
    used = min(width, max(1, round(height * image.width / image.height))) if network.text == "line" else width
    array = np.asarray(image.resize((used, height), pillow.Resampling.BILINEAR), np.float32)
    array = array[:, :, ::-1] if network.channels == "BGR" else array
    scaled = (array - np.float32(network.mean)) / np.float32(network.deviation)
    filled = np.zeros(network.shape, np.float32)
    filled[0, :, :, :used] = scaled.transpose(2, 0, 1)
    return filled


def fix_shape(model: Path, target: Path, shape: Iterable[int] | None = None) -> tuple[int, ...]:
    """The same model with an input of that shape; otherwise with 1 where an extent is free.

    Raises
    ------
    RefusalError
        If the model has several inputs, or none of floats.
    """
    graph = (loaded := onnx.load(model)).graph
    weights = {entry.name for entry in graph.initializer}
    inputs = [entry for entry in graph.input if entry.name not in weights]
    kinds = [entry.type.tensor_type.elem_type for entry in inputs]
    if kinds != [onnx.TensorProto.FLOAT]:
        raise RefusalError(f"{model} has {len(inputs)} inputs; one of float32 can be raced")
    extents = inputs[0].type.tensor_type.shape.dim
    for extent, value in zip(extents, shape or [extent.dim_value or 1 for extent in extents]):
        extent.dim_value = value
    del graph.value_info[:]  # they speak of free extents
    for output in graph.output:
        output.type.tensor_type.ClearField("shape")
    with suppress(onnx.shape_inference.InferenceError):  # without shapes engines infer them themselves
        loaded = onnx.shape_inference.infer_shapes(loaded, data_prop=True)
    onnx.save(loaded, target)
    return tuple(extent.dim_value for extent in extents)


def store(path: Path, array: np.ndarray) -> None:
    rough = path.with_name(f"{os.getpid()}.npy")
    np.save(rough, array)
    keep(rough, path)


def keep(rough: Path, path: Path) -> None:
    """Give a file its name when it is whole, unless another process was quicker."""
    with suppress(FileExistsError):
        os.link(rough, path)
    rough.unlink()


def made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder

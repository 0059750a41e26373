# SPDX-License-Identifier: Apache-2.0
"""Training data of any kind becomes samples and batches, or is refused in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lite.errors import CalibrationError, InputError
from lite.ir import Graph
from lite.slim.act.data import Data, read_labels
from lite.slim.act.job import DataFile


def kinds(images: np.ndarray, folder: Path) -> dict[str, Any]:
    np.save(folder / "images.npy", images)
    np.savez(folder / "images.npz", image=images)
    halves = [images[:20], images[20:]]
    return {"array": images, "dict": {"image": images}, "npy": folder / "images.npy",
            "npz": str(folder / "images.npz"), "batches": halves,
            "dicts": [{"image": half} for half in halves],
            "pairs": [(half, np.zeros(20, int)) for half in halves],
            "part": DataFile(str(folder / "images.npy"), "0:40")}


def test_all_kinds_hold_the_same(graph: Graph, images: np.ndarray, tmp_path: Path) -> None:
    for name, given in kinds(images, tmp_path).items():
        data = Data(given, graph, batch_size=16)
        assert data.rows == 40 and data.shapes == {"image": (1, 3, 8, 8)}, name
        for _ in range(2):  # again and again
            assert np.array_equal(np.concatenate([feeds["image"] for feeds in data.samples()]), images), name
        assert [len(data.spread(most)) for most in (7, 40, 99)] == [7, 40, 40]


def test_batches_are_shuffled_as_numpy_is_seeded(graph: Graph, images: np.ndarray) -> None:
    batches = Data(images, graph, batch_size=16).batches()
    assert len(batches) == 3
    np.random.seed(5)
    first = [batch["image"] for batch in batches]
    second = [batch["image"] for batch in batches]
    np.random.seed(5)
    again = [batch["image"] for batch in batches]
    assert [len(part) for part in first] == [16, 16, 8]
    assert all(map(np.array_equal, first, again)) and not all(map(np.array_equal, first, second))
    assert sorted(np.concatenate(first).sum((1, 2, 3))) == sorted(images.sum((1, 2, 3)))


def test_loaders_of_pytorch(graph: Graph, images: np.ndarray) -> None:
    torch = pytest.importorskip("torch", reason="the loader is PyTorch's")
    pairs = torch.utils.data.TensorDataset(torch.from_numpy(images), torch.arange(40))
    loader = torch.utils.data.DataLoader(pairs, 16, shuffle=True)
    data = Data(loader, graph)
    assert data.has_labels and data.rows == 40 and data.batch_count == 3
    assert data.digest() == Data(loader, graph).digest() != Data(images, graph).digest()


def test_labels_stay_with_their_rows(graph: Graph, images: np.ndarray, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", images)
    (tmp_path / "labels.txt").write_text("\n".join(f"image{row}.jpg {row}" for row in range(40)))
    data = Data(DataFile(str(tmp_path / "x.npy"), "4:30", str(tmp_path / "labels.txt")), graph, 8)
    assert data.has_labels and data.rows == 26
    for feeds, labels in data.batches():
        assert np.array_equal(feeds["image"], images[labels])
    short = data.shortened(5)
    assert short.rows == 5 and np.array_equal(short.labels, [4, 5, 6, 7, 8])


def test_labels_of_images_go_by_name(tmp_path: Path) -> None:
    for name in ("b.png", "a.png", "c.png"):
        (tmp_path / name).touch()
    (tmp_path / "labels.txt").write_text("c.png 3\nb.png 2\na.png 1\n")
    file = DataFile(str(tmp_path), "1:3", str(tmp_path / "labels.txt"))
    assert list(read_labels(file)) == [2, 3]
    (tmp_path / "d.png").touch()
    with pytest.raises(InputError, match=r"no label for d\.png, one of 1 that"):
        read_labels(file)


def test_digests_tell_data_apart(graph: Graph, images: np.ndarray, tmp_path: Path) -> None:
    given = kinds(images, tmp_path)
    digests = {name: Data(one, graph).digest() for name, one in given.items()}
    assert digests == {name: Data(one, graph).digest() for name, one in given.items()}
    assert Data(images * 2, graph).digest() != digests["array"]
    assert Data(DataFile(str(tmp_path / "images.npy"), "0:39"), graph).digest() != digests["part"]
    ones, zeros = ([(images, np.full(40, label))] for label in (1, 0))
    assert Data(ones, graph).digest() != Data(zeros, graph).digest()


@pytest.mark.parametrize(("make", "words"), [
    (lambda images: iter([images]), "can be gone through once"),
    (lambda images: {"picture": images}, "expected ['image']"),
    (lambda images: images[:, :2], "expected f32[n, 3, 8, 8]"),
    (lambda images: [images[:2], images[:2, :1]], "train_data, batch 1"),
    (lambda images: [images[:2] * np.float32("nan")], "NaN"),
    (lambda images: [(images, images, images)], "3 things in a row"),
    (lambda images: [], "there are no samples"),
    (lambda images: 5, "got int, expected"),
    (lambda images: Path("/nowhere/x.npy"), "No such file"),
])  # fmt: skip
def test_what_does_not_fit_is_told(graph: Graph, images: np.ndarray, make: Any, words: str) -> None:
    with pytest.raises((InputError, CalibrationError)) as told:
        for _ in Data(make(images), graph).samples():
            pass
    assert words in str(told.value)


@pytest.mark.parametrize(("labels", "words"), [
    (np.zeros(9, int), "9 labels for 40 samples"), (np.zeros(40), "expected a whole number a sample"),
    ("cat\ndog", "cannot be read"), (None, "No such file")])  # fmt: skip
def test_labels_that_do_not_fit(
    graph: Graph, images: np.ndarray, tmp_path: Path, labels: Any, words: str
) -> None:
    np.save(tmp_path / "x.npy", images)
    path = tmp_path / ("l.txt" if isinstance(labels, str) else "l.npy")
    if isinstance(labels, str):
        path.write_text(labels)
    elif labels is not None:
        np.save(path, labels)
    with pytest.raises(InputError, match=words):
        Data(DataFile(str(tmp_path / "x.npy"), labels=str(path)), graph)

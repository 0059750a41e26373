# SPDX-License-Identifier: Apache-2.0
"""Files say what strategies say, and what is wrong in them is told with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from lite.errors import InputError
from lite.slim.act.job import DataFile, ImageRules, Job, job_of, parse_job, read_job, to_yaml
from lite.slim.distillation import Distillation
from lite.slim.qat import QAT
from lite.slim.strategies.goal import Goal
from lite.slim.strategies.prune_channels import PruneChannels
from lite.slim.strategies.prune_n_of_m import PruneNofM
from lite.slim.strategies.prune_weights import PruneWeights
from lite.slim.strategies.ptq import PTQ
from lite.slim.strategies.search import Search
from lite.slim.strategies.train import Train

pytest.importorskip("yaml")

JOBS = [
    Job(),
    Job(model="m", output="o.nb", data=DataFile("d.npy", "0:20"), strategies=(Goal(max_loss=0.02, seed=3),)),
    Job(input_shape={"x": [1, 3, 8, 8]}, image=ImageRules(resize=256, crop=224, mean=(1.0, 2.0, 3.0))),
    Job(evaluation=DataFile("d.npz", labels="l.npy"), strategies=(PTQ("KL", activation_bits=16), Search())),
    Job(strategies=(PruneChannels((0.25, 0.5), ("a", "b"), "bn_scale"), Train(train_iter=9))),
    Job(strategies=(PruneWeights("gmp", ratio=0.75, gmp={"pruning_steps": 10, "initial_ratio": 0.15}),)),
    Job(strategies=(PruneNofM(1, 4, ("w",)), Train(epochs=2, learning_rate=1e-5, eval_iter=3))),
    Job(strategies=(Distillation(loss=["l2", "kl"], node=[["a"], ["b"]]), QAT(not_quant_pattern=["conv1"]))),
    Job(strategies=(Search(("KL", "mse"), (True,), (0.99, 1.0), (1, 2), 7),)),
]

PADDLESLIM = """
Global:
  model_dir: ./MobileNetV1_infer
  model_filename: inference.pdmodel
  params_filename: inference.pdiparams
  batch_size: 16
  use_gpu: true
  input_name: inputs
HyperParameterOptimization:
  ptq_algo: ["KL", "hist"]
  bias_correct: [true]
  hist_percent: [0.98, 0.999]
  batch_num: [10, 30]
  max_quant_count: 4
TrainConfig:
  epochs: 1
  eval_iter: 500
  learning_rate:
    type: CosineAnnealingDecay
    learning_rate: 0.015
    T_max: 8000
  optimizer_builder:
    optimizer:
      type: Momentum
    weight_decay: 3e-5
  origin_metric: 0.70898
"""


@pytest.mark.parametrize("job", JOBS)
def test_a_file_brings_back_the_same_job(job: Job) -> None:
    assert parse_job(to_yaml(job) if to_yaml(job) != "{}\n" else "Global:") == (
        job if to_yaml(job) != "{}\n" else Job(strategies=(Goal(),)))


def test_a_file_as_paddleslim_has_it(tmp_path: Path) -> None:
    job = parse_job(PADDLESLIM, "act.yaml", tmp_path)
    assert Path(job.model or "") == tmp_path / "MobileNetV1_infer/inference.pdmodel"
    assert Path(job.params or "") == tmp_path / "MobileNetV1_infer/inference.pdiparams"
    assert job.get(Search).max_quant_count == 4 and job.get(Goal).batch_size == 16
    train = job.get(Train)
    assert (train.learning_rate, train.schedule, train.optimizer, train.momentum, train.weight_decay) == (
        0.015, "cosine", "sgd", 0.9, 3e-5)
    assert [note.split(" has ")[0] for note in job.notes] == [
        "act.yaml, line 7, Global.use_gpu", "act.yaml, line 8, Global.input_name"]


@pytest.mark.parametrize(("text", "words"), [
    ("Qantization:\n", "line 1, Qantization: unknown key 'Qantization'\n  hint: did you mean 'Quantization'"),
    ("Global:\n  max_los: 1\n", "Global.max_los: unknown key 'max_los'\n  hint: did you mean 'max_loss'"),
    ("Global:\n  max_loss: much\n", "line 2, Global.max_loss: it is 'much', expected a number from 0 to 1"),
    ("Global:\n  seed: 1\n  seed: 2\n", "line 3, Global.seed: it was given in line 2 already"),
    ("Quantization:\nQuantPost:\n", "contradict each other"),
    ("ChannelPrune:\nASPPrune:\n", "contradict each other"),
    ("Quantization:\nQuantAware:\n", "more than once"),
    ("TrainConfig: {epochs: 3, train_iter: 4}", "TrainConfig.train_iter: epochs is given, too"),
    ("TrainConfig: {learning_rate: {type: NoamDecay}}", "its type is 'NoamDecay', expected one of Cosine"),
    ("TrainConfig:\n  optimizer_builder: {optimizer: {type: Lamb}}", "line 2, TrainConfig.optimizer_builder"),
    ("UnstructurePrune: {prune_mode: threshold, ratio: 0.5}", "UnstructurePrune.ratio: it is given though"),
    ("UnstructurePrune: {threshold: 0.5}", "prune_mode is ratio"),
    ("QuantPost: {recon_level: region-wise}", "expected layer-wise"),
    ("QuantPost: {bias_correction: true, bias_correct: false}", "two keys say this"),
    ("Quantization:\n  weight_bits: 9\n", "line 2, Quantization.weight_bits: weight_bits is 9, expected"),
    ("QuantAware: {weight_bit: 8}", "hint: did you mean 'weight_bits'"),
    ("QuantAware: {use_pact: often}", "QuantAware.use_pact: it is 'often', expected true or false"),
    ("Distillation: {loss: l9}", "Distillation.loss: it is 'l9'"),
    ("Distillation: {alpha: high}", "Distillation.alpha: alpha is 'high', expected a number"),
    ("data: {path: x, rows: 10}", 'expected "FIRST:LAST" in quotes'),
    ("data: {rows: '3:9'}", "path says nothing"),
    ("data: {path: '${NO_SUCH_VARIABLE}/x'}", "line 1, data.path: the environment has no variable NO_SUCH"),
    ("MultiTeacherDistillation:\n", "several teachers"),
    ("model: a\nGlobal: {model_dir: b}", "named by `model` already"),
    ("Global: {model_filename: b}", "there is no model_dir"),
    ("Global: 3", "expected keys with values"),
    ("- Global", "it holds a list"),
    ("", "it is empty"),
    ("a: [", "cannot be read as YAML"),
    ("input_shape: {x: [1, -3]}", "whole numbers above 0"),
    ("a: &a [*a]", "unknown key 'a'"),
])  # fmt: skip
def test_what_is_wrong_has_a_place(text: str, words: str) -> None:
    with pytest.raises(InputError) as told:
        parse_job(text, "act.yaml")
    assert words in str(told.value) and str(told.value).startswith("act.yaml")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: No such file"):
        read_job(tmp_path / "none.yaml")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00a")
    with pytest.raises(InputError, match="it is no text"):
        read_job(tmp_path / "binary.yaml")


def test_paths_are_relative_to_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOMEWHERE", "/there")
    (tmp_path / "act.yaml").write_text("model: a/b.onnx\noutput: c.nb\ndata: ${SOMEWHERE}/d.npy\n")
    job = read_job(tmp_path / "act.yaml")
    assert (job.model, job.output) == (str(tmp_path / "a/b.onnx"), "c.nb")
    assert job.data is not None and job.data.path == "/there/d.npy"


def test_configs_of_other_kinds() -> None:
    assert job_of(None) == Job() and job_of(Job(model="m")).model == "m"
    assert job_of([PTQ()]).has(PTQ) and not job_of([PTQ()]).is_automatic and job_of([Goal()]).is_automatic
    with pytest.raises(InputError, match="int is no strategy"):
        job_of([3])  # type: ignore[list-item]
    with pytest.raises(InputError, match="got a set"):
        job_of({PTQ()})  # type: ignore[arg-type]

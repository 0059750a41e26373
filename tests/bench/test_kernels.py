# SPDX-License-Identifier: Apache-2.0
"""bench/kernels: its command line, and the document that it prints."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture
def kernels(build):
    program = build("release", "kernels", LITE_BUILD_BENCH="ON") / "bench" / "kernels"

    def run(*words: str, isa: str = "") -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "LITE_FORCE_ISA": isa}
        return subprocess.run([program, *words], capture_output=True, text=True, env=environment)

    return run


def test_help_names_nets(kernels):
    run = kernels("--help")
    assert run.returncode == 0
    for name in ("mobilenet_v1", "efficientnet_lite0", "squares", "windows", "depthwise", "vectors"):
        assert f"\n  {name} " in run.stdout


@pytest.mark.parametrize("words, said", [
    (["--nets", "squares"], "'--nets' is no option"),
    (["squares"], "'squares' is no option"),
    (["--net", "squares,lenet"], "there is no net 'lenet'; there are: all, mobilenet_v1"),
    (["--net"], "--net wants a value"),
    (["--net", ""], "there is no net ''"),
    (["--threads", "0"], "--threads: expected a number from 1 to 1024, got '0'"),
    (["--repeats", "10x"], "--repeats: expected a number from 1 to 1000000, got '10x'"),
    (["--repeats", "-1"], "got '-1'"),
    (["--repeats", "99999999999999999999"], "got '99999999999999999999'"),
])
def test_wrong_words(kernels, words, said):
    run = kernels("--json", *words)
    assert (run.returncode, run.stdout) == (2, "")
    assert said in run.stderr and "--help" in run.stderr


def test_wrong_instruction_set(kernels):
    run = kernels("--json", isa="z80")
    assert (run.returncode, run.stdout) == (1, "")
    assert "LITE_FORCE_ISA is 'z80'" in run.stderr


def test_document(kernels):
    run = kernels("--net", "stems,vectors", "--f32", "--int8", "--hot", "--repeats", "1", "--json")
    assert run.returncode == 0, run.stderr
    document = json.loads(run.stdout)
    assert document["threads"] == 1 and document["machine"] and document["isa"]
    assert document["peaks"]["bandwidth_gb_per_s"] > 0
    assert all(rate > 0 for rate in document["peaks"]["of_one_core"].values())
    assert [(net["net"], net["type"]) for net in document["nets"]] == [
        ("stems", "f32"), ("stems", "int8"), ("vectors", "f32"), ("vectors", "int8")]
    for net in document["nets"]:
        assert net["rows"] and all(row["share"] > 0 for row in net["rows"])
        products = "dot products" if net["type"] == "int8" else "fused multiply-adds"
        assert {row["of"] for row in net["rows"]} == {"bandwidth" if net["net"] == "vectors" else products}
        assert net["total"]["time_us"] == pytest.approx(sum(row["time_us"] for row in net["rows"]), abs=0.1)


@pytest.mark.parametrize("net", ["mobilenet_v1", "mobilenet_v2", "efficientnet_lite0"])
def test_nets_are_whole(kernels, from_bench, net):
    """As many multiply-adds as the same net has in ONNX."""
    pytest.importorskip("onnx")
    zoo = from_bench("zoo")
    run = kernels("--net", net, "--hot", "--repeats", "1", "--json")
    total = json.loads(run.stdout)["nets"][0]["total"]
    expected = zoo.multiply_adds(zoo.build(net))
    assert total["gops"] * total["time_us"] * 1e3 / 2 == pytest.approx(expected, rel=0.005)

# SPDX-License-Identifier: Apache-2.0
"""Paddle Lite's enumerations and Place; the numbers are its own."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class PowerMode(enum.IntEnum):
    """Which cores to run on: the fastest, the slowest, all, or those that the system chooses."""

    LITE_POWER_HIGH = 0
    LITE_POWER_LOW = 1
    LITE_POWER_FULL = 2
    LITE_POWER_NO_BIND = 3
    LITE_POWER_RAND_HIGH = 4
    LITE_POWER_RAND_LOW = 5


class TargetType(enum.IntEnum):
    """Kinds of devices; ARM, X86 and Host are here."""

    Unk = 0
    Host = 1
    X86 = 2
    ARM = 4
    OpenCL = 5
    Any = 6
    FPGA = 7
    XPU = 9
    BM = 10
    MLU = 11
    RKNPU = 12
    APU = 13
    HUAWEI_ASCEND_NPU = 14
    IMAGINATION_NNA = 15
    INTEL_FPGA = 16
    Metal = 17
    NNAdapter = 18


class PrecisionType(enum.IntEnum):
    """Element types."""

    Unk = 0
    FP32 = 1
    INT8 = 2
    INT32 = 3
    Any = 4
    FP16 = 5
    BOOL = 6
    INT64 = 7
    INT16 = 8
    UINT8 = 9
    FP64 = 10


class DataLayoutType(enum.IntEnum):
    """Layouts of a place; inputs and outputs are always as the model declares them."""

    Unk = 0
    NCHW = 1
    Any = 2
    NHWC = 3
    ImageDefault = 4
    ImageFolder = 5
    ImageNW = 6
    MetalTexture2DArray = 7
    MetalTexture2D = 8


class CLTuneMode(enum.IntEnum):
    """Kept for scripts: there is no OpenCL here."""

    CL_TUNE_NONE = 0
    CL_TUNE_RAPID = 1
    CL_TUNE_NORMAL = 2
    CL_TUNE_EXHAUSTIVE = 3


class CLPrecisionType(enum.IntEnum):
    """Kept for scripts: there is no OpenCL here."""

    CL_PRECISION_AUTO = 0
    CL_PRECISION_FP32 = 1
    CL_PRECISION_FP16 = 2


@dataclass(frozen=True)
class Place:
    """Where kernels may run."""

    target: TargetType
    precision: PrecisionType = PrecisionType.FP32
    layout: DataLayoutType = DataLayoutType.NCHW
    device: int = 0

    def is_valid(self) -> bool:
        """True if target, precision and layout are all known."""
        return bool(self.target and self.precision and self.layout)

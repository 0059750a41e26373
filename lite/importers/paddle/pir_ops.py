# SPDX-License-Identifier: Apache-2.0
"""How ops of Paddle 3's PIR are called in protobuf programs, for which the rules are written.

A row says: name in PIR, name in programs, slots of the inputs in their order, ``>`` slots of the outputs
(Out if left out), ``|`` attributes that are called otherwise (``here:there``) or given (``name=1``). An input
may be ``name=`` (the attribute of that name if its content is known), ``name=Slot`` (else a slot),
``name=Slot/Slots`` (else a slot for one tensor, and another for a list of them), or ``-`` (of no meaning).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

_SAME = """
abs acos acosh asin asinh atan atanh ceil cos cosh elu erf exp floor gelu log log10 log1p log2
log_softmax logical_not logsigmoid logsumexp mish p_norm relu relu6 reciprocal round rsqrt selu
sigmoid sign silu sin sinh softmax softplus softsign sqrt square stanh swish tan tanh tanh_shrink
thresholded_relu pixel_shuffle pixel_unshuffle channel_shuffle shuffle_channel flip lrn norm assign
unbind meshgrid
"""

_PAIRS = """add:elementwise_add subtract:elementwise_sub multiply:elementwise_mul divide:elementwise_div
elementwise_pow:elementwise_pow maximum:elementwise_max minimum:elementwise_min remainder:elementwise_mod
floor_divide:elementwise_floordiv equal:equal not_equal:not_equal less_than:less_than less_equal:less_equal
greater_than:greater_than greater_equal:greater_equal logical_and:logical_and logical_or:logical_or
logical_xor:logical_xor bitwise_and:bitwise_and bitwise_or:bitwise_or bitwise_xor:bitwise_xor bmm:bmm"""

_ROWS = """
add_n                sum                 X
addmm                addmm               Input X Y | alpha:Alpha beta:Beta
affine_channel       affine_channel      X Scale Bias
all                  reduce_all          X | axis:dim keepdim:keep_dim
amax                 reduce_amax         X | axis:dim keepdim:keep_dim
amin                 reduce_amin         X | axis:dim keepdim:keep_dim
any                  reduce_any          X | axis:dim keepdim:keep_dim
arange               range               Start End Step
argmax               arg_max             X axis=
argmin               arg_min             X axis=
argsort              argsort             X > Out Indices
assign_value         assign_value
batch_norm           batch_norm          X Mean Variance Scale Bias > Y | data_format:data_layout
bicubic_interp       bicubic_interp_v2   X OutSize SizeTensor Scale | data_format:data_layout
bilinear_interp      bilinear_interp_v2  X OutSize SizeTensor Scale | data_format:data_layout
bitwise_not          bitwise_not         X
box_coder            box_coder           PriorBox PriorBoxVar TargetBox > OutputBox
cast                 cast                X | dtype:out_dtype
celu                 celu                X
clip                 clip                X min=Min max=Max
concat               concat              X axis=AxisTensor
conv2d               conv2d              Input Filter > Output
conv3d               conv3d              Input Filter > Output
conv3d_transpose     conv3d_transpose    Input Filter > Output
conv2d_transpose     conv2d_transpose Input Filter output_size=OutputSizeTensor/OutputSizeTensorList > Output
crop                 crop_tensor         X shape=Shape/ShapeTensor offsets=Offsets/OffsetsTensor
cumsum               cumsum              X axis=
depthwise_conv2d     depthwise_conv2d    Input Filter > Output
depthwise_conv2d_transpose depthwise_conv2d_transpose Input Filter output_size=OutputSizeTensor > Output
deformable_conv      deformable_conv     Input Offset Filter Mask > Output
dequantize_linear    dequantize_linear   X Scale ZeroPoint InAccum InState > Y
dot                  dot                 X Y
dropout              dropout             X - dropout_prob= | mode:dropout_implementation
einsum               einsum              Operands
embedding            lookup_table_v2     Ids W
expand               expand_v2           X shape=Shape/expand_shapes_tensor
expand_as            expand_as_v2        X Y
expm1                expm1               X
eye                  eye                 num_rows= num_columns=
fake_channel_wise_dequantize_max_abs fake_channel_wise_dequantize_max_abs X Scales
fake_channel_wise_quantize_dequantize_abs_max fake_channel_wise_quantize_dequantize_abs_max X
fake_dequantize_max_abs fake_dequantize_max_abs X Scale
fake_quantize_dequantize_abs_max fake_quantize_dequantize_abs_max X
fake_quantize_dequantize_moving_average_abs_max fake_quantize_dequantize_moving_average_abs_max X InScale - -
fake_quantize_moving_average_abs_max fake_quantize_moving_average_abs_max X InScale - -
fake_quantize_range_abs_max fake_quantize_range_abs_max X InScale -
flatten              flatten_contiguous_range X
fmax                 elementwise_fmax    X Y
fmin                 elementwise_fmin    X Y
full                 fill_constant
full_batch_size_like fill_constant_batch_size_like Input
full_int_array       assign_value        | value:values
full_like            fill_any_like       X value=
full_with_tensor     fill_constant       ValueTensor shape=ShapeTensor/ShapeTensorList
gather               gather              X Index axis=Axis
gather_nd            gather_nd           X Index
grid_sample          grid_sampler        X Grid > Output
group_norm           group_norm          X Scale Bias > Y | data_format:data_layout
hardshrink           hard_shrink         X
hardsigmoid          hard_sigmoid        X
hardswish            hard_swish          X
hardtanh             brelu               X
increment            increment           X | value:step
index_sample         index_sample        X Index
index_select         index_select        X Index | axis:dim
instance_norm        instance_norm       X Scale Bias > Y
isfinite             isfinite_v2         X
isinf                isinf_v2            X
isnan                isnan_v2            X
layer_norm           layer_norm          X Scale Bias > Y
leaky_relu           leaky_relu          X | negative_slope:alpha
lerp                 lerp                X Y Weight
linspace             linspace            Start Stop Num
masked_fill          masked_fill         X Mask Value
matmul               matmul_v2           X Y | transpose_x:trans_x transpose_y:trans_y
max                  reduce_max          X dim= | keepdim:keep_dim
max_pool2d_with_index max_pool2d_with_index X | kernel_size:ksize
maxout               maxout              X
mean                 reduce_mean         X dim= | keepdim:keep_dim
mean_all             mean                X
memcpy_d2h           memcpy              X
memcpy_h2d           memcpy              X
min                  reduce_min          X dim= | keepdim:keep_dim
multiclass_nms3      multiclass_nms3     BBoxes Scores RoisNum > Out Index NmsRoisNum
mv                   mv                  X Vec
nearest_interp       nearest_interp_v2   X OutSize SizeTensor Scale | data_format:data_layout
numel                size                Input
one_hot              one_hot_v2          X depth=depth_tensor
pad                  pad                 X pad_value=
pad3d                pad3d               X paddings=Paddings | pad_value:value
pool2d               pool2d              X ksize=
pool3d               pool3d              X | kernel_size:ksize
pow                  pow                 X | y:factor
prelu                prelu               X Alpha
prior_box            prior_box           Input Image > Boxes Variances
prod                 reduce_prod         X dim= | keepdim:keep_dim
put_along_axis put_along_axis Input Index Value > Result | axis:Axis reduce:Reduce include_self:Include_self
quantize_linear      quantize_linear     X Scale ZeroPoint InAccum InState > Y
repeat_interleave    repeat_interleave   X | repeats:Repeats axis:dim
reshape              reshape2            X shape=Shape/ShapeTensor
rnn                  rnn                 Input PreState WeightList SequenceLength - > Out Dropout State
roi_align            roi_align           X ROIs RoisNum
roll                 roll                X shifts=ShiftsTensor
scale                scale               X scale=ScaleTensor
scatter              scatter             X Ids Updates
scatter_nd_add       scatter_nd_add      X Index Updates
set_value            set_value           Input starts=/StartsTensorList ends=/EndsTensorList steps=
set_value_with_tensor set_value Input ValueTensor starts=/StartsTensorList ends=/EndsTensorList steps=
shape                shape               Input
shape64              shape64             Input
share_data           share_data          X
slice                slice        Input starts=StartsTensor/StartsTensorList ends=EndsTensor/EndsTensorList
softshrink           softshrink          X | threshold:lambda
split                split               X sections=/SectionsTensorList axis=AxisTensor
split_with_num       split               X axis=AxisTensor
squeeze              squeeze2            X axes=
stack                stack               X > Y
strided_slice        strided_slice       Input starts=StartsTensor ends=EndsTensor strides=StridesTensor
sum                  reduce_sum          X dim= | keepdim:keep_dim
sync_batch_norm      sync_batch_norm     X Mean Variance Scale Bias > Y | data_format:data_layout
take_along_axis      take_along_axis     Input Index > Result | axis:Axis
tile                 tile                X repeat_times=RepeatTimes/repeat_times_tensor
topk                 top_k_v2            X k=K > Out Indices
transpose            transpose2          X | perm:axis
tril                 tril_triu           X | lower=1
triu                 tril_triu           X | lower=0
unfold               unfold              X > Y
unsqueeze            unsqueeze2          X axes=AxesTensor/AxesTensorList
unstack              unstack             X > Y
where                where               Condition X Y
yolo_box             yolo_box            X ImgSize > Boxes Scores
"""


@dataclass(frozen=True)
class Slot:
    """Where an input goes: an attribute, a slot for a tensor, one for a list of them; "" if there is none."""

    attribute: str
    single: str
    several: str


@dataclass(frozen=True)
class Row:
    """An op of PIR in the words of protobuf programs."""

    type: str
    inputs: tuple[Slot, ...]
    outputs: tuple[str, ...]
    renamed: Mapping[str, str]
    given: Mapping[str, int]


@functools.cache
def table() -> Mapping[str, Row]:
    """Rows by the op's name in PIR, without the underscore of those that write over their input."""
    rows = {name: _row(f"{name} X") for name in _SAME.split()}
    for pair in _PAIRS.split():
        rows[pair.partition(":")[0]] = _row(f"{pair.partition(':')[2]} X Y")
    for line in _ROWS.strip().splitlines():
        name, rest = line.split(None, 1)
        rows[name] = _row(rest)
    return rows


def _row(text: str) -> Row:
    slots, _, attributes = text.partition("|")
    inputs, _, outputs = slots.partition(">")
    type, *given = inputs.split()
    words = attributes.split()
    return Row(
        type,
        tuple(map(_slot, given)),
        tuple(outputs.split()) or ("Out",),
        dict(word.split(":") for word in words if ":" in word),
        {name: int(number) for name, number in (word.split("=") for word in words if "=" in word)},
    )


def _slot(word: str) -> Slot:
    if word == "-":
        return Slot("", "", "")
    attribute, _, slots = word.rpartition("=") if "=" in word else ("", "", word)
    single, _, several = slots.partition("/")
    return Slot(attribute, single, several or single)

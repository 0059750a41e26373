# SPDX-License-Identifier: Apache-2.0
"""Images lie as NCHW, as other engines want them: to_nhwc, the other way round."""

from __future__ import annotations

from lite.passes.to_nhwc import ToNhwc


class ToNchw(ToNhwc):
    """Turns every op over images to layout="nchw"; inputs and outputs of the graph stay as they are."""

    name = "to_nchw"
    layout = "nchw"

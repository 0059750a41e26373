// SPDX-License-Identifier: Apache-2.0
package com.baidu.paddle.lite;

import java.nio.charset.StandardCharsets;

/** Which .nb to run, and how. */
public class MobileConfig extends ConfigBase {
  private String file = "";
  private byte[] buffer = null;

  public void setModelFromFile(String path) {
    file = Native.given(path, "the model's path");
    buffer = null;
  }

  public void setModelFromBuffer(byte[] bytes) {
    buffer = Native.given(bytes, "the model's bytes").clone();
    file = "";
  }

  /** As Paddle Lite has it: each character is one byte (ISO-8859-1). */
  public void setModelFromBuffer(String bytes) {
    setModelFromBuffer(
        Native.given(bytes, "the model's bytes").getBytes(StandardCharsets.ISO_8859_1));
  }

  @Override
  String file() {
    return file.isEmpty() ? super.file() : file;
  }

  @Override
  byte[] buffer() {
    return buffer;
  }
}

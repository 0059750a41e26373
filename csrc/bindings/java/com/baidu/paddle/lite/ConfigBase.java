// SPDX-License-Identifier: Apache-2.0
package com.baidu.paddle.lite;

import java.io.File;

/** How to run a model. */
public class ConfigBase {
  private String modelDir = "";
  private int threads = 1;
  private PowerMode powerMode = PowerMode.LITE_POWER_NO_BIND;

  /** A folder with model.nb in it. */
  public void setModelDir(String folder) {
    modelDir = Native.given(folder, "the model's folder");
  }

  public String getModelDir() {
    return modelDir;
  }

  /** Threads that work on one run, 1 to 256. Results do not depend on it. */
  public void setThreads(int threads) {
    this.threads = threads;
  }

  public int getThreads() {
    return threads;
  }

  public void setPowerMode(PowerMode mode) {
    powerMode = Native.given(mode, "the power mode");
  }

  public PowerMode getPowerMode() {
    return powerMode;
  }

  /** The file of the model; empty if none was named. */
  String file() {
    return modelDir.isEmpty() ? "" : new File(modelDir, "model.nb").getPath();
  }

  /** The bytes of the model; null if it is a file. */
  byte[] buffer() {
    return null;
  }
}

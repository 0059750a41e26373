// SPDX-License-Identifier: Apache-2.0
package com.baidu.paddle.lite;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Runs one model. Its tensors are valid until it is closed. */
public class PaddlePredictor implements AutoCloseable {
  // Of lite_power_mode, by PowerMode.value().
  private static final int[] MODES = {1, 2, 3, 0, 4, 5};

  private long handle;
  private final Tensor[] inputs;
  private final Tensor[] outputs;

  private PaddlePredictor(long handle) {
    this.handle = handle;
    inputs = tensors(true);
    outputs = tensors(false);
  }

  /** A predictor for a configuration; LiteException if the model cannot be read or run here. */
  public static PaddlePredictor createPaddlePredictor(ConfigBase config) {
    Native.given(config, "the configuration");
    String file = config.file();
    byte[] buffer = config.buffer();
    if (file.isEmpty() && buffer == null) {
      throw new LiteException("no model was named: config.setModelFromFile(\"model.nb\")");
    }
    int mode = MODES[config.getPowerMode().value()];
    return new PaddlePredictor(
        Native.create(buffer == null ? file : null, buffer, config.getThreads(), mode));
  }

  public Tensor getInput(int index) {
    return at(inputs, index, "input");
  }

  public Tensor getOutput(int index) {
    return at(outputs, index, "output");
  }

  /** An input or output by name. */
  public Tensor getTensor(String name) {
    for (Tensor[] side : new Tensor[][] {inputs, outputs}) {
      for (Tensor tensor : side) {
        if (tensor.name().equals(name)) {
          return tensor;
        }
      }
    }
    throw new LiteException("there is no tensor '" + name + "'");
  }

  /** Runs once on what the inputs hold. Always true: what goes wrong is a LiteException. */
  public synchronized boolean run() {
    long open = handle();
    long[][] shapes = new long[inputs.length][];
    Object[] arrays = new Object[inputs.length];
    for (int i = 0; i < inputs.length; ++i) {
      shapes[i] = inputs[i].shape();
      arrays[i] = inputs[i].data();
    }
    Native.run(open, shapes, arrays);
    return true;
  }

  public String getVersion() {
    return Native.version();
  }

  /** Gives the memory back; no method works afterwards. */
  @Override
  public synchronized void close() {
    if (handle != 0) {
      Native.destroy(handle);
      handle = 0;
    }
  }

  @Override
  @SuppressWarnings({"deprecation", "removal"})
  protected void finalize() {
    close();
  }

  synchronized long[] shape(boolean input, int index) {
    return Native.shape(handle(), input, index);
  }

  synchronized void read(int output, Object array) {
    Native.read(handle(), output, array);
  }

  private long handle() {
    if (handle == 0) {
      throw new LiteException("the predictor is closed");
    }
    return handle;
  }

  private Tensor[] tensors(boolean input) {
    byte[][] names = Native.names(handle, input);
    Tensor[] tensors = new Tensor[names.length];
    for (int i = 0; i < names.length; ++i) {
      String name = new String(names[i], StandardCharsets.UTF_8);
      tensors[i] = new Tensor(this, input, i, name, Native.dtype(handle, input, i));
    }
    return tensors;
  }

  private static Tensor at(Tensor[] tensors, int index, String what) {
    if (index < 0 || index >= tensors.length) {
      throw new LiteException("there is no " + what + " " + index + ", there are "
          + tensors.length + ": " + Arrays.toString(tensors));
    }
    return tensors[index];
  }
}

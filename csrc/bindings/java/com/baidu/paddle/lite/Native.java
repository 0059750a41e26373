// SPDX-License-Identifier: Apache-2.0
package com.baidu.paddle.lite;

/**
 * The library. Handles are of create, and good until destroy: PaddlePredictor sees to that.
 * Everything that goes wrong is a LiteException.
 */
final class Native {
  static {
    System.loadLibrary("lite_jni");
  }

  private Native() {}

  /** One of file and buffer is null. The mode is a lite_power_mode. */
  static native long create(String file, byte[] buffer, int threads, int mode);

  static native void destroy(long handle);

  static native String version();

  /** In UTF-8. */
  static native byte[][] names(long handle, boolean inputs);

  /** A lite_dtype. */
  static native int dtype(long handle, boolean input, int index);

  /** Null while it is not known. */
  static native long[] shape(long handle, boolean input, int index);

  /** Shapes and arrays of the inputs' element types, one per input. */
  static native void run(long handle, long[][] shapes, Object[] arrays);

  /** An array of the output's element type and as many elements. */
  static native void read(long handle, int output, Object array);

  static <T> T given(T argument, String what) {
    if (argument == null) {
      throw new LiteException(what + " is null");
    }
    return argument;
  }
}

// SPDX-License-Identifier: Apache-2.0
package com.baidu.paddle.lite;

import java.lang.reflect.Array;
import java.util.Arrays;

/** An input, which holds data for the next run, or an output of the last one. */
public class Tensor {
  // Of lite_dtype: the Java type of an element, null where Java has none.
  private static final Class<?>[] TYPES = {
    float.class, short.class, short.class, double.class, byte.class, byte.class, short.class,
    short.class, int.class, int.class, long.class, long.class, byte.class
  };

  private final PaddlePredictor predictor;
  private final boolean input;
  private final int index;
  private final String name;
  private final Class<?> type;
  private long[] shape = null; // of an input, once it was set
  private Object data = null; // of an input

  Tensor(PaddlePredictor predictor, boolean input, int index, String name, int dtype) {
    this.predictor = predictor;
    this.input = input;
    this.index = index;
    this.name = name;
    this.type = TYPES[dtype];
  }

  public String name() {
    return name;
  }

  /** The shape that was set, or that the model declares; LiteException while neither is known. */
  public synchronized long[] shape() {
    long[] known = shape != null ? shape : predictor.shape(input, index);
    if (known == null) {
      throw new LiteException("the shape of '" + name + "' is not known yet: resize it first");
    }
    return known.clone();
  }

  /** Sets an input's shape, for data that is set afterwards. Always true. */
  public synchronized boolean resize(long[] dims) {
    demandInput();
    for (long extent : Native.given(dims, "the shape")) {
      if (extent < 0) {
        throw new LiteException("the shape " + Arrays.toString(dims) + " has a negative extent");
      }
    }
    shape = dims.clone();
    data = null;
    return true;
  }

  public boolean setData(float[] values) {
    return hold(values);
  }

  public boolean setData(byte[] values) {
    return hold(values);
  }

  public boolean setData(int[] values) {
    return hold(values);
  }

  public boolean setData(long[] values) {
    return hold(values);
  }

  public float[] getFloatData() {
    return (float[]) values(float.class);
  }

  public byte[] getByteData() {
    return (byte[]) values(byte.class);
  }

  public int[] getIntData() {
    return (int[]) values(int.class);
  }

  public long[] getLongData() {
    return (long[]) values(long.class);
  }

  @Override
  public String toString() {
    return name;
  }

  /** What an input holds. */
  synchronized Object data() {
    if (data == null) {
      throw new LiteException("input '" + name + "' has no data: setData first");
    }
    return data;
  }

  private synchronized boolean hold(Object values) {
    demandInput();
    Native.given(values, "the data of '" + name + "'");
    demandType(values.getClass().getComponentType());
    long wanted = elements();
    int given = Array.getLength(values);
    if (given != wanted) {
      throw new LiteException("'" + name + "' has " + wanted + " elements, "
          + Arrays.toString(shape()) + ", got " + given);
    }
    Object copy = Array.newInstance(type, given);
    System.arraycopy(values, 0, copy, 0, given);
    data = copy;
    return true;
  }

  private synchronized Object values(Class<?> wanted) {
    demandType(wanted);
    if (input) {
      Object copy = Array.newInstance(type, Array.getLength(data()));
      System.arraycopy(data, 0, copy, 0, Array.getLength(data));
      return copy;
    }
    long count = elements();
    if (count > Integer.MAX_VALUE) {
      throw new LiteException("'" + name + "' has " + count + " elements, too many for an array");
    }
    Object values = Array.newInstance(type, (int) count);
    predictor.read(index, values);
    return values;
  }

  private long elements() {
    long count = 1;
    for (long extent : shape()) {
      if (extent != 0 && count > Long.MAX_VALUE / extent) {
        throw new LiteException("'" + name + "' has more elements than can be counted");
      }
      count *= extent;
    }
    return count;
  }

  private void demandInput() {
    if (!input) {
      throw new LiteException("'" + name + "' is an output");
    }
  }

  private void demandType(Class<?> given) {
    if (given != type) {
      throw new LiteException("'" + name + "' has elements of type " + type + ", not " + given);
    }
  }
}

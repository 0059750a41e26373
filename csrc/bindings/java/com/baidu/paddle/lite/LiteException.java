// SPDX-License-Identifier: Apache-2.0
package com.baidu.paddle.lite;

/** A model cannot be read or run, or is given what it cannot take; the message says what to do. */
public class LiteException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public LiteException(String message) {
    super(message);
  }
}

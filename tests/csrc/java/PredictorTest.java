// SPDX-License-Identifier: Apache-2.0
// PredictorTest FIXED.nb FREE.nb: the Java classes as an app uses and misuses them.
import com.baidu.paddle.lite.LiteException;
import com.baidu.paddle.lite.MobileConfig;
import com.baidu.paddle.lite.PaddlePredictor;
import com.baidu.paddle.lite.PowerMode;
import com.baidu.paddle.lite.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

public class PredictorTest {
  interface Action {
    void run() throws Exception;
  }

  static int failures = 0;

  static void check(boolean holds, String what) {
    if (!holds) {
      System.err.println("does not hold: " + what);
      ++failures;
    }
  }

  static void refused(String expected, Action action) throws Exception {
    try {
      action.run();
      check(false, "'" + expected + "' is thrown");
    } catch (LiteException problem) {
      check(problem.getMessage().contains(expected), "'" + expected + "' in: " + problem.getMessage());
    }
  }

  static PaddlePredictor predictor(String path) {
    MobileConfig config = new MobileConfig();
    config.setModelFromFile(path);
    return PaddlePredictor.createPaddlePredictor(config);
  }

  static float[] ones(int count) {
    float[] values = new float[count];
    Arrays.fill(values, 1);
    return values;
  }

  static float[] scores(PaddlePredictor predictor) {
    check(predictor.getInput(0).setData(ones(12 * 12 * 3)), "setData");
    check(predictor.run(), "run");
    return predictor.getOutput(0).getFloatData();
  }

  static void runs(String path) throws Exception {
    PaddlePredictor first = predictor(path);
    float[] expected = scores(first);
    float sum = 0;
    for (float score : expected) {
      sum += score;
    }
    check(Math.abs(sum - 1) < 1e-4, "softmax sums up to 1: " + sum);
    check(Arrays.equals(first.getOutput(0).shape(), new long[] {1, 10}), "shape");
    check(first.getTensor("scores") == first.getOutput(0), "tensors have names");
    check(first.getVersion().equals("0.1.0"), "version");
    byte[] bytes = Files.readAllBytes(Path.of(path));
    for (PowerMode mode : PowerMode.values()) {
      MobileConfig config = new MobileConfig();
      config.setPowerMode(mode);
      config.setThreads(2);
      if (mode.value() % 2 == 0) {
        config.setModelFromBuffer(bytes);
      } else {
        config.setModelFromBuffer(new String(bytes, StandardCharsets.ISO_8859_1));
      }
      try (PaddlePredictor other = PaddlePredictor.createPaddlePredictor(config)) {
        check(Arrays.equals(scores(other), expected), "the same bits with " + mode);
      }
    }
  }

  static void freeShapes(String path) throws Exception {
    try (PaddlePredictor predictor = predictor(path)) {
      Tensor x = predictor.getInput(0);
      refused("not known yet", x::shape);
      refused("not known yet", predictor::run);
      for (int rows = 1; rows < 4; ++rows) {
        x.resize(new long[] {rows, 3});
        x.setData(ones(3 * rows));
        predictor.run();
        Tensor y = predictor.getOutput(0);
        check(Arrays.equals(y.shape(), new long[] {rows, 3}), "shapes follow the input");
        check(Arrays.equals(y.getFloatData(), ones(3 * rows)), "relu of ones");
      }
      x.resize(new long[] {3, 4});
      x.setData(ones(12));
      refused("", predictor::run);
      x.resize(new long[] {1, 1, 1, 1, 1, 1, 1, 1, 3});
      x.setData(ones(3));
      refused("more than 8 extents", predictor::run);
    }
  }

  static void misuse(String path) throws Exception {
    refused("/no/such.nb", () -> predictor("/no/such.nb"));
    refused("no model was named", () -> PaddlePredictor.createPaddlePredictor(new MobileConfig()));
    refused("null", () -> PaddlePredictor.createPaddlePredictor(null));
    MobileConfig config = new MobileConfig();
    refused("null", () -> config.setPowerMode(null));
    refused("null", () -> config.setModelFromFile(null));
    config.setModelFromBuffer(new byte[1000]);
    refused("no", () -> PaddlePredictor.createPaddlePredictor(config));
    config.setModelFromFile(path);
    config.setThreads(0);
    refused("threads is 0", () -> PaddlePredictor.createPaddlePredictor(config));
    PaddlePredictor predictor = predictor(path);
    Tensor x = predictor.getInput(0);
    refused("there is no input 1", () -> predictor.getInput(1));
    refused("there is no output -1", () -> predictor.getOutput(-1));
    refused("no tensor 'z'", () -> predictor.getTensor("z"));
    refused("432 elements", () -> x.setData(new float[5]));
    refused("elements of type float, not int", () -> x.setData(new int[432]));
    refused("elements of type float, not byte", () -> predictor.getOutput(0).getByteData());
    refused("is an output", () -> predictor.getOutput(0).setData(new float[10]));
    refused("negative extent", () -> x.resize(new long[] {-1, 3}));
    refused("null", () -> x.resize(null));
    refused("has no data", x::getFloatData);
    refused("before the first run", () -> predictor.getOutput(0).getFloatData());
    x.resize(new long[] {1L << 62, 1L << 62});
    refused("more elements than can be counted", () -> x.setData(new float[1]));
    predictor.close();
    predictor.close();
    refused("closed", predictor::run);
    refused("closed", () -> predictor.getOutput(0).shape());
  }

  public static void main(String[] paths) throws Exception {
    runs(paths[0]);
    freeShapes(paths[1]);
    misuse(paths[0]);
    System.out.println(failures == 0 ? "all holds" : failures + " failures");
    System.exit(failures == 0 ? 0 : 1);
  }
}

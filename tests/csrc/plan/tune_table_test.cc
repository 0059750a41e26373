// SPDX-License-Identifier: Apache-2.0
#include "plan/tune_table.h"

#include "base/cpu.h"
#include "check.h"

namespace {

using lite::Isa;
using lite::TuneTable;

std::string head() {
  return "lite tuned kernels 1\nengine " LITE_VERSION "\ncpu " + lite::cpu_name() +
         "\nisa scalar\n";
}

bool is_read(const std::string& rows) { return TuneTable::parse(rows, Isa::scalar).ok(); }

void test_a_table_comes_back() {
  TuneTable table(Isa::scalar);
  table.add("conv2d f32:1x2 -> f32:1", 1, {{"gemm_taps", 2000}, {"winograd_2x3", 1234567}});
  table.add("concat a", 2, {{"", 900}, {"/alone", 100}});
  CHECK(table.text() ==
        head() +
            "concat a\t2\t/alone\t 0.900\t/alone 0.100\n"
            "conv2d f32:1x2 -> f32:1\t1\tgemm_taps\tgemm_taps 2.000\twinograd_2x3 1234.567\n");
  const auto again = TuneTable::parse(table.text(), Isa::scalar);
  CHECK(again.ok());
  CHECK(again.value()->text() == table.text());
  CHECK(again.value()->size() == 2);
}

void test_the_fastest_is_chosen_where_it_is_worth_it() {
  TuneTable table(Isa::scalar);
  table.add("a", 1, {{"usual", 1000}, {"other", 980}, {"best", 900}, {"slow", 2000}});
  table.add("b", 1, {{"usual", 1000}, {"other", 980}});
  CHECK(table.kernel("a", 1) == "best");
  CHECK(table.kernel("b", 1) == "usual");
  CHECK(table.kernel("c", 1).empty());
}

// Kernels of different arithmetic give different bits: no number of threads may have its own.
void test_all_numbers_of_threads_have_one_arithmetic() {
  TuneTable table(Isa::scalar);
  table.add("a", 1, {{"gemm", 1000}, {"winograd", 900}});
  CHECK(table.kernel("a", 1) == "winograd");
  CHECK(table.kernel("a", 4) == "winograd");
  table.add("a", 2, {{"gemm", 500}, {"winograd", 800}, {"gemm/alone", 400}});
  CHECK(table.kernel("a", 1) == "gemm");
  CHECK(table.kernel("a", 2) == "gemm/alone");
  CHECK(table.kernel("a", 4) == "gemm");
}

void test_tables_are_joined() {
  TuneTable table(Isa::scalar), other(Isa::scalar);
  table.add("a", 1, {{"gemm", 1000}, {"winograd", 900}});
  table.add("b", 1, {{"gemm", 1000}});
  other.add("a", 1, {{"gemm", 100}, {"winograd", 900}});
  other.add("c", 1, {{"gemm", 1000}});
  table.add(other);
  CHECK(table.size() == 3);
  CHECK(table.kernel("a", 1) == "gemm");
}

void test_other_machines_and_versions_are_refused() {
  CHECK(is_read(head()));
  CHECK(!is_read(""));
  CHECK(!is_read("lite tuned kernels 2\n"));
  const lite::Result<std::shared_ptr<const TuneTable>> other =
      TuneTable::parse("lite tuned kernels 1\nengine 0.0.1\n", Isa::scalar);
  CHECK(other.status().text() == "line 2 is 'engine 0.0.1', expected 'engine " LITE_VERSION "'");
  std::string text = head();
  text.replace(text.find("isa scalar"), 10, "isa tensor");
  CHECK(!is_read(text));
}

void test_damaged_rows_are_refused() {
  CHECK(is_read(head() + "a\t1\tgemm\tgemm 1.000\n\n"));
  const std::string long_name(100, 'a'), long_line(1 << 15, 'a');
  for (const std::string& row : {std::string("a"),
                                 std::string("a\t1\tgemm"),
                                 std::string("\t1\tgemm\tgemm 1.000"),
                                 std::string("a\t0\tgemm\tgemm 1.000"),
                                 std::string("a\t257\tgemm\tgemm 1.000"),
                                 std::string("a\t-1\tgemm\tgemm 1.000"),
                                 std::string("a\t1x\tgemm\tgemm 1.000"),
                                 std::string("a\t99999999999999999999\tgemm\tgemm 1.000"),
                                 std::string("a\t1\tother\tgemm 1.000"),
                                 std::string("a\t1\tgemm\tgemm"),
                                 std::string("a\t1\tgemm\tgemm 1"),
                                 std::string("a\t1\tgemm\tgemm 1.0"),
                                 std::string("a\t1\tgemm\tgemm -1.000"),
                                 std::string("a\t1\tgemm\tgemm 1.0e3"),
                                 std::string("a\t1\tgemm\tgemm 99999999999999999.000"),
                                 std::string("a\t1\tgemm\tgemm nan.000"),
                                 std::string("a\t1\tGEMM\tGEMM 1.000"),
                                 std::string("a\t1\tg%s\tg%s 1.000"),
                                 "a\t1\t" + long_name + "\t" + long_name + " 1.000",
                                 long_line + "\t1\tgemm\tgemm 1.000",
                                 std::string(1, '\0'),
                                 std::string("a\xff\t1\tgemm\tgemm 1.000")})
    CHECK(!is_read(head() + row + "\n"));
}

void test_a_file_that_is_not_there() {
  const auto read = TuneTable::read("/no/such/file", Isa::scalar);
  CHECK(read.status().code() == lite::Code::k_io_error);
}

}  // namespace

int main() {
  test_a_table_comes_back();
  test_the_fastest_is_chosen_where_it_is_worth_it();
  test_all_numbers_of_threads_have_one_arithmetic();
  test_tables_are_joined();
  test_other_machines_and_versions_are_refused();
  test_damaged_rows_are_refused();
  test_a_file_that_is_not_there();
  return check_result();
}

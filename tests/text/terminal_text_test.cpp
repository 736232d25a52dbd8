#include "minitape/text/terminal_text.hpp"

#include "testing.hpp"

namespace minitape {
namespace {

TEST_CASE("terminal_text: nothing in a name commands the terminal") {
  CHECK(terminal_text("größer 猫 ~") == "größer 猫 ~");
  CHECK(terminal_text("\x1b[2J\n\x7f") == "?[2J??");
  CHECK(terminal_text("\u0080a\u009B2J\u00A0") == "?a?2J\u00A0");
  CHECK(terminal_text("a\xff\x9b") == "a??");
  CHECK(terminal_text("b\xc2") == "b?");
}

TEST_CASE("terminal_lines: a message keeps its lines") {
  CHECK(terminal_lines("[config]\n  \x1b[2J\r\n") == "[config]\n  ?[2J?\n");
}

TEST_CASE("terminal_width: columns, not bytes") {
  CHECK(terminal_width("") == 0);
  CHECK(terminal_width("größer ± ●") == 10);
  CHECK(terminal_width("猫 ねこ") == 7);
  CHECK(terminal_width("a😀b") == 4);
  CHECK(terminal_width("e\u0301") == 1);
  CHECK(terminal_width("k\xE4se") == 4);  // not UTF-8
}

TEST_CASE("aligned: wide letters keep the columns") {
  CHECK(aligned({{"猫", "1"}, {"cat", "22"}}) == "猫     1\ncat   22\n");
}

TEST_CASE("aligned: columns as wide as their widest cell, in letters") {
  CHECK(aligned({{"", "loss"}, {"größer", "0.5"}}) ==
        "         loss\n"
        "größer    0.5\n");
}

TEST_CASE("aligned: the last letter of the alignment holds for all further columns") {
  CHECK(aligned({{"a", "b", "c", "d"}, {"11", "22", "33", "44"}}, "lrl") ==
        "a     b   c    d\n"
        "11   22   33   44\n");
}

TEST_CASE("aligned: rows may be shorter, and no line ends in blanks") {
  CHECK(aligned({{"a"}, {"bb", "note"}, {"c", ""}}, "l") == "a\nbb   note\nc\n");
}

}  // namespace
}  // namespace minitape

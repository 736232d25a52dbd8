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

TEST_CASE("terminal_width: letters, not bytes") { CHECK(terminal_width("größer") == 6); }

}  // namespace
}  // namespace minitape

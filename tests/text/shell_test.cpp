#include "minitape/text/shell.hpp"

#include "testing.hpp"

namespace minitape {
namespace {

TEST_CASE("shell_line: words that a shell reads back") {
  CHECK(shell_line({"minitape", "--set", "a.b=0.1,-2", "x_y/z"}) ==
        "minitape --set a.b=0.1,-2 x_y/z");
  CHECK(shell_line({"a b", "", "$(c)", "it's", "*", "~"}) == "'a b' '' '$(c)' 'it'\\''s' '*' '~'");
}

}  // namespace
}  // namespace minitape

#include "minitape/text/words.hpp"

#include "testing.hpp"

namespace minitape {
namespace {

TEST_CASE("shell_line: words that a shell reads back") {
  CHECK(shell_line({"minitape", "--set", "a.b=0.1,-2", "x_y/z"}) ==
        "minitape --set a.b=0.1,-2 x_y/z");
  CHECK(shell_line({"a b", "", "$(c)", "it's", "*", "~"}) == "'a b' '' '$(c)' 'it'\\''s' '*' '~'");
}

TEST_CASE("joined: words with a separator between them") {
  CHECK(joined({"a", "", "b"}) == "a, , b");
  CHECK(joined({"a", "b"}, " | ") == "a | b");
  CHECK(joined({}) == "");
}

TEST_CASE("nearest: few edits, or the right name in the wrong section") {
  const std::vector<std::string> keys{"train.epochs", "optimizer.momentum", "data.dir",
                                      "schedule.name", "data.name"};
  CHECK(nearest("train.epoch", keys) == "train.epochs");
  CHECK(nearest("trian.epochs", keys) == "train.epochs");
  CHECK(nearest("momentum", keys) == "optimizer.momentum");
  CHECK(nearest("train.momentm", keys) == "optimizer.momentum");
  CHECK(nearest("data.nam", keys) == "data.name");
  CHECK(nearest("lr", keys) == "");
  CHECK(nearest("", keys) == "");
  CHECK(nearest(std::string(100000, 'a'), keys) == "");
  CHECK(nearest("relu6", {"relu", "leaky_relu"}) == "relu");
}

}  // namespace
}  // namespace minitape

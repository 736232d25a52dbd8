#include "minitape/text/columns.hpp"

#include "testing.hpp"

namespace minitape {
namespace {

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

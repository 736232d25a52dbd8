// A fixture that is missing, cut off or not what a test expects stops the test with a sentence
// that says what is wrong.

#include "fixture.hpp"

#include <fstream>

#include "temporary_folder.hpp"
#include "testing.hpp"

namespace minitape {
namespace {

const std::string kGood =
    R"({"cases": [{"x": {"shape": [2, 3], "values": [1, 2.5, -3, 4, 5e-3, 6]}, "labels": [1, 0],
        "momentum": null, "flag": true, "text": "same"}]})";

// The first case of a fixture with that text.
Record first_case(const std::string& text) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "made.json";
  std::ofstream(path) << text;
  return Record::file(path).records("cases", 1)[0];
}

// kGood with one part of it replaced.
Record damaged(const std::string& part, const std::string& replacement) {
  std::string text = kGood;
  const std::size_t position = text.find(part);
  MINITAPE_CHECK(position != text.npos, "[test] nothing to damage");
  return first_case(text.replace(position, part.size(), replacement));
}

}  // namespace

TEST_CASE("a fixture is read as it was written") {
  const Record c = first_case(kGood);
  CHECK(different_bits(c.tensor("x"), numbers({2, 3}, {1, 2.5, -3, 4, 5e-3, 6})) == "");
  CHECK(c.doubles("x")[4] == 5e-3);
  CHECK(c.labels("labels") == std::vector<int>{1, 0});
  CHECK(c.flag("flag"));
  CHECK(c.text("text") == "same");
  CHECK_FALSE(c.has("momentum"));
  CHECK_FALSE(c.has("bias"));
}

TEST_CASE("a missing or truncated fixture names the file") {
  const TemporaryFolder folder;
  CHECK(error_lacks({"cannot open", "none.json", "generate.py"},
                    [&] { Record::file(folder.path() / "none.json"); }) == "");
  CHECK(error_lacks({"made.json is damaged"}, [] { first_case(""); }) == "");
  CHECK(error_lacks({"made.json is damaged"},
                    [] { first_case(kGood.substr(0, kGood.size() - 1)); }) == "");
  CHECK(error_lacks({"made.json is damaged"},
                    [] { first_case(kGood.substr(0, kGood.size() / 2)); }) == "");
  CHECK(error_lacks({"must be an object"}, [] { first_case("[1, 2]"); }) == "");
}

TEST_CASE("too few cases are an error, not fewer comparisons") {
  CHECK(error_lacks({"made.json: cases must be a list of 1: it has 0"},
                    [] { first_case(R"({"cases": []})"); }) == "");
  CHECK(error_lacks({"made.json: has no \"cases\""}, [] { first_case("{}"); }) == "");
}

TEST_CASE("a wrong tensor names its place and what is wrong") {
  CHECK(error_lacks({"made.json: cases[0] x", "has shape (2, 3) but 5 values"},
                    [] { damaged(", 6", "").tensor("x"); }) == "");
  CHECK(error_lacks({"has shape (2, 4) but 6 values"},
                    [] { damaged("[2, 3]", "[2, 4]").tensor("x"); }) == "");
  CHECK(error_lacks({"must have shape (2, 3): it has (3, 2)"}, [] {
          damaged("[2, 3]", "[3, 2]").tensor("x", {2, 3});
        }) == "");
  CHECK(error_lacks({"cases[0] x values must be a number: it is \"4\""},
                    [] { damaged(" 4", " \"4\"").tensor("x"); }) == "");
  CHECK(error_lacks({"must be a number: it is null"}, [] { damaged(" 4", " null").tensor("x"); }) ==
        "");
  CHECK(error_lacks({"shape must be a whole number"},
                    [] { damaged("[2, 3]", "[2.5, 3]").tensor("x"); }) == "");
  CHECK(error_lacks({"has no \"values\""}, [] { damaged("values", "value").tensor("x"); }) == "");
  CHECK(error_lacks({"cases[0] has no \"y\""}, [] { first_case(kGood).tensor("y"); }) == "");
}

TEST_CASE("a single value of another kind is an error") {
  const Record c = first_case(kGood);
  CHECK(error_lacks({"flag must be a number: it is true"}, [&] { c.number("flag"); }) == "");
  CHECK(error_lacks({"momentum must be a number: it is null"}, [&] { c.number("momentum"); }) ==
        "");
  CHECK(error_lacks({"text must be a whole number"}, [&] { c.integer("text"); }) == "");
  CHECK(error_lacks({"text must be true or false"}, [&] { c.flag("text"); }) == "");
  CHECK(error_lacks({"flag must be a text"}, [&] { c.text("flag"); }) == "");
  CHECK(error_lacks({"labels must be a whole number: it is 0.5"},
                    [&] { damaged("[1, 0]", "[1, 0.5]").labels("labels"); }) == "");
}

}  // namespace minitape

#include "minitape/core/check.hpp"

#include "testing.hpp"

namespace minitape {

TEST_CASE("a check that holds does nothing, not even put its message together") {
  int messages = 0;
  const auto message = [&] { return ++messages; };
  MINITAPE_CHECK(1 + 1 == 2, "[test] never seen ", message());
  CHECK(messages == 0);
}

TEST_CASE("a check that fails throws its parts as one message, as bad input") {
  try {
    MINITAPE_CHECK(1 + 1 == 3, "[sum] must be ", 3, ": got ", 2.5, ", ", std::string("text"));
    FAIL("nothing was thrown");
  } catch (const Error& error) {
    CHECK(std::string(error.what()) == "[sum] must be 3: got 2.5, text");
    CHECK(error.fault() == Fault::bad_input);
  }
}

TEST_CASE("a check is one statement: an else behind it belongs to the if before it") {
  bool reached = false;
  if (false)
    MINITAPE_CHECK(true, "");
  else
    reached = true;
  CHECK(reached);
}

TEST_CASE("the numbers of the faults are the command's exit codes") {
  CHECK(static_cast<int>(Fault::run_failed) == 1);
  CHECK(static_cast<int>(Fault::bad_input) == 2);
  CHECK(Error("[write] disk is full", Fault::run_failed).fault() == Fault::run_failed);
}

TEST_CASE("an error is a std::runtime_error, so that any program can catch it") {
  CHECK_THROWS_AS(throw Error("[test] text"), std::runtime_error);
}

}  // namespace minitape

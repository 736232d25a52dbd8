#include "minitape/run/environment.hpp"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <cctype>
#include <ctime>

#include "core/blas.hpp"
#include "minitape/core/parallel.hpp"

namespace minitape {

TEST_CASE("environment() tells what this program was built with and runs on") {
  const int threads = thread_count();
  set_thread_count(3);
  const Environment facts = environment();
  set_thread_count(threads);

  CHECK(facts.threads == 3);
  CHECK(facts.command.find("test_run") != std::string::npos);
  CHECK(facts.precision == (sizeof(Real) == 4 ? "float" : "double"));
  CHECK(facts.blas_core == blas_core());
  CHECK(facts.os.find("Linux") != std::string::npos);
  CHECK(facts.version.find('.') != std::string::npos);
  // "GNU 12.2.0": a name and a number.
  CHECK(std::isalpha(static_cast<unsigned char>(facts.compiler.front())));
  CHECK(std::isdigit(static_cast<unsigned char>(facts.compiler.back())));
  // The flags of every build, and none of CMake's own notation.
  CHECK(facts.flags.find("-Wconversion") != std::string::npos);
  CHECK(facts.flags.find("$<") == std::string::npos);
  CHECK(facts.flags.find(';') == std::string::npos);
  CHECK(!facts.build_type.empty());
  CHECK(facts.cpu.find_first_of(":\n\"") == std::string::npos);
}

TEST_CASE("the date is UTC, written as ISO 8601 does") {
  const std::string date = environment().date;
  const std::string form = "dddd-dd-ddTdd:dd:ddZ";
  REQUIRE(date.size() == form.size());
  for (std::size_t i = 0; i < form.size(); ++i) {
    const bool digit = std::isdigit(static_cast<unsigned char>(date[i])) != 0;
    CHECK((form[i] == 'd' ? digit : date[i] == form[i]));
  }
  CHECK(date > "2024");

  // In a place eleven hours away from UTC the hour is still that of UTC.
  const char* const before = ::getenv("TZ");
  const std::string saved = before == nullptr ? "" : before;
  ::setenv("TZ", "XXX+11", 1);
  ::tzset();
  const std::time_t early = std::time(nullptr);
  const int hour = std::stoi(environment().date.substr(11, 2));
  const std::time_t late = std::time(nullptr);
  before == nullptr ? ::unsetenv("TZ") : ::setenv("TZ", saved.c_str(), 1);
  ::tzset();
  CHECK((hour == early / 3600 % 24 || hour == late / 3600 % 24));
}

TEST_CASE("OPENBLAS_CORETYPE is reported when it is set and only then") {
  const char* const before = ::getenv("OPENBLAS_CORETYPE");
  const std::string saved = before == nullptr ? "" : before;
  ::setenv("OPENBLAS_CORETYPE", "Haswell", 1);
  const Environment forced = environment();
  ::unsetenv("OPENBLAS_CORETYPE");
  const Environment free = environment();
  if (before != nullptr) ::setenv("OPENBLAS_CORETYPE", saved.c_str(), 1);

  CHECK(forced.forced_blas_core == "Haswell");
  CHECK(environment_json(forced).find("\"OPENBLAS_CORETYPE\": \"Haswell\"") != std::string::npos);
  CHECK(free.forced_blas_core.empty());
  CHECK(environment_json(free).find("OPENBLAS_CORETYPE") == std::string::npos);
}

TEST_CASE("environment_json writes every fact, escaped, in this order") {
  const Environment facts{.version = "0.1",
                          .compiler = "GNU 12",
                          .flags = "-O3 -DX=\"y\"",
                          .build_type = "Release",
                          .precision = "float",
                          .blas = "OpenBLAS",
                          .blas_core = "Zen",
                          .forced_blas_core = "",
                          .threads = 2,
                          .cpu = "A",
                          .os = "Linux",
                          .date = "2026-03-01T12:34:56Z",
                          .command = "minitape \xff"};
  CHECK(environment_json(facts) == R"({
  "version": "0.1",
  "compiler": "GNU 12",
  "flags": "-O3 -DX=\"y\"",
  "build_type": "Release",
  "precision": "float",
  "blas": "OpenBLAS",
  "blas_core": "Zen",
  "threads": 2,
  "cpu": "A",
  "os": "Linux",
  "date": "2026-03-01T12:34:56Z",
  "command": "minitape �"
}
)");
}

TEST_CASE("with_resumed: adds to what is known of the start") {
  Environment facts{.version = "1", .threads = 2};
  std::string json = environment_json(facts);
  for (facts.threads = 3; facts.threads <= 4; ++facts.threads) json = with_resumed(json, facts);
  const auto at = [&](const std::string& text) { return json.find(text); };
  CHECK(at("\"threads\": 2") < at("\"resumed\": ["));
  CHECK(at("\"resumed\": [") < at("\"threads\": 3"));
  CHECK(at("\"threads\": 3") < at("\"threads\": 4"));
  CHECK(at("\"threads\": 4") != json.npos);
  for (const char* damaged : {"", "{", "[]", "7"}) {
    CAPTURE(damaged);
    CHECK(with_resumed(damaged, facts) == environment_json(facts));
  }
  CHECK(with_resumed("{\"resumed\": 3}", facts).find("\"threads\": 5") != json.npos);
}

}  // namespace minitape

#include "minitape/run/environment.hpp"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <algorithm>
#include <cctype>
#include <ctime>
#include <nlohmann/json.hpp>

#include "core/blas.hpp"
#include "minitape/core/parallel.hpp"

namespace minitape {
namespace {

using Json = nlohmann::ordered_json;

Json facts_now() { return Json::parse(environment_json("60 images")); }

// The text of a fact.
std::string fact(const std::string& key) { return facts_now()[key]; }

TEST_CASE("environment_json tells what this program was built with and runs on") {
  const int threads = thread_count();
  set_thread_count(3);
  CHECK(facts_now()["threads"] == thread_count());  // 1 in a build without OpenMP
  set_thread_count(threads);

  CHECK(fact("command").find("test_run") != std::string::npos);
  CHECK(fact("precision") == (sizeof(Real) == 4 ? "float" : "double"));
  CHECK(fact("blas") == "OpenBLAS");
  CHECK(fact("blas_core") == blas_core());
  CHECK(fact("os").find("Linux") != std::string::npos);
  CHECK(fact("version") == version());
  CHECK(version().find('.') != std::string::npos);
  // "GNU 12.2.0": a name and a number.
  const std::string compiler = fact("compiler");
  CHECK(std::isalpha(static_cast<unsigned char>(compiler.front())));
  CHECK(std::isdigit(static_cast<unsigned char>(compiler.back())));
  // The flags of every build, and none of CMake's own notation.
  CHECK(fact("flags").find("-Wconversion") != std::string::npos);
  CHECK(fact("flags").find("$<") == std::string::npos);
  CHECK(fact("flags").find(';') == std::string::npos);
  CHECK(!fact("build_type").empty());
  CHECK(fact("cpu").find_first_of(":\n\"") == std::string::npos);
}

TEST_CASE("the date is UTC, written as ISO 8601 does") {
  const std::string date = fact("date");
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
  const int hour = std::stoi(fact("date").substr(11, 2));
  const std::time_t late = std::time(nullptr);
  before == nullptr ? ::unsetenv("TZ") : ::setenv("TZ", saved.c_str(), 1);
  ::tzset();
  CHECK((hour == early / 3600 % 24 || hour == late / 3600 % 24));
}

TEST_CASE("OPENBLAS_CORETYPE is reported when it is set and only then") {
  const char* const before = ::getenv("OPENBLAS_CORETYPE");
  const std::string saved = before == nullptr ? "" : before;
  ::setenv("OPENBLAS_CORETYPE", "Haswell", 1);
  CHECK(fact("OPENBLAS_CORETYPE") == "Haswell");
  ::unsetenv("OPENBLAS_CORETYPE");
  CHECK(!facts_now().contains("OPENBLAS_CORETYPE"));
  if (before != nullptr) ::setenv("OPENBLAS_CORETYPE", saved.c_str(), 1);
}

TEST_CASE("environment_json: one fact a line, in this order") {
  const char* const before = ::getenv("OPENBLAS_CORETYPE");
  REQUIRE(before == nullptr);
  const Json facts = facts_now();
  std::vector<std::string> keys;
  for (const auto& item : facts.items()) keys.push_back(item.key());
  CHECK(keys == std::vector<std::string>{"version", "compiler", "flags", "build_type", "precision",
                                         "blas", "blas_core", "kernels", "threads", "cpu", "os",
                                         "date", "command", "data"});
  const std::string text = environment_json("60 images");
  CHECK(text.starts_with("{\n  \"version\": \""));
  CHECK(text.ends_with("\"\n}\n"));
  CHECK(std::count(text.begin(), text.end(), '\n') == 2 + std::ssize(keys));
}

TEST_CASE("with_resumed: adds to what is known of the start") {
  const int threads = thread_count();
  std::string text = "{\"threads\": 2}";
  std::vector<int> used;  // 3 and 4, unless this build has no OpenMP
  for (const int now : {3, 4}) {
    set_thread_count(now);
    used.push_back(thread_count());
    text = with_resumed(text, "60 images");
  }
  set_thread_count(threads);
  const Json facts = Json::parse(text);
  CHECK(facts["threads"] == 2);
  REQUIRE(facts["resumed"].size() == 2);
  CHECK(facts["resumed"][0]["threads"] == used[0]);
  CHECK(facts["resumed"][1]["threads"] == used[1]);
  CHECK(facts["resumed"][1]["cpu"] == fact("cpu"));

  for (const char* damaged : {"", "{", "[]", "7"}) {
    CAPTURE(damaged);
    CHECK(Json::parse(with_resumed(damaged, "60 images"))["threads"] == threads);
    CHECK(data_in_environment(with_resumed(damaged, "60 images")) == "");
  }
  CHECK(Json::parse(with_resumed("{\"resumed\": 3}", "60 images"))["resumed"].size() == 1);
  // A folder's name in the command may be no text.
  CHECK_NOTHROW(with_resumed("{\"command\": \"\xff\"}", "60 images"));
}

}  // namespace
}  // namespace minitape

// The macros MINITAPE_VERSION, _COMPILER, _FLAGS and _BUILD_TYPE come from CMakeLists.txt.
#include "minitape/run/environment.hpp"

#include <sys/utsname.h>

#include <cstdlib>
#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/blas.hpp"
#include "minitape/core/check.hpp"
#include "minitape/core/parallel.hpp"
#include "minitape/text/shell.hpp"

namespace minitape {
namespace {

// The value of the first line of a file that starts with `key`: what follows the separator, without
// blanks and quotes around it. "" when there is no such file or line.
std::string value_in_file(const char* path, const std::string& key, char separator) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const std::size_t at = line.find(separator);
    if (!line.starts_with(key) || at == line.npos) continue;
    const std::size_t first = line.find_first_not_of(" \t\"", at + 1);
    if (first == line.npos) return "";
    return line.substr(first, line.find_last_not_of(" \t\"") + 1 - first);
  }
  return "";
}

std::string operating_system() {
  utsname system{};
  ::uname(&system);
  const std::string name = value_in_file("/etc/os-release", "PRETTY_NAME", '=');
  return concat(name, name.empty() ? "" : ", ", system.sysname, " ", system.release, " ",
                system.machine);
}

// The words that the program was called with; they end in zero bytes.
std::string command_line() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::vector<std::string> words;
  for (std::string word; std::getline(file, word, '\0');) words.push_back(word);
  return shell_line(words);
}

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

}  // namespace

Environment environment() {
  const char* const forced = std::getenv("OPENBLAS_CORETYPE");
  Environment facts;
  facts.version = MINITAPE_VERSION;
  facts.compiler = MINITAPE_COMPILER;
  facts.flags = MINITAPE_FLAGS;
  facts.build_type = MINITAPE_BUILD_TYPE;
  facts.precision = sizeof(Real) == sizeof(float) ? "float" : "double";
  facts.blas = "OpenBLAS";
  facts.blas_core = blas_core();
  facts.forced_blas_core = forced == nullptr ? "" : forced;
  facts.threads = thread_count();
  facts.cpu = value_in_file("/proc/cpuinfo", "model name", ':');
  facts.os = operating_system();
  facts.date = utc_now();
  facts.command = command_line();
  return facts;
}

namespace {

using Json = nlohmann::ordered_json;

Json as_json(const Environment& facts) {
  Json json = {{"version", facts.version},
               {"compiler", facts.compiler},
               {"flags", facts.flags},
               {"build_type", facts.build_type},
               {"precision", facts.precision},
               {"blas", facts.blas},
               {"blas_core", facts.blas_core},
               {"threads", facts.threads},
               {"cpu", facts.cpu},
               {"os", facts.os},
               {"date", facts.date},
               {"command", facts.command}};
  if (!facts.forced_blas_core.empty()) json["OPENBLAS_CORETYPE"] = facts.forced_blas_core;
  return json;
}

// A command line may hold bytes that are no text; a run must not fail over that.
std::string text_of(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string environment_json(const Environment& facts) {
  return text_of(as_json(facts));
}

std::string with_resumed(const std::string& json, const Environment& facts) {
  Json before = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (!before.is_object()) return environment_json(facts);
  if (!before["resumed"].is_array()) before["resumed"] = Json::array();
  before["resumed"].push_back(as_json(facts));
  return text_of(before);
}

}  // namespace minitape

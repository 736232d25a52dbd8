// The macros MINITAPE_VERSION, _COMPILER, _FLAGS and _BUILD_TYPE come from CMakeLists.txt.
#include "minitape/run/environment.hpp"

#include <sys/utsname.h>

#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iomanip>
#include <nlohmann/json.hpp>

#include "core/blas.hpp"
#include "minitape/core/check.hpp"
#include "minitape/core/parallel.hpp"
#include "minitape/text/words.hpp"
#include "ops/kernels.hpp"

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
  return concat(std::put_time(std::gmtime(&now), "%Y-%m-%dT%H:%M:%SZ"));
}

using Json = nlohmann::ordered_json;

Json facts(const std::string& data) {
  Json facts = {{"version", MINITAPE_VERSION},
                {"compiler", MINITAPE_COMPILER},
                {"flags", MINITAPE_FLAGS},
                {"build_type", MINITAPE_BUILD_TYPE},
                {"precision", sizeof(Real) == sizeof(float) ? "float" : "double"},
                {"blas", "OpenBLAS"},
                {"blas_core", blas_core()},
                {"kernels", kernels::kBuilt},
                {"threads", thread_count()},
                {"cpu", value_in_file("/proc/cpuinfo", "model name", ':')},
                {"os", operating_system()},
                {"date", utc_now()},
                {"command", command_line()},
                {"data", data}};
  const char* const forced = std::getenv("OPENBLAS_CORETYPE");
  if (forced != nullptr && *forced != '\0') facts["OPENBLAS_CORETYPE"] = forced;
  return facts;
}

// A command line may hold bytes that are no text; a run must not fail over that.
std::string text_of(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string version() { return MINITAPE_VERSION; }

std::string environment_json(const std::string& data) { return text_of(facts(data)); }

std::string with_resumed(const std::string& before, const std::string& data) {
  Json json = Json::parse(before, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) json = facts("");
  if (!json["resumed"].is_array()) json["resumed"] = Json::array();
  json["resumed"].push_back(facts(data));
  return text_of(json);
}

std::string data_in_environment(const std::string& json) {
  const Json facts = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  const bool is_known = facts.is_object() && facts.contains("data") && facts["data"].is_string();
  return is_known ? facts["data"].get<std::string>() : "";
}

}  // namespace minitape

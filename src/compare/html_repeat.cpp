#include "compare/html_repeat.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "compare/html_text.hpp"
#include "minitape/text/files.hpp"
#include "minitape/text/shell.hpp"

namespace minitape {
namespace {

// ---- Environment ----

// The facts of all runs: for each key the different values, in the order of the runs.
std::string fact(const std::vector<nlohmann::json>& environments, const char* key) {
  std::vector<std::string> values;
  for (const nlohmann::json& facts : environments) {
    if (!facts.is_object() || !facts.contains(key)) continue;
    const nlohmann::json& value = facts[key];
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    if (std::find(values.begin(), values.end(), text) == values.end()) values.push_back(text);
  }
  std::string text;
  for (const std::string& value : values) text += (text.empty() ? "" : "; ") + value;
  return text;
}

// "2026-03-01T12:00:00Z to …": from the first to the last.
std::string dates(const std::vector<nlohmann::json>& environments) {
  std::string first, last;
  for (const nlohmann::json& facts : environments) {
    const std::string date = fact({facts}, "date");
    if (date.empty()) continue;
    first = first.empty() ? date : std::min(first, date);
    last = std::max(last, date);
  }
  return first == last ? first : first + " to " + last;
}

}  // namespace

std::string environment_part(const std::vector<VariantHistory>& variants) {
  std::vector<nlohmann::json> environments;
  for (const VariantHistory& variant : variants) {
    for (const RunHistory& run : variant.runs) {
      // What cannot be read is "discarded", a value without any fields.
      environments.push_back(nlohmann::json::parse(
          file_contents(run.folder / "environment.json").value_or(""), nullptr, false));
    }
  }
  std::string list;
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) list += concat("<dt>", name, "</dt><dd>", html_text(value), "</dd>\n");
  };
  add("Processor", fact(environments, "cpu"));
  add("Threads", fact(environments, "threads"));
  add("Matrix products", fact(environments, "blas"));
  add("… kernels for", fact(environments, "blas_core"));
  add("… forced to", fact(environments, "OPENBLAS_CORETYPE"));
  add("System", fact(environments, "os"));
  add("Compiler", fact(environments, "compiler"));
  add("Flags", fact(environments, "flags"));
  add("Build", fact(environments, "build_type"));
  add("Precision", fact(environments, "precision"));
  add("minitape", fact(environments, "version"));
  add("Runs began", dates(environments));
  return heading("Where it ran") +
         (list.empty() ? paragraph("The runs did not record it.") : "<dl>\n" + list + "</dl>\n");
}

// ---- Config ----

std::string config_part(const Experiment& experiment, const std::string& variant) {
  std::istringstream toml(to_toml(experiment.config));
  std::string section, html;
  const Variation* varied = nullptr;  // of the key that the line belongs to
  for (std::string line; std::getline(toml, line);) {
    if (line.starts_with("[")) section = line.substr(1, line.find(']') - 1) + ".";
    const bool goes_on = line.starts_with(" ") || line.starts_with("]");  // a list of layers
    if (!goes_on) {
      const std::string key = section + line.substr(0, line.find(" = "));
      const auto found = std::find_if(
          experiment.variations.begin(), experiment.variations.end(),
          [&](const Variation& v) { return key == v.key || key.starts_with(v.key + "."); });
      varied = found == experiment.variations.end() ? nullptr : &*found;
    }
    const std::string text = html_text(line);
    html += varied == nullptr ? text : "<mark>" + text + "</mark>";
    if (varied != nullptr && !goes_on) html += html_text("  ← varied: " + varied_text(*varied));
    html += "\n";
  }
  return heading("The config") + "<details>\n<summary>All keys of " + html_text(variant) +
         ", with the varied ones marked</summary>\n<pre>" + html + "</pre>\n</details>\n";
}

// ---- Again ----

std::string again_part(const Experiment& experiment, const std::vector<VariantHistory>& variants) {
  const auto command = [](std::vector<std::string> words) {
    return "<pre>" + html_text(shell_line(words)) + "</pre>\n";
  };
  std::vector<std::string> call = experiment.command;
  call.insert(call.end(), {"--out", "again"});
  const std::string config = (variants.front().runs.front().folder / "config.toml").string();
  std::vector<std::string> kept{"minitape", "compare", config};
  for (const Variation& variation : experiment.variations) {
    std::string values;
    for (const std::string& value : variation.values) values += (values.empty() ? "" : ",") + value;
    kept.insert(kept.end(), {"--vary", variation.key + "=" + values});
  }
  kept.insert(kept.end(),
              {"--seeds", std::to_string(variants.front().runs.size()), "--out", "again"});
  return heading("Do it again") +
         paragraph(
             "The same comparison into a new folder. On the same machine and build it gives "
             "the same bits but for the seconds, with any number of threads.") +
         command(call) + paragraph("The same from the config that a run kept, and one run alone:") +
         command(kept) + command({"minitape", "train", config, "--out", "again_one"});
}

}  // namespace minitape

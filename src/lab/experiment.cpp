#include "minitape/lab/experiment.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "config/keys.hpp"
#include "minitape/text/files.hpp"
#include "minitape/text/terminal_text.hpp"

namespace minitape {
namespace {

Rule<std::string> some_text() {
  return {"a string that is not empty", [](const toml::node& node) {
            const auto text = node.value_exact<std::string>();
            return text && !text->empty() ? text : std::nullopt;
          }};
}

Rule<std::vector<std::string>> texts() {
  return {"a list of strings", [](const toml::node& node) { return list_of(node, some_text()); }};
}

constexpr double kMost = 1e300;

void add_keys(Measure& measure, KeyList& keys) {
  keys.subject = "a measure";
  keys.add("name", measure.name, some_text()).required = true;
  keys.add("column", measure.column, some_text()).required = true;
  keys.add("layer", measure.layer, some_text());
  keys.add("layers", measure.layers, some_text());
  keys.add("logit", measure.logit, flag());
  keys.add("take", measure.take, one_of({"last", "mean", "range"}));
  keys.add("at", measure.at, numbers(0, kMost));
  keys.add("divided_by", measure.divided_by, numbers(0, kMost));
  keys.add("power", measure.power, numbers(-100, 100));
  keys.add("times", measure.times, numbers(-kMost, kMost));
  keys.add("if_diverged", measure.if_diverged, numbers(-kMost, kMost));
  keys.add("digits", measure.digits, integers(0, 12));
}

void add_keys(Panel& panel, KeyList& keys) {
  keys.subject = "a panel";
  keys.add("y", panel.y, some_text()).required = true;
  keys.add("x", panel.x, some_text()).required = true;
  keys.add("of", panel.of, some_text());
  keys.add("title", panel.title, some_text());
  keys.add("log_x", panel.log_x, flag());
  keys.add("log_y", panel.log_y, flag());
}

void add_keys(Claim& claim, KeyList& keys) {
  keys.subject = "a claim";
  keys.add("says", claim.says, some_text()).required = true;
  keys.add("value", claim.value, some_text()).required = true;
  keys.add("of", claim.of, some_text());
  keys.add("minus", claim.minus, some_text());
  keys.add("over", claim.over, some_text());
  keys.add("largest", claim.largest, some_text());
  keys.add("where_at_least", claim.where_at_least, numbers(-kMost, kMost));
  keys.add("where_at_most", claim.where_at_most, numbers(-kMost, kMost));
  keys.add("at_least", claim.at_least, numbers(-kMost, kMost));
  keys.add("at_most", claim.at_most, numbers(-kMost, kMost));
  keys.add("published", claim.published, some_text());
}

void add_keys(NamedSet& variant, KeyList& keys) {
  keys.subject = "a variant";
  keys.add("name", variant.name, some_text()).required = true;
  keys.add("set", variant.set, texts()).required = true;
}

// A list of tables, each read into an entry of its own.
template <class Entry>
void add_list(KeyList& keys, const std::string& name, std::vector<Entry>& entries) {
  const auto accept = [name, &entries](const toml::node& node) {
    if (!node.is_array()) return false;
    entries.clear();
    for (const toml::node& element : *node.as_array()) {
      if (!element.is_table()) return false;
      Entry& entry = entries.emplace_back();
      read_keys(*element.as_table(), concat("lab.", name, "[", entries.size() - 1, "]"), [&entry] {
        KeyList list;
        add_keys(entry, list);
        return list;
      });
    }
    return true;
  };
  keys.keys.push_back({.name = name, .expected = "a list of tables", .accept = accept});
}

KeyList lab_keys(LabExperiment& lab) {
  KeyList keys{.subject = "[lab]", .keys = {}};
  keys.add("question", lab.question, some_text()).required = true;
  keys.add("source", lab.source, some_text()).required = true;
  keys.add("next", lab.next, some_text()).required = true;
  keys.add("minutes", lab.minutes, numbers(0, 1e4)).required = true;
  keys.add("seeds", lab.seeds, integers(1, 1000));
  keys.add("vary", lab.vary, texts());
  add_list(keys, "variants", lab.variants);
  add_list(keys, "measures", lab.measures);
  add_list(keys, "panels", lab.panels);
  add_list(keys, "claims", lab.claims);
  return keys;
}

std::string table_of(const Measure& measure) {
  return measure.column.substr(0, measure.column.find('.'));
}

// Before the training: whether a variant's runs will write the tables that are measured.
void check_tables(const LabExperiment& lab, const Variant& variant) {
  for (const Measure& measure : lab.measures) {
    const std::string table = table_of(measure);
    MINITAPE_CHECK(variant.config.diagnostics || (table != "layers" && table != "probes"), "[lab] ",
                   lab.file.string(), ": \"", measure.column, "\" needs diagnostics = true: the ",
                   "variant ", variant.name, " is without");
    MINITAPE_CHECK(variant.config.train.views != "none" || table != "views", "[lab] ",
                   lab.file.string(), ": \"", measure.column, "\" needs train.views: the variant ",
                   variant.name, " has \"none\"");
  }
}

}  // namespace

const Measure& LabExperiment::measure(const std::string& measure_name) const {
  std::vector<std::string> names;
  for (const Measure& candidate : measures) {
    if (candidate.name == measure_name) return candidate;
    names.push_back(candidate.name);
  }
  throw Error(concat("[lab] ", file.string(), ": a panel or a claim names the measure ",
                     toml_text(measure_name), ": there are ", toml_texts(names)));
}

std::vector<std::string> parts_of(const std::string& name) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin < name.size();) {
    const std::size_t end = std::min(name.find(", ", begin), name.size());
    parts.push_back(name.substr(begin, end - begin));
    begin = end + 2;
  }
  return parts;
}

bool fits(const std::string& variant, const std::string& of) {
  const std::vector<std::string> parts = parts_of(variant);
  return std::ranges::all_of(
      parts_of(of), [&](const std::string& part) { return std::ranges::count(parts, part) > 0; });
}

LabExperiment read_experiment(const std::filesystem::path& file) {
  read_config(file);  // throws where the rest is no config
  LabExperiment lab{.file = file, .name = file.stem().string()};
  const toml::table document = parse_toml(file_contents(file).value_or(""), file.string());
  const toml::table* const table = document["lab"].as_table();
  MINITAPE_CHECK(table, "[lab] ", file.string(), " must have a table [lab]: see ",
                 "apps/configs/lab for examples");
  read_keys(*table, "lab", [&lab] { return lab_keys(lab); });
  MINITAPE_CHECK(lab.vary.empty() != lab.variants.empty(), "[lab] ", file.string(),
                 ": an experiment has either vary or variants");
  constexpr std::array<std::string_view, 5> kTables{"metrics", "steps", "layers", "probes",
                                                    "views"};
  for (const Measure& measure : lab.measures) {
    MINITAPE_CHECK(std::ranges::count(kTables, table_of(measure)) > 0, "[lab] ", file.string(),
                   ": a column is one of metrics, steps, layers, probes or views, as in ",
                   "\"metrics.test_accuracy\": found \"", measure.column, "\"");
  }
  for (const Panel& panel : lab.panels) lab.measure(panel.y);
  for (const Claim& claim : lab.claims) {
    lab.measure(claim.value);
    MINITAPE_CHECK(claim.at_least || claim.at_most, "[lab] ", file.string(), ": the claim \"",
                   claim.says, "\" must have at_least or at_most: nothing could contradict it");
  }
  return lab;
}

std::vector<Variant> make_variants(const LabExperiment& experiment,
                                   const std::vector<std::string>& assignments,
                                   std::vector<Variation>& variations) {
  for (const std::string& text : experiment.vary) variations.push_back(parse_variation(text));
  std::vector<Variant> variants;
  if (!variations.empty()) variants = make_variants(experiment.file, assignments, variations);
  std::set<std::string> keys;
  for (const auto& [name, set] : experiment.variants) {
    std::vector<std::string> all = assignments;
    for (std::string assignment : set) {
      std::ranges::replace(assignment, '\n', ' ');  // a list of layers over several lines
      keys.insert(assignment.substr(0, assignment.find('=')));
      all.push_back(assignment);
    }
    const std::string folder = file_safe(name);
    MINITAPE_CHECK(std::ranges::count(variants, folder, &Variant::folder) == 0, "[lab] ",
                   experiment.file.string(), ": the folders of two variants would both be \"",
                   folder, "\": give them names that differ in more than punctuation");
    variants.push_back({terminal_text(name), folder, read_config(experiment.file, all)});
  }
  for (const std::string& key : keys) variations.push_back({key, {}});
  for (const Variant& variant : variants) check_tables(experiment, variant);
  return variants;
}

}  // namespace minitape

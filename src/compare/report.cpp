#include "minitape/compare/report.hpp"

#include <map>
#include <nlohmann/json.hpp>
#include <ostream>
#include <set>

#include "compare/template.hpp"
#include "minitape/compare/chart.hpp"
#include "minitape/text/files.hpp"
#include "minitape/text/numbers.hpp"
#include "minitape/text/terminal_text.hpp"
#include "minitape/text/words.hpp"

namespace minitape {
namespace {

// ---- report.html: a comparison on one page, for those who were not there ----

// A list for the template, each item with one name: {{#items}}{{text}}{{/items}}.
TemplateData list_of(const std::vector<std::string>& texts) {
  TemplateData list(TemplateData::type::list);
  for (const std::string& text : texts) list.push_back(TemplateData("text", text));
  return list;
}

// A row of a table: its head and its cells.
TemplateData row_of(const std::string& head, const std::vector<std::string>& cells) {
  TemplateData row("head", head);
  row.set("cells", list_of(cells));
  return row;
}

// The columns of the table as rows: few variants fit beside each other on a phone.
TemplateData results(const Table& table) {
  TemplateData rows(TemplateData::type::list);
  std::vector<std::string> runs;
  for (const TableRow& row : table.rows) {
    runs.push_back(row.diverged == 0 ? concat(row.runs)
                                     : concat(row.runs, " (", row.diverged, " diverged)"));
  }
  rows.push_back(row_of("runs", runs));
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    std::vector<std::string> cells;
    for (std::size_t r = 0; r < table.rows.size(); ++r) cells.push_back(cell_text(table, r, c));
    rows.push_back(row_of(table.columns[c].title, cells));
  }
  return rows;
}

// A row per seed, with the final test accuracy of each variant.
TemplateData seed_by_seed(const std::vector<VariantHistory>& variants) {
  TemplateData rows(TemplateData::type::list);
  for (std::size_t i = 0; i < variants.front().runs.size(); ++i) {
    std::vector<std::string> cells;
    for (const VariantHistory& variant : variants) {
      const RunHistory& run = variant.runs[i];
      cells.push_back(run.diverged_at     ? concat("diverged at step ", *run.diverged_at)
                      : run.is_complete() ? fixed(100 * run.test_accuracy.back(), 2)
                                          : "-");
    }
    rows.push_back(row_of(concat("seed ", variants.front().runs[i].seed), cells));
  }
  return rows;
}

// The facts in the runs' environment.json; of those that differ, the first and the last value.
TemplateData environment_facts(const std::vector<VariantHistory>& variants) {
  std::map<std::string, std::set<std::string>> facts;
  for (const VariantHistory& variant : variants) {
    for (const RunHistory& run : variant.runs) {
      const auto json = nlohmann::json::parse(
          file_contents(run.folder / "environment.json").value_or(""), nullptr, false);
      if (!json.is_object()) continue;  // what cannot be read
      for (const auto& [name, value] : json.items()) {
        if (value.is_string()) facts[name].insert(value.get<std::string>());
        if (value.is_number()) facts[name].insert(value.dump());
      }
    }
  }
  TemplateData list(TemplateData::type::list);
  for (const auto& [name, values] : facts) {
    TemplateData fact("name", name);
    fact.set("value",
             values.size() == 1 ? *values.begin() : *values.begin() + " … " + *values.rbegin());
    list.push_back(fact);
  }
  return list;
}

// "model.batch_norm=false,true", as after --vary.
std::string vary_text(const Variation& variation) {
  return variation.key + "=" + joined(variation.values, ",");
}

// The call itself, into a new folder; the same from a config that a run kept; one run alone.
std::vector<std::string> commands(const Experiment& experiment,
                                  const std::vector<VariantHistory>& variants) {
  std::vector<std::string> call = experiment.command;
  call.insert(call.end(), {"--out", "again"});
  const std::string config = (variants.front().runs.front().folder / "config.toml").string();
  std::vector<std::string> kept{"minitape", "compare", config};
  for (const Variation& variation : experiment.variations) {
    kept.insert(kept.end(), {"--vary", vary_text(variation)});
  }
  kept.insert(kept.end(),
              {"--seeds", std::to_string(variants.front().runs.size()), "--out", "again"});
  return {shell_line(call), shell_line(kept),
          shell_line({"minitape", "train", config, "--out", "again_one"})};
}

// Text of unknown origin as HTML.
std::string html_text(const std::string& text) {
  return kainjow::mustache::html_escape(terminal_lines(text));
}

// What the picture's title says: how many seeds, and what they share.
std::string title(std::size_t seeds, const Fairness& fairness) {
  std::string text =
      seeds == 1 ? "One seed." : concat("Mean and standard deviation of ", seeds, " seeds.");
  if (fairness.same_weights) text += " Same initial weights within a seed.";
  if (fairness.same_batches) text += " Same batches and augmentation.";
  return text;
}

}  // namespace

std::string report_page(const Experiment& experiment, const std::vector<VariantHistory>& variants,
                        const Table& table, const std::vector<std::string>& answer,
                        const std::string& svg, const std::string& problem) {
  std::vector<std::string> varied, names;
  for (const Variation& variation : experiment.variations) varied.push_back(vary_text(variation));
  for (const VariantHistory& variant : variants) names.push_back(variant.name);
  TemplateData page("name", experiment.name);
  page.set("varied", list_of(varied));
  const std::size_t seeds = variants.front().runs.size();
  page.set("seeds", seeds == 1 ? "one seed" : concat(seeds, " seeds"));
  page.set("answer", list_of(answer));
  page.set("variants", list_of(names));
  page.set("results", results(table));
  page.set("smoothing", std::to_string(kSmoothing));
  if (problem.empty()) page.set("svg", svg.substr(svg.find("<svg")));  // without the XML line
  page.set("problem", problem);
  page.set("seed_by_seed", seed_by_seed(variants));
  page.set("fairness", experiment.fairness.sentence + " " + data_sentence(variants));
  page.set("commands", list_of(commands(experiment, variants)));
  page.set("environment", environment_facts(variants));
  page.set("config", to_toml(experiment.config));
  return filled_template(kReportTemplate, page, html_text);
}

void report(const Experiment& experiment, const std::vector<VariantHistory>& variants,
            const std::filesystem::path& folder, std::ostream& out) {
  const std::size_t seeds = variants.front().runs.size();
  const Table table = make_table(variants);
  write_summary_csv(folder / "summary.csv", table);
  const std::vector<Chart> charts = comparison_charts(variants);
  const std::string problem = write_pictures(folder, charts, title(seeds, experiment.fairness));
  const std::string svg = file_contents(folder / "curves.svg").value_or("");
  const std::vector<std::string> sentences = answer(experiment.variations, variants);
  write_atomically(folder / "report.html",
                   report_page(experiment, variants, table, sentences, svg, problem));

  out << "\n" << terminal_plot(charts[0], 72, 16) << "\n" << aligned(shared_cells(table));
  if (seeds > 1) out << "Mean ± standard deviation over " << seeds << " seeds.\n";
  out << "Steps to x %: the first step at which the last " << kSmoothing
      << " training batches average x %, each before its update.\n\n";
  for (const std::string& sentence : sentences) out << sentence << "\n";
  out << "\n";
  if (!problem.empty()) out << problem << "\n";
  for (const char* name : {"curves.png", "curves.svg", "summary.csv", "report.html"}) {
    if (std::filesystem::exists(folder / name)) out << (folder / name).string() << "\n";
  }
}

}  // namespace minitape

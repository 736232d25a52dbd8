#include "compare/html_tables.hpp"

#include <cmath>

#include "compare/html_text.hpp"
#include "minitape/compare/svg_chart.hpp"
#include "minitape/text/numbers.hpp"

namespace minitape {
namespace {

// The number as people read it, with the one that summary.csv has behind it.
std::string data(double value, double factor, int digits) {
  if (std::isnan(value)) return "–";
  return concat("<data value=\"", number_text(value), "\">", fixed(factor * value, digits),
                "</data>");
}

std::string data(Index value) {
  return concat("<data value=\"", value, "\">", value, "</data>");
}

// Mean and, where there is one, deviation.
std::string mean_cell(const MeanSd& value, double factor, int digits) {
  std::string text = data(value.mean, factor, digits);
  if (value.count > 1)
    text += " <span class=\"sd\">± " + data(value.sd, factor, digits) + "</span>";
  return text;
}

std::string runs_cell(const VariantResult& result) {
  std::string text = data(result.runs);
  if (result.diverged == 0) return text;
  text += "<small>" + data(result.diverged) + " diverged, at step" +
          (result.diverged == 1 ? " " : "s ");
  for (std::size_t i = 0; i < result.diverged_at.size(); ++i) {
    text += (i > 0 ? ", " : "") + std::to_string(result.diverged_at[i]);
  }
  return text + "</small>";
}

std::string steps_cell(const VariantResult& result, const MeanSd& steps) {
  std::string text = mean_cell(steps, 1, 0);
  const auto count = static_cast<Index>(steps.count);
  if (count < result.runs) {
    text += concat("<small>", data(count), " of ", result.runs, result.runs == 1 ? " run" : " runs",
                   "</small>");
  }
  return text;
}

// A name of a variant may be wider than its column: it may break after every underscore.
std::string breakable(const std::string& name) {
  std::string html;
  for (const char letter : html_text(name)) {
    html += letter;
    if (letter == '_') html += "<wbr>";
  }
  return html;
}

std::string variant_head(std::size_t i, const std::string& name, const char* scope) {
  return concat("<th scope=\"", scope, "\">", svg_swatch(i), " ", breakable(name), "</th>");
}

// A row of the results: its name, then a cell per variant.
template <class Cell>
std::string row(const std::string& name, const Comparison& comparison, Cell cell) {
  std::string text = "<tr><th scope=\"row\">" + name + "</th>";
  for (const VariantResult& result : comparison.variants) text += "<td>" + cell(result) + "</td>";
  return text + "</tr>\n";
}

// A table that scrolls by itself where it is wider than the screen, with the keyboard as well.
std::string table(const std::string& name, const std::string& head, const std::string& body) {
  return concat("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"", name,
                "\">\n<table>\n<thead><tr>", head, "</tr></thead>\n<tbody>\n", body,
                "</tbody>\n</table>\n</div>\n");
}

}  // namespace

std::string results_table(const Comparison& comparison) {
  using Result = VariantResult;
  std::string head = "<td></td>";
  for (std::size_t i = 0; i < comparison.variants.size(); ++i) {
    head += variant_head(i, comparison.variants[i].name, "col");
  }
  std::string body = row("Runs", comparison, runs_cell);
  body += row("Test accuracy at the end, %", comparison,
              [](const Result& r) { return mean_cell(r.final_accuracy, 100, 2); });
  body += row("… of the best epoch, %", comparison,
              [](const Result& r) { return mean_cell(r.best_accuracy, 100, 2); });
  body += row("Test loss at the end, nats", comparison,
              [](const Result& r) { return mean_cell(r.final_loss, 1, 4); });
  for (std::size_t t = 0; t < comparison.thresholds.size(); ++t) {
    const double percent = std::round(1000 * comparison.thresholds[t]) / 10;
    body += row(concat("Steps to ", percent, " %"), comparison,
                [t](const Result& r) { return steps_cell(r, r.steps_to[t]); });
  }
  body += row("Milliseconds per step", comparison,
              [](const Result& r) { return mean_cell(r.step_seconds, 1000, 2); });
  body += row("Seconds per run", comparison,
              [](const Result& r) { return mean_cell(r.seconds, 1, 1); });
  return table("Results", head, body);
}

std::string seeds_table(const std::vector<VariantHistory>& variants) {
  std::string head = "<th scope=\"col\">Seed</th>";
  for (std::size_t i = 0; i < variants.size(); ++i) {
    head += variant_head(i, variants[i].name, "col");
  }
  const bool paired = variants.size() == 2;
  if (paired) head += "<th scope=\"col\">second minus first</th>";
  std::string body;
  for (std::size_t seed = 0; seed < variants.front().runs.size(); ++seed) {
    body += concat("<tr><th scope=\"row\">", variants.front().runs[seed].seed, "</th>");
    for (const VariantHistory& variant : variants) {
      const RunHistory& run = variant.runs[seed];
      body += run.diverged_at ? concat("<td><small>diverged at step ", *run.diverged_at, "</small>")
              : run.test_accuracy.empty() ? "<td>–"
                                          : "<td>" + data(run.test_accuracy.back(), 100, 2);
      body += "</td>";
    }
    if (paired) {
      const MeanSd difference =
          paired_difference({"", {variants[1].runs[seed]}}, {"", {variants[0].runs[seed]}});
      body += "<td>" + std::string(difference.mean > 0 ? "+" : "") + data(difference.mean, 100, 2) +
              "</td>";
    }
    body += "</tr>\n";
  }
  return table("Final test accuracy of each run", head, body);
}

std::string diagnosis_table(const Comparison& comparison) {
  std::string body;
  for (std::size_t i = 0; i < comparison.variants.size(); ++i) {
    const VariantResult& result = comparison.variants[i];
    body += concat("<tr>", variant_head(i, result.name, "row"));
    for (const MeanSd& value :
         {result.train_accuracy, result.train_eval_accuracy, result.final_accuracy}) {
      body += "<td>" + mean_cell(value, 100, 2) + "</td>";
    }
    body += "</tr>\n";
  }
  return table("Training and test accuracy",
               "<td></td><th scope=\"col\">training, as seen</th><th scope=\"col\">training, "
               "evaluated</th><th scope=\"col\">test</th>",
               body);
}

}  // namespace minitape

#include "minitape/compare/html_report.hpp"

#include <array>

#include "compare/html_repeat.hpp"
#include "compare/html_style.hpp"
#include "compare/html_tables.hpp"
#include "compare/html_text.hpp"
#include "minitape/compare/curves.hpp"
#include "minitape/compare/svg_chart.hpp"

namespace minitape {
namespace {

// ---- Question and answer ----

std::string top(const Experiment& experiment, const std::vector<VariantHistory>& variants,
                const Comparison& comparison) {
  std::string varied;
  for (const Variation& variation : experiment.variations) {
    varied += (varied.empty() ? "" : "; ") + varied_text(variation);
  }
  const std::size_t seeds = variants.front().runs.size();
  const Answer found = answer(experiment, variants, comparison);
  std::string html = concat("<header>\n",
                            paragraph("A comparison by minitape. Varied: " + varied + ". " +
                                          (seeds == 1 ? "One seed." : concat(seeds, " seeds.")),
                                      "kicker"),
                            "<h1>", html_text(question(experiment)), "</h1>\n",
                            paragraph(found.verdict, "verdict"));
  for (std::size_t i = 0; i < found.sentences.size(); ++i) {
    html += paragraph(found.sentences[i]);
    if (i > 0 || found.settings.empty()) continue;
    html += "<ul>\n";
    for (const std::string& text : found.settings) html += "<li>" + html_text(text) + "</li>\n";
    html += "</ul>\n";
  }
  return html + "</header>\n";
}

std::string numbers(const std::vector<VariantHistory>& variants, const Comparison& comparison) {
  std::string note = variants.front().runs.size() == 1
                         ? "One seed: differences may be chance."
                         : "Mean ± standard deviation over the seeds that were completed.";
  if (!comparison.thresholds.empty()) {
    note += concat(" Steps to x %: the first step at which the last ", kSmoothing,
                   " training batches average x %, each before its update; of the runs that got "
                   "there.");
  }
  return heading("The numbers") + results_table(comparison) + paragraph(note, "note");
}

std::string seed_by_seed(const std::vector<VariantHistory>& variants) {
  return heading("Seed by seed") +
         paragraph(
             "Test accuracy at the end of each run, in percent. Runs with the same seed are "
             "a pair.") +
         seeds_table(variants);
}

// ---- Curves ----

std::string curves(const std::vector<VariantHistory>& variants) {
  const std::vector<Chart> charts = comparison_charts(variants);
  std::string html = heading("The curves") + "<ul class=\"legend\">\n";
  for (std::size_t i = 0; i < variants.size(); ++i) {
    html += "<li>" + svg_swatch(i) + html_text(variants[i].name) + "</li>\n";
  }
  html += "</ul>\n<div class=\"curves\">\n";
  const std::array<std::string, 2> details{
      "In percent, after each epoch.",
      concat("In nats, mean of the last ", kSmoothing, " batches.")};
  for (std::size_t i = 0; i < charts.size(); ++i) {
    const char* const cut = " Points outside of the range shown are left out.";
    html += concat("<figure>\n<figcaption>", charts[i].title, "<small>", details[i],
                   leaves_out_points(charts[i]) ? cut : "", "</small></figcaption>\n",
                   svg_chart(charts[i], concat("chart-", i)), "</figure>\n");
  }
  html += "</div>\n";
  if (variants.front().runs.size() == 1) return html;
  return html + paragraph(
                    "Lines are means over the seeds, bands one standard deviation to both "
                    "sides.",
                    "note");
}

// ---- Diagnosis ----

std::string diagnosis(const Comparison& comparison) {
  return heading("Statistics or overfitting?") +
         paragraph(
             "Accuracy in percent at the last epoch: of the training images as they were "
             "seen while training (batch statistics, augmentation and dropout, each batch "
             "before its update), of a fixed part of the same images evaluated like the test "
             "set (running statistics), and of the test set.") +
         diagnosis_table(comparison) +
         paragraph(
             "If the middle number falls below the left one, batch norm's running statistics "
             "do not fit the network; if only the right one falls, it is overfitting. The "
             "left one is an average over the whole epoch and is often a little low.");
}

}  // namespace

std::string html_report(const Experiment& experiment, const std::vector<VariantHistory>& variants,
                        const Comparison& comparison) {
  return concat(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      // Whatever a config may smuggle in: nothing is loaded, and no script runs.
      "<meta http-equiv=\"Content-Security-Policy\" "
      "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<title>",
      html_text(question(experiment)), "</title>\n<style>", kHtmlStyle,
      "</style>\n</head>\n<body>\n", top(experiment, variants, comparison), "<main>\n",
      numbers(variants, comparison), curves(variants), seed_by_seed(variants),
      diagnosis(comparison), heading("Is it fair?"), paragraph(experiment.fairness.sentence),
      again_part(experiment, variants), environment_part(variants),
      config_part(experiment, variants.front().name), "</main>\n</body>\n</html>\n");
}

}  // namespace minitape

#include "minitape/lab/results.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "minitape/run/csv.hpp"
#include "minitape/text/numbers.hpp"
#include "minitape/text/words.hpp"

namespace minitape {
namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

// y where x is this; NaN where there is no such x.
double at(const Series& series, double x) {
  const auto found = std::ranges::find(series.x, x);
  return found == series.x.end() ? kNothing : *(series.y.begin() + (found - series.x.begin()));
}

// The variants that a claim means: the one of that name, or all that fit.
std::vector<const VariantHistory*> meant(const std::string& of,
                                         const std::vector<VariantHistory>& variants) {
  std::vector<const VariantHistory*> fitting;
  for (const VariantHistory& variant : variants) {
    if (variant.name == of) return {&variant};
    if (fits(variant.name, of)) fitting.push_back(&variant);
  }
  return fitting;
}

// What the claim says of a side, `of`, `minus` or `over`, for one seed.
double value_of(const Claim& claim, const std::string& of, const LabExperiment& experiment,
                const std::vector<VariantHistory>& variants, std::size_t seed) {
  const Measure& measure = experiment.measure(claim.value);
  const auto side = meant(of, variants);
  if (claim.largest.empty()) {
    std::string names;
    for (const VariantHistory& variant : variants) names += "\n  " + variant.name;
    MINITAPE_CHECK(side.size() == 1, "[lab] ", experiment.file.string(),
                   ": a claim must be about one variant: \"", of, "\" fits ",
                   side.empty() ? "none" : "more than one", " of", names);
    return number_of(side[0]->runs[seed], measure);
  }
  double largest = kNothing;
  for (const VariantHistory* variant : side) {
    const double number = number_of(variant->runs[seed], measure);
    const bool is_within = number >= claim.where_at_least.value_or(-INFINITY) &&
                           number <= claim.where_at_most.value_or(INFINITY);
    if (is_within) largest = std::fmax(largest, varied_key(variant->name, claim.largest).value);
  }
  return largest;
}

}  // namespace

Series series_of(const RunHistory& run, const Measure& measure) {
  const std::size_t dot = measure.column.find('.');
  const std::string file = measure.column.substr(0, dot);
  const CsvTable table = read_csv(run.folder / (file + ".csv"));
  std::vector<double> values = table.numbers(measure.column.substr(dot + 1));
  for (double& y : values) y = measure.logit ? std::log(y / (1 - y)) : y;
  const std::vector<double> x = table.numbers(file == "steps" ? "step" : "epoch");
  if (file != "layers") return {x, values};

  Series series;
  const std::vector<std::string> layers = table.texts("layer");
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::string& layer = layers[i];
    const bool is_last = x[i] == x.back();
    if (measure.layer.empty() ? !is_last || !layer.ends_with(measure.layers)
                              : layer != measure.layer) {
      continue;
    }
    series.x.push_back(measure.layer.empty() ? static_cast<double>(series.x.size() + 1) : x[i]);
    series.y.push_back(values[i]);
  }
  MINITAPE_CHECK(!series.x.empty(), "[lab] the measure \"", measure.name, "\" is about layer \"",
                 measure.layer, measure.layers, "\", which ", run.folder, " does not have");
  return series;
}

double scaled(double number, const Series& series, const Measure& measure) {
  if (measure.divided_by) number /= at(series, *measure.divided_by);
  return measure.times * std::pow(number, measure.power);
}

double number_of(const RunHistory& run, const Measure& measure) {
  // A number from before the run diverged is as good as any.
  const bool is_before =
      measure.at && *measure.at <= static_cast<double>(run.diverged_at.value_or(0));
  if (run.diverged_at && !is_before) return measure.if_diverged.value_or(kNothing);
  const Series series = series_of(run, measure);
  if (series.y.empty()) return kNothing;  // no epoch was finished, no step taken
  const auto [low, high] = std::ranges::minmax(series.y);
  double number = series.y.back();
  if (measure.take == "range") number = high - low;
  if (measure.take == "mean") number = mean_sd(series.y).mean;
  if (measure.at) number = at(series, *measure.at);
  number = scaled(number, series, measure);
  return run.diverged_at && !std::isfinite(number) ? measure.if_diverged.value_or(kNothing)
                                                   : number;
}

VariedKey varied_key(const std::string& variant, const std::string& key) {
  std::vector<std::string> parts = parts_of(variant);
  const auto part = std::ranges::find_if(
      parts, [&](const std::string& text) { return text.starts_with(key + " = "); });
  const std::string text = part == parts.end() ? "" : part->substr(key.size() + 3);
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  MINITAPE_CHECK(end != text.c_str(), "[lab] \"", key,
                 "\" must be a varied key with numbers: there ", "is none in \"", variant, "\"");
  parts.erase(part);
  return {value, parts.empty() ? "all" : joined(parts)};
}

Verdict judge(const Claim& claim, const LabExperiment& experiment,
              const std::vector<VariantHistory>& variants) {
  std::vector<double> values;
  for (std::size_t seed = 0; seed < variants.front().runs.size(); ++seed) {
    double value = value_of(claim, claim.of, experiment, variants, seed);
    if (!claim.minus.empty()) value -= value_of(claim, claim.minus, experiment, variants, seed);
    if (!claim.over.empty()) value /= value_of(claim, claim.over, experiment, variants, seed);
    values.push_back(claim.over.empty() ? value : std::log(value));  // a ratio's interval is > 0
  }
  Verdict verdict{.value = mean_sd(values), .low = kNothing, .high = kNothing};
  const auto [mean, sd, count] = verdict.value;
  if (count == values.size() && count > 1) {
    const double half = sd <= 1e-9 * std::abs(mean) ? 0 : half_interval(verdict.value);
    verdict.low = mean - half;
    verdict.high = mean + half;
  }
  if (!claim.over.empty()) {
    for (double* number : {&verdict.value.mean, &verdict.low, &verdict.high}) {
      *number = std::exp(*number);
    }
  }
  const double rounding = 1e-9 * std::abs(verdict.value.mean);  // 0.3 / 0.1 is a little below 3
  const double least = claim.at_least.value_or(-INFINITY) - rounding;
  const double most = claim.at_most.value_or(INFINITY) + rounding;
  verdict.outcome = verdict.low >= least && verdict.high <= most ? "holds"
                    : verdict.high < least || verdict.low > most ? "does not hold here"
                                                                 : "cannot be told from this run";
  return verdict;
}

std::string Verdict::to_text(const Claim& claim, const std::string& mark) const {
  const auto text = [](double number) { return significant(number, 4); };
  std::string result = mark + outcome + mark + ": ";
  if (value.count == 0) return result + "no run has this number";
  result += text(value.mean);
  if (low < high) result += concat(" (95 % interval ", text(low), " to ", text(high), ")");
  if (low == high) result += " (all seeds)";
  if (claim.at_least) result += ", claimed at least " + significant(*claim.at_least);
  if (claim.at_most) {
    const char* const and_so = claim.at_least ? " and at most " : ", claimed at most ";
    result += and_so + significant(*claim.at_most);
  }
  return result;
}

Table make_table(const LabExperiment& experiment, const std::vector<VariantHistory>& variants) {
  Table table = rows_of(variants);
  for (const Measure& measure : experiment.measures) {
    add_column(table, variants,
               {.title = measure.name,
                .digits = static_cast<int>(measure.digits),
                .mean_name = measure.name + "_mean",
                .sd_name = measure.name + "_sd"},
               [&measure](const RunHistory& run) { return number_of(run, measure); });
  }
  return table;
}

}  // namespace minitape

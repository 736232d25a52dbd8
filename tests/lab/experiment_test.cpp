#include "minitape/lab/experiment.hpp"

#include <cstdlib>
#include <fstream>
#include <set>

#include "minitape/config/build.hpp"
#include "minitape/lab/results.hpp"
#include "minitape/run/csv.hpp"
#include "minitape/run/diagnostics.hpp"
#include "minitape/run/layer_by_layer.hpp"
#include "minitape/run/trainer.hpp"
#include "temporary_folder.hpp"
#include "testing.hpp"
#include "tiny_experiment.hpp"

namespace minitape {
namespace {

using Texts = std::vector<std::string>;
namespace fs = std::filesystem;

// The config of tiny_experiment.hpp, 8 lines, with [lab] in line 9.
const std::string kConfig = R"([data]
name = "none"
input = [4, 4, 1]
[model]
layers = [{ type = "flatten" }, { type = "dense", units = 4 }, { type = "batch_norm" },
          { type = "relu" }, { type = "dense", units = 2 }]
[train]
batch_size = 4
)";
const std::string kHead = R"([lab]
question = "Does it?"
source = "A book"
next = "More"
minutes = 1.5
)";
const std::string kVary = "vary = [\"model.batch_norm=false,true\"]\n";
const std::string kMeasures = R"(measures = [
  { name = "accuracy", column = "metrics.test_accuracy", times = 100 },
  { name = "loss", column = "steps.loss", take = "mean" },
]
)";
const std::string kWhole = kConfig + kHead + kVary + kMeasures;

LabExperiment read_text(const std::string& text) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "tiny.toml") << text;
  return read_experiment(folder.path() / "tiny.toml");
}

// "" when the text is refused with a message that has these parts.
std::string refused(const std::string& text, std::initializer_list<std::string_view> parts) {
  return error_lacks(parts, [&] { read_text(text); });
}

// ---- Reading ----

TEST_CASE("read_experiment: what the file says, and defaults for what it does not") {
  const LabExperiment lab = read_text(kWhole + R"(seeds = 5
panels = [{ y = "loss", x = "step", log_x = true, log_y = true, title = "Loss", of = "true" },
          { y = "accuracy", x = "epoch" }]
[[lab.claims]]
says = "It does."
value = "accuracy"
of = "batch_norm = true"
minus = "batch_norm = false"
at_least = 2
published = "3, page 7"
[[lab.claims]]
says = "By far."
value = "loss"
largest = "batch_norm"
where_at_least = 0.5
over = "batch_norm = false"
at_most = -1e-3
)");
  CHECK(lab.name == "tiny");
  CHECK(lab.question == "Does it?");
  CHECK(lab.source == "A book");
  CHECK(lab.next == "More");
  CHECK(lab.minutes == 1.5);
  CHECK(lab.seeds == 5);
  CHECK(lab.vary == Texts{"model.batch_norm=false,true"});
  CHECK(lab.variants.empty());
  REQUIRE(lab.measures.size() == 2);
  CHECK(lab.measures[0].name == "accuracy");
  CHECK(lab.measures[0].column == "metrics.test_accuracy");
  CHECK(lab.measures[0].times == 100);
  CHECK(lab.measures[0].take == "last");
  CHECK(lab.measures[0].power == 1);
  CHECK(lab.measures[0].digits == -1);
  CHECK_FALSE(lab.measures[0].at);
  CHECK_FALSE(lab.measures[0].if_diverged);
  CHECK(lab.measures[1].take == "mean");
  CHECK(&lab.measure("loss") == &lab.measures[1]);
  REQUIRE(lab.panels.size() == 2);
  CHECK(lab.panels[0].y == "loss");
  CHECK(lab.panels[0].x == "step");
  CHECK(lab.panels[0].of == "true");
  CHECK(lab.panels[0].title == "Loss");
  CHECK(lab.panels[0].log_x);
  CHECK(lab.panels[0].log_y);
  CHECK_FALSE(lab.panels[1].log_x);
  REQUIRE(lab.claims.size() == 2);
  CHECK(lab.claims[0].says == "It does.");
  CHECK(lab.claims[0].of == "batch_norm = true");
  CHECK(lab.claims[0].minus == "batch_norm = false");
  CHECK(lab.claims[0].over == "");
  CHECK(lab.claims[0].at_least == 2);
  CHECK_FALSE(lab.claims[0].at_most);
  CHECK(lab.claims[0].published == "3, page 7");
  CHECK(lab.claims[1].largest == "batch_norm");
  CHECK(lab.claims[1].where_at_least == 0.5);
  CHECK(lab.claims[1].at_most == -0.001);
  CHECK(read_text(kWhole).seeds == 3);
}

TEST_CASE("read_experiment: each key of a measure") {
  const Measure measure =
      read_text("diagnostics = true\n" + kConfig + kHead + kVary + R"([[lab.measures]]
name = "n"
column = "layers.sd"
layer = "1.dense"
layers = "dense"
take = "range"
at = 6
divided_by = 36
power = 0.5
times = -2
if_diverged = 1e30
digits = 4
)")
          .measures[0];
  CHECK(measure.layer == "1.dense");
  CHECK(measure.layers == "dense");
  CHECK(measure.take == "range");
  CHECK(measure.at == 6);
  CHECK(measure.divided_by == 36);
  CHECK(measure.power == 0.5);
  CHECK(measure.times == -2);
  CHECK(measure.if_diverged == 1e30);
  CHECK(measure.digits == 4);
}

TEST_CASE("read_experiment: unknown keys, with their place and the nearest one") {
  CHECK(refused(kWhole + "sedes = 2\n", {"tiny.toml:19:1", "unknown key \"lab.sedes\"",
                                         "did you mean \"lab.seeds\"?"}) == "");
  CHECK(refused(kWhole + "[[lab.claims]]\nsays = \"x\"\nvalue = \"loss\"\nat_lest = 1\n",
                {"tiny.toml:22:1", "lab.claims[0].at_lest", "lab.claims[0].at_least"}) == "");
  CHECK(refused(kConfig + kHead + kVary + "measures = [{ name = \"a\", colum = \"b.c\" }]\n",
                {"lab.measures[0].colum\"", "lab.measures[0].column\"?"}) == "");
  CHECK(refused(kWhole + "panels = [{ y = \"loss\", x = \"step\", logx = true }]\n",
                {"lab.panels[0].logx", "lab.panels[0].log_x"}) == "");
  CHECK(refused(kConfig + kHead + "variants = [{ name = \"a\", sets = [] }]\n",
                {"lab.variants[0].sets", "lab.variants[0].set"}) == "");
  // Of the config around it, too.
  CHECK(refused("sed = 1\n" + kWhole, {"tiny.toml:1:1", "did you mean \"seed\"?"}) == "");
}

TEST_CASE("read_experiment: keys that are missing, and values of another kind") {
  for (const char* key : {"question", "source", "next", "minutes"}) {
    CAPTURE(std::string(key));
    std::string text = kWhole;
    text.replace(text.find(concat("\n", key, " =")), 1, "\n#");
    CHECK(refused(text, {concat("lab.", key, " must be "), "found nothing"}) == "");
  }
  CHECK(refused(kConfig + kHead + kVary + "measures = [{ name = \"a\" }]\n",
                {"lab.measures[0].column must be", "found nothing"}) == "");
  CHECK(refused(kWhole + "panels = [{ y = \"loss\" }]\n", {"lab.panels[0].x must be"}) == "");
  CHECK(refused(kWhole + "claims = [{ says = \"s\" }]\n", {"lab.claims[0].value must be"}) == "");
  CHECK(refused(kConfig + kHead + "variants = [{ set = [] }]\n", {"variants[0].name must be"}) ==
        "");
  CHECK(refused(kConfig + kHead + "variants = [{ name = \"a\" }]\n", {"variants[0].set must be"}) ==
        "");
  CHECK(refused(kWhole + "claims = 3\n", {"lab.claims must be a list of tables", "3"}) == "");
  CHECK(refused(kWhole + "claims = [3]\n", {"lab.claims must be a list of tables"}) == "");
  CHECK(refused(kWhole + "seeds = 0\n", {"lab.seeds must be an integer from 1 to 1000"}) == "");
  CHECK(refused(kConfig + kHead + kVary +
                    "measures = [{ name = \"a\", column = \"b.c\", take = \"men\" }]\n",
                {"lab.measures[0].take must be one of", "did you mean \"mean\"?"}) == "");
  CHECK(refused(kConfig + kHead + kMeasures + "vary = \"seed=1,2\"\n",
                {"lab.vary must be a list of strings"}) == "");
}

TEST_CASE("read_experiment: what is no experiment, or no TOML") {
  CHECK(refused(kConfig, {"[lab]", "tiny.toml must have a table [lab]"}) == "");
  CHECK(refused("lab = 3\n" + kConfig, {"tiny.toml must have a table [lab]"}) == "");
  CHECK(refused(kWhole + "seeds = = 2\n", {"tiny.toml:19:9", "must be TOML"}) == "");
  CHECK(error_lacks({"no-such.toml", "no such file"}, [] { read_experiment("no-such.toml"); }) ==
        "");
}

TEST_CASE("read_experiment: either vary or variants") {
  const std::string variants = "variants = [{ name = \"a\", set = [\"seed=2\"] }]\n";
  CHECK(read_text(kConfig + kHead + variants + kMeasures).variants[0].set == Texts{"seed=2"});
  CHECK(refused(kConfig + kHead + kMeasures, {"tiny.toml", "either vary or variants"}) == "");
  CHECK(refused(kConfig + kHead + kVary + variants + kMeasures, {"either vary or variants"}) == "");
}

TEST_CASE("read_experiment: panels and claims name measures that there are") {
  CHECK(refused(kWhole + "panels = [{ y = \"lost\", x = \"step\" }]\n",
                {"[lab]", "tiny.toml", "the measure \"lost\"", "\"accuracy\", \"loss\""}) == "");
  CHECK(refused(kWhole + "claims = [{ says = \"s\", value = \"lost\", at_least = 1 }]\n",
                {"the measure \"lost\"", "there are \"accuracy\", \"loss\""}) == "");
}

TEST_CASE("read_experiment: a claim that no number could contradict is none") {
  CHECK(refused(kWhole + "claims = [{ says = \"It is.\", value = \"loss\" }]\n",
                {"[lab]", "tiny.toml", "\"It is.\"", "at_least or at_most"}) == "");
  CHECK(read_text(kWhole + "claims = [{ says = \"s\", value = \"loss\", at_most = 0 }]\n")
            .claims.size() == 1);
}

// ---- Variants ----

struct LabVariants {
  explicit LabVariants(const std::string& text, const Texts& assignments = {}) {
    const TemporaryFolder folder;
    std::ofstream(folder.path() / "tiny.toml") << text;
    variants = make_variants(read_experiment(folder.path() / "tiny.toml"), assignments, variations);
  }

  std::vector<Variation> variations;
  std::vector<Variant> variants;
};

TEST_CASE("make_variants of an experiment: those of vary are those of compare") {
  const LabVariants made(kWhole, {"train.batch_size=2"});
  REQUIRE(made.variants.size() == 2);
  CHECK(made.variants[1].name == "batch_norm = true");
  CHECK(made.variants[1].folder == "batch_norm-true");
  CHECK(made.variants[0].config.train.batch_size == 2);
  CHECK_FALSE(made.variants[0].config.model.batch_norm);
  REQUIRE(made.variations.size() == 1);
  CHECK(made.variations[0].key == "model.batch_norm");
}

TEST_CASE("make_variants of an experiment: variants by name, each on top of the assignments") {
  const LabVariants made(kConfig + kHead + R"([[lab.variants]]
name = "plain, of 2"
set = ["train.batch_size=2"]
[[lab.variants]]
name = "other layers"
set = ["optimizer.momentum=0.5", '''model.layers=[ { type = "flatten" },
  { type = "batch_norm" },
  { type = "dense", units = 2 } ]''']
)",
                         {"train.batch_size=3", "train.epochs=7"});
  REQUIRE(made.variants.size() == 2);
  CHECK(made.variants[0].name == "plain, of 2");
  CHECK(made.variants[0].folder == "plain__of_2");
  CHECK(made.variants[0].config.train.batch_size == 2);
  CHECK(made.variants[0].config.train.epochs == 7);
  CHECK(made.variants[0].config.model.layers.size() == 5);
  CHECK(made.variants[1].config.train.batch_size == 3);
  CHECK(made.variants[1].config.optimizer.momentum == 0.5);
  CHECK(made.variants[1].config.model.layers.size() == 3);
  // All keys that a variant sets may differ, and no others.
  std::set<std::string> keys;
  for (const Variation& variation : made.variations) keys.insert(variation.key);
  CHECK(keys == std::set<std::string>{"model.layers", "optimizer.momentum", "train.batch_size"});
  CHECK(check_fair(made.variants, made.variations, 1).sentence != "");
}

TEST_CASE("make_variants of an experiment: a set that is wrong is named") {
  const auto with_set = [](const std::string& set) {
    return kConfig + kHead + "variants = [{ name = \"a\", set = [\"" + set + "\"] }]\n";
  };
  CHECK(error_lacks({"optimizer.momentun", "did you mean"},
                    [&] { LabVariants(with_set("optimizer.momentun=1")); }) == "");
  CHECK(error_lacks({"key=value", "momentum"}, [&] { LabVariants(with_set("momentum")); }) == "");
}

TEST_CASE("make_variants of an experiment: refuses what leaves a measure without its table") {
  const auto measuring = [](const std::string& column, const std::string& layer = "") {
    return "diagnostics = true\n" + kConfig + "views = \"mirrored\"\n" + kHead + kVary +
           "[[lab.measures]]\nname = \"m\"\ncolumn = \"" + column + "\"\n" + layer;
  };
  const std::string probe = measuring("probes.grad_norm"), views = measuring("views.test_loss");
  const std::string layers = measuring("layers.grad_norm", "layers = \"dense\"\n");
  for (const std::string& text : {probe, views, layers}) CHECK_NOTHROW(LabVariants{text});
  CHECK_NOTHROW(LabVariants(probe, {"train.views=none"}));
  CHECK_NOTHROW(LabVariants(views, {"diagnostics=false"}));
  for (const std::string& text : {probe, layers}) {
    CHECK(error_lacks({"[lab]", "grad_norm\" needs diagnostics = true", "the variant "},
                      [&] { LabVariants(text, {"diagnostics=false"}); }) == "");
  }
  CHECK(error_lacks({"[lab]", "\"views.test_loss\" needs train.views", "the variant "},
                    [&] { LabVariants(views, {"train.views=none"}); }) == "");
  CHECK(refused(measuring("lost.loss"), {"metrics, steps, layers, probes or views"}) == "");
}

// ---- The experiments that are shipped ----

std::vector<fs::path> shipped() {
  const char* source = std::getenv("MINITAPE_SOURCE_DIR");
  MINITAPE_CHECK(source, "[test] set MINITAPE_SOURCE_DIR to the source folder");
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(fs::path(source) / "apps/configs/lab")) {
    files.push_back(entry.path());
  }
  MINITAPE_CHECK(files.size() >= 20, "[test] there are only ", files.size(), " experiments");
  return files;
}

// The columns of a run's tables: of a run that writes all four.
std::map<std::string, Texts> all_columns() {
  const TemporaryFolder folder;
  Config config = config_with(kTinyLayers, "[train]\nepochs = 0\nviews = \"mirrored\"\n");
  config.diagnostics = true;
  train(config, {tiny_dataset(4), tiny_dataset(2)}, folder.path() / "run");
  std::map<std::string, Texts> columns;
  for (const char* table : {"metrics", "steps", "layers", "probes", "views"}) {
    columns[table] = read_csv(folder.path() / "run" / concat(table, ".csv")).columns;
  }
  return columns;
}

// The names of a variant's layers, as layers.csv has them.
void add_layer_names(const Sequential& model, Texts& names) {
  for (std::size_t i = 0; i < model.size(); ++i) {
    const auto* const residual = exactly<Residual>(model.layer(i));
    if (residual) add_layer_names(residual->body(), names);
    names.push_back(model.name(i));
  }
}

TEST_CASE("shipped experiments: every measure has its column, and its layers") {
  const auto columns = all_columns();
  for (const fs::path& file : shipped()) {
    CAPTURE(file.string());
    const LabExperiment experiment = read_experiment(file);
    std::vector<Variation> variations;
    const std::vector<Variant> variants = make_variants(experiment, {}, variations);
    CHECK(variants.size() >= 1);
    CHECK_FALSE(experiment.measures.empty());
    CHECK_FALSE(experiment.claims.empty());
    std::set<std::string> names;
    for (const Measure& measure : experiment.measures) {
      CAPTURE(measure.name);
      CHECK(names.insert(measure.name).second);
      const std::size_t dot = measure.column.find('.');
      REQUIRE(dot != std::string::npos);
      const std::string table = measure.column.substr(0, dot);
      REQUIRE(columns.contains(table));
      CHECK(std::ranges::count(columns.at(table), measure.column.substr(dot + 1)) == 1);
      CHECK((table == "layers") == (!measure.layer.empty() || !measure.layers.empty()));
      CHECK((measure.layer.empty() || measure.layers.empty()));
      for (const Variant& variant : variants) {
        if (table == "layers" || table == "probes") CHECK(variant.config.diagnostics);
        if (table == "views") CHECK(variant.config.train.views != "none");
        if (table != "layers") continue;
        Texts layers;
        add_layer_names(build_model(variant.config, input_shape(variant.config)), layers);
        CHECK(std::ranges::any_of(layers, [&](const std::string& layer) {
          return measure.layer.empty() ? layer.ends_with(measure.layers) : layer == measure.layer;
        }));
      }
    }
  }
}

TEST_CASE("shipped experiments: every claim and panel is about a variant that there is") {
  for (const fs::path& file : shipped()) {
    CAPTURE(file.string());
    const LabExperiment experiment = read_experiment(file);
    std::vector<Variation> variations;
    const std::vector<Variant> variants = make_variants(experiment, {}, variations);
    // Runs that diverged are read from no file.
    std::vector<VariantHistory> diverged;
    for (const Variant& variant : variants) {
      diverged.push_back({variant.name, {RunHistory{.diverged_at = 0}}});
    }
    for (const Claim& claim : experiment.claims) {
      CAPTURE(claim.says);
      CHECK(judge(claim, experiment, diverged).outcome == "cannot be told from this run");
      if (claim.largest.empty()) continue;
      for (const Variant& variant : variants) varied_key(variant.name, claim.largest);
    }
    for (const Panel& panel : experiment.panels) {
      CAPTURE(panel.y);
      Index count = 0;
      for (const Variant& variant : variants) {
        if (!fits(variant.name, panel.of)) continue;
        ++count;
        if (panel.x == "epoch" || panel.x == "step" || panel.x == "layer") continue;
        varied_key(variant.name, panel.x);
      }
      CHECK(count > 0);
      // Over layers, and only there, go measures of many layers.
      CHECK((panel.x == "layer") == !experiment.measure(panel.y).layers.empty());
    }
  }
}

TEST_CASE("shipped experiments: their comparisons are fair") {
  for (const fs::path& file : shipped()) {
    CAPTURE(file.string());
    std::vector<Variation> variations;
    const std::vector<Variant> variants = make_variants(read_experiment(file), {}, variations);
    CHECK(check_fair(variants, variations, 1).sentence != "");
  }
}

}  // namespace
}  // namespace minitape

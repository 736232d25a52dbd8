// What is refused, and the sentence that says so: the texts are part of the interface.
#include <doctest/doctest.h>

#include <fstream>

#include "minitape/config/config.hpp"
#include "temporary_folder.hpp"

using namespace minitape;

namespace {

std::string refusal(const std::string& toml, const std::vector<std::string>& assignments = {}) {
  try {
    parse_config(toml, "x.toml", assignments);
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::bad_input);
    return error.what();
  }
  return "accepted";
}

// The refusal of a model with this one layer, without where it is.
std::string layer_refusal(const std::string& layer) {
  const std::string text = refusal("model.layers = [ " + layer + " ]");
  const std::string start = "[config] x.toml:1:";
  REQUIRE(text.starts_with(start));
  return text.substr(text.find(": ", start.size()) + 2);
}

std::string set_refusal(const std::string& assignment) { return refusal("", {assignment}); }

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// `depth` residual layers, one in the other.
std::string nested(int depth) {
  std::string text = R"({ type = "relu" })";
  for (int i = 0; i < depth; ++i) text = R"({ type = "residual", layers = [)" + text + "] }";
  return "model.layers = [" + text + "]";
}

}  // namespace

TEST_CASE("config errors: unknown keys name the nearest one, or what there is") {
  CHECK(refusal("\n[optimizer]\n  learnin_rate = 1\n") ==
        "[config] x.toml:3:3: unknown key \"optimizer.learnin_rate\": did you mean "
        "\"optimizer.learning_rate\"?");
  CHECK(refusal("[optimzer]\nmomentum = 1") ==
        "[config] x.toml:1:2: unknown key \"optimzer\": did you mean \"optimizer\"?");
  CHECK(refusal("learning_rate = 1") ==
        "[config] x.toml:1:1: unknown key \"learning_rate\": did you mean "
        "\"optimizer.learning_rate\"?");
  CHECK(refusal("[optimizer]\nlr = 1") ==
        "[config] x.toml:2:1: unknown key \"optimizer.lr\": [optimizer] takes learning_rate, "
        "momentum, nesterov, weight_decay, beta_factor, decay_betas, lookahead_steps,"
        " lookahead_decay, train");
  CHECK(refusal("\"\\u001b[31m\" = 1") ==
        "[config] x.toml:1:1: unknown key \"\\u001b[31m\": a config takes seed, "
        "diagnostics, data, model, batch_norm, optimizer, schedule, train");
  CHECK(refusal("model.init = { type = \"zeros\", stddev = 1 }") ==
        "[config] x.toml:1:32: unknown key \"model.init.stddev\": an init of type zeros takes "
        "type");
}

TEST_CASE("config errors: wrong types say what was expected and found") {
  CHECK(refusal("train.epochs = 1.0") ==
        "[config] x.toml:1:16: train.epochs must be an integer from 0 to 1000000000: found the "
        "number 1");
  CHECK(refusal("train.shuffle = 1") ==
        "[config] x.toml:1:17: train.shuffle must be true or false: found the integer 1");
  CHECK(refusal("data.dir = 1979-05-27") ==
        "[config] x.toml:1:12: data.dir must be a string: found a date or a time");
  CHECK(refusal("optimizer.learning_rate = \"fast\"") ==
        "[config] x.toml:1:27: optimizer.learning_rate must be a number from 0 to 1e+09: found "
        "the string \"fast\"");
  CHECK(refusal("seed = true") ==
        "[config] x.toml:1:8: seed must be an integer from 0 to 9223372036854775807: found true");
  CHECK(refusal("data = \"digits\"") ==
        "[config] x.toml:1:8: data must be a table of keys: found the string \"digits\"");
  CHECK(refusal("data.augment = [\"flip\", 3, [1], {}]") ==
        "[config] x.toml:1:16: data.augment must be a list with entries from \"flip\", "
        "\"alternating_flip\", \"crop\", \"shift\": "
        "found the list [\"flip\", 3, [...], {...}]");
  CHECK(refusal("optimizer.train = \"kernel\"").ends_with("found the string \"kernel\""));
  CHECK(refusal("data.input = 30") ==
        "[config] x.toml:1:14: data.input must be a list such as [30] or [100, 200, 3], up to "
        "three integers from 1 to 100000 with a product of at most 100000000: found the integer "
        "30");
  CHECK(refusal("model.layers = {}") ==
        "[config] x.toml:1:16: model.layers must be a list of layers: found a table");
}

TEST_CASE("config errors: values out of range") {
  CHECK(refusal("seed = -1") ==
        "[config] x.toml:1:8: seed must be an integer from 0 to 9223372036854775807: found the "
        "integer -1");
  CHECK(refusal("optimizer.momentum = 1") ==
        "[config] x.toml:1:22: optimizer.momentum must be a number from 0 to below 1: found the "
        "integer 1");
  CHECK(contains(refusal("optimizer.lookahead_decay = 1"), "must be a number from 0 to below 1"));
  CHECK(contains(refusal("optimizer.learning_rate = nan"), "1e+09: found the number nan"));
  CHECK(contains(refusal("optimizer.learning_rate = inf"), "1e+09: found the number inf"));
  CHECK(contains(refusal("optimizer.weight_decay = -0.1"), "found the number -0.1"));
  CHECK(contains(refusal("batch_norm.epsilon = 0"), "must be a number from 1e-12 to 1000"));
  CHECK(contains(refusal("batch_norm.ema_decay = 1.5"), "must be a number from 0 to 1: found"));
  CHECK(contains(refusal("schedule.div_factor = 0.5"), "must be a number from 1 to 1e+09"));
  CHECK(contains(refusal("train.batch_size = 0"), "must be an integer from 1 to 100000"));
  CHECK(contains(refusal("train.batch_size = 100001"), "must be an integer from 1 to 100000"));
  CHECK(contains(refusal("data.input = [0]"), "found the list [0]"));
  CHECK(contains(refusal("data.input = [1, 1, 1, 1]"), "found the list [1, 1, 1, 1]"));
  CHECK(contains(refusal("data.input = [10000, 10000, 3]"), "product of at most 100000000"));
  CHECK(contains(refusal("data.image_size = 0"), "must be an integer from 1 to 4096"));
  CHECK(contains(refusal("data.image_size = 4097"), "must be an integer from 1 to 4096"));
  CHECK(contains(refusal("data.channels = 0"), "must be an integer from 1 to 3"));
  CHECK(refusal("data.channels = 2") ==
        "[config] x.toml: data.channels must be 1 (grey) or 3 (colour): found 2");
  CHECK(refusal("data.name = \"mnst\"") ==
        "[config] x.toml:1:13: data.name must be one of \"digits\", \"shapes\", \"mnist\", "
        "\"fashion_mnist\", \"cifar10\", \"folder\", \"none\": found the string \"mnst\"; did you "
        "mean \"mnist\"?");
}

TEST_CASE("config errors: layers") {
  CHECK(refusal("[model]\nlayers = [\n  { type = \"relu\" },\n  { type = \"conv\" },\n]") ==
        "[config] x.toml:4:12: model.layers[1].type must be one of \"conv2d\", \"dense\", "
        "\"batch_norm\", \"activation\", \"relu\", \"leaky_relu\", \"sigmoid\", \"tanh\", "
        "\"gelu\", \"max_pool\", \"avg_pool\", \"global_avg_pool\", \"flatten\", \"dropout\", "
        "\"scale\", \"residual\", \"repeat\": found the string \"conv\"; did you mean \"conv2d\"?");
  CHECK(layer_refusal("{ units = 3 }") ==
        "model.layers[0] must be a layer such as { type = \"relu\" }: found a table without a "
        "type");
  CHECK(layer_refusal("\"relu\"") ==
        "model.layers[0] must be a layer such as { type = \"relu\" }: found the string \"relu\"");
  CHECK(layer_refusal("{ type = \"conv2d\", kernel = 3 }") ==
        "model.layers[0].filters must be an integer from 1 to 100000: found nothing");
  CHECK(layer_refusal("{ type = \"conv2d\", filters = 3, kernal = 3 }") ==
        "unknown key \"model.layers[0].kernal\": did you mean \"model.layers[0].kernel\"?");
  CHECK(layer_refusal("{ type = \"conv2d\", filters = 3, kernel = 3, units = 3 }") ==
        "key \"model.layers[0].units\" belongs to dense: a conv2d layer takes type, filters, "
        "kernel, stride, padding, bias, init, trainable");
  CHECK(layer_refusal("{ type = \"relu\", zzz = 3 }") ==
        "unknown key \"model.layers[0].zzz\": a relu layer takes type");
  CHECK(layer_refusal("{ type = \"max_pool\", size = 2, padding = \"some\" }") ==
        "model.layers[0].padding must be \"valid\", \"same\" or an integer from 0 to 1000: found "
        "the string \"some\"");
  CHECK(layer_refusal("{ type = \"dropout\", rate = 1 }") ==
        "model.layers[0].rate must be a number from 0 to below 1: found the integer 1");
  CHECK(layer_refusal("{ type = \"residual\" }") ==
        "model.layers[0].layers must be a list of layers: found nothing");
  CHECK(contains(layer_refusal("{ type = \"residual\", layers = [{ type = \"dense\" }] }"),
                 "model.layers[0].layers[0].units must be"));
  CHECK(contains(layer_refusal("{ type = \"dense\", units = 1, init = { type = \"he\" } }"),
                 "model.layers[0].init.type must be one of"));
}

TEST_CASE("config errors: repeat") {
  CHECK(
      refusal("[model]\nlayers = [\n  { type = \"repeat\", layers = [{ type = \"relu\" }] },\n]") ==
      "[config] x.toml:3:3: model.layers[0].times must be an integer from 1 to 1000: found "
      "nothing");
  CHECK(layer_refusal("{ type = \"repeat\", times = 0, layers = [] }") ==
        "model.layers[0].times must be an integer from 1 to 1000: found the integer 0");
  CHECK(layer_refusal("{ type = \"repeat\", times = 1001, layers = [] }") ==
        "model.layers[0].times must be an integer from 1 to 1000: found the integer 1001");
  CHECK(layer_refusal("{ type = \"repeat\", times = 2 }") ==
        "model.layers[0].layers must be a list of layers: found nothing");
  CHECK(layer_refusal("{ type = \"residual\", layers = [], times = 2 }") ==
        "key \"model.layers[0].times\" belongs to repeat: a residual layer takes type, layers");
  CHECK(layer_refusal("{ type = \"repaet\", times = 2, layers = [] }")
            .ends_with("found the string \"repaet\"; did you mean \"repeat\"?"));
  // Within it, names count the entries as they are in the file.
  CHECK(
      refusal("[model]\nlayers = [\n  { type = \"repeat\", times = 3, layers = [\n"
              "    { type = \"tanh\" }, { type = \"dense\" },\n  ] },\n]") ==
      "[config] x.toml:4:24: model.layers[0].layers[1].units must be an integer from 1 to 100000: "
      "found nothing");
}

TEST_CASE("config errors: more layers than config.toml could hold, wherever they are") {
  const auto repeat = [](int times, const std::string& layers) {
    return concat("{ type = \"repeat\", times = ", times, ", layers = [", layers, "] }");
  };
  const auto residual = [](const std::string& layers) {
    return "{ type = \"residual\", layers = [" + layers + "] }";
  };
  const std::string relu = "{ type = \"relu\" }";
  const std::string rule = "a model must have at most 2000 layers: with model.layers[0] it has ";
  CHECK(layer_refusal(repeat(667, relu + "," + relu + "," + relu)) == rule + "2001");
  CHECK(layer_refusal(repeat(3, repeat(667, relu))) == rule + "2001");
  // A residual layer counts, with the layers within.
  CHECK(layer_refusal(repeat(20, residual(repeat(20, residual(repeat(20, relu)))))) ==
        rule + "8420");
  CHECK(layer_refusal(repeat(501, residual(repeat(3, relu)))) == rule + "2004");
  CHECK(refusal("model.layers = [" + repeat(1000, relu) + ",\n" + repeat(1000, relu) + ",\n" +
                relu + "]") ==
        "[config] x.toml:3:1: a model must have at most 2000 layers: with model.layers[2] it has "
        "2001");
  CHECK(refusal("model.layers = [" + repeat(1000, relu) + "," + repeat(1000, relu) + "]") ==
        "accepted");
  CHECK(refusal("model.layers = [" + residual(repeat(1000, relu)) + "," +
                residual(repeat(998, relu)) + "]") == "accepted");
}

TEST_CASE("config errors: the variations of batch norm, and what is trained") {
  CHECK(refusal("[batch_norm]\nstatistics = \"runing\"") ==
        "[config] x.toml:2:14: batch_norm.statistics must be one of \"batch\", "
        "\"batch_as_constant\", \"running\": found the string \"runing\"; did you mean "
        "\"running\"?");
  CHECK(refusal("[batch_norm]\nposition = \"behind\"") ==
        "[config] x.toml:2:12: batch_norm.position must be one of \"before\", \"after\": found the "
        "string \"behind\"");
  CHECK(refusal("[batch_norm]\nrecalibrate = \"pool\"") ==
        "[config] x.toml:2:15: batch_norm.recalibrate must be one of \"none\", \"average\", "
        "\"pooled\": found the string \"pool\"; did you mean \"pooled\"?");
  CHECK(refusal("batch_norm.recalibrate_batches = 0") ==
        "[config] x.toml:1:34: batch_norm.recalibrate_batches must be an integer from 1 to "
        "1000000000: found the integer 0");
  CHECK(
      refusal("batch_norm.ghost_batch = -1") ==
      "[config] x.toml:1:26: batch_norm.ghost_batch must be an integer from 0 to 100000: found the "
      "integer -1");
  CHECK(refusal("[batch_norm]\ngost_batch = 4") ==
        "[config] x.toml:2:1: unknown key \"batch_norm.gost_batch\": did you mean "
        "\"batch_norm.ghost_batch\"?");
  CHECK(refusal("[batch_norm]\ngroupnorm = 4") ==
        "[config] x.toml:2:1: unknown key \"batch_norm.groupnorm\": did you mean "
        "\"batch_norm.group_norm\"?");
  CHECK(refusal("train.sort_by_clas = true") ==
        "[config] x.toml:1:7: unknown key \"train.sort_by_clas\": did you mean "
        "\"train.sort_by_class\"?");
  // Of the section, not of a layer.
  CHECK(layer_refusal("{ type = \"batch_norm\", position = \"after\" }") ==
        "unknown key \"model.layers[0].position\": did you mean \"batch_norm.position\"?");
  CHECK(layer_refusal("{ type = \"relu\", group_norm = 2 }") ==
        "key \"model.layers[0].group_norm\" belongs to batch_norm: a relu layer takes type");
  CHECK(refusal("optimizer.train = [\"kernel\", \"bais\"]") ==
        "[config] x.toml:1:19: optimizer.train must be a list with entries from \"kernel\", "
        "\"bias\", \"gamma\", \"beta\": found the list [\"kernel\", \"bais\"]");
  CHECK(refusal("model.activation = \"reul\"") ==
        "[config] x.toml:1:20: model.activation must be one of \"relu\", \"leaky_relu\", "
        "\"sigmoid\", \"tanh\", \"gelu\": found the string \"reul\"; did you mean \"relu\"?");
  CHECK(refusal("diagnostic = true") ==
        "[config] x.toml:1:1: unknown key \"diagnostic\": did you mean \"diagnostics\"?");
}

TEST_CASE("config errors: momentum of batch norm is explained") {
  const std::string explanation =
      "because the word means opposite things: PyTorch's momentum 0.1 is the weight of the new "
      "value, Keras's momentum 0.9 that of the old one. Both are ema_decay = 0.9, the weight of "
      "the old value: write ema_decay = 1 - PyTorch's or = Keras's";
  CHECK(refusal("[batch_norm]\nmomentum = 0.1") ==
        "[config] x.toml:2:1: batch norm has no key \"batch_norm.momentum\", " + explanation);
  CHECK(layer_refusal("{ type = \"batch_norm\", momentum = 0.1 }") ==
        "batch norm has no key \"model.layers[0].momentum\", " + explanation);
}

TEST_CASE("config errors: --set") {
  CHECK(set_refusal("optimizer.learnin_rate=1") ==
        "[config] --set optimizer.learnin_rate=…: unknown key \"optimizer.learnin_rate\": did you "
        "mean \"optimizer.learning_rate\"?");
  CHECK(set_refusal("train.epochs=five") ==
        "[config] --set train.epochs=…: train.epochs must be an integer from 0 to 1000000000: "
        "found the string \"five\"");
  const std::string form =
      "[config] --set must be one line key=value, such as train.epochs=3: found ";
  CHECK(set_refusal("train.epochs") == form + "\"train.epochs\"");
  CHECK(set_refusal("a b=3") == form + "\"a b=3\"");
  CHECK(set_refusal("seed=3\ntrain.epochs=2") == form + "\"seed=3\\u000atrain.epochs=2\"");
  CHECK(contains(set_refusal("=3"), "[config] --set =…: must be TOML: "));
  CHECK(contains(set_refusal("train.epochs="), "[config] --set train.epochs=…: must be TOML: "));
  CHECK(contains(set_refusal("data.augment=[flip]"), "--set data.augment=…: must be TOML: "));
  CHECK(contains(set_refusal("data.dir=\xff"), "--set data.dir=…: must be TOML: "));
}

TEST_CASE("config errors: data.input and data.name = \"none\" go together") {
  const std::string rule =
      "[config] x.toml: data.input must be given if data.name is \"none\", and else be []: found ";
  CHECK(refusal("data.name = \"none\"") == rule + "data.name = \"none\" with data.input = []");
  CHECK(refusal("data.input = [30]") == rule + "data.name = \"mnist\" with data.input = [30]");
  CHECK(refusal("data.input = [30]", {"data.name=none"}) == "accepted");
}

TEST_CASE("config errors: text that is not TOML") {
  CHECK(refusal("seed = \n").starts_with("[config] x.toml:1:8: must be TOML: "));
  CHECK(refusal("seed = 1\nseed = 2").starts_with("[config] x.toml:2:"));
  CHECK(contains(refusal(std::string("\0\xff\xfe", 3)), "must be TOML"));
  CHECK(refusal(std::string((1 << 20) + 1, '\n')) ==
        "[config] x.toml: a config must have at most 1048576 bytes: found more, so this may be "
        "another file");
}

TEST_CASE("config errors: what nests too deep for the stack") {
  CHECK(refusal(nested(8)) == "accepted");
  CHECK(
      contains(refusal(nested(9)),
               ": residual and repeat layers must not be nested more than 8 deep: found one more"));
  CHECK(contains(refusal("a = " + std::string(100000, '[')), "must be TOML: "));
  std::string dotted = "a";
  for (int i = 0; i < 200000; ++i) dotted += ".a";
  CHECK(refusal(dotted + " = 1") ==
        "[config] x.toml: a config must have at most 5000 dots: found 200000");
}

TEST_CASE("config errors: files that cannot be read") {
  const TemporaryFolder folder;
  const auto refused = [&](const std::filesystem::path& path) {
    try {
      read_config(path);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  const auto file = folder.path() / "a.toml";
  CHECK(refused(file) == "[config] " + file.string() +
                             " must be a TOML file that can be read: found no such file; examples "
                             "are in apps/configs");
  CHECK(refused(folder.path()) == "[config] " + folder.path().string() +
                                      " must be a TOML file that can be read: found a folder; "
                                      "examples are in apps/configs");
  std::ofstream(file) << "\nsede = 1";
  CHECK(refused(file) ==
        "[config] " + file.string() + ":2:1: unknown key \"sede\": did you mean \"seed\"?");
}

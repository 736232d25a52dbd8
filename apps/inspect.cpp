// minitape summary, graph, data and bench: a config's model, tape, images and speed, without any
// result of training.
#include <iostream>

#include "minitape/config/build.hpp"
#include "minitape/text/files.hpp"
#include "minitape/tools/benchmark.hpp"
#include "minitape/tools/contact_sheet.hpp"
#include "minitape/tools/graph.hpp"
#include "minitape/tools/summary.hpp"
#include "subcommands.hpp"

namespace minitape {
namespace {

int run_summary(const ConfigArguments& arguments) {
  const Config config = arguments.read();
  const Shape input = input_shape(config);
  const Summary summary = summarize(build_model(config, input), input);
  std::cout << summary.to_string() << "\n" << estimate_memory(summary, config).to_text();
  return 0;
}

int run_graph(const ConfigArguments& arguments) {
  const std::filesystem::path out = arguments.out_or("_graph.svg");
  MINITAPE_CHECK(out.extension() == ".svg" || out.extension() == ".dot",
                 "[graph] --out must end in .svg or .dot: got ", out);
  write_graph(out, step_graph(arguments.read(), arguments.file));
  std::cout << "graph: " << out.string() << "\n";
  return 0;
}

int run_data(const ConfigArguments& arguments) {
  const Config config = arguments.read();
  const std::filesystem::path out = arguments.out_or("_data.png");
  MINITAPE_CHECK(out.extension() == ".png", "[data] --out must end in .png: got ", out);
  const TrainTest data = load_and_tell(config);
  std::cout << describe_data(config, data);
  const std::string sheet = encode_png(contact_sheet(config, data.train));
  std::error_code ignored;  // writing says what is wrong
  if (out.has_parent_path()) std::filesystem::create_directories(out.parent_path(), ignored);
  write_atomically(out, sheet);
  std::cout << "\ncontact sheet: " << out.string() << "\n";
  return 0;
}

struct BenchArguments {
  ConfigArguments config;
  Index steps = 20;
  bool json = false, profile = false;
};

int run_bench(const BenchArguments& arguments) {
  const Config config = arguments.config.read();
  if (arguments.profile) {
    std::cout << profile(config, arguments.config.file, arguments.steps).to_text();
    return 0;
  }
  const BenchmarkResult result = benchmark(config, arguments.config.file, arguments.steps);
  std::cout << (arguments.json ? result.to_json() : result.to_text());
  return 0;
}

}  // namespace

void add_summary(CLI::App& app, Call& call) {
  const auto arguments = std::make_shared<ConfigArguments>();
  CLI::App& sub =
      add_subcommand(app, call, "summary", "show the layers, their shapes and parameters",
                     [arguments] { return run_summary(*arguments); });
  sub.footer(R"(
Prints a row for each layer: its name (as in saved files), the shape that it gives (None is the
batch) and its parameters; the totals, trainable and not; and the memory that a training step takes
with the config's train.batch_size, from the shapes. No data files are needed.

Examples:
  minitape summary apps/configs/cifar_cnn.toml
  minitape summary apps/configs/cifar_cnn.toml --set model.batch_norm=false)");
  add_config(sub, *arguments);
}

void add_graph(CLI::App& app, Call& call) {
  const auto arguments = std::make_shared<ConfigArguments>();
  CLI::App& sub = add_subcommand(app, call, "graph", "draw the tape of one training step",
                                 [arguments] { return run_graph(*arguments); });
  sub.footer(R"(
Records the loss of a batch of train.batch_size blank images, runs backward and draws the tape: each
operation with the shape of its result, in a frame for each layer; which values are kept and which
are released; along which edges gradients come back. Layers are computed one at a time, also where
training computes neighbours at once. FILE.dot is text for graphviz; FILE.svg is drawn by graphviz's
program dot. A picture that was there is replaced. No data files are needed.

Examples:
  minitape graph apps/configs/digits_cnn.toml --out digits.svg
  minitape graph apps/configs/cifar_cnn.toml --set train.batch_size=2 --out cifar.dot)");
  add_config(sub, *arguments);
  sub.add_option("--out", arguments->out, "The picture; its folder is made if missing")
      ->type_name("FILE.svg|FILE.dot")
      ->default_str("runs/NAME_graph.svg");
}

void add_data(CLI::App& app, Call& call) {
  const auto arguments = std::make_shared<ConfigArguments>();
  CLI::App& sub = add_subcommand(app, call, "data", "show the images as the network sees them",
                                 [arguments] { return run_data(*arguments); });
  sub.footer(R"(
Prints how many images there are of each class, their shape, the mean and standard deviation that
standardize each channel, and the augmentation. Draws a contact sheet: the first training images as
they come out of the first epoch's batches, shuffled and augmented, with their labels. Small images
are magnified, so that one sees the pixels. A picture that was there is replaced.

Examples:
  minitape data apps/configs/digits_cnn.toml --out digits.png
  minitape data apps/configs/cifar_cnn.toml --set data.augment=[])");
  add_config(sub, *arguments);
  sub.add_option("--out", arguments->out, "The picture; its folder is made if missing")
      ->type_name("FILE.png")
      ->default_str("runs/NAME_data.png");
}

void add_bench(CLI::App& app, Call& call) {
  const auto arguments = std::make_shared<BenchArguments>();
  CLI::App& sub = add_subcommand(app, call, "bench", "time training and prediction on random input",
                                 [arguments] { return run_bench(*arguments); });
  sub.footer(R"(
Times the config's model on this machine: a training step (forward, loss, backward, update) and
prediction, of a batch and of one image. Prints medians after a warm-up and the peak memory. No data
files are needed.

Examples:
  minitape bench apps/configs/cifar_cnn.toml
  minitape bench apps/configs/cifar_cnn.toml --profile --threads 1
  minitape bench apps/configs/cifar_cnn.toml --set train.batch_size=32 --json)");
  add_config(sub, arguments->config);
  add_number(sub, "--steps", arguments->steps, Index{1}, Index{100000}, "Steps to measure");
  CLI::Option* const json = sub.add_flag("--json", arguments->json, "Print one JSON object");
  sub.add_flag("--profile", arguments->profile,
               "Show where a training step goes: each layer and direction, in\n"
               "milliseconds, GFLOP/s and GB/s, against the machine's own speed in\n"
               "arithmetic and in memory. Not together with --json")
      ->excludes(json);
}

}  // namespace minitape

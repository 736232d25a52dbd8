// minitape summary: the layers of a model, their shapes and parameters.
#include "minitape/tools/summary.hpp"

#include <iostream>

#include "minitape/config/build.hpp"
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

}  // namespace

void add_summary(CLI::App& app, Call& call) {
  const auto arguments = std::make_shared<ConfigArguments>();
  CLI::App& sub =
      add_subcommand(app, call, "summary", "show the layers, their shapes and parameters",
                     [arguments] { return run_summary(*arguments); });
  sub.footer(R"(
Prints a row for each layer: its name (as in saved files), the shape that it gives (None is the
batch) and its parameters; the totals, trainable and not; and the memory that a training step takes
with the config's train.batch_size, from the shapes.

Reads the config; no data files are needed. Writes to stdout alone.

Examples:
  minitape summary apps/configs/cifar_cnn.toml
  minitape summary apps/configs/cifar_cnn.toml --set model.batch_norm=false)");
  add_config(sub, *arguments);
}

}  // namespace minitape

// minitape bench: the time of training and prediction on random input.
#include <iostream>

#include "minitape/tools/benchmark.hpp"
#include "minitape/tools/profile.hpp"
#include "subcommands.hpp"

namespace minitape {
namespace {

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

void add_bench(CLI::App& app, Call& call) {
  const auto arguments = std::make_shared<BenchArguments>();
  CLI::App& sub = add_subcommand(app, call, "bench", "time training and prediction on random input",
                                 [arguments] { return run_bench(*arguments); });
  sub.footer(R"(
Times the config's model on this machine: a training step (forward, loss, backward, update) and
prediction, of a batch and of one image. Prints medians after a warm-up and the peak memory.

Reads the config; no data files are needed. Writes to stdout alone.

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

// The subcommands that look at a model without training it: summary, gradcheck, bench.
#include <map>

#include "subcommands.hpp"

namespace minitape {

void add_summary(CLI::App& app, Call& call) {
  CLI::App& summary = add_subcommand(
      app, call, "summary",
      {.purpose = "show the layers, their shapes and parameters",
       .description = "Prints a row for each layer: its name (as in saved files), the shape that "
                      "it gives (None is the batch) and its parameters; the totals, trainable and "
                      "not; and the memory that a training step takes with the config's "
                      "train.batch_size, from the shapes.\n\n"
                      "Reads the config; no data files are needed. Writes to stdout alone.",
       .examples = {"minitape summary apps/configs/cifar_cnn.toml",
                    "minitape summary apps/configs/cifar_cnn.toml --set model.batch_norm=false"},
       .failure = "Stdout could not be written."});
  add_config(summary, call.arguments);
  add_threads(summary, call.arguments);
}

void add_gradcheck(CLI::App& app, Call& call) {
  CLI::App& gradcheck = add_subcommand(
      app, call, "gradcheck",
      {.purpose = "check a model's gradients against differences, in double precision",
       .description =
           "Compares what backward computes with central differences (f(x+h) - f(x-h)) / 2h, for "
           "the input and every parameter, in training and in inference mode, on a few random "
           "images. Prints the largest error of each tensor, and warns where a choice of options "
           "would hide mistakes.\n\n"
           "Reads the config; no data files are needed. Writes to stdout alone. The arithmetic is "
           "that of minitape_f64, the same program built in double precision, which must lie "
           "beside this one.",
       .examples = {"minitape gradcheck apps/configs/mnist_cnn.toml",
                    "minitape gradcheck apps/configs/mnist_cnn.toml --batch 8 --entries 100"},
       .failure = "A gradient is wrong or could not be checked, or minitape_f64 is missing."});
  ModelCheckOptions& options = call.arguments.check;
  add_config(gradcheck, call.arguments);
  add_number(gradcheck, "--batch", options.batch_size, Index{1}, Index{10000},
             "Images in the batch");
  add_number(gradcheck, "--entries", options.check.max_entries, Index{1}, Index{1000000},
             "Of larger tensors, check a random sample of this size");
  gradcheck.add_option("--step", options.check.step, "Step h of the differences, from 1e-7 to 1")
      ->type_name("H")
      ->default_str("1e-5")
      ->check([](const std::string& text) {
        double step = 0;
        const bool good = CLI::detail::lexical_cast(text, step) && step >= 1e-7 && step <= 1;
        return good ? "" : "must be a number from 1e-7 to 1: " + text;
      });
  const std::map<std::string, Probe> probes{
      {"random", Probe::random}, {"sum", Probe::sum}, {"squares", Probe::squares}};
  gradcheck
      .add_option("--probe", options.check.probe,
                  "The loss: random (a randomly weighted sum of the outputs y), sum (of y) or "
                  "squares (the sum of y squared); the last two hide mistakes behind batch norm")
      ->type_name("PROBE")
      ->default_str("random")
      ->transform([probes](const std::string& text) {
        const auto found = probes.find(text);
        if (found == probes.end()) throw CLI::ValidationError("must be random, sum or squares");
        return std::to_string(static_cast<int>(found->second));
      });
  add_threads(gradcheck, call.arguments);
}

void add_bench(CLI::App& app, Call& call) {
  CLI::App& bench = add_subcommand(
      app, call, "bench",
      {.purpose = "time training and prediction on random input",
       .description =
           "Times the config's model on this machine: a training step (forward, loss, backward, "
           "update) and prediction, of a batch and of one image. Prints medians after a warm-up "
           "and the peak memory.\n\n"
           "Reads the config; no data files are needed. Writes to stdout alone.",
       .examples = {"minitape bench apps/configs/cifar_cnn.toml",
                    "minitape bench apps/configs/cifar_cnn.toml --profile --threads 1",
                    "minitape bench apps/configs/cifar_cnn.toml --set train.batch_size=32 --json"},
       .failure = "Stdout could not be written."});
  add_config(bench, call.arguments);
  add_number(bench, "--steps", call.arguments.steps, Index{1}, Index{100000}, "Steps to measure");
  CLI::Option* const json = bench.add_flag("--json", call.arguments.json, "Print one JSON object");
  bench
      .add_flag("--profile", call.arguments.profile,
                "Show where a training step goes: each layer and direction, in milliseconds, "
                "GFLOP/s and GB/s, against the machine's own speed in arithmetic and in memory. "
                "Not together with --json")
      ->excludes(json);
  add_threads(bench, call.arguments);
}

}  // namespace minitape

// minitape gradcheck: a model's gradients against differences, in double precision.
#include "minitape/tools/gradcheck.hpp"

#include <unistd.h>

#include <iostream>
#include <map>

#include "minitape/config/build.hpp"
#include "subcommands.hpp"

namespace minitape {
namespace {

const std::map<std::string, Probe> kProbes{
    {"random", Probe::random}, {"sum", Probe::sum}, {"squares", Probe::squares}};

struct GradcheckArguments {
  ConfigArguments config;
  ModelCheckOptions options;
  std::string probe = "random";
};

// Differences need double precision. The same command built with it lies beside this one under the
// name minitape_f64 and takes over, with the same arguments.
[[noreturn]] void continue_in_double(char** argv) {
  const auto folder = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  const std::filesystem::path program = folder / "minitape_f64";
  execv(program.c_str(), argv);
  throw Error(
      concat("[gradcheck] needs the command in double precision, and cannot start ", program,
             ": build it with cmake --build ", folder, " --target minitape_command_f64"),
      Fault::run_failed);
}

int run_gradcheck(const GradcheckArguments& arguments, char** argv) {
  if (sizeof(Real) != sizeof(double)) continue_in_double(argv);
  const Config config = arguments.config.read();
  const Shape input = input_shape(config);
  Sequential model = build_model(config, input);
  ModelCheckOptions options = arguments.options;
  options.check.probe = kProbes.at(arguments.probe);
  const ModelCheck check = check_model(arguments.config.file, model, input, options);
  std::cout << check.to_string();
  return check.passed() ? 0 : static_cast<int>(Fault::run_failed);
}

}  // namespace

void add_gradcheck(CLI::App& app, Call& call) {
  const auto arguments = std::make_shared<GradcheckArguments>();
  CLI::App& sub = add_subcommand(
      app, call, "gradcheck", "check a model's gradients against differences, in double precision",
      [arguments, argv = call.argv] { return run_gradcheck(*arguments, argv); });
  sub.footer(R"(
Compares what backward computes with central differences (f(x+h) - f(x-h)) / 2h, for the input and
every parameter, in training and in inference mode, on a few random images. Prints the largest error
of each tensor, and warns where a choice of options would hide mistakes.

No data files are needed. The arithmetic is that of minitape_f64, the same program built in double
precision, which must lie beside this one.

Examples:
  minitape gradcheck apps/configs/mnist_cnn.toml
  minitape gradcheck apps/configs/mnist_cnn.toml --batch 8 --entries 100)");
  ModelCheckOptions& options = arguments->options;
  add_config(sub, arguments->config);
  add_number(sub, "--batch", options.batch_size, Index{1}, Index{10000}, "Images in the batch");
  add_number(sub, "--entries", options.check.max_entries, Index{1}, Index{1000000},
             "Entries to check of each tensor, at random");
  sub.add_option("--step", options.check.step, "Step h of the differences, from 1e-7 to 1")
      ->type_name("H")
      ->default_str("1e-5")
      ->check([](const std::string& text) {
        double step = 0;
        const bool good = CLI::detail::lexical_cast(text, step) && step >= 1e-7 && step <= 1;
        return good ? "" : "must be a number from 1e-7 to 1: " + text;
      });
  sub.add_option("--probe", arguments->probe,
                 "The loss: a random weighted sum of the outputs, their sum, or that of their\n"
                 "squares. The last two hide mistakes after batch norm")
      ->type_name("PROBE")
      ->capture_default_str()
      ->check(CLI::IsMember(kProbes).description(""));
}

}  // namespace minitape

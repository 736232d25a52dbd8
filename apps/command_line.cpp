#include "command_line.hpp"

#include <algorithm>

#include "minitape/run/environment.hpp"
#include "minitape/text/nearest.hpp"
#include "subcommands.hpp"

namespace minitape {
namespace {

void add_train(CLI::App& app, Call& call) {
  CLI::App& train = add_subcommand(
      app, call, "train",
      {.purpose = "train a model and measure it after every epoch",
       .description =
           "Trains the config's model on the config's data. Progress goes to stderr; the last test "
           "accuracy, the time and the run folder's path to stdout.\n\n"
           "Reads the config and the data files. Writes a run folder: config.toml (running that "
           "file repeats the run), metrics.csv (a row per epoch), steps.csv (a row per step), "
           "initial.safetensors and model.safetensors (all weights and running statistics), "
           "checkpoint.safetensors (where the run stands), environment.json. It never writes into "
           "a folder that holds another run.\n\n"
           "Ctrl-C and SIGTERM finish the step, write the checkpoint and end the program by that "
           "signal (a shell shows 130 or 143); a second one ends it at once. With --resume the run "
           "goes on from there, to the same bits as without a stop.",
       .examples = {"minitape train apps/configs/digits_cnn.toml",
                    "minitape train apps/configs/digits_cnn.toml --set optimizer.learning_rate=0.01"
                    " --out runs/slow",
                    "minitape train runs/slow/config.toml --resume"},
       .failure = "The run failed: the loss was no longer finite (unless "
                  "train.stop_on_divergence is false), or a file could not be written. What was "
                  "measured until then is in the run folder."});
  add_config(train, call.arguments);
  add_out(train, call.arguments, "Run folder; made if missing", "runs/NAME, as in NAME.toml");
  train.add_flag("--resume", call.arguments.resume,
                 "Go on from the last checkpoint in the run folder; where there is none, begin. "
                 "CONFIG may be the run's own, DIR/config.toml, and --out is not needed then");
  add_threads(train, call.arguments);
}

void add_compare(CLI::App& app, Call& call) {
  CLI::App& compare = add_subcommand(
      app, call, "compare",
      {.purpose = "train variants that differ in one key and lay them side by side",
       .description =
           "Trains the config once for each value of the varied key and each seed. Before that it "
           "proves that the comparison is fair: variants of one seed start from the same weights "
           "and see the same batches. The table shows means and standard deviations over the "
           "seeds. Called again, it trains only what is missing.\n\n"
           "Reads the config and the data files. Writes a run folder for each variant and seed, "
           "and on top report.html (one page with all of it), summary.csv and the curves "
           "(curves.svg, curves.png and gnuplot's scripts). The table goes to stdout, progress to "
           "stderr.",
       .examples = {"minitape compare apps/configs/digits_cnn.toml --seeds 3",
                    "minitape compare apps/configs/digits_cnn.toml --vary "
                    "optimizer.learning_rate=0.01,0.1,1"},
       .failure = "A file could not be written. A variant that diverges is a result, not a "
                  "failure: the table says so."});
  add_config(compare, call.arguments);
  compare
      .add_option("--vary", call.arguments.vary,
                  "The key that differs and its values. Repeated, all combinations are trained")
      ->type_name("KEY=V1,V2")
      ->default_str("model.batch_norm=false,true")
      ->expected(1)
      ->take_all();
  add_number(compare, "--seeds", call.arguments.seeds, Index{1}, Index{1000},
             "Seeds per variant: the config's and those that follow it");
  add_out(compare, call.arguments, "Folder of the comparison; made if missing",
          "runs/NAME_compare, as in NAME.toml");
  add_threads(compare, call.arguments);
}

void add_data(CLI::App& app, Call& call) {
  CLI::App& data = add_subcommand(
      app, call, "data",
      {.purpose = "show the images as the network sees them",
       .description =
           "Prints how many images there are of each class, their shape, the mean and standard "
           "deviation that standardize each channel, and the augmentation. Draws a contact sheet: "
           "the first training images as they come out of the first epoch's batches, shuffled and "
           "augmented, with their labels. Small images are magnified, so that one sees the "
           "pixels.\n\n"
           "Reads the config and the data files. Writes one PNG file, in place of what was there; "
           "the numbers go to stdout.",
       .examples = {"minitape data apps/configs/digits_cnn.toml --out digits.png",
                    "minitape data apps/configs/cifar_cnn.toml --set data.augment=[]"},
       .failure = "The picture could not be written."});
  add_config(data, call.arguments);
  data.add_option("--out", call.arguments.out, "The picture; its folder is made if missing")
      ->type_name("FILE.png")
      ->default_str("runs/NAME_data.png, as in NAME.toml");
  add_threads(data, call.arguments);
}

void add_predict(CLI::App& app, Call& call) {
  CLI::App& predict = add_subcommand(
      app, call, "predict",
      {.purpose = "ask a trained model about pictures",
       .description =
           "Prints for each picture the most probable class, then a bar for each of the ten most "
           "probable ones. Pictures are PNG or JPEG of any size. What was trained on digits takes "
           "a photo of one digit on plain paper, dark on light or light on dark: it finds the ink, "
           "scales and centres it as in the training set. What was trained on cifar10 or shapes "
           "takes the middle of the picture. All else is stretched to the network's size.\n\n"
           "Reads config.toml and model.safetensors of the run folder; no data files are needed. "
           "Answers go to stdout. A picture that cannot be read is named on stderr, the others are "
           "answered all the same, and the exit code is 2.",
       .examples = {"minitape predict runs/mnist_cnn photo.jpg",
                    "minitape predict runs/mnist_cnn --json one.png two.png",
                    "minitape predict runs/mnist_cnn --fold photo.jpg"},
       .failure = "There is not enough memory, or stdout could not be written."});
  Arguments& arguments = call.arguments;
  predict.add_option("RUN_DIR", arguments.folder, "Run folder of a run that is complete")
      ->required();
  predict.add_option("IMAGE", arguments.images, "Pictures (PNG or JPEG)")->required();
  predict.add_flag("--json", arguments.json,
                   "Print one JSON array with an object for each picture: file, class, index, "
                   "probability, probabilities");
  predict.add_flag("--as-is", arguments.as_is,
                   "Only stretch the picture to the network's size: no search for ink, no cutting");
  predict.add_flag("--fold", arguments.fold,
                   "Also fold batch norm into the layers in front of it, and tell how far these "
                   "answers are from the others and how long both take (with --json on stderr)");
  add_threads(predict, arguments);
}

// CLI11 would only say that a subcommand is missing.
void check_subcommand(const CLI::App& app, const std::string& given) {
  std::vector<std::string> names;
  for (const CLI::App* sub : app.get_subcommands({})) names.push_back(sub->get_name());
  const bool known = std::find(names.begin(), names.end(), given) != names.end();
  const std::string near = nearest(given, names);
  MINITAPE_CHECK(known, "there is no subcommand \"", given, "\"",
                 near.empty() ? "" : ": did you mean \"" + near + "\"?",
                 " (minitape --help lists all)");
}

}  // namespace

std::vector<std::string> Arguments::compare_command() const {
  std::vector<std::string> words{"minitape", "compare", config};
  for (const std::string& text : set) words.insert(words.end(), {"--set", text});
  for (const std::string& text : vary) words.insert(words.end(), {"--vary", text});
  words.insert(words.end(), {"--seeds", std::to_string(seeds)});
  return words;
}

void add_subcommands(CLI::App& app, Call& call) {
  set_page(app, {.purpose = "train image classifiers with and without batch normalization",
                 .description =
                     "What to train is written in a config file. Results go to stdout, messages "
                     "and progress to stderr. `minitape SUBCOMMAND --help` tells the rest.\n\n"
                     "The data sets are looked for in the config's data.dir, else in the folder "
                     "that MINITAPE_DATA names, else in ./data.",
                 .examples = {"minitape compare apps/configs/digits_cnn.toml --seeds 3"},
                 .failure = "The run failed: it diverged, or a file could not be written."});
  app.formatter(std::make_shared<ManualFormatter>());
  app.get_help_ptr()->description("Print this page and exit");
  app.require_subcommand(1);
  add_train(app, call);
  add_compare(app, call);
  add_data(app, call);
  add_summary(app, call);
  add_gradcheck(app, call);
  add_bench(app, call);
  add_predict(app, call);
}

Call parse_command_line(int argc, char** argv) {
  Call call;
  if (argc > 0) call.arguments.program = argv[0];
  CLI::App app("", "minitape");
  add_subcommands(app, call);
  app.set_version_flag(
      "--version", [] { return "minitape " + version(); }, "Print the version");

  if (argc > 1 && argv[1][0] != '-') check_subcommand(app, argv[1]);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    call.subcommand.clear();
    call.exit_code = app.exit(error) == 0 ? 0 : static_cast<int>(Fault::bad_input);
  }
  return call;
}

}  // namespace minitape

#include "command_line.hpp"

#include <algorithm>

#include "minitape/core/check.hpp"
#include "minitape/run/environment.hpp"
#include "minitape/text/words.hpp"
#include "subcommands.hpp"

namespace minitape {
namespace {

/// CLI11's pages, but for the first line, and for a default or "required" behind an option's text.
class PageFormatter : public CLI::Formatter {
 public:
  PageFormatter() { column_width(22); }

  std::string make_description(const CLI::App* app) const override {
    const std::string name = (app->get_parent() ? "minitape " : "") + app->get_name();
    return name + ": " + app->get_description() + "\n\n";
  }

  std::string make_option_opts(const CLI::Option* option) const override {
    const bool is_flag = option->get_items_expected_max() == 0;
    return is_flag || option->get_positional() ? "" : " " + option->get_type_name();
  }

  std::string make_option_desc(const CLI::Option* option) const override {
    const std::string otherwise = option->get_default_str();
    return option->get_description() + (option->get_required() ? " (required)" : "") +
           (otherwise.empty() ? "" : " (default: " + otherwise + ")");
  }
};

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

void add_subcommands(CLI::App& app, Call& call) {
  set_page(app, {.purpose = "train image classifiers with and without batch normalization",
                 .text = R"(
What to train is written in a config file. Results go to stdout, messages and progress to stderr.
`minitape SUBCOMMAND --help` tells the rest.

The data sets are looked for in the config's data.dir, else in the folder that MINITAPE_DATA names,
else in ./data.

Examples:
  minitape compare apps/configs/digits_cnn.toml --seeds 3)",
                 .failure = "The run failed: it diverged, or a file could not be written."});
  app.formatter(std::make_shared<PageFormatter>());
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
  Call call{.argv = argv};
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

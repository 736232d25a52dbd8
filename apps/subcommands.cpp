#include "subcommands.hpp"

namespace minitape {

CLI::App& add_subcommand(CLI::App& app, Call& call, const std::string& name,
                         const ManualPage& page) {
  CLI::App* const sub = app.add_subcommand(name);
  set_page(*sub, page);
  sub->callback([&call, name] { call.subcommand = name; });
  return *sub;
}

void add_config(CLI::App& sub, Arguments& arguments) {
  sub.add_option("CONFIG", arguments.config,
                 "Config file (TOML). All keys with their defaults and ranges are in "
                 "include/minitape/config/config.hpp")
      ->required();
  sub.add_option("--set", arguments.set,
                 "Replace a key of the config, as in --set train.epochs=3. The value is TOML; a "
                 "bare word is taken as a string. Can be repeated")
      ->type_name("KEY=VALUE")
      ->default_str("none")
      ->expected(1)
      ->take_all();
}

void add_threads(CLI::App& sub, Arguments& arguments) {
  add_number(sub, "--threads", arguments.threads, 1, 1024, "Threads to compute with")
      ->default_str("OMP_NUM_THREADS, else one per processor");
}

void add_out(CLI::App& sub, Arguments& arguments, const std::string& help,
             const std::string& otherwise) {
  sub.add_option("--out", arguments.out, help)->type_name("DIR")->default_str(otherwise);
}

}  // namespace minitape

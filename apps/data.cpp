// minitape data: the images as the network sees them.
#include <iostream>

#include "minitape/text/files.hpp"
#include "minitape/tools/contact_sheet.hpp"
#include "subcommands.hpp"

namespace minitape {
namespace {

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

}  // namespace

void add_data(CLI::App& app, Call& call) {
  const auto arguments = std::make_shared<ConfigArguments>();
  CLI::App& sub = add_subcommand(app, call, "data", "show the images as the network sees them",
                                 [arguments] { return run_data(*arguments); });
  sub.footer(R"(
Prints how many images there are of each class, their shape, the mean and standard deviation that
standardize each channel, and the augmentation. Draws a contact sheet: the first training images as
they come out of the first epoch's batches, shuffled and augmented, with their labels. Small images
are magnified, so that one sees the pixels.

Reads the config and the data files. Writes one PNG file, in place of what was there; the numbers go
to stdout.

Examples:
  minitape data apps/configs/digits_cnn.toml --out digits.png
  minitape data apps/configs/cifar_cnn.toml --set data.augment=[])");
  add_config(sub, *arguments);
  sub.add_option("--out", arguments->out, "The picture; its folder is made if missing")
      ->type_name("FILE.png")
      ->default_str("runs/NAME_data.png");
}

}  // namespace minitape

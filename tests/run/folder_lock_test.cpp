#include <optional>

#include "minitape/compare/compare.hpp"
#include "minitape/run/run_folder.hpp"
#include "temporary_folder.hpp"
#include "testing.hpp"
#include "tiny_experiment.hpp"

namespace minitape {
namespace {

TEST_CASE("FolderLock: a second one is refused until the first has ended, and leaves no file") {
  const TemporaryFolder folder, other;
  std::optional<FolderLock> first;
  first.emplace(folder.path());
  const FolderLock elsewhere(other.path());
  CHECK(error_lacks({"[run] another process is writing into", folder.path().string(), "--out"},
                    [&] { FolderLock(folder.path()); }) == "");
  first.reset();
  CHECK_NOTHROW(FolderLock(folder.path()));
  CHECK(folder.file_names().empty());
}

TEST_CASE("FolderLock: needs a folder") {
  const TemporaryFolder folder;
  CHECK(error_lacks({"[run] the output folder", "nowhere", "cannot be opened: No such file"},
                    [&] { FolderLock(folder.path() / "nowhere"); }) == "");
}

TEST_CASE("RunFolder: a second run at the same time leaves the first one's files alone") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "run";
  const Config config = config_with(kTinyLayers);
  RunFolder first(path, config, "data");
  // In the moment before the first has written its config the folder looks free.
  std::filesystem::remove(path / "config.toml");
  first.add(StepRecord{.step = 1});
  CHECK(error_lacks({"another process is writing into"},
                    [&] { RunFolder(path, config, "data"); }) == "");
  CHECK(file_text(path / "steps.csv").find("\n1,") != std::string::npos);
}

TEST_CASE("run_variants: two comparisons at once in one folder are refused") {
  const TemporaryFolder folder;
  const FolderLock other(folder.path());
  CHECK(error_lacks({"another process is writing into"},
                    [&] { run_variants({}, 1, folder.path()); }) == "");
}

}  // namespace
}  // namespace minitape

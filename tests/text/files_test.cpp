#include "minitape/text/files.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <cerrno>
#include <csignal>

#include "minitape/core/check.hpp"
#include "temporary_folder.hpp"

namespace minitape {
namespace {

namespace fs = std::filesystem;

// While it lives, no file of this process may grow beyond `bytes`: the nearest thing to a full disk
// that needs no rights and no disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    handler_ = std::signal(SIGXFSZ, SIG_IGN);  // write() shall fail rather than end the program
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int) = SIG_DFL;
};

// The message of the error that writing must end in; "" when it succeeds.
std::string error_of_writing(const fs::path& path, const std::string& contents) {
  try {
    write_atomically(path, contents);
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::run_failed);
    return error.what();
  }
  return "";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("file_contents: every byte, or as many as are wanted") {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "file";
  const std::string large = std::string("first\0second\n", 13) + std::string(200000, 'x');
  write_atomically(path, large);
  CHECK(file_contents(path) == large);
  CHECK(file_contents(path, 100000) == large.substr(0, 100000));
  write_atomically(path, "");
  CHECK(file_contents(path) == "");
}

TEST_CASE("file_contents: nothing of what cannot be read, and errno says why") {
  const TemporaryFolder folder;
  CHECK(!file_contents(folder.path() / "missing"));
  CHECK(errno == ENOENT);
  CHECK(!file_contents(folder.path()));
  CHECK(errno == EISDIR);
}

TEST_CASE("write_atomically writes a file and replaces one, and leaves no temporary behind") {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "file";
  write_atomically(path, std::string("first\0second", 12));
  CHECK(file_text(path) == std::string("first\0second", 12));
  write_atomically(path, "");
  CHECK(file_text(path).empty());
  CHECK(folder.file_names() == std::vector<std::string>{"file"});
}

TEST_CASE("write_atomically works in the current folder, where a path has no parent") {
  const TemporaryFolder folder;
  const fs::path before = fs::current_path();
  fs::current_path(folder.path());
  const std::string error = error_of_writing("file", "text");
  fs::current_path(before);
  CHECK(error == "");
  CHECK(file_text(folder.path() / "file") == "text");
}

TEST_CASE("when the disk is full the old file stays and the temporary goes") {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "model";
  write_atomically(path, "old");
  std::string error;
  {
    const FileSizeLimit limit(4096);
    error = error_of_writing(path, std::string(100000, 'x'));
  }
  CHECK(contains(error, "[file] cannot write \"" + path.string() + "\": File too large"));
  CHECK(contains(error, "what was there before is unchanged"));
  CHECK(file_text(path) == "old");
  CHECK(folder.file_names() == std::vector<std::string>{"model"});
}

TEST_CASE("a folder that is missing, or in the way, is an error that names it") {
  const TemporaryFolder folder;
  CHECK(
      contains(error_of_writing(folder.path() / "no" / "file", "x"), "No such file or directory"));

  fs::create_directories(folder.path() / "taken" / "inside");
  CHECK(contains(error_of_writing(folder.path() / "taken", "x"), "/taken\": Is a directory"));
  CHECK(folder.file_names() == std::vector<std::string>{"taken"});
}

TEST_CASE("a folder that has the temporary's name is left alone") {
  const TemporaryFolder folder;
  fs::create_directory(folder.path() / "file.tmp");
  CHECK(contains(error_of_writing(folder.path() / "file", "x"), "Is a directory"));
  CHECK(folder.file_names() == std::vector<std::string>{"file.tmp"});
}

TEST_CASE("a temporary file that a crash left behind does not get in the way") {
  const TemporaryFolder folder;
  write_atomically(folder.path() / "file.tmp", "a longer text of the run that crashed");
  write_atomically(folder.path() / "file", "new");
  CHECK(file_text(folder.path() / "file") == "new");
  CHECK(folder.file_names() == std::vector<std::string>{"file"});
}

}  // namespace minitape

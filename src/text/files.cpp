#include "minitape/text/files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "minitape/core/check.hpp"

namespace minitape {
namespace {

// Returns 0 or the errno of what went wrong.
int write_and_sync(const std::filesystem::path& path, std::string_view contents) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0) return errno;
  int error = 0;
  while (error == 0 && !contents.empty()) {
    const ssize_t written = ::write(file, contents.data(), contents.size());
    if (written >= 0) {
      contents.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      error = errno;
    }
  }
  // Some file systems only find out here that the disk is full.
  if (error == 0 && ::fsync(file) != 0) error = errno;
  if (::close(file) != 0 && error == 0) error = errno;
  return error;
}

// A new name is safe only when its folder is on the disk as well. File systems that cannot do that
// say so with various numbers (EINVAL, EOPNOTSUPP, ENOSYS, EBADF, EIO), so none is told apart.
bool sync_folder(const std::filesystem::path& folder) {
  const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return false;
  const bool done = ::fsync(file) == 0;
  ::close(file);
  return done;
}

}  // namespace

std::optional<std::string> file_contents(const std::filesystem::path& path, std::size_t most) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             std::fclose);
  if (!file) return std::nullopt;
  std::string contents;
  char buffer[64 * 1024];
  while (const std::size_t count =
             std::fread(buffer, 1, std::min(sizeof buffer, most - contents.size()), file.get())) {
    contents.append(buffer, count);
  }
  if (std::ferror(file.get())) return std::nullopt;
  return contents;
}

bool write_atomically(const std::filesystem::path& path, std::string_view contents) {
  const std::filesystem::path temporary = path.string() + ".tmp";
  int error = write_and_sync(temporary, contents);
  if (error == 0 && ::rename(temporary.c_str(), path.c_str()) != 0) error = errno;
  if (error != 0) {
    ::unlink(temporary.c_str());
    throw Error(concat("[file] cannot write ", path, ": ", std::strerror(error),
                       "; what was there before is unchanged"),
                Fault::run_failed);
  }
  return sync_folder(path.has_parent_path() ? path.parent_path() : ".");
}

}  // namespace minitape

#include "minitape/run/folder_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "minitape/core/check.hpp"

namespace minitape {

FolderLock::FolderLock(const std::filesystem::path& folder)
    : file_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  MINITAPE_CHECK(file_ >= 0, "[run] the output folder ", folder,
                 " cannot be opened: ", std::strerror(errno));
  if (::flock(file_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    ::close(file_);
    throw Error(concat("[run] another process is writing into ", folder,
                       ": wait until it has ended, or name another folder with --out"));
  }
}

FolderLock::~FolderLock() { ::close(file_); }

}  // namespace minitape

// One process at a time in a folder.
//
// Two runs that write into the same folder would mix their rows, and one that gives up would remove
// the files of the other. The lock is the system's (flock on the folder itself): it leaves no file
// behind and ends with the process, however that ends.
#pragma once

#include <filesystem>

namespace minitape {

class FolderLock {
 public:
  /// Throws at once when the folder is locked already or cannot be opened. Where the file system
  /// knows no locks there is none.
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int file_;  // the open folder
};

}  // namespace minitape

#include "read_file.hpp"

#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "minitape/core/check.hpp"

namespace minitape {
namespace {

struct CloseFile {
  void operator()(gzFile file) const { gzclose(file); }
};
using GzipFile = std::unique_ptr<gzFile_s, CloseFile>;

constexpr unsigned kStep = 256 * 1024;  // bytes a read

// No file of a data set is larger. A small gzip file can hold a thousand times its size, so reading
// has to stop somewhere.
constexpr std::size_t kMaxBytes = std::size_t{256} << 20;

GzipFile open(const std::filesystem::path& path) {
  // A folder can be opened, but not read: refuse what is not a file first.
  std::error_code failure;
  static_cast<void>(std::filesystem::file_size(path, failure));
  MINITAPE_CHECK(!failure, "[data] ", path.string(), " must be a file: ", failure.message());
  GzipFile file(gzopen(path.c_str(), "rb"));
  MINITAPE_CHECK(file, "[data] ", path.string(), " must be readable: ", std::strerror(errno));
  gzbuffer(file.get(), kStep / 4);
  return file;
}

}  // namespace

std::vector<std::uint8_t> read_start(const std::filesystem::path& path, unsigned most) {
  std::vector<std::uint8_t> bytes(most);
  const int count = gzread(open(path).get(), bytes.data(), most);
  bytes.resize(static_cast<std::size_t>(std::max(count, 0)));
  return bytes;
}

std::vector<std::uint8_t> read_file(const std::filesystem::path& path) {
  const GzipFile file = open(path);
  // Read step by step, so that memory grows with what there is, not with what a header promises.
  std::vector<std::uint8_t> bytes;
  int count = 0;
  do {
    const std::size_t before = bytes.size();
    bytes.resize(before + kStep);
    count = gzread(file.get(), bytes.data() + before, kStep);
    bytes.resize(before + static_cast<std::size_t>(std::max(count, 0)));
    MINITAPE_CHECK(bytes.size() <= kMaxBytes, "[data] ", path.string(), " must hold at most ",
                   kMaxBytes, " bytes: it goes on; is it another file?");
  } while (count == static_cast<int>(kStep));

  // Tell the end of the file from a failure. zlib's reason begins with the path.
  int code = Z_OK;
  const std::string reason = gzerror(file.get(), &code);
  if (code == Z_ERRNO) {
    throw Error("[data] a file must be readable to its end: " + reason, Fault::run_failed);
  }
  MINITAPE_CHECK(code == Z_OK, "[data] a gzip file must be complete and intact: ", reason,
                 "; download it again");
  return bytes;
}

}  // namespace minitape

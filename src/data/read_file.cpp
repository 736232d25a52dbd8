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

constexpr unsigned kStep = 256 * 1024;   // bytes a read: a step stays in the processor's cache
constexpr unsigned kBuffer = kStep / 4;  // zlib decompresses past a buffer this much smaller

// No data set here has a file that large. A gzip file of a few MB can hold thousands of times its
// size, so it must not be read to an end that may not come.
constexpr std::size_t kMaxBytes = std::size_t{256} << 20;

}  // namespace

std::vector<std::uint8_t> read_file(const std::filesystem::path& path) {
  // Refuse what is not a file before opening it: a folder opens, but cannot be read.
  std::error_code failure;
  const std::uintmax_t size = std::filesystem::file_size(path, failure);
  MINITAPE_CHECK(!failure, "[data] ", path.string(), " must be a file: ", failure.message());
  const GzipFile file(gzopen(path.c_str(), "rb"));
  MINITAPE_CHECK(file, "[data] ", path.string(), " must be readable: ", std::strerror(errno));
  gzbuffer(file.get(), kBuffer);

  // Reserve enough for the usual compression, so that the bytes never move to a larger place.
  // That takes address space alone: a page becomes memory when it is first written.
  std::vector<std::uint8_t> bytes;
  const std::uintmax_t expected = path.extension() == ".gz" ? 8 * size : size;
  bytes.reserve(std::min<std::uintmax_t>(expected, kMaxBytes) + 2 * kStep);
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

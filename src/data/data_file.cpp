// A data file: read whole, plain or compressed; and what to say when it is another file or missing.
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "reading.hpp"

namespace minitape {
namespace {

using GzipFile = std::unique_ptr<gzFile_s, int (*)(gzFile)>;

constexpr unsigned kStep = 256 * 1024;  // bytes a read

// No file of a data set is larger. A small gzip file can hold a thousand times its size.
constexpr std::size_t kMaxBytes = std::size_t{256} << 20;

GzipFile open(const fs::path& path) {
  // A folder can be opened, but not read: refuse what is not a file first.
  std::error_code failure;
  static_cast<void>(fs::file_size(path, failure));
  MINITAPE_CHECK(!failure, "[data] ", path.string(), " must be a file: ", failure.message());
  GzipFile file(gzopen(path.c_str(), "rb"), gzclose);
  MINITAPE_CHECK(file, "[data] ", path.string(), " must be readable: ", std::strerror(errno));
  gzbuffer(file.get(), kStep / 4);
  return file;
}

}  // namespace

std::vector<std::uint8_t> read_start(const fs::path& path, unsigned most) {
  std::vector<std::uint8_t> bytes(most);
  const int count = gzread(open(path).get(), bytes.data(), most);
  bytes.resize(static_cast<std::size_t>(std::max(count, 0)));
  return bytes;
}

std::vector<std::uint8_t> read_file(const fs::path& path) {
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

// ---- Another file ----

namespace {

struct Signature {
  std::size_t position;
  std::string_view bytes;  // at that position
  const char* name;
};

constexpr const char* kPicture = "a picture that is neither PNG nor JPEG; convert it";
constexpr const char* kArchive = "an archive; unpack it";
constexpr Signature kKinds[] = {
    {0, "version https://git-lfs", "a Git LFS pointer; get the file itself with `git lfs pull`"},
    {0, "<", "a web page, such as a server's message; download the file again"},
    {0, "PK\3\4", kArchive},
    {257, "ustar", kArchive},
    {0, "\x1f\x8b", "a file that was compressed twice; unpack it with gunzip"},
    {0, "\x80", "a Python file; get the binary version of the data"},
    {0, "\x89PNG", "a PNG picture"},
    {0, "\xff\xd8\xff", "a JPEG picture"},
    {0, "GIF8", kPicture},
    {0, "BM", kPicture},
    {8, "WEBP", kPicture},
    {4, "ftyp", kPicture},  // HEIC, AVIF
    {0, std::string_view("II*\0", 4), kPicture},
    {0, std::string_view("MM\0*", 4), kPicture},  // TIFF
};

}  // namespace

std::string looks_like(std::span<const std::uint8_t> bytes, const std::string& otherwise) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  for (const Signature& kind : kKinds) {
    if (text.substr(std::min(kind.position, text.size())).starts_with(kind.bytes)) {
      return concat("; it looks like ", kind.name);
    }
  }
  return otherwise;
}

// ---- Another place ----

namespace {

// "train-images-idx3-ubyte" for "train-images.idx3-ubyte.gz" as well.
std::string plain_name(const fs::path& path) {
  std::string name = path.filename().string();
  if (name.ends_with(".gz") && !name.ends_with(".tar.gz")) name.resize(name.size() - 3);
  if (const std::size_t dot = name.find(".idx"); dot != name.npos) name[dot] = '-';
  return name;
}

}  // namespace

std::string not_in(const fs::path& folder, const std::string& file, std::string_view set_name) {
  return concat(" must be in ", folder.string(), ": it is not; get it with `bash data/download.sh ",
                set_name, "` or set data.dir or MINITAPE_DATA",
                whereabouts(folder.parent_path(), folder.filename() / file));
}

std::string whereabouts(const fs::path& dir, const fs::path& missing) {
  constexpr int kMaxDepth = 3, kMaxEntries = 10'000;
  const std::string name = missing.filename().string();
  const fs::path above = (dir / "..").lexically_normal();
  std::error_code failure;
  if (fs::exists(above / name, failure)) return concat("; there is one in ", above.string());

  std::string found, python, archive;
  fs::recursive_directory_iterator entry(dir, fs::directory_options::skip_permission_denied,
                                         failure);
  for (int i = 0; !failure && i < kMaxEntries && entry != end(entry); ++i) {
    const fs::path& path = entry->path();
    const std::string there = plain_name(path);
    const fs::path folder = path.parent_path();
    const bool in_place = folder == dir || folder.filename() == missing.parent_path();
    // MNIST's files have the same names as Fashion-MNIST's.
    const bool other_set = folder.string().ends_with("mnist") && !in_place;
    if (there == name && !other_set) found = folder.string();
    const bool says_python = name.ends_with(".bin") && there.find("python") != there.npos;
    if (there + ".bin" == name || says_python) python = path.string();
    for (const char* ending : {".zip", ".tar", ".tgz", ".tar.gz"}) {
      if (in_place && there.ends_with(ending)) archive = path.string();
    }
    if (entry.depth() == kMaxDepth) entry.disable_recursion_pending();
    entry.increment(failure);
  }
  if (!found.empty()) return concat("; there is one in ", found);
  if (!python.empty()) return concat("; ", python, " is the Python version, not the binary one");
  if (!archive.empty()) return concat("; if ", archive, " holds it, unpack that");
  return "";
}

}  // namespace minitape

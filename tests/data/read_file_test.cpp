#include "data/read_file.hpp"

#include "data/files.hpp"
#include "testing.hpp"

namespace minitape {
namespace {

TEST_CASE("read_file: a file that is far too large is not read to its end") {
  // 17 gzip streams of 16 MB of zeros, one behind the other: 300 kB on the disk.
  const TemporaryFolder folder;
  write_gzip(folder / "zeros.gz", Bytes(std::size_t{16} << 20));
  const Bytes stream = read_plain(folder / "zeros.gz");
  Bytes bomb;
  for (int i = 0; i < 17; ++i) bomb.insert(bomb.end(), stream.begin(), stream.end());
  write_plain(folder / "bomb.gz", bomb);
  CHECK(error_lacks({"[data]", "bomb.gz", "must hold at most 268435456 bytes"},
                    [&] { read_file(folder / "bomb.gz"); }) == "");
  CHECK(read_file(folder / "zeros.gz").size() == std::size_t{16} << 20);
}

}  // namespace
}  // namespace minitape

// Words as lines of a shell: commands that are shown can be copied.
#pragma once

#include <string>
#include <vector>

namespace minitape {

/// The words as a line that a POSIX shell takes apart into them again.
std::string shell_line(const std::vector<std::string>& words);

}  // namespace minitape

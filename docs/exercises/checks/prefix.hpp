// The headers that most files begin with, compiled once: see build.py.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <iostream>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "minitape/autodiff/tape.hpp"

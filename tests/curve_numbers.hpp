// A curve's coordinates, to be compared with lists.
#pragma once

#include <vector>

#include "minitape/compare/chart.hpp"

namespace minitape {

inline std::vector<double> xs(const Curve& curve) {
  std::vector<double> values;
  for (const Curve::Point& point : curve.points) values.push_back(point.x);
  return values;
}

inline std::vector<double> ys(const Curve& curve) {
  std::vector<double> values;
  for (const Curve::Point& point : curve.points) values.push_back(point.y);
  return values;
}

}  // namespace minitape

// What the checks of the exercises share. A check computes something with the student's code on a
// small input and compares it with the right numbers. Beside these it knows the numbers that usual
// mistakes give: when the student's are the same, it names the mistake.
//
//   Check("forward")
//       .given("x", x)
//       .mistake("the bias is forgotten", "that is x·W alone", x_times_w)
//       .expect("y", [&] { return dense(x, w, &b); }, right);
//
// The first check that fails ends the program with code 1. Code 3 is a fault of the check itself:
// on its input a mistake gives the right numbers, or two mistakes give the same.
#pragma once

#include <csignal>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include "minitape/ops/arithmetic.hpp"
#include "not_done.hpp"
#include "numbers.hpp"

namespace minitape::exercise {

struct Failed {};
struct Blind {};

// ---- What is told when the program crashes, or is stopped ----

inline std::string check_in_progress;

inline void tell_check(int signal) {
  std::fputs(check_in_progress.c_str(), stdout);
  std::fflush(stdout);
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

// ---- A check ----

class Check {
 public:
  explicit Check(std::string title) : title_(std::move(title)) {}

  /// What the student needs to know to compute it again on paper.
  Check& given(const std::string& sentence) {
    given_ += "  " + sentence + "\n";
    return *this;
  }
  Check& given(const std::string& name, const Tensor& value) {
    given_ += text_of(name, value, 10);
    return *this;
  }

  /// A usual mistake with the numbers that it gives. The remark goes on after "You have 3 where 2
  /// is due: ".
  Check& mistake(std::string name, std::string remark, Tensor gives) {
    mistakes_.push_back({std::move(name), std::move(remark), std::move(gives), nullptr});
    return *this;
  }
  /// One whose numbers cannot be told beforehand.
  Check& mistake(std::string name, std::string remark, std::function<bool(const Tensor&)> is_it) {
    mistakes_.push_back({std::move(name), std::move(remark), kNothing, std::move(is_it)});
    return *this;
  }

  void expect(const std::string& what, const std::function<Tensor()>& compute,
              const Tensor& expected, double tolerance = 1e-9) {
    check_mistakes(expected, tolerance);
    check_in_progress = "FAILED  " + title_ + "\n" + given_;
    const Tensor got = computed(compute);
    const Index at = first_difference(got, expected, tolerance);
    if (at < 0) return passed();
    std::cout << check_in_progress;
    const bool close = first_difference(got, expected, 1e-5) < 0;
    std::cout << text_of(what + " should be", expected, close ? 15 : 6)
              << text_of("yours is", got, close ? 15 : 6);
    explain(got, expected, at, tolerance);
    throw Failed();
  }

  /// The student's code must throw minitape's Error.
  void expect_error(const std::string& what, const std::function<void()>& compute) {
    check_in_progress = "FAILED  " + title_ + "\n" + given_;
    try {
      compute();
    } catch (const Error&) {
      return passed();
    }
    std::cout << check_in_progress << "  " << what << " must throw an Error: yours does not.\n";
    for (const Mistake& mistake : mistakes_) say(mistake, "Nothing was thrown: ");
    throw Failed();
  }

 private:
  struct Mistake {
    std::string name, remark;
    Tensor gives;
    std::function<bool(const Tensor&)> is_it;
  };

  void passed() const {
    std::cout << "ok      " << title_ << "\n";
    check_in_progress.clear();
  }

  // The check must be able to see every mistake, and to tell one from the other.
  void check_mistakes(const Tensor& expected, double tolerance) const {
    for (std::size_t i = 0; i < mistakes_.size(); ++i) {
      if (mistakes_[i].is_it) continue;
      bool blind = first_difference(mistakes_[i].gives, expected, tolerance) < 0;
      for (std::size_t j = 0; j < i; ++j) {
        blind |= !mistakes_[j].is_it &&
                 first_difference(mistakes_[i].gives, mistakes_[j].gives, tolerance) < 0;
      }
      if (!blind) continue;
      std::cout << "this check cannot tell \"" << mistakes_[i].name << "\": " << title_ << "\n";
      throw Blind();
    }
  }

  static Tensor computed(const std::function<Tensor()>& compute) {
    try {
      return compute();
    } catch (const NotDone&) {
      throw;
    } catch (const std::exception& error) {
      std::cout << check_in_progress << "  It was not computed, because something threw this:\n  "
                << error.what() << "\n";
      throw Failed();
    }
  }

  void explain(const Tensor& got, const Tensor& expected, Index at, double tolerance) const {
    std::string numbers;
    const bool same_shape = !got.empty() && !expected.empty() && got.shape() == expected.shape();
    if (got.empty()) {
      numbers = "Nothing is there: ";
    } else if (expected.empty()) {
      numbers = "Something is there: ";
    } else if (same_shape) {
      numbers = "You have " + text_of(got[at]) + " where " + text_of(expected[at]) + " is due: ";
    }
    for (const Mistake& mistake : mistakes_) {
      if (mistake.is_it ? same_shape && mistake.is_it(got)
                        : first_difference(got, mistake.gives, tolerance) < 0) {
        return say(mistake, numbers);
      }
    }
    const std::string remark = remark_on(got, expected, tolerance);
    std::cout << remark;
    if (remark.empty() && !mistakes_.empty()) {
      std::cout << "  No usual mistake that is known here gives this.\n";
    }
  }

  static void say(const Mistake& mistake, const std::string& numbers) {
    std::cout << "  Usual mistake: " << mistake.name << "\n" << wrapped(numbers + mistake.remark);
  }

  std::string title_, given_;
  std::vector<Mistake> mistakes_;
};

/// What main() returns.
inline int run(const std::function<void()>& checks) {
  std::cout << std::unitbuf;  // what was right is told even when the next check crashes
  for (const int signal : {SIGSEGV, SIGFPE, SIGABRT, SIGTERM}) std::signal(signal, tell_check);
  try {
    checks();
    return 0;
  } catch (const Failed&) {
  } catch (const Blind&) {
    return 3;
  } catch (const NotDone& what) {
    std::cout << "NOT DONE  " << what.what() << " is still to be written.\n";
  } catch (const std::exception& error) {
    std::cout << "FAILED  something threw this:\n  " << error.what() << "\n";
  }
  return 1;
}

}  // namespace minitape::exercise

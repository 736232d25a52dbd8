#include "compare/html_text.hpp"

#include "testing.hpp"

namespace minitape {
namespace {

TEST_CASE("html_text: nothing in a text is markup") {
  CHECK(html_text("<a href=\"x\" & 'y'>") == "&lt;a href=&quot;x&quot; &amp; &#39;y&#39;&gt;");
  CHECK(html_text("&amp;") == "&amp;amp;");
  CHECK(html_text("98 ± 1\n−2") == "98 ± 1\n−2");
}

TEST_CASE("html_text: what no page may hold is replaced") {
  CHECK(html_text("a\xff"
                  "b\xc3") == "a\uFFFDb\uFFFD");
  CHECK(html_text(std::string("a\0b\x1b\x7f", 5)) == "a\uFFFDb\uFFFD\uFFFD");
}

TEST_CASE("paragraph: numbers stay together, text is escaped") {
  CHECK(paragraph("1 ± 2 % of 3 %, a < b", "note") ==
        "<p class=\"note\">1\u00A0±\u00A02\u00A0% of 3\u00A0%, a &lt; b</p>\n");
}

}  // namespace
}  // namespace minitape

// The style sheet of report.html: a phone first, wider screens, dark mode, paper.
#pragma once

namespace minitape {

inline constexpr const char* kHtmlStyle = R"css(
:root {
  color-scheme: light dark;
  --paper: #fffefb; --ink: #1c1c1a; --quiet: #5f5c55; --rule: #dcd8ce; --wash: #f5f2ea;
  --mark: #fbe9b5;
  --curve-0: #0072b2; --curve-1: #c65200; --curve-2: #00845f; --curve-3: #b0558a;
  --curve-4: #a86f00; --curve-5: #2a8fc9; --curve-6: #1c1c1a;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --paper: #161719; --ink: #e9e6df; --quiet: #a8a49b; --rule: #3b3c40; --wash: #202226;
    --mark: #574716;
    --curve-0: #58b4ea; --curve-1: #ff9252; --curve-2: #3ecf9f; --curve-3: #e79ac5;
    --curve-4: #f0b73a; --curve-5: #8ad0f7; --curve-6: #e9e6df;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 1.6rem 1rem 4rem; max-width: 66rem; overflow-wrap: anywhere;
  background: var(--paper); color: var(--ink);
  font: 1.0625rem/1.55 Charter, "Bitstream Charter", "Iowan Old Style", Georgia, serif;
}
h1 { font-size: clamp(1.7rem, 5.5vw, 2.6rem); line-height: 1.15; margin: 0 0 1rem; }
h2 { font-size: 1.3rem; line-height: 1.25; margin: 2.8rem 0 .6rem; }
p, li { max-width: 42rem; }
p { margin: 0 0 .8rem; }
ul { margin: 0 0 .8rem; padding-left: 1.2rem; }
.kicker, .note, figcaption, th, td, dt, small {
  font-family: system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif;
}
.kicker { margin: 0 0 .5rem; font-size: .85rem; color: var(--quiet); }
.verdict { font-size: 1.3rem; line-height: 1.35; font-weight: bold; margin-bottom: .5rem; }
.note { font-size: .85rem; line-height: 1.5; color: var(--quiet); }
.curve-0 { color: var(--curve-0); } .curve-1 { color: var(--curve-1); }
.curve-2 { color: var(--curve-2); } .curve-3 { color: var(--curve-3); }
.curve-4 { color: var(--curve-4); } .curve-5 { color: var(--curve-5); }
.curve-6 { color: var(--curve-6); }

.scroll { overflow-x: auto; margin: 0 0 .8rem; overflow-wrap: normal; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .88rem; }
th, td { padding: .38rem .35rem; border-bottom: 1px solid var(--rule); vertical-align: baseline; }
th { text-align: left; font-weight: 400; max-width: 15rem; overflow-wrap: break-word; }
td, thead th { text-align: right; }
thead th { font-weight: 600; vertical-align: bottom; }
thead th:first-child { text-align: left; }
thead th, thead td { border-bottom: 2px solid var(--ink); }
tbody th, thead :first-child { padding-left: 0; }
tbody th { min-width: 6.5rem; position: sticky; left: 0; background: var(--paper); }
.sd { color: var(--quiet); white-space: nowrap; }
small { display: block; font-size: .8rem; color: var(--quiet); }
.swatch { width: 34px; height: 12px; overflow: visible; vertical-align: middle; }
thead .swatch, tbody th .swatch { display: block; margin: .3rem 0; }
thead .swatch { margin-left: auto; }

.legend { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .2rem 1.6rem; }
.legend .swatch { margin-right: .45rem; }
.curves { display: grid; gap: 1.6rem; grid-template-columns: minmax(0, 1fr); }
figure {
  margin: 0; min-width: 0;
  display: flex; flex-direction: column; justify-content: space-between;  /* axes side by side */
}
figure svg { display: block; width: 100%; height: auto; }
figcaption { font-size: .93rem; font-weight: 600; margin-bottom: .3rem; }
figcaption small { font-weight: 400; }
.axes { color: var(--quiet); }
.axes text { font: 15px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }

dl { display: grid; grid-template-columns: minmax(0, 1fr); margin: 0; font-size: .95rem; }
dt { font-size: .85rem; color: var(--quiet); }
dd { margin: 0 0 .5rem; }
pre {
  margin: 0 0 .8rem; padding: .7rem .9rem; background: var(--wash); border-radius: 4px;
  white-space: pre-wrap; overflow-wrap: anywhere;
  font: .82rem/1.5 ui-monospace, "SF Mono", "DejaVu Sans Mono", Menlo, monospace;
}
summary { cursor: pointer; margin-bottom: .6rem; }
mark { background: var(--mark); color: inherit; font-weight: 600; }
@media (min-width: 52rem) {
  .curves { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 2.2rem; }
  .axes text { font-size: 12.5px; }
  table { font-size: .93rem; }
  th, td { padding: .38rem .7rem; }
  dl { grid-template-columns: 9rem minmax(0, 1fr); }
  dd { margin: 0 0 .2rem; }
}
@media print {
  @page { margin: 16mm; }
  :root { color-scheme: light; --paper: #fff; --ink: #000; --quiet: #444; --wash: #fff; }
  body { padding: 0; max-width: none; font-size: 10.5pt; }
  h2 { margin-top: 1.6rem; }
  h2, .legend { break-after: avoid; }
  figure, table, tr, .curves { break-inside: avoid; }
  .curves { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }
  dl { grid-template-columns: 9rem minmax(0, 1fr); }
  dd { margin: 0; }
  .scroll { overflow: visible; }
  tbody th { position: static; background: none; }
  pre { border: 1px solid #bbb; }
  details::details-content { content-visibility: visible; display: block; height: auto; }
  summary { list-style: none; }
}
)css";

}  // namespace minitape

// Searches SECTIONS, [address, page, section, text] each, which the site's builder writes.
"use strict";

const GREEK = {
  α: "alpha", β: "beta", γ: "gamma", δ: "delta", ε: "epsilon", varepsilon: "epsilon", η: "eta",
  μ: "mu", σ: "sigma", "∂": "d", "²": "2",
};
// "Normalized" and "normalization" are one word, as are "batches" and "batch".
function stem(word) {
  if (word.length < 5) return word.replace(/(?<=[a-z]{2}[^s])s$/, "");
  return word
    .replace(/s$/, "")
    .replace(/(i[sz](ation|ed|ing|er|e))$/, "ize")
    .replace(/(ies|ied)$/, "y")
    .replace(/(ion)al$/, "$1")
    .replace(/(ation|ing|(?<!s)ed|es|ly|ment)$/, "")
    .replace(/e$/, "")
    .replace(/([b-df-hj-np-tv-z])\1$/, "$1");
}

function words(text) {
  const plain = text.toLowerCase().replace(/varepsilon|[αβγδεημσ∂²]/g, (c) => ` ${GREEK[c]} `);
  return (plain.match(/[\p{L}\p{N}]+/gu) || []).map(stem);
}

// Words that tell nothing, unless there are no others.
const FILLERS = new Set(words(
  "a an and are as at be been by can do does for from get has have how i if in is it its me my of " +
   "on one or should so than that the their then there these they this to up use used was we what " +
   "when where which who why will with you your"));

function count(list) {
  const counts = new Map();
  for (const word of list) counts.set(word, (counts.get(word) || 0) + 1);
  return counts;
}

// A title counts as if it were said several times in the text.
function indexed([address, page, section, text]) {
  const list = words(text);
  const titles = [...words(section), ...words(section), ...words(section), ...words(page)];
  return { address, page, section, text, size: list.length, counts: count([...list, ...titles]) };
}

// The best sections first (Okapi BM25), each with the words of the query that it has.
function search(sections, query) {
  let wanted = [...new Set(words(query))];
  const telling = wanted.filter((word) => !FILLERS.has(word));
  if (telling.length > 0) wanted = telling;
  const mean = sections.reduce((sum, section) => sum + section.size, 0) / sections.length;
  const rarity = wanted.map((word) => {
    const having = sections.filter((section) => section.counts.has(word)).length;
    return Math.log(1 + (sections.length - having + 0.5) / (having + 0.5));
  });
  const found = [];
  for (const section of sections) {
    let score = 0;
    const has = wanted.filter((word, i) => {
      const n = section.counts.get(word) || 0;
      score += (rarity[i] * 2.2 * n) / (n + 1.2 * (0.4 + (0.6 * section.size) / mean));
      return n > 0;
    });
    // Whoever types three words wants all three, and the course before the reference.
    score *= (has.length / wanted.length) * (section.address.startsWith("api/") ? 0.6 : 1);
    if (has.length > 0) found.push({ ...section, has, score });
  }
  return found.sort((a, b) => b.score - a.score);
}

// Formulas are in the text as they were written; an excerpt shows them as far as letters go.
const SIGNS = {
  alpha: "α", beta: "β", gamma: "γ", delta: "δ", epsilon: "ε", varepsilon: "ε", eta: "η", mu: "μ",
  sigma: "σ", partial: "∂", sum: "Σ", sqrt: "√", cdot: "·", times: "×", le: "≤", ge: "≥",
  leftarrow: "←", rightarrow: "→", quad: " ", qquad: " ", top: "ᵀ",
};
function readable(text) {
  return text.replace(/\\frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}/g, "($1)/($2)")
    .replace(/\\([a-z]+)/gi, (whole, name) => SIGNS[name] || "").replace(/\\.|[{}]/g, "");
}

// Some words around the place with the most words of the query, as pieces: [text, is a hit].
function excerpt(text, has) {
  const pieces = readable(text).split(/(\s+)/);
  const hits = pieces.map((piece) => words(piece).find((word) => has.includes(word)) || "");
  let start = 0, most = 0;
  for (let i = 0; i < pieces.length; i += 2) {
    const distinct = new Set(hits.slice(i, i + 70).filter((hit) => hit)).size;
    if (distinct > most) [start, most] = [i, distinct];
  }
  start = Math.max(0, start - 8);
  const shown = pieces.slice(start, start + 80).map((piece, i) => [piece, !!hits[start + i]]);
  return [[start > 0 ? "… " : "", false], ...shown, [start + 80 < pieces.length ? " …" : "", false]];
}

function element(name, text, parent) {
  const made = parent.appendChild(document.createElement(name));
  made.textContent = text;
  return made;
}

function show(query) {
  document.querySelectorAll("input[name=q]").forEach((input) => { input.value = query; });
  const found = search(SECTIONS.map(indexed), query);
  const said = found.length === 1 ? "1 section" : `${found.length} sections`;
  document.getElementById("search-count").textContent =
    found.length > 20 ? `${said}, the best 20:` : found.length > 0 ? `${said}:` : "Nothing found.";
  for (const hit of found.slice(0, 20)) {
    const item = element("li", "", document.getElementById("search-results"));
    element("a", hit.section ? `${hit.page} › ${hit.section}` : hit.page, item).href = hit.address;
    const line = element("p", "", item);
    for (const [piece, isHit] of excerpt(hit.text, hit.has)) element(isHit ? "mark" : "span", piece, line);
  }
}

if (typeof document !== "undefined") {
  const query = new URLSearchParams(window.location.search).get("q");
  if (query) show(query);
}

// Asks the site's search from the command line: node tests/docs/search.js SITE <queries
// A line of input is a query; a line of output its best five pages, each once.
const fs = require("fs");
const vm = require("vm");
const site = process.argv[2];
const code = ["sections.js", "search.js"].map((name) => fs.readFileSync(`${site}/_static/${name}`, "utf-8"));
const found = vm.runInNewContext(`${code.join("\n")}
  const all = SECTIONS.map(indexed);
  queries.map((query) => search(all, query).map((hit) => hit.address.split("#")[0]));
`, { queries: fs.readFileSync(0, "utf-8").split("\n").filter((line) => line) });
for (const pages of found) console.log([...new Set(pages)].slice(0, 5).join(" "));

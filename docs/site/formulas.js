// Renders formulas for formulas.py: a JSON object a line in, a JSON object a line out.
const katex = require("/usr/share/javascript/katex/katex.js");
const lines = require("readline").createInterface({ input: process.stdin });

lines.on("line", (line) => {
  const { tex, display } = JSON.parse(line);
  try {
    console.log(JSON.stringify({ html: katex.renderToString(tex, { displayMode: display }) }));
  } catch (error) {
    console.log(JSON.stringify({ error: error.message }));
  }
});

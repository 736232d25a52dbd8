// Charts on canvases: lines over the steps, with axes.

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`);
const axisEnd = (steps) => [100, 200, 500, 1000, 2000].find((end) => steps <= end) ?? 5000;

// The mean of 20 losses at a time, at most some 300 points.
function smoothed(losses) {
  const points = [], every = Math.max(5, Math.ceil(losses.length / 300));
  for (let end = losses.length; end > 0; end -= every) {
    const part = losses.slice(Math.max(0, end - 20), end);
    points.push([end, part.reduce((a, b) => a + b, 0) / part.length]);
  }
  return points.reverse();
}

// What a chart is drawn with: its context, and where steps and values lie in it.
function frame(canvas, { low, high, parts, steps }) {
  const ratio = window.devicePixelRatio || 1;
  const width = canvas.clientWidth, height = canvas.clientHeight;
  [canvas.width, canvas.height] = [width * ratio, height * ratio];
  const c = canvas.getContext("2d");
  c.scale(ratio, ratio);
  c.font = "12px system-ui, sans-serif";
  const left = 36, bottom = 22, top = 10, right = 10, last = axisEnd(steps);
  const x = (step) => left + ((width - left - right) * step) / last;
  const y = (value) => {
    const part = Math.min(1.02, Math.max(-0.02, (value - low) / (high - low)));
    return height - bottom - (height - bottom - top) * part;
  };
  c.fillStyle = colour("ink");
  for (let i = 0; i <= parts; ++i) {
    const value = low + ((high - low) * i) / parts;
    c.textAlign = "right";
    c.fillText(value, left - 6, y(value) + 4);
    c.globalAlpha = 0.15;
    c.fillRect(left, y(value), width - left - right, 1);
    c.globalAlpha = 1;
  }
  for (let i = 0; i <= 5; ++i) {
    c.textAlign = i === 5 ? "right" : "center";
    c.fillText((last * i) / 5, i === 5 ? width - 2 : x((last * i) / 5), height - 6);
  }
  return { c, x, y };
}

// Lines [{ points: [[step, value], …], name, dashed, thin, diverged }] on one pair of axes.
function chart(canvas, lines, range) {
  const { c, x, y } = frame(canvas, range);
  for (const { points, name, dashed, thin, diverged } of lines) {
    c.strokeStyle = c.fillStyle = colour(name);
    c.lineWidth = thin ? 1 : 2;
    c.setLineDash(dashed ? [6, 4] : []);
    c.beginPath();
    let last = null;
    for (const [step, value] of points) {
      if (!Number.isFinite(value)) continue;
      last ? c.lineTo(x(step), y(value)) : c.moveTo(x(step), y(value));
      last = [step, value];
    }
    c.stroke();
    if (diverged && last && !thin) {
      c.textAlign = "left";
      c.fillText(`✕ diverged at step ${diverged}`, x(last[0]) - 4, Math.max(22, y(last[1])) + 4);
    }
  }
}

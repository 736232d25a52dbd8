// The test images with both networks' answers, and the pad on which one draws a digit.

function element(tag, properties, ...children) {
  const result = Object.assign(document.createElement(tag), properties);
  result.append(...children);
  return result;
}

// The digit that has the largest of ten probabilities; −1 of a run that has diverged.
const likeliest = (probabilities) => probabilities.indexOf(Math.max(...probabilities));

function spoken(probabilities) {
  const best = likeliest(probabilities);
  return best < 0 ? "no answer: diverged" : `${best} (${Math.round(100 * probabilities[best])} %)`;
}

function showImages(images) {
  $("digits").replaceChildren(...images.map(({ pixels, digit }) => {
    const canvas = element("canvas", { width: 28, height: 28 });
    const c = canvas.getContext("2d"), image = c.createImageData(28, 28);
    pixels.forEach((byte, i) => image.data.set([byte, byte, byte, 255], 4 * i));
    c.putImageData(image, 0, 0);
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `a drawn ${digit}`);
    const cell = element("div", {}, canvas, element("span", { className: "with" }),
      element("span", { className: "without" }));
    cell.dataset.digit = digit;
    return cell;
  }));
}

function showAnswers(name, answers) {
  [...$("digits").children].forEach((cell, i) => {
    const answer = likeliest(answers[i]), right = answer === Number(cell.dataset.digit);
    const target = cell.querySelector(`.${name}`);
    target.textContent = answer < 0 ? "–" : `${answer} ${right ? "✓" : "✗"}`;
    target.classList.toggle("wrong", !right);
  });
}

// The drawing as 28 × 28 bytes, or nothing: its box becomes 20 pixels high or wide, in the middle.
function drawnPixels() {
  const pad = $("pad"), side = pad.width;
  const ink = pad.getContext("2d").getImageData(0, 0, side, side).data;
  let [left, top, right, bottom] = [side, side, -1, -1];
  for (let i = 0; i < side * side; ++i) {
    if (ink[4 * i] < 64) continue;
    left = Math.min(left, i % side);
    right = Math.max(right, i % side);
    top = Math.min(top, Math.floor(i / side));
    bottom = Math.max(bottom, Math.floor(i / side));
  }
  if (right < 0) return null;
  const small = element("canvas", { width: 28, height: 28 }).getContext("2d");
  const w = right - left + 1, h = bottom - top + 1, scale = 20 / Math.max(w, h);
  small.fillRect(0, 0, 28, 28);
  small.imageSmoothingQuality = "high";
  small.drawImage(pad, left, top, w, h, 14 - (w * scale) / 2, 14 - (h * scale) / 2, w * scale,
    h * scale);
  const image = small.getImageData(0, 0, 28, 28).data;
  return Uint8Array.from({ length: 784 }, (_, i) => image[4 * i]);
}

// `changed` is called after every stroke, and with nothing drawn after Wipe.
function preparePad(changed) {
  const pad = $("pad"), c = pad.getContext("2d", { willReadFrequently: true });
  let pen = null, keyboard = [112, 40];
  const line = (from, to) => {
    [c.strokeStyle, c.lineWidth, c.lineCap] = ["#fff", 18, "round"];
    c.beginPath();
    c.moveTo(...from);
    c.lineTo(...to);
    c.stroke();
    changed();
  };
  const at = (event) => [event.offsetX, event.offsetY];
  const stroke = (event) => {
    if (pen) line(pen, at(event));
    if (pen) pen = at(event);
  };
  pad.onpointerdown = (event) => {
    pad.setPointerCapture(event.pointerId);
    pen = at(event);
    stroke(event);
  };
  pad.onpointermove = stroke;
  pad.onpointerup = pad.onpointercancel = () => { pen = null; };
  // Arrow keys draw; with Shift they only move the pen, which a ring shows.
  const showPen = () => {
    [$("pen").style.left, $("pen").style.top] = keyboard.map((place) => `${place}px`);
  };
  pad.onkeydown = (event) => {
    const ways = { ArrowLeft: [-8, 0], ArrowRight: [8, 0], ArrowUp: [0, -8], ArrowDown: [0, 8] };
    const way = ways[event.key], from = keyboard;
    if (!way) return;
    event.preventDefault();
    keyboard = from.map((place, i) => Math.min(212, Math.max(12, place + way[i])));
    if (!event.shiftKey) line(from, keyboard);
    showPen();
  };
  const wipe = () => {
    c.fillStyle = "#000";
    c.fillRect(0, 0, pad.width, pad.height);
    changed();
  };
  $("wipe").onclick = wipe;
  wipe();
  showPen();
}

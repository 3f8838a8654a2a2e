/** Where the nodes of the pipeline's drawing stand. Places: node id → `{ x, y, w, h, row }`. */
const nodeHeight = 42;
const gapY = 20;
const weights = [92, 108, 82, 82, 84, 128, 112, 166];
/** Wider where edges fan out and carry labels, narrow within a process. */
const gaps = [54, 62, 30, 30, 66, 70, 48];

export function placeAcross(columns, width) {
  const widest = Math.max(...columns.map((nodes) => nodes.length));
  const height = Math.max(150, widest * (nodeHeight + gapY) + 10);
  const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
  const spare = width - 4;
  const stretch = Math.max(0.62, (spare - sum(weights)) / sum(gaps));
  const scale = (spare - sum(gaps) * stretch) / sum(weights);
  const places = new Map();
  let x = 2;
  columns.forEach((nodes, n) => {
    const w = weights[n] * scale;
    const tall = nodes.length * nodeHeight + (nodes.length - 1) * gapY;
    nodes.forEach(({ id }, row) => {
      places.set(id, { x, y: (height - tall) / 2 + row * (nodeHeight + gapY), w, h: nodeHeight, row: n });
    });
    x += w + (gaps[n] ?? 0) * stretch;
  });
  return { places, height };
}

/** On narrow screens rows follow one another downwards; the three stages share a row. */
export function placeDown(columns, width) {
  const rows = [columns[0], columns[1], columns.slice(2, 5).flat(), ...columns.slice(5)];
  const places = new Map();
  let y = 6;
  rows.forEach((nodes, row) => {
    if (row === 2) y += 10;
    const perLine = 3;
    for (let from = 0; from < nodes.length; from += perLine) {
      const line = nodes.slice(from, from + perLine);
      const gap = row === 2 ? 22 : 12;
      const w = Math.min(190, (width - 20 - gap * (line.length - 1)) / line.length);
      const left = (width - w * line.length - gap * (line.length - 1)) / 2;
      line.forEach(({ id }, n) => {
        places.set(id, { x: left + n * (w + gap), y, w, h: nodeHeight, row });
      });
      y += nodeHeight + (from + perLine < nodes.length ? 12 : 0);
    }
    y += row === 2 ? 72 : 46;
  });
  return { places, height: y - 38 };
}

/** A point of a cubic curve at `t`, in one dimension. */
export function curve(t, [a, b, c, d]) {
  const s = 1 - t;
  return s * s * s * a + 3 * s * s * t * b + 3 * s * t * t * c + t * t * t * d;
}

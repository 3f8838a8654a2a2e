import { assign, byId, svg, text } from './dom.mjs';
import { rate } from './format.mjs';
import { curve, placeAcross, placeDown } from './topology-layout.mjs';

const middle = ['parse', 'validate', 'enrich'];
const narrowBelow = 760;

/** Draws the way of records from sources to opportunities, with live rates on its edges. */
export class Topology {
  #host = byId('topology');
  #drawn = '';
  #edges = new Map();
  #nodes = new Map();
  #drops;
  #snapshot;

  constructor() {
    new ResizeObserver(() => this.#draw()).observe(this.#host);
  }

  update(snapshot) {
    this.#snapshot = snapshot;
    this.#draw();
  }

  #draw() {
    const width = Math.floor(this.#host.clientWidth);
    if (!this.#snapshot || width === 0) return;
    const graph = graphOf(this.#snapshot);
    const shape = JSON.stringify([
      width,
      graph.columns.map((nodes) => nodes.map(({ id, sub }) => [id, sub === undefined])),
      graph.edges.map(({ id }) => id),
      graph.fused,
    ]);
    if (shape !== this.#drawn) {
      this.#drawn = shape;
      this.#build(graph, width);
    }
    for (const { id, perSecond, label } of graph.edges) {
      const edge = this.#edges.get(id);
      assign(edge.path, {
        'data-flow': perSecond > 0 ? 'on' : 'off',
        'stroke-width': (1.25 + Math.min(3, Math.log10(1 + (perSecond ?? 0)) * 0.7)).toFixed(2),
      });
      text(edge.label, label ?? (perSecond === null ? '' : rate(perSecond)));
    }
    text(this.#drops, graph.drops);
    for (const { id, sub, tone } of graph.columns.flat()) {
      const node = this.#nodes.get(id);
      assign(node.box, { 'data-tone': tone ?? null });
      if (node.sub) text(node.sub, sub ?? '');
    }
  }

  #build(graph, width) {
    const narrow = width < narrowBelow;
    const { places, height } = narrow ? placeDown(graph.columns, width) : placeAcross(graph.columns, width);
    const edges = svg('g', { class: 'edges' });
    const labels = svg('g', { class: 'labels' });
    const nodes = svg('g', { class: 'nodes' });
    const boxes = svg('g', { class: 'boxes' });
    this.#edges.clear();
    this.#nodes.clear();
    for (const { id, from, to } of graph.edges) {
      const a = places.get(from);
      const b = places.get(to);
      const down = narrow && a.row !== b.row;
      const [x1, y1, x2, y2] = down
        ? [a.x + a.w / 2, a.y + a.h, b.x + b.w / 2, b.y]
        : [a.x + a.w, a.y + a.h / 2, b.x, b.y + b.h / 2];
      const bend = down ? (y2 - y1) / 2 : (x2 - x1) / 2;
      const path = svg('path', {
        d: down
          ? `M${x1},${y1} C${x1},${y1 + bend} ${x2},${y2 - bend} ${x2},${y2}`
          : `M${x1},${y1} C${x1 + bend},${y1} ${x2 - bend},${y2} ${x2},${y2}`,
      });
      // Nearer to the end that other edges do not share, so that labels of a fan do not meet.
      const shared =
        graph.edges.filter((edge) => edge.from === from).length > 1 ||
        graph.edges.filter((edge) => edge.to === to).length === 1;
      const t = shared ? 0.72 : 0.28;
      const at = curve(t, down ? [x1, x1, x2, x2] : [x1, x1 + bend, x2 - bend, x2]);
      const up = curve(t, down ? [y1, y1 + bend, y2 - bend, y2] : [y1, y1, y2, y2]);
      const straight = Math.abs(y1 - y2) < 1;
      const label = svg('text', {
        x: straight && !down ? (x1 + x2) / 2 : at,
        y: straight && !down ? up - 7 : up + 4,
        'text-anchor': 'middle',
      });
      edges.append(path);
      labels.append(label);
      this.#edges.set(id, { path, label });
    }
    for (const node of graph.columns.flat()) {
      const { x, y, w, h } = places.get(node.id);
      const box = svg('rect', { x, y, width: w, height: h, rx: 7, class: `node ${node.kind}` });
      const name = svg('text', {
        x: x + w / 2,
        y: y + h / 2 + (node.sub === undefined ? 4 : -3),
        'text-anchor': 'middle',
        class: 'name',
      });
      name.textContent = fitted(narrow ? (node.short ?? node.name) : node.name, w - 12);
      const sub =
        node.sub === undefined
          ? undefined
          : svg('text', { x: x + w / 2, y: y + h / 2 + 12, 'text-anchor': 'middle', class: 'sub' });
      const title = svg('title');
      title.textContent = node.title ?? node.name;
      nodes.append(svg('g', {}, title, box, name, ...(sub ? [sub] : [])));
      this.#nodes.set(node.id, { box, sub });
    }
    for (const stages of graph.fused) {
      const inside = stages.map((id) => places.get(id));
      const left = Math.min(...inside.map(({ x }) => x)) - 8;
      const top = Math.min(...inside.map(({ y }) => y)) - 8;
      const right = Math.max(...inside.map(({ x, w }) => x + w)) + 8;
      const bottom = Math.max(...inside.map(({ y, h }) => y + h)) + 8;
      boxes.append(svg('rect', { x: left, y: top, width: right - left, height: bottom - top, rx: 11 }));
      if (narrow) continue;
      const caption = svg('text', { x: left + 2, y: top - 7 });
      caption.textContent = 'one process, one transaction a batch';
      boxes.append(caption);
    }
    const stages = middle.map((id) => places.get(id));
    this.#drops = svg('text', {
      class: 'drops',
      x: (stages[0].x + stages[2].x + stages[2].w) / 2,
      y: stages[0].y + stages[0].h + 25,
      'text-anchor': 'middle',
    });
    labels.append(this.#drops);
    this.#host.replaceChildren(
      svg(
        'svg',
        {
          viewBox: `0 0 ${width} ${height}`,
          width,
          height,
          role: 'img',
          'aria-labelledby': 'topology-title topology-hint',
        },
        boxes,
        edges,
        labels,
        nodes,
      ),
    );
  }
}

/** Columns of nodes from left to right, and the edges between them with their rates. */
function graphOf({ sources, stages, rates }) {
  const chains = Object.entries(stages).map(([name, chain]) => ({ name, parts: name.split('+'), ...chain }));
  const chainOf = (stage) => chains.find(({ parts }) => parts.includes(stage));
  const detectors = chains.filter(({ parts }) => !parts.some((part) => middle.includes(part)));
  const shownDetectors =
    detectors.length > 0
      ? detectors
      : [
          { name: 'arbitrage', inputs: {}, outputs: {}, awaited: true },
          { name: 'market-updates', inputs: {}, outputs: {}, awaited: true },
        ];
  const sourceIds = Object.keys(sources).slice(0, 6);
  const parse = chainOf('parse');
  const enrich = chainOf('enrich');
  const known =
    sourceIds.length > 0
      ? sourceIds
      : Object.keys(parse?.inputs ?? {})
          .map((topic) => topic.slice(4))
          .slice(0, 6);
  const names = known.length > 0 ? known : ['sources'];
  const writtenTopics = Object.keys(rates.byTopic).filter((topic) => topic.startsWith('processed.'));
  const processed = writtenTopics.length > 0 ? writtenTopics.slice(0, 6) : ['processed.*'];
  const outputsOf = (detector) => {
    const topics = Object.keys(detector.outputs).filter((topic) => !topic.startsWith('state.'));
    return topics.length > 0
      ? topics
      : [
          detector.name === 'arbitrage'
            ? 'opportunities.arbitrage'
            : detector.name === 'market-updates'
              ? 'market.updates'
              : `${detector.name} output`,
        ];
  };
  const results = [...new Set(shownDetectors.flatMap(outputsOf))];

  const columns = [
    names.map((id) => ({
      id: `source:${id}`,
      name: id,
      kind: 'source',
      sub: sources[id]?.state ?? 'awaited',
      tone: toneOf(sources[id]?.state),
    })),
    names.map((id) => ({ id: `raw:${id}`, name: id === 'sources' ? 'raw.*' : `raw.${id}`, kind: 'topic' })),
    ...middle.map((stage) => [stageNode(stage, chainOf(stage))]),
    processed.map((topic) => ({ id: topic, name: topic, short: topic.slice('processed.'.length), kind: 'topic' })),
    shownDetectors.map(({ name, awaited, latencyMs }) => ({
      id: name,
      name,
      kind: 'stage',
      sub: awaited ? 'awaited' : `p99 ${milliseconds(latencyMs?.p99)}`,
    })),
    results.map((topic) => ({ id: `out:${topic}`, name: topic, kind: 'topic result' })),
  ];
  const edge = (from, to, perSecond, label) => ({ id: `${from}>${to}`, from, to, perSecond, label });
  const cut = (before, after, topic) =>
    chainOf(before) !== undefined && chainOf(before) === chainOf(after)
      ? edge(before, after, chainOf(before).inputPerSecond, '')
      : edge(before, after, chainOf(before)?.outputs[topic] ?? null);
  const edges = [
    ...names.map((id) => edge(`source:${id}`, `raw:${id}`, sources[id]?.messagesPerSecond ?? null)),
    ...names.map((id) => edge(`raw:${id}`, 'parse', parse?.inputs[`raw.${id}`] ?? null)),
    cut('parse', 'validate', 'internal.parsed'),
    cut('validate', 'enrich', 'internal.validated'),
    ...processed.map((topic) => edge('enrich', topic, enrich?.outputs[topic] ?? null)),
    ...shownDetectors.flatMap((detector) => {
      const inputs = Object.entries(detector.inputs).filter(([topic]) => processed.includes(topic));
      return (inputs.length > 0 ? inputs : processed.slice(0, 1).map((topic) => [topic, null])).map(
        ([topic, perSecond]) => edge(topic, detector.name, perSecond),
      );
    }),
    ...shownDetectors.flatMap((detector) =>
      outputsOf(detector).map((topic) => edge(detector.name, `out:${topic}`, detector.outputs[topic] ?? null)),
    ),
  ];
  const fused = chains
    .filter(({ parts }) => parts.length > 1)
    .map(({ parts }) => parts.filter((part) => middle.includes(part)));
  const sum = (of) =>
    chains.filter(({ parts }) => middle.includes(parts[0])).reduce((total, chain) => total + of(chain), 0);
  const drops = parse
    ? `${rate(sum((chain) => chain.filteredPerSecond))} filtered · ${rate(sum((chain) => chain.deadPerSecond))} dead`
    : '';
  return { columns, edges, fused, drops };
}

function stageNode(stage, chain) {
  const last = chain?.parts.at(-1) === stage;
  return {
    id: stage,
    name: stage,
    kind: 'stage',
    sub: !chain ? 'awaited' : last ? `p99 ${milliseconds(chain.latencyMs.p99)}` : undefined,
    title: chain ? `consumer group ${chain.group}` : `${stage}: awaiting its first batch`,
  };
}

function milliseconds(value) {
  return value === null || value === undefined ? '–' : `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
}

function toneOf(state) {
  return { live: 'good', connecting: 'warn', degraded: 'warn', silent: 'bad', stopped: 'off' }[state];
}

function fitted(name, width) {
  const letters = Math.floor(width / 6.1);
  return name.length > letters ? `${name.slice(0, Math.max(1, letters - 1))}…` : name;
}

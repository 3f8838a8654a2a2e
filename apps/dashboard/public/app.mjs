import { Chart } from './chart.mjs';
import { assign, byId, text } from './dom.mjs';
import { count, time } from './format.mjs';
import { Mappings } from './mappings.mjs';
import { Opportunities } from './opportunities.mjs';
import { Instruments, Others } from './panels.mjs';
import { Tiles } from './tiles.mjs';
import { Topology } from './topology.mjs';

const says = {
  simulated: ['SIMULATED', 'local venue servers with a seeded market, no real prices'],
  recorded: ['RECORDED', 'recorded frames played by local venue servers'],
  live: ['LIVE', 'collected from the venues themselves'],
  mixed: ['MIXED', 'some sources are simulated, some live'],
  waiting: ['WAITING', 'for the first collector to report'],
};

let snapshot;
const chart = new Chart();
const instruments = new Instruments(render);
const opportunities = new Opportunities();
const parts = [new Tiles(), new Topology(), new Mappings(), instruments, opportunities, new Others()];

function render() {
  if (!snapshot || document.hidden) return;
  const [name, meaning] = says[snapshot.mode];
  assign(byId('mode'), { 'data-mode': snapshot.mode });
  text(byId('mode-name'), name);
  text(byId('mode-says'), meaning);
  text(byId('fact-instruments'), count(snapshot.instruments));
  text(byId('fact-venues'), count(snapshot.venues));
  text(byId('fact-time'), time(snapshot.nowMs));
  text(
    byId('since'),
    `Counting since ${new Date(snapshot.historyFromMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`,
  );
  const notice = byId('notice');
  notice.hidden = snapshot.ready;
  text(notice, 'Reading the log up to now. Figures settle once every topic has been read to its end.');
  for (const part of parts) part.update(snapshot);
  chart.update(instruments.selected, snapshot.nowMs);
}

function link(state) {
  assign(byId('link'), { 'data-state': state });
  text(byId('link'), state);
  document.body.classList.toggle('stale', state !== 'streaming');
}

let lastMs = performance.now();
let stream;
function connect() {
  stream?.close();
  stream = new EventSource('api/stream');
  stream.onmessage = ({ data }) => {
    lastMs = performance.now();
    snapshot = JSON.parse(data);
    link('streaming');
    render();
  };
  stream.onerror = () => link('reconnecting');
}
connect();

// The browser gives up for good after an HTTP error, and does not notice a stream that has gone quiet.
setInterval(() => {
  if (performance.now() - lastMs < 10_000 && stream.readyState !== EventSource.CLOSED) return;
  lastMs = performance.now();
  link('reconnecting');
  connect();
}, 5_000);
document.addEventListener('visibilitychange', render);

import type { Snapshot } from './snapshot.ts';

/** Content type of the text format (https://prometheus.io/docs/instrumenting/exposition_formats/). */
export const metricsContentType = 'text/plain; version=0.0.4; charset=utf-8';

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number | null];

/** The snapshot in Prometheus's text format; `written` are records by topic. */
export function metricsText(snapshot: Snapshot, written: Readonly<Record<string, number>>): string {
  const sources = Object.entries(snapshot.sources);
  const stages = Object.entries(snapshot.stages);
  const { tasks, totals, opportunities, mappings, gaps, latencyMs, lag } = snapshot;
  const byTask = (value: (task: Snapshot['tasks'][number]) => number | null): Sample[] =>
    tasks.map((task) => [{ source: task.source, task: task.id }, value(task)]);
  const seconds = (ms: number | null) => (ms === null ? null : ms / 1000);
  return [
    family('ready', 'gauge', 'Whether every followed topic was read to its end.', [[{}, Number(snapshot.ready)]]),
    family('simulated', 'gauge', 'Whether all data comes from local venue servers.', [
      [{}, Number(snapshot.simulated)],
    ]),
    family('source_up', 'gauge', 'Whether all tasks of the source are live.', [
      ...sources.map(([source, { state }]): Sample => [{ source }, Number(state === 'live')]),
    ]),
    family(
      'task_messages_total',
      'counter',
      'Messages received.',
      byTask(({ messages }) => messages),
    ),
    family(
      'task_bytes_total',
      'counter',
      'Payload bytes received.',
      byTask(({ bytes }) => bytes),
    ),
    family(
      'task_reconnects_total',
      'counter',
      'Reconnections.',
      byTask(({ reconnects }) => reconnects),
    ),
    family(
      'task_gaps_open',
      'gauge',
      'Gaps not yet healed.',
      byTask(({ gapsOpen }) => gapsOpen),
    ),
    family(
      'task_gaps_healed_total',
      'counter',
      'Gaps healed.',
      byTask(({ gapsHealed }) => gapsHealed),
    ),
    family('task_last_message_age_seconds', 'gauge', 'Age of the newest message.', [
      ...byTask(({ lastMessageAgeMs }) => seconds(lastMessageAgeMs)),
    ]),
    family('stage_records_total', 'counter', 'Records processed, by fused stages.', [
      ...stages.map(([stage, { records }]): Sample => [{ stage }, records]),
    ]),
    family('stage_latency_seconds', 'gauge', 'From receive time to visible output, over the last minute.', [
      ...stages.flatMap(([stage, status]) => quantiles({ stage }, status.latencyMs)),
    ]),
    family('raw_records_total', 'counter', 'Raw records processed.', [[{}, totals.raw]]),
    family('topic_records_total', 'counter', 'Records written by stages.', labelled('topic', written)),
    family('filtered_total', 'counter', 'Drops by stage and reason.', [
      ...Object.entries(snapshot.filtered).map(([name, count]): Sample => {
        const dot = name.indexOf('.');
        return [{ stage: name.slice(0, Math.max(0, dot)), reason: name.slice(dot + 1) }, count];
      }),
    ]),
    family('dead_letters_total', 'counter', 'Dead letters by error code.', labelled('code', snapshot.deadLetters)),
    family('accounted', 'gauge', 'Whether every record became outputs, filtered or dead letter.', [
      [{}, Number(totals.accounted)],
    ]),
    family('latency_seconds', 'gauge', 'From receive time to visible processed record, over the last minute.', [
      ...quantiles({}, latencyMs),
    ]),
    family('consumer_lag_records', 'gauge', 'Records not yet processed.', [
      ...lag.map(({ group, topic, records }): Sample => [{ group, topic }, records]),
    ]),
    family('consumer_lag_seconds', 'gauge', 'Age of the oldest record not yet processed.', [
      ...lag.map(({ group, topic, seconds: age }): Sample => [{ group, topic }, age]),
    ]),
    family('opportunities_total', 'counter', 'Steps of arbitrage opportunities.', [
      [{ state: 'opened' }, opportunities.opened],
      [{ state: 'updated' }, opportunities.updated],
      [{ state: 'closed' }, opportunities.closed],
    ]),
    family('opportunities_open', 'gauge', 'Opportunities open now.', [[{}, opportunities.open]]),
    family('suspect_mappings', 'gauge', 'Instruments whose listings disagree in price for too long.', [
      [{}, mappings.suspect],
    ]),
    family(
      'suppressed_total',
      'counter',
      'Quotes that would have opened an opportunity on prices that are not believed.',
      [[{}, mappings.suppressed]],
    ),
    family('gaps_open', 'gauge', 'Gaps open now.', [[{}, gaps.open]]),
    family('gaps_healed_total', 'counter', 'Gaps healed.', [[{}, gaps.healed]]),
    family('instruments', 'gauge', 'Registered instruments.', [[{}, snapshot.instruments]]),
    family('venues', 'gauge', 'Registered venues.', [[{}, snapshot.venues]]),
    family('undecodable_total', 'counter', 'Records the dashboard could not read.', [
      ...labelled('topic', snapshot.undecodable),
    ]),
  ].join('');
}

function labelled(label: string, values: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(values).map(([name, value]) => [{ [label]: name }, value]);
}

function quantiles(labels: Record<string, string>, { p50, p99 }: Snapshot['latencyMs']): Sample[] {
  return [
    [{ ...labels, quantile: '0.5' }, p50 === null ? null : p50 / 1000],
    [{ ...labels, quantile: '0.99' }, p99 === null ? null : p99 / 1000],
  ];
}

/** A family without samples (null is none) is left out. */
function family(name: string, type: 'counter' | 'gauge', help: string, samples: readonly Sample[]): string {
  const lines = samples
    .filter(([, value]) => value !== null)
    .map(([labels, value]) => `alphapulse_${name}${labelText(labels)} ${value}\n`);
  if (lines.length === 0) return '';
  return `# HELP alphapulse_${name} ${help}\n# TYPE alphapulse_${name} ${type}\n${lines.join('')}`;
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${escaped(value)}"`);
  return pairs.length > 0 ? `{${pairs.join(',')}}` : '';
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}

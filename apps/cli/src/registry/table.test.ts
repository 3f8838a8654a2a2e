import { describe, expect, test } from '@jest/globals';
import { renderTable } from './table.ts';

const head = ['id', 'symbol', 'instrument', 'status', 'tickSize'];
const row = ['abcdef01…', 'BTC/USD', 'option:BTC/USD:BTC:20261225:60000:C', 'trading', '0.01'];
const widest = (text: string) => Math.max(...text.split('\n').map((line) => [...line].length));

describe('renderTable', () => {
  test('shows everything where there is no width', () => {
    const text = renderTable(head, [row], { width: undefined });
    for (const cell of [...head, ...row]) expect(text).toContain(` ${cell} `);
  });

  test('cuts the widest cells first', () => {
    const text = renderTable(head, [row], { width: 70 });
    expect(widest(text)).toBe(70);
    expect(text).toContain(' BTC/USD ');
    expect(text).toContain(' 0.01 ');
    expect(text).toMatch(/ option:BTC\/USD\S*… /);
  });

  test('leaves the last columns out, and says so, before it cuts all of them to nothing', () => {
    const text = renderTable(head, [row], { width: 40 });
    expect(widest(text.split('not shown')[0] as string)).toBeLessThanOrEqual(40);
    expect(text).toContain(' BTC/USD ');
    expect(text).toContain('not shown, see --wide: status, tickSize\n');
  });

  test('wraps instead where asked to', () => {
    const text = renderTable(['name', ''], [['reason', 'x'.repeat(100)]], { width: 40, wrap: true });
    expect(widest(text)).toBeLessThanOrEqual(40);
    expect(text.match(/x/g)).toHaveLength(100);
  });
});

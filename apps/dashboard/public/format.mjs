/** Numbers and times as people read them; null is a dash. */
const none = '–';
const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

export function count(value) {
  if (value === null || value === undefined) return none;
  if (value < 100_000) return whole.format(value);
  return short(value);
}

function short(value) {
  const [divisor, unit] = value >= 1e9 ? [1e9, 'G'] : value >= 1e6 ? [1e6, 'M'] : [1e3, 'k'];
  const scaled = value / divisor;
  return `${scaled >= 100 ? whole.format(scaled) : scaled.toFixed(scaled >= 10 ? 1 : 2)} ${unit}`;
}

export function rate(value) {
  if (value === null || value === undefined) return none;
  if (value === 0) return '0';
  if (value < 0.1) return '<0.1';
  if (value < 10) return value.toFixed(1);
  return value < 10_000 ? whole.format(value) : short(value);
}

export function bytes(value) {
  return `${value < 1_000 ? whole.format(value) : short(value)}${value < 1_000 ? ' ' : ''}B`;
}

export function price(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return none;
  const magnitude = Math.abs(value);
  const digits = magnitude >= 1_000 ? 2 : magnitude >= 10 ? 3 : magnitude >= 1 ? 4 : magnitude >= 0.01 ? 5 : 8;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export function size(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return none;
  return value.toLocaleString('en-US', { maximumSignificantDigits: 5 });
}

export function usd(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return none;
  return value.toLocaleString('en-US', { style: 'currency', currency: 'USD' });
}

export function bps(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return none;
  return `${value < 0 ? '−' : ''}${Math.abs(value).toFixed(1)}`;
}

/** A distance of prices: basis points and per cent while they are small, then the factor between them. */
export function apart(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return none;
  if (value < 1_000) return `${value.toFixed(value < 10 ? 1 : 0)} bps`;
  if (value < 10_000) return `${(value / 100).toFixed(1)} %`;
  const factor = value / 10_000 + 1;
  return factor < 1e12 ? `× ${factor < 100 ? factor.toFixed(1) : count(factor)}` : '> × 10¹²';
}

export function duration(ms) {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return none;
  if (ms < 1) return ms === 0 ? '0 ms' : '<1 ms';
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ${Math.floor((ms % 60_000) / 1_000)} s`;
  if (ms < 172_800_000) return `${Math.floor(ms / 3_600_000)} h ${Math.floor((ms % 3_600_000) / 60_000)} min`;
  return `${Math.floor(ms / 86_400_000)} d`;
}

export function time(ms) {
  return Number.isFinite(ms) ? new Date(ms).toISOString().slice(11, 19) : none;
}

/** `spot:BTC/USDT` is shown as the pair and its kind. */
export function instrument(identity) {
  const at = identity.indexOf(':');
  return at < 0 ? { name: identity, kind: '' } : { name: identity.slice(at + 1), kind: identity.slice(0, at) };
}

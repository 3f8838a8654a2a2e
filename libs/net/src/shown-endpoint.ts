const secretName = /key|token|secret|sign|auth|pass|pwd|credential|session/i;

/** Long runs of letters and digits mixed, as API keys are; stream names such as `btcusdt@trade` are not. */
function looksSecret(value: string): boolean {
  return /^[A-Za-z0-9_-]{20,}$/.test(value) && /\d/.test(value) && /[A-Za-z]/.test(value);
}

/**
 * Returns the address as it may be shown, logged and stored: without user and password,
 * with `***` for query values and path segments that are secrets by name or by look.
 * An address without secrets comes back unchanged.
 */
export function shownEndpoint(address: string): string {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    return '(invalid address)';
  }
  let changed = false;
  if (url.username || url.password) {
    url.username = '';
    url.password = '';
    changed = true;
  }
  const path = url.pathname
    .split('/')
    .map((segment) => (looksSecret(segment) ? '***' : segment))
    .join('/');
  if (path !== url.pathname) {
    url.pathname = path;
    changed = true;
  }
  // The query is edited as text: URLSearchParams would also re-encode `@` and `/` of stream names.
  const query = url.search
    .slice(1)
    .split('&')
    .map((pair) => {
      const [name = '', value = ''] = pair.split('=', 2);
      return value && (secretName.test(name) || looksSecret(value)) ? `${name}=***` : pair;
    })
    .join('&');
  if (query !== url.search.slice(1)) {
    url.search = query;
    changed = true;
  }
  return changed ? url.href : address;
}

const names = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });

/**
 * Regions that CLDR names but ISO 3166-1 does not assign: exceptional reservations (AC, CP, CQ, DG, EA, EU, IC, TA, UN),
 * user-assigned codes (QO, XA, XB, XK, ZZ) and the euro area. https://www.iso.org/iso-3166-country-codes.html
 */
const unassigned = new Set([
  ...['AC', 'CP', 'CQ', 'DG', 'EA', 'EU', 'EZ', 'IC', 'QO', 'TA', 'UN', 'XA', 'XB', 'XK', 'ZZ'],
]);

/** True for an ISO 3166-1 alpha-2 code that is assigned today, in capitals. */
export function isCountry(code: string): boolean {
  if (!/^[A-Z]{2}$/.test(code) || unassigned.has(code) || names.of(code) === undefined) return false;
  // Withdrawn codes and other names in use (`UK`) become the code that stands for them.
  return new Intl.Locale(`und-${code}`).region === code;
}

/** What can be known of a security; what a provider does not say is absent. */
export interface SecurityFacts {
  readonly isin?: string;
  readonly cusip?: string;
  /** FIGI of the composite level: one per security and country. */
  readonly figi?: string;
  /** FIGI of the share class: one per security worldwide. */
  readonly shareClassFigi?: string;
  readonly ticker?: string;
  /** ISO 10383, of the listing that ticker and FIGI belong to. */
  readonly mic?: string;
  readonly name?: string;
  /** Kind of security in the provider's words, for example `Common Stock`. */
  readonly securityType?: string;
  /** Industry of the issuer. (OpenFIGI's market sector, such as `Equity`, is something else.) */
  readonly sector?: string;
}

export type FactName = keyof SecurityFacts;

export const factNames: readonly FactName[] = [
  ...(['isin', 'cusip', 'figi', 'shareClassFigi', 'ticker', 'mic', 'name', 'securityType', 'sector'] as const),
];

/**
 * What several statements about one security agree on: a fact is kept when all that state it state the same.
 * A ticker that differs by exchange is not the ticker of the security.
 */
export function agreedFacts(statements: readonly SecurityFacts[]): SecurityFacts {
  const agreed: Partial<Record<FactName, string>> = {};
  for (const name of factNames) {
    const values = new Set(statements.flatMap((facts) => facts[name] ?? []));
    const [value] = values;
    if (values.size === 1 && value !== undefined) agreed[name] = value;
  }
  return agreed;
}

/** How a chain writes addresses. */
export type ChainFamily = 'evm' | 'solana';

export interface ChainFacts {
  readonly family: ChainFamily;
  /** EIP-155 number of an EVM chain. https://github.com/ethereum-lists/chains */
  readonly chainId?: number;
  /** Other names in use; identities have the one that is the key here. */
  readonly aliases: readonly string[];
}

/**
 * Chains by the name that identities use. One line adds an EVM chain; do so before the first token of it is
 * registered, because addresses on a chain that is not here are only taken to be EVM ones when they look so.
 */
export const chains: Readonly<Record<string, ChainFacts>> = {
  ethereum: { family: 'evm', chainId: 1, aliases: ['eth', 'ethereum-mainnet'] },
  optimism: { family: 'evm', chainId: 10, aliases: ['op-mainnet'] },
  bsc: { family: 'evm', chainId: 56, aliases: ['bnb-chain', 'bnb-smart-chain', 'binance-smart-chain'] },
  polygon: { family: 'evm', chainId: 137, aliases: ['matic', 'polygon-pos'] },
  base: { family: 'evm', chainId: 8453, aliases: [] },
  arbitrum: { family: 'evm', chainId: 42161, aliases: ['arbitrum-one'] },
  avalanche: { family: 'evm', chainId: 43114, aliases: ['avalanche-c'] },
  solana: { family: 'solana', aliases: ['sol', 'solana-mainnet'] },
};

const byAlias = new Map(
  Object.entries(chains).flatMap(([name, { aliases }]) => aliases.map((alias) => [alias, name] as const)),
);

/** Our name of a chain written otherwise (case, an alias); a name that we do not know stays as it is, in small letters. */
export function canonicalChain(name: string): string {
  const small = name.trim().toLowerCase();
  return byAlias.get(small) ?? small;
}

/** Facts of a chain by our name of it. */
export function chainFacts(name: string): ChainFacts | undefined {
  return Object.hasOwn(chains, name) ? chains[name] : undefined;
}

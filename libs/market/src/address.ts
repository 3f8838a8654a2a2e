import { canonicalChain, chainFacts } from './chains.ts';
import { checksumAddress, isEvmAddress } from './evm-address.ts';
import { isSolanaAddress } from './solana-address.ts';

/**
 * An address as people and tools write it: with the capitals of EIP-55 on EVM chains, base58 as it is on Solana.
 * Null when it is none of the chain, an EIP-55 checksum that is wrong included. On a chain that we do not know, what
 * looks like an EVM address is one, and the rest stays as it is. For the form in identities: `addressInIdentity`.
 */
export function normaliseAddress(chain: string, address: string): string | null {
  const text = address.trim();
  switch (chainFacts(canonicalChain(chain))?.family) {
    case 'evm':
      return isEvmAddress(prefixed(text)) ? checksumAddress(prefixed(text)) : null;
    case 'solana':
      return isSolanaAddress(text) ? text : null;
    default:
      if (/^0x[0-9a-f]*$/i.test(text)) return isEvmAddress(prefixed(text)) ? checksumAddress(prefixed(text)) : null;
      return /^[^\s\p{C}]{1,128}$/u.test(text) ? text : null;
  }
}

/** An address as identity strings hold it: small hex digits on EVM chains, where capitals are only a checksum. */
export function addressInIdentity(chain: string, address: string): string | null {
  // The usual case needs no hash: small digits carry no checksum.
  if (/^0x[0-9a-f]{40}$/.test(address) && chainFacts(chain)?.family !== 'solana') return address;
  const text = normaliseAddress(chain, address);
  return text?.startsWith('0x') ? text.toLowerCase() : text;
}

/** Some tools write the prefix with a capital, which EIP-55 does not know. */
function prefixed(text: string): string {
  return text.startsWith('0X') ? `0x${text.slice(2)}` : text;
}

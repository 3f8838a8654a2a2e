import { createKeccak } from 'hash-wasm';

// hash-wasm compiles its WebAssembly asynchronously; once it is there, hashing is synchronous.
const keccak = await createKeccak(256);

/**
 * True for `0x` and 40 hex digits. Digits in both cases carry the checksum of EIP-55, which must be right; all small
 * or all capital, they carry none. https://eips.ethereum.org/EIPS/eip-55
 */
export function isEvmAddress(text: string): boolean {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text)) return false;
  const digits = text.slice(2);
  return digits === digits.toLowerCase() || digits === digits.toUpperCase() || checksummed(digits) === text;
}

/**
 * The address as EIP-55 writes it: a letter is a capital when the digit of the keccak-256 hash of the small digits at
 * its place is 8 or more.
 * @throws RangeError when it is no EVM address, or its own capitals contradict the checksum.
 */
export function checksumAddress(address: string): string {
  if (!isEvmAddress(address)) throw new RangeError(`not an EVM address: ${address}`);
  return checksummed(address.slice(2));
}

function checksummed(digits: string): string {
  const small = digits.toLowerCase();
  const hash = keccak.init().update(small).digest('hex');
  let address = '0x';
  for (let at = 0; at < small.length; at++) {
    const digit = small.charAt(at);
    address += Number.parseInt(hash.charAt(at), 16) >= 8 ? digit.toUpperCase() : digit;
  }
  return address;
}

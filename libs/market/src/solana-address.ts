const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

/**
 * True for an account address of Solana: 32 bytes in base58 with Bitcoin's alphabet, 32 to 44 characters.
 * Base58 writes each zero byte in front as one `1`, so the form of given bytes is unique.
 * https://solana.com/docs/core/accounts
 */
export function isSolanaAddress(text: string): boolean {
  if (!/^[1-9A-HJ-NP-Za-km-z]{32,44}$/.test(text)) return false;
  let number = 0n;
  for (const character of text) number = number * 58n + BigInt(alphabet.indexOf(character));
  const zeros = /^1*/.exec(text)?.[0].length ?? 0;
  const bytes = number === 0n ? 0 : Math.ceil(number.toString(16).length / 2);
  return zeros + bytes === 32;
}

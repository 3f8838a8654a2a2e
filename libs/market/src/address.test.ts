import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { addressInIdentity, normaliseAddress } from './address.ts';
import { curatedToken, curatedTokens } from './asset-tokens.ts';
import { canonicalChain, chains } from './chains.ts';
import { checksumAddress, isEvmAddress } from './evm-address.ts';
import { isSolanaAddress } from './solana-address.ts';

const evmAddress = fc
  .string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 40, maxLength: 40 })
  .map((digits) => `0x${digits}`);

const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
/** Base58 by the definition, the slow way. */
function base58(bytes: Uint8Array): string {
  let number = bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  let text = '';
  for (; number > 0n; number /= 58n) text = alphabet.charAt(Number(number % 58n)) + text;
  for (const byte of bytes) {
    if (byte !== 0) break;
    text = `1${text}`;
  }
  return text;
}

describe('EVM addresses', () => {
  // The test cases of https://eips.ethereum.org/EIPS/eip-55
  test.each([
    '0x52908400098527886E0F7030069857D2E4169EE7',
    '0x8617E340B3D01FA5F11F306F4090FD50E238070D',
    '0xde709f2102306220921060314715629080e2fb77',
    '0x27b1fdb04752bbc536007a920d24acb045561c26',
    '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
    '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359',
    '0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB',
    '0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb',
  ])('%s has the checksum of EIP-55', (address) => {
    expect(isEvmAddress(address)).toBe(true);
    expect(checksumAddress(address)).toBe(address);
    expect(checksumAddress(address.toLowerCase())).toBe(address);
    expect(checksumAddress(`0x${address.slice(2).toUpperCase()}`)).toBe(address);
  });

  test('a wrong checksum is no address', () => {
    const wrong = '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD';
    expect(isEvmAddress(wrong)).toBe(false);
    expect(() => checksumAddress(wrong)).toThrow(RangeError);
    for (const none of ['0x5aAeb6053F', '5aaeb6053f3e94c9b9a09f33669435e7ef1beaed', '0xzz', '']) {
      expect(isEvmAddress(none)).toBe(false);
    }
  });

  test('the checksummed form is one, and is its own', () => {
    fc.assert(
      fc.property(evmAddress, (small) => {
        const written = checksumAddress(small);
        expect(written.toLowerCase()).toBe(small);
        expect(checksumAddress(written)).toBe(written);
        expect(addressInIdentity('ethereum', written)).toBe(small);
      }),
    );
  });
});

describe('Solana addresses', () => {
  test('32 bytes in base58', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 0, maxLength: 40 }), (bytes) => {
        expect(isSolanaAddress(base58(bytes))).toBe(bytes.length === 32);
      }),
    );
    // The system program (32 zero bytes), wrapped SOL, USDC.
    expect(isSolanaAddress('11111111111111111111111111111111')).toBe(true);
    expect(isSolanaAddress('So11111111111111111111111111111111111111112')).toBe(true);
    expect(isSolanaAddress('EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v')).toBe(true);
    expect(isSolanaAddress('0PjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v')).toBe(false);
  });
});

describe('addresses by chain', () => {
  test('each chain takes its own', () => {
    const usdc = '0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48';
    expect(normaliseAddress('ethereum', ` ${usdc.toLowerCase()} `)).toBe(usdc);
    expect(normaliseAddress('Arbitrum-One', `0X${usdc.slice(2).toUpperCase()}`)).toBe(usdc);
    expect(normaliseAddress('solana', usdc)).toBeNull();
    expect(normaliseAddress('ethereum', 'So11111111111111111111111111111111111111112')).toBeNull();
    expect(normaliseAddress('ethereum', usdc.replace('A0b8', 'a0b8'))).toBeNull();
  });

  test('a chain that nobody described keeps what it says, but no half EVM address', () => {
    expect(normaliseAddress('tron', 'TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t')).toBe('TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t');
    expect(normaliseAddress('tron', '0x12')).toBeNull();
    expect(normaliseAddress('tron', 'a b')).toBeNull();
    expect(normaliseAddress('tron', '')).toBeNull();
  });

  test('names of chains are unique', () => {
    const names = Object.entries(chains).flatMap(([name, { aliases }]) => [name, ...aliases]);
    expect(new Set(names).size).toBe(names.length);
    expect(['ETH', 'polygon-pos', 'sui'].map(canonicalChain)).toEqual(['ethereum', 'polygon', 'sui']);
  });
});

describe('curated tokens', () => {
  test('are addresses of their chains, each once', () => {
    const keys = curatedTokens().map(({ chain, address }) => `${chain} ${address}`);
    expect(new Set(keys).size).toBe(keys.length);
    for (const token of curatedTokens()) {
      expect(Object.hasOwn(chains, token.chain)).toBe(true);
      expect(Number.isInteger(token.decimals) && token.decimals >= 0 && token.decimals <= 255).toBe(true);
    }
  });

  test('are found by address; a wrapper is no asset but itself', () => {
    expect(curatedToken('ethereum', '0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48')).toMatchObject({
      asset: 'USDC',
      decimals: 6,
    });
    expect(curatedToken('polygon', '0x2791Bca1f2de4661ED88A30C99A7a9449Aa84174')?.asset).toBe('USDC.E');
    expect(curatedToken('ethereum', '0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2')?.asset).toBe('WETH');
    expect(curatedToken('solana', 'So11111111111111111111111111111111111111112')?.asset).toBe('WSOL');
    expect(curatedToken('ethereum', '0x0000000000000000000000000000000000000001')).toBeUndefined();
  });
});

import { expect, test } from '@jest/globals';
import { packStrings } from './pack-strings.ts';

test('strings are packed as the MessagePack specification says', () => {
  expect(packStrings([])).toEqual(Buffer.from('dd00000000', 'hex'));
  expect(packStrings(['', 'ab', 'µ€😀'])).toEqual(
    Buffer.concat([
      Buffer.from('dd00000003', 'hex'),
      Buffer.from('db00000000', 'hex'),
      Buffer.from('db00000002', 'hex'),
      Buffer.from('ab'),
      Buffer.from('db00000009', 'hex'),
      Buffer.from('µ€😀'),
    ]),
  );
});

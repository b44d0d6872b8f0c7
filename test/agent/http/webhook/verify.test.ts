import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { claimOf, verifier } from '../../../../src/agent/http/webhook/verify.ts';
import { secret } from '../../../../src/model/secret.ts';

const signed = (key: string, body: Uint8Array) => `sha256=${createHmac('sha256', key).update(body).digest('hex')}`;
const KEYS = ['new', 'old', 'other'] as const;

test('a signature holds for the very bytes that were signed, with a secret that counts', () => {
  const verified = verifier([secret('new'), secret('old')]);
  fc.assert(
    fc.property(
      fc.constantFrom(...KEYS),
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
      fc.option(fc.nat(), { freq: 2 }),
      (key, body, flipped) => {
        const claim = claimOf({ 'x-hub-signature-256': signed(key, body) }, []);
        const arrived = Uint8Array.from(body);
        if (flipped !== null) arrived[flipped % arrived.length] = (arrived[flipped % arrived.length] ?? 0) ^ 1;
        expect(claim !== null && verified(claim, arrived)).toBe(flipped === null && key !== 'other');
      },
    ),
  );
});

test('nothing is signed with an empty secret', () => {
  const body = Buffer.from('{}');
  const claim = claimOf({ 'x-hub-signature-256': signed('', body) }, [secret('')]);
  expect(claim !== null && verifier([secret('')])(claim, body)).toBe(false);
});

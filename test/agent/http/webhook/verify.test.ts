// A webhook counts only with a signature over exactly the received bytes by one of the valid secrets.

import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { claimOf, textOf, verifier } from '../../../../src/agent/http/webhook/verify.ts';
import { secret } from '../../../../src/model/secret.ts';

const signed = (key: string, body: Uint8Array) => `sha256=${createHmac('sha256', key).update(body).digest('hex')}`;
const KEYS = ['new', 'old', 'other'] as const;

test('a signature holds for the very bytes that were signed, with a secret that counts', async () => {
  const verified = verifier([secret('new'), secret('old')]);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...KEYS),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }).map((text) => new TextEncoder().encode(text)),
      fc.option(fc.nat(), { freq: 2 }),
      async (key, body, flipped) => {
        const claim = claimOf({ 'x-hub-signature-256': signed(key, body) }, []);
        const arrived = Uint8Array.from(body);
        if (flipped !== null) arrived[flipped % arrived.length] = (arrived[flipped % arrived.length] ?? 0) ^ 1;
        const text = textOf(Buffer.from(arrived));
        expect(claim !== null && text !== null && (await verified(claim, text))).toBe(
          flipped === null && key !== 'other',
        );
      },
    ),
  );
});

test('nothing is signed with an empty secret', async () => {
  const body = Buffer.from('{}');
  const claim = claimOf({ 'x-hub-signature-256': signed('', body) }, [secret('')]);
  expect(claim !== null && (await verifier([secret('')])(claim, body.toString()))).toBe(false);
});

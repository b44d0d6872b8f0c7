// The lab against sessions: one of our own, and one with Proxmox's own programs where it is at hand.

import { expect, test } from 'vitest';
import { referencePath } from '../../test/support/reference.ts';
import { replay } from './replay.ts';

const REFERENCE = referencePath('proxmox-transcripts.jsonl');

test('a session goes by the rules', async () => {
  expect(await replay('own session', new URL('transcripts.jsonl', import.meta.url))).toEqual([]);
});

test.skipIf(REFERENCE === undefined)(
  'a session goes as with Proxmox (skipped: PHOENIX_TEST_REFERENCE names no transcript)',
  async () => {
    expect(await replay('Proxmox', REFERENCE ?? '')).toEqual([]);
  },
  60_000,
);

// A commit above the size limit: its status says so, nothing else waits for it, and a commit without the large file works.

import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Phoenix, startPhoenix } from '../../support/agent/phoenix.ts';
import { environment } from '../../support/environment.ts';
import { BOXES, type BoxHost, openBoxHost } from '../../support/host/boxes.ts';
import { type RecordedLog, recordLog } from '../../support/log.ts';

let folder: string;
let host: BoxHost;
let log: RecordedLog;
let phoenix: Phoenix;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-too-large-'));
  host = await openBoxHost(folder);
  log = recordLog();
  phoenix = await startPhoenix({ host, managers: BOXES, maxPackBytes: 200_000, log });
});
afterEach(async () => {
  await phoenix.stop();
  await rm(folder, { recursive: true, force: true });
});

test('a commit with a file above the limit gets a status with the remedy, and the one without it is applied', async () => {
  const { commit: good } = await phoenix.push(environment({ 101: {} }));
  const large = randomBytes(300_000).toString('hex');
  const { statuses } = await phoenix.push({ ...environment({ 101: {}, 102: {} }), 'etc/image.txt': large });
  expect(statuses).toEqual({
    'phoenix/apply': expect.stringMatching(
      /^error: not fetched: the server sends more than 200000 bytes for one fetch; raise PHOENIX_MAX_PACK_MB/,
    ),
  });
  expect(await phoenix.ledger.head()).toMatchObject({ commit: good, base: good });
  // Requested again, as by a poll: the same status is sent once.
  await phoenix.agent().delivered({ kind: 'push' });
  await phoenix.reached(await phoenix.agent().drift('ann'), 'succeeded');
  const told = log.lines.filter((line) => line.includes('the repository cannot be followed'));
  // Besides the status at the start, when the repository was empty.
  expect(told).toHaveLength(2);

  await phoenix.repo.reset(good);
  const without = await phoenix.repo.commit(environment({ 101: {}, 102: {} }));
  await phoenix.repo.push('--force');
  expect((await phoenix.answered(without)).statuses['phoenix/apply']).toBe('success: applied 1 target');
});

// A commit above the size limit: its status says so, nothing else waits for it, and a commit without the large file works.

import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { useBoxAgent } from '../../support/agent/box-agent.ts';
import { environment } from '../../support/environment.ts';
import { type RecordedLog, recordLog } from '../../support/log.ts';

let log: RecordedLog;
const boxes = useBoxAgent(() => {
  log = recordLog();
  return { maxPackBytes: 200_000, log };
});

test('a commit with a file above the limit gets a status with the remedy, and the one without it is applied', async () => {
  const { commit: good } = await boxes.phoenix.push(environment({ 101: {} }));
  const large = randomBytes(300_000).toString('hex');
  const { statuses } = await boxes.phoenix.push({ ...environment({ 101: {}, 102: {} }), 'etc/image.txt': large });
  expect(statuses).toEqual({
    'phoenix/apply': expect.stringMatching(
      /^error: not fetched: the server sends more than 200000 bytes for one fetch; raise PHOENIX_MAX_PACK_MB/,
    ),
  });
  expect(await boxes.phoenix.ledger.head()).toMatchObject({ commit: good, base: good });
  // Requested again, as by a poll: the same status is sent once.
  await boxes.phoenix.agent().delivered({ kind: 'push' });
  await boxes.phoenix.reached(await boxes.phoenix.agent().drift('ann'), 'succeeded');
  const told = log.lines.filter((line) => line.includes('the repository cannot be followed'));
  // Besides the status at the start, when the repository was empty.
  expect(told).toHaveLength(2);

  await boxes.phoenix.repo.reset(good);
  const without = await boxes.phoenix.repo.commit(environment({ 101: {}, 102: {} }));
  await boxes.phoenix.repo.push('--force');
  expect((await boxes.phoenix.answered(without)).statuses['phoenix/apply']).toBe('success: applied 1 target');
});

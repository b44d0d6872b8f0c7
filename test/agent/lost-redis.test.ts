// A Redis that loses what it held while the agent runs: nothing is done twice, and the branch is followed on.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BOXES, openBoxHost } from '../support/boxes.ts';
import { environment } from '../support/environment.ts';
import { recordLog } from '../support/log.ts';
import { startPhoenix } from '../support/phoenix.ts';

test('an agent whose Redis was emptied looks at everything again within a poll, and follows the branch by itself', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-lost-redis-'));
  const host = await openBoxHost(folder);
  const log = recordLog();
  const phoenix = await startPhoenix({ host, managers: BOXES, options: { pollSeconds: 1 }, log });
  try {
    await phoenix.push(environment({ 101: {} }));
    await phoenix.redis.clear();
    // Nobody tells the agent of what comes now.
    phoenix.forge.fate(() => 'drop');
    const { statuses } = await phoenix.push(environment({ 101: {}, 102: {} }));
    expect(statuses['phoenix/apply']).toMatch(/^success: applied 1 target/);
    expect(await host.commands()).toEqual(['box put 101', 'box start 101', 'box put 102', 'box start 102']);
    expect(log.lines.filter((line) => line.includes('Redis has lost its data'))).toHaveLength(1);
  } finally {
    await phoenix.stop();
    await rm(folder, { recursive: true, force: true });
  }
});

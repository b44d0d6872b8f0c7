import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BOXES, type BoxHost, openBoxHost } from '../support/boxes.ts';
import { environment } from '../support/environment.ts';
import { type Phoenix, startPhoenix } from '../support/phoenix.ts';

let folder: string;
let host: BoxHost;
let phoenix: Phoenix;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-boxes-'));
  host = await openBoxHost(folder);
  phoenix = await startPhoenix({ host, managers: BOXES });
});
afterEach(async () => {
  await phoenix.stop();
  await rm(folder, { recursive: true, force: true });
});

test('the first push brings up every target, in the order of their needs', async () => {
  const { statuses } = await phoenix.push(environment({ 101: {}, 102: { dependencies: [101] } }));
  expect(statuses).toEqual({
    'phoenix/apply': 'success: applied 2 targets',
    'phoenix/lxc/101': 'success: applied',
    'phoenix/lxc/102': 'success: applied',
  });
  expect(await host.commands()).toEqual(['box put 101', 'box start 101', 'box put 102', 'box start 102']);
});

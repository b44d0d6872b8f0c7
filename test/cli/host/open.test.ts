// The lab as the host of a command that ends by itself.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLab } from 'phoenix-lab/host';
import { expect, onTestFinished, test } from 'vitest';
import { openReadOnly } from '../../../src/cli/host/open.ts';

test('a fault that lab.json orders happens, although such a command runs the programs of a lab in its own process', async () => {
  const lab = await mkdtemp(join(tmpdir(), 'phoenix-open-'));
  onTestFinished(() => rm(lab, { recursive: true, force: true }));
  createLab(lab);
  const listed = async () => {
    const env = { PHOENIX_LAB: lab };
    const { host } = await openReadOnly('local', { env }, () => Promise.reject(new Error('nothing is read')));
    const command = { kind: 'command', program: 'pct', args: ['list'], timeoutSeconds: 20 } as const;
    return host.run(command).finally(() => host.close());
  };
  expect(await listed()).toMatchObject({ exit: 0, stderr: '' });
  await writeFile(join(lab, 'lab.json'), JSON.stringify({ faults: [{ program: 'pct', do: 'fail', rc: 9 }] }));
  expect(await listed()).toMatchObject({ exit: 9 });
});

// Raw lines of containers, from the declaration to the file on the node and back.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { phoenix } from '../cli/phoenix.ts';
import { environment, loadFiles } from '../load/environment.ts';
import { workingCopy } from '../support/git/git.ts';

const LXC = 'etc/phoenix_lxc_configs.json';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-raw-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('raw-line-without-value: LXC reads it as the empty list, and it is written once', async () => {
  const files = environment();
  files[LXC].lxc_configs['900'].lxc_options = ['lxc.cap.drop:', 'lxc.mount.auto: sys:rw'];
  expect(loadFiles(files).problems).toEqual([]);
  const copy = await workingCopy();
  try {
    const texts = Object.entries(files).map(([path, content]) => {
      return [path, typeof content === 'string' ? content : JSON.stringify(content)] as const;
    });
    await copy.commit(Object.fromEntries(texts));
    const { stdout } = await phoenix(['rehearse', copy.folder, '--json'], {});
    const { outcomes, files: written, second } = JSON.parse(stdout);
    expect(outcomes).toContainEqual(expect.objectContaining({ target: 'lxc/900', outcome: 'applied' }));
    expect(JSON.stringify(written)).toContain('lxc/900.conf');
    // Read back and compared: the second run finds nothing to do.
    expect(second.actions).toBe(0);
  } finally {
    await copy.remove();
  }
});

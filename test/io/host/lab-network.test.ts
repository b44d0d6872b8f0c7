// The network of a lab, used by a Phoenix in another process.

import { mkdtemp, rename, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLab, networkSocket, startLabNetwork } from 'phoenix-lab/host';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { dialThrough } from '../../../src/io/host/dial.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-network-'));
  createLab(folder);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('reports a refused connection like a real system', async () => {
  const network = await startLabNetwork(folder);
  const dial = dialThrough(networkSocket(folder));
  await expect(dial('10.0.0.99', 80)).rejects.toMatchObject({ code: 'ECONNREFUSED', message: /no machine with this/ });
  await expect(dial('10.0.0.13', 1)).rejects.toMatchObject({ code: 'ECONNREFUSED', message: /10.0.0.13:1 refused/ });
  await expect(dial('nobody.example.internal', 80)).rejects.toMatchObject({ message: /has no address/ });
  await network.close();
  await expect(dial('10.0.0.13', 1)).rejects.toMatchObject({ code: 'ENOENT' });
});

test('is opened once, takes over from a dead process, and not from a living one', async () => {
  const path = networkSocket(folder);
  const dead = createServer().listen(path);
  await new Promise((done) => dead.once('listening', done));
  // What a killed process leaves: a socket without a listener.
  const left = join(folder, 'left.sock');
  await rename(path, left);
  await new Promise((done) => dead.close(done));
  await rename(left, path);

  const first = await startLabNetwork(folder);
  const second = await startLabNetwork(folder);
  await second.close();
  await expect(dialThrough(path)('10.0.0.13', 1)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  await first.close();
});

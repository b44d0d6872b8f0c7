// The network of a lab, as a Phoenix in another process reaches it.

import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { dialThrough } from '../../src/io/host/dial.ts';
import { addressOf } from '../../src/lab/network/names.ts';
import { networkSocket, startLabNetwork } from '../../src/lab/network/network.ts';
import { createLab } from '../../src/lab/proxmox/create.ts';
import { openNode } from '../../src/lab/proxmox/node.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-network-'));
  createLab(folder);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('says as a system would that nobody answers', async () => {
  const network = await startLabNetwork(folder);
  const dial = dialThrough(networkSocket(folder));
  await expect(dial('10.0.0.99', 80)).rejects.toMatchObject({ code: 'ECONNREFUSED', message: /no machine with this/ });
  await expect(dial('10.0.0.13', 1)).rejects.toMatchObject({ code: 'ECONNREFUSED', message: /10.0.0.13:1 refused/ });
  await expect(dial('nobody.example.internal', 80)).rejects.toMatchObject({ message: /has no address/ });
  await network.close();
  await expect(dial('10.0.0.13', 1)).rejects.toMatchObject({ code: 'ENOENT' });
});

test('is open once, takes over from a process that died, and does not take what another holds', async () => {
  const path = networkSocket(folder);
  const dead = createServer().listen(path);
  await new Promise((done) => dead.once('listening', done));
  // What is left of a process that was killed: a socket that nobody listens on.
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

test('a long folder has its socket elsewhere', () => {
  expect(networkSocket(folder)).toBe(join(folder, 'run/network.sock'));
  expect(networkSocket(`/${'long/'.repeat(40)}`).length).toBeLessThan(100);
});

test('names are those that the node knows', async () => {
  const node = openNode(folder);
  await writeFile(
    join(folder, 'etc/hosts'),
    '127.0.0.1 localhost\n10.0.0.10\tca.example.internal CA # the authority\n',
  );
  expect(addressOf(node, 'Ca.Example.Internal.')).toBe('10.0.0.10');
  expect(addressOf(node, 'ca')).toBe('10.0.0.10');
  expect(addressOf(node, 'authority')).toBeUndefined();
  expect(addressOf(node, '10.1.2.3')).toBe('10.1.2.3');
});

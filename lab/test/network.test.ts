// Where the network of a lab is reached, and the names that it knows.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { addressOf } from '../src/network/names.ts';
import { networkSocket } from '../src/network/network.ts';
import { createLab } from '../src/proxmox/create.ts';
import { openNode } from '../src/proxmox/node.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-network-'));
  createLab(folder);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

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

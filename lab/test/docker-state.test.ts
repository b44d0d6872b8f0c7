// The Docker of a guest is changed by several processes at once: its programs, and the Portainer of the lab's network.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { until } from '../../test/support/until.ts';
import { changeState, type Root, readState } from '../src/guest/docker/state.ts';

const STATE = new URL('../src/guest/docker/state.ts', import.meta.url).href;
const TIMES = 40;
/** So many that the file takes a while to be written. */
const THERE = Array.from({ length: 5000 }, (_, index) => `registry.example.internal/image:${index}`);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-docker-'));
});
afterEach(() => rm(folder, { recursive: true }));

const rootIn = (dir: string): Root => ({ at: (path) => join(dir, path), lock: join(dir, 'docker.lck') });

/** Pulls that many images in a separate process, one after the other. */
async function pullsIn(name: string): Promise<void> {
  const script = `
    import { existsSync, writeFileSync } from 'node:fs';
    import { join } from 'node:path';
    const { changeState } = await import(${JSON.stringify(STATE)});
    const root = { at: (path) => join(${JSON.stringify(folder)}, path), lock: ${JSON.stringify(join(folder, 'docker.lck'))} };
    writeFileSync(join(${JSON.stringify(folder)}, 'ready-${name}'), '');
    while (!existsSync(join(${JSON.stringify(folder)}, 'go')));
    for (let n = 0; n < ${TIMES}; n += 1) changeState(root, (state) => state.images.push(${JSON.stringify(name)} + n));
  `;
  await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
}

test('nothing that one process does is lost by another, and nobody reads half a file', async () => {
  const root = rootIn(folder);
  changeState(root, ({ images }) => void images.push(...THERE));
  const names = ['a', 'b'];
  let open = true;
  const pulls = Promise.all(names.map(pullsIn)).finally(() => {
    open = false;
  });
  await until(() => names.every((name) => existsSync(join(folder, `ready-${name}`))), 'both processes');
  await writeFile(join(folder, 'go'), '');
  let seen = 0;
  while (open) {
    const { images } = readState(root);
    expect(images.length).toBeGreaterThanOrEqual(seen);
    seen = images.length;
    await new Promise(setImmediate);
  }
  await pulls;
  expect(new Set(readState(root).images).size).toBe(THERE.length + names.length * TIMES);
});

test('what was done before a change failed is kept, and the lock is given back', () => {
  const root = rootIn(folder);
  const fails = () =>
    changeState(root, (state) => {
      state.images.push('web:1');
      throw new Error('no room');
    });
  expect(fails).toThrow('no room');
  expect(changeState(root, ({ images }) => [...images])).toEqual(['web:1']);
});

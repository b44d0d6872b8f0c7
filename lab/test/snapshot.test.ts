// Programs of a lab answer the same whether they come from the snapshot or are loaded anew, and keep nothing of when it was made.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LONG_TEST } from '../../test/support/long.ts';
import { createLab } from '../src/proxmox/create.ts';
import { programSnapshot } from '../src/proxmox/snapshot.ts';

const MAIN = fileURLToPath(new URL('../src/proxmox/main.ts', import.meta.url));
const TEMPLATE = 'local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst';

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'phoenix-snapshot-'));
  createLab(dir);
});
afterAll(() => rmSync(dir, { recursive: true }));

function end(file: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(file, args, { encoding: 'utf8' });
  return { status, stdout, stderr };
}

const fromSnapshot = (program: string, ...args: string[]) => end(join(dir, 'bin', program), ...args);
const loaded = (program: string, ...args: string[]) => end(process.execPath, MAIN, dir, program, ...args);

test('a program answers, refuses and records as it does without a snapshot', LONG_TEST, () => {
  expect(fromSnapshot('pct', 'create', '101', TEMPLATE, '--rootfs', 'local-lvm:4')).toMatchObject({ status: 0 });
  const asked: [string, ...string[]][] = [
    ['pct', 'config', '101'],
    ['pct', 'start', '999'],
    ['qm', 'no-such-verb'],
    ['pvesh', 'get', '/cluster/resources', '--output-format', 'json'],
  ];
  for (const call of asked) {
    expect(fromSnapshot(...call)).toEqual(loaded(...call));
  }
  const calls = readFileSync(join(dir, 'calls.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(calls.map(({ rc }) => rc)).toEqual([0, 0, 0, 255, 255, 255, 255, 0, 0]);
});

test('the same files have the same snapshot, and a lab whose snapshot is gone still answers', () => {
  const file = programSnapshot() ?? '';
  expect(existsSync(file)).toBe(true);
  expect(programSnapshot()).toBe(file);
  const script = readFileSync(join(dir, 'run/lab/program'), 'utf8');
  expect(script).toContain(file);
  expect(end('/bin/sh', '-c', script.replaceAll(file, `${file}.gone`), 'hostname')).toEqual(fromSnapshot('hostname'));
});

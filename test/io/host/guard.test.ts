// The guard on the node: what it does when its client is gone, or sends half of its input.

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { GUARD } from '../../../src/io/host/guard.ts';
import { until } from '../../support/until.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'phoenix-guard-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Guarded {
  readonly pid: number;
  readonly stdin: NodeJS.WritableStream;
  readonly stdout: NodeJS.ReadableStream & { destroy(): void };
  /** On standard error so far. */
  said(): string;
  readonly ended: Promise<{ readonly exit: number | null; readonly stderr: string }>;
}

function guard(seconds: number, size: string, ...command: readonly string[]): Guarded {
  const args = ['-e', GUARD, '--', 'MARK', folder, 'lxc/101', String(seconds), size, ...command];
  const child = spawn('/usr/bin/perl', args, { detached: true });
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  child.stdin.on('error', () => {});
  const ended = new Promise<{ exit: number | null; stderr: string }>((resolve) =>
    child.on('close', (exit) => resolve({ exit, stderr })),
  );
  return { pid: child.pid ?? 0, stdin: child.stdin, stdout: child.stdout, said: () => stderr, ended };
}

const at = (name: string): string => join(folder, name);
const there = (name: string): boolean => existsSync(at(name));

test('half a script is not run', async () => {
  const script = `touch ${at('ran')}\n`;
  const half = guard(20, String(script.length + 1), 'sh', '-s');
  half.stdin.end(script);
  expect((await half.ended).stderr).not.toContain('MARK exit 0');
  expect(there('ran')).toBe(false);
  const whole = guard(20, String(script.length), 'sh', '-s');
  whole.stdin.end(script);
  expect((await whole.ended).stderr).toContain('MARK exit 0');
  expect(there('ran')).toBe(true);
});

test('a program whose output is no longer read runs to its end', async () => {
  const text = `echo up; while [ ! -e ${at('go')} ]; do sleep 0.02; done; echo one; echo two >&2; sleep 0.1; echo three; touch ${at('end')}`;
  const left = guard(20, '', 'sh', '-c', text);
  await new Promise((resolve) => left.stdout.once('data', resolve));
  left.stdout.destroy();
  await guardless('touch', at('go'));
  await until(() => there('end'), 'the program to end');
  await left.ended;
});

test('a program whose guard was killed alone is waited for, and none is started beside it', async () => {
  const left = guard(
    20,
    '',
    'sh',
    '-c',
    `echo up; while [ ! -e ${at('go')} ]; do sleep 0.02; done; touch ${at('end')}`,
  );
  await new Promise((resolve) => left.stdout.once('data', resolve));
  process.kill(left.pid, 'SIGKILL');
  const next = guard(20, '', 'touch', at('next'));
  await until(() => next.said().includes('MARK waits'), 'the next to wait');
  expect(there('next')).toBe(false);
  await guardless('touch', at('go'));
  const { stderr } = await next.ended;
  expect(stderr).toContain('MARK waits');
  expect(stderr).toContain('MARK waited');
  expect([there('end'), there('next')]).toEqual([true, false]);
});

test('a program that outlived its guard gets no more than its time limit', async () => {
  const left = guard(1, '', 'sh', '-c', 'echo up; while :; do sleep 0.05; done');
  await new Promise((resolve) => left.stdout.once('data', resolve));
  process.kill(left.pid, 'SIGKILL');
  const waits = guard(20, '');
  expect((await waits.ended).stderr).toContain('MARK waited');
});

test('a folder of locks that is not its own is not used', async () => {
  symlinkSync(tmpdir(), at('run'));
  const refused = guard(20, '', 'touch', at('ran'));
  const { exit, stderr } = await refused.ended;
  expect(exit).toBe(1);
  expect(stderr).toMatch(/run is no folder of its own\nMARK exit 1\n$/);
  expect(there('ran')).toBe(false);
});

/** A separate program, outside of every guard. */
function guardless(program: string, ...args: readonly string[]): Promise<unknown> {
  return new Promise((resolve) => spawn(program, args).on('close', resolve));
}

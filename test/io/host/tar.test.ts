import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readTar } from '../../../src/io/host/tar.ts';

function archive(files: Readonly<Record<string, string>>): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'phoenix-tar-'));
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    const args = ['--create', '--format=gnu', '--file=-', '--', ...Object.keys(files)];
    return execFileSync('tar', args, { cwd: folder, maxBuffer: 1e8 });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('reads what tar wrote, whatever the names and sizes', () => {
  const files = {
    empty: '',
    'a b\nc': 'ü',
    'exactly-one-block': 'x'.repeat(512),
    [`${'long'.repeat(60)}`]: 'y'.repeat(100_000),
    'after the long one': 'z',
    [`${'é'.repeat(100)}`]: 'bytes, not characters',
  };
  expect(Object.fromEntries(readTar(archive(files)))).toEqual(files);
});

test('an archive that is cut short is an error', () => {
  const whole = archive({ a: 'x'.repeat(2000) });
  expect(() => readTar(whole.subarray(0, 1500))).toThrow('cut short');
  expect(() => readTar(Buffer.alloc(0))).toThrow('cut short');
});

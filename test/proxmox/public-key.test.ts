// Validation of public keys, compared with ssh-keygen, which Proxmox uses: keys of every type, truncated and changed.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { arePublicKeys, isPublicKey } from '../../src/proxmox/public-key.ts';
import { findProgram } from '../support/programs.ts';

const KEYGEN = findProgram('ssh-keygen', 'PHOENIX_TEST_SSH_KEYGEN');

const KINDS = [
  ['ed25519', '256'],
  ['rsa', '1024'],
  ['rsa', '3072'],
  ['ecdsa', '256'],
  ['ecdsa', '384'],
  ['ecdsa', '521'],
] as const;

function inFolder<Result>(work: (folder: string) => Result): Result {
  const folder = mkdtempSync(join(tmpdir(), 'phoenix-keys-'));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function newKey(type: string, bits: string): string {
  return inFolder((folder) => {
    const file = join(folder, 'key');
    spawnSync(KEYGEN ?? '', ['-q', '-t', type, '-b', bits, '-N', '', '-C', 'ada@example.internal', '-f', file]);
    return readFileSync(`${file}.pub`, 'utf8').trim();
  });
}

const isTaken = (folder: string, line: string): boolean => {
  const file = join(folder, 'line');
  writeFileSync(file, line);
  return spawnSync(KEYGEN ?? '', ['-l', '-f', file]).status === 0;
};

/** The same line with other bytes of the key. */
function withBytes(line: string, change: (bytes: Buffer) => Buffer): string {
  const [type = '', key = '', comment = ''] = line.split(' ');
  return `${type} ${change(Buffer.from(key, 'base64')).toString('base64')} ${comment}`;
}

/** Mistakes in copying a key. */
function corrupted(line: string): string[] {
  const [type = '', key = '', comment = ''] = line.split(' ');
  return [
    ...[4, 12, 20, 30, 40, 60, key.length - 4, key.length - 1].map(
      (length) => `${type} ${key.slice(0, length)} ${comment}`,
    ),
    withBytes(line, (bytes) => bytes.subarray(0, -1)),
    withBytes(line, (bytes) => Buffer.concat([bytes, Buffer.from([0])])),
    withBytes(line, (bytes) => Buffer.concat([bytes.subarray(0, 3), Buffer.from([99]), bytes.subarray(4)])),
    `${type}${key} ${comment}`,
    `ssh-none ${key} ${comment}`,
    `${type} ${comment}`,
    `${key}`,
    'not a key',
    `# ${line}`,
  ];
}

describe.skipIf(KEYGEN === undefined)('a public key (skipped: no ssh-keygen)', () => {
  test.each(KINDS)(
    'of kind %s with %s bits is valid for Phoenix and for ssh-keygen, and a corrupted one for neither',
    (type, bits) => {
      const line = newKey(type, bits);
      const sound = [line, `from="10.0.0.0/8",no-pty ${line}`, line.split(' ').slice(0, 2).join(' '), `  ${line}`];
      inFolder((folder) => {
        for (const each of sound) {
          expect(isPublicKey(each), each).toBe(true);
          expect(isTaken(folder, each), each).toBe(true);
        }
        for (const each of corrupted(line)) {
          expect(isPublicKey(each), each).toBe(false);
          expect(isTaken(folder, each), each).toBe(false);
        }
      });
    },
  );
});

test('blank lines between keys are ignored, and any other line is an invalid key', () => {
  expect(arePublicKeys('')).toBe(true);
  expect(arePublicKeys('\n  \n')).toBe(true);
  expect(arePublicKeys('not a key\n')).toBe(false);
});

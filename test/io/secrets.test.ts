// Secrets are resolved from references only, and no resolved value appears in a text or a log line in any usual encoding.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openLog } from '../../src/io/log.ts';
import { openRedactor } from '../../src/io/redact.ts';
import { type NodeFiles, openSecrets } from '../../src/io/secrets.ts';
import { DEFAULT_BOUNDS } from '../../src/settings/secret-bounds.ts';

const nowhere: NodeFiles = { read: async () => undefined, readWithin: async () => undefined };
const files: NodeFiles = { read: readFileOf, readWithin: readFileOf };

async function readFileOf(path: string): Promise<string | undefined> {
  return path.includes('nowhere') ? undefined : readFile(path, 'utf8');
}

describe('secrets by reference', () => {
  test('come from the environment or a file, and are known to the redactor from then on', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'phoenix-secrets-'));
    await writeFile(join(folder, 'key'), 'line one\nline two\n');
    const redactor = openRedactor();
    const bounds = { ...DEFAULT_BOUNDS, folders: [folder] };
    const secrets = openSecrets({ environment: { PHOENIX_SECRET_DB: 'p4ssw0rd' }, redactor, bounds });
    expect(await secrets.resolve({ $secret: 'env:PHOENIX_SECRET_DB' }, files)).toBe('p4ssw0rd');
    expect(await secrets.resolve({ $secret: `file:${join(folder, 'key')}` }, files)).toBe('line one\nline two');
    expect(redactor.redact('p4ssw0rd, then line two')).toBe('‹secret›, then ‹secret›');
    await rm(folder, { recursive: true });
  });

  test.each([
    ['env:PHOENIX_SECRET_UNSET', 'put PHOENIX_SECRET_UNSET into the agent’s environment'],
    ['env:PHOENIX_SECRET_EMPTY', 'is empty'],
    ['file:/etc/phoenix/secrets/nowhere', 'put the file onto the node'],
    ['sops:secrets.yaml#a', 'its file is not known here'],
    ['vault:x', 'must be env:NAME, file:/PATH or sops:FILE#PATH'],
  ])('%s is refused with what to do', async (reference, message) => {
    const environment = { PHOENIX_SECRET_EMPTY: '' };
    const secrets = openSecrets({ environment, redactor: openRedactor(), bounds: DEFAULT_BOUNDS });
    await expect(secrets.resolve({ $secret: reference }, nowhere)).rejects.toThrow(message);
  });
});

describe('redaction', () => {
  test('removes a value in every usual encoding', () => {
    const redactor = openRedactor();
    const secret = 'a "quoted" $value/+?';
    redactor.add(`${secret}\n`);
    for (const form of [
      secret,
      Buffer.from(secret).toString('base64'),
      encodeURIComponent(secret),
      JSON.stringify(secret),
    ]) {
      expect(redactor.redact(`<${form}>`)).toMatch(/^<"?‹secret›=*"?>$/);
    }
  });

  test('removes the longer of two, and leaves values that are too short to be a secret', () => {
    const redactor = openRedactor();
    for (const secret of ['abcd', 'abcdefgh', 'no', '']) redactor.add(secret);
    expect(redactor.redact('abcdefgh abcd no')).toBe('‹secret› ‹secret› no');
  });

  test('reaches every part of a log line', () => {
    const redactor = openRedactor();
    redactor.add('t0ken"x');
    const lines: string[] = [];
    const destination = { write: (line: string) => void lines.push(line) };
    const log = openLog({ level: 'info', redactor, destination });
    const error = new Error('failed with t0ken"x', { cause: new Error('because of t0ken"x') });
    log.warn('sent t0ken"x', { error, nested: { header: 't0ken"x' } });
    expect(lines).toHaveLength(1);
    expect(lines.join()).not.toContain('t0ken');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'warn',
      msg: 'sent ‹secret›',
      nested: { header: '‹secret›' },
    });
    openLog({ level: 'info', redactor, destination, pretty: true }).error('stopped', { error, run: 7 });
    expect(lines[1]).toMatch(
      /^\d\d:\d\d:\d\d error stopped {2}error=failed with ‹secret›(: because of ‹secret›)? {2}run=7\n$/,
    );
  });
});

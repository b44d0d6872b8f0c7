// Secrets in files that sops encrypted. The files beside this test were created by sops 3.13.3, for an age key that opens nothing else.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { openRedactor } from '../../../src/io/redact.ts';
import { openSecrets } from '../../../src/io/secrets.ts';
import { sopsOpener } from '../../../src/io/sops.ts';
import { allTargets } from '../../../src/managers/index.ts';
import type { TargetId } from '../../../src/model/ids.ts';
import { referencesIn } from '../../../src/plan/secret-references.ts';
import { ageKeys } from '../../../src/settings/age-keys.ts';
import { DEFAULT_BOUNDS } from '../../../src/settings/secret-bounds.ts';
import { environment, loadFiles } from '../../load/environment.ts';

const SHOP = 'stacks/shop/phoenix.json';
const AT = `/environments/production/variables/1/value/$secret`;

function recorded(name: string): string {
  return readFileSync(fileURLToPath(new URL(`sops/${name}`, import.meta.url)), 'utf8');
}

const read = ageKeys(recorded('test-only.agekey'));
const KEY = 'value' in read ? (read.value?.expose() ?? '') : '';
const open = sopsOpener(KEY);
const opened = (file: string, path: string, text = recorded(file)) => open(Buffer.from(text), path);

describe('an encrypted value', () => {
  test.each([
    ['values.yaml', 'db.password', 'hunter2-from-yaml'],
    ['values.yaml', '/db/password', 'hunter2-from-yaml'],
    ['values.yaml', '["db"]["password"]', 'hunter2-from-yaml'],
    ['values.yaml', 'db/password', 'hunter2-from-yaml'],
    ['values.yaml', '["db"]["with.dot"]', 'dotted'],
    ['values.yaml', 'db.2', 'second'],
    ['values.yaml', 'db.port', '5432'],
    ['values.yaml', 'db.ratio', '0.5'],
    ['values.yaml', 'db.tls', 'true'],
    ['values.yaml', 'list.0', 'one of a list'],
    ['values.yaml', 'list.1.nested', 'two of a list'],
    ['values.yaml', 'text', 'line one\nline two\n'],
    ['values.yaml', 'umlaut', 'pässwörd ☃ "quoted" \'single\' \\back'],
    ['values.json', 'db.password', 'hunter2-from-json'],
    ['values.json', 'list.1.b', 'c'],
    ['values.env', 'DB_PASSWORD', 'hunter2-from-env'],
    ['values.env', 'MULTI', 'line one\nline two'],
    ['values.env', 'EQUALS', 'a=b=c'],
    ['only-some.yaml', 'db.password', 'hunter2-from-yaml'],
    ['binary.bin', 'data', expect.stringContaining('DB_PASSWORD=hunter2-from-env')],
  ])('of %s at %s is decrypted as sops encrypted it', async (file, path, expected) => {
    expect(await opened(file, path)).toEqual(expected);
  });

  test('appears in no message of a failure', async () => {
    await expect(opened('values.yaml', 'db.nowhere')).rejects.toThrow('has no value at db.nowhere');
    await expect(opened('of-another.json', 'db.password')).rejects.toThrow('encrypted to others');
    await expect(sopsOpener(null)(Buffer.from(recorded('values.yaml')), 'text')).rejects.toThrow(
      'PHOENIX_SOPS_AGE_KEY_FILE',
    );
  });
});

describe('an encrypted file that another program changed', () => {
  const text = recorded('values.yaml');
  const line = (start: string) => text.split('\n').find((each) => each.trim().startsWith(start)) ?? '';
  test.each<[string, string]>([
    [
      'a value that was put elsewhere',
      text.replace(line('with.dot:'), `    with.dot: ${line('password:').trim().slice('password: '.length)}`),
    ],
    ['a value that was taken out', text.replace(`${line('port:')}\n`, '')],
    ['a value that was added in plain text', text.replace('note_unencrypted: readable 3', 'note_unencrypted: other')],
    ['a value in plain text where one should be encrypted', text.replace(line('port:'), '    port: 5433')],
    ['an order that was changed', text.replace(`${line('"2":')}\n${line('"1":')}`, `${line('"1":')}\n${line('"2":')}`)],
    ['a digest that was taken out', text.replace(line('mac:'), '')],
    ['another time', text.replace(/lastmodified: "[^"]*"/, 'lastmodified: "2020-01-01T00:00:00Z"')],
    [
      'a digest over encrypted values alone',
      text.replace('    version:', '    mac_only_encrypted: true\n    version:'),
    ],
  ])('is refused: %s', async (_what, changed) => {
    expect(changed).not.toBe(text);
    await expect(opened('values.yaml', 'db.password', changed)).rejects.toThrow(
      /changed by another program|not encrypted|lost/,
    );
  });
});

/** The configuration of `test/load` with a variable that refers into an encrypted file. */
function referring(reference: string, more: Record<string, unknown> = {}) {
  const files = environment();
  files[SHOP].environments.production.variables.push({ name: 'DB_PASSWORD', value: { $secret: reference } });
  return { ...files, ...more };
}

describe('a configuration', () => {
  test('may refer to a value of an encrypted file, whose targets change with it', () => {
    const spec = (text: string) => {
      const { config, problems } = loadFiles(
        referring('sops:secrets/shop.yaml#db.password', { 'secrets/shop.yaml': text }),
      );
      expect(problems).toEqual([]);
      if (config === null) throw new Error('there is no configuration');
      return allTargets(config).get('stack/1001.shop' as TargetId)?.spec;
    };
    const [reference] = referencesIn(spec(recorded('values.yaml')));
    expect(reference).toMatchObject({
      $secret: 'sops:secrets/shop.yaml#db.password',
      blob: expect.stringMatching(/^[0-9a-f]{40}$/),
    });
    expect(spec(`${recorded('values.yaml')}\n`)).not.toEqual(spec(recorded('values.yaml')));
  });

  test.each([
    ['a file that is missing', 'sops:secrets/none.yaml#a', {}, 'MISSING_FILE'],
    ['a value that is not there', 'sops:a.yaml#db.none', { 'a.yaml': recorded('values.yaml') }, 'UNKNOWN_REFERENCE'],
    [
      'a part of the tree that is no value',
      'sops:a.yaml#db',
      { 'a.yaml': recorded('values.yaml') },
      'UNKNOWN_REFERENCE',
    ],
    ['what sops notes itself', 'sops:a.yaml#sops.mac', { 'a.yaml': recorded('values.yaml') }, 'UNKNOWN_REFERENCE'],
    [
      'a file that is not encrypted',
      'sops:a.yaml#db.password',
      { 'a.yaml': 'db:\n  password: hunter2\n' },
      'INVALID_VALUE',
    ],
    ['a value in plain text', 'sops:a.yaml#note_unencrypted', { 'a.yaml': recorded('values.yaml') }, 'INVALID_VALUE'],
    ['a value that is empty', 'sops:a.yaml#db.empty', { 'a.yaml': recorded('values.yaml') }, 'INVALID_VALUE'],
    ['no YAML', 'sops:a.yaml#a', { 'a.yaml': 'a: [\n' }, 'INVALID_VALUE'],
    ['a way out of the repository', 'sops:../a.yaml#a', {}, 'MISSING_FILE'],
  ])('that refers to %s gets a problem at its line', (_what, reference, more, code) => {
    const { config, problems } = loadFiles(referring(reference, more));
    expect(config).toBeNull();
    const found = problems.filter((problem) => problem.file === SHOP && problem.severity === 'error');
    expect(found.map((problem) => problem.code)).toContain(code);
    expect(found.find((problem) => problem.code === code)).toMatchObject({ path: AT, target: 'stack/1001.shop' });
    expect(found[0]?.line).toBeGreaterThan(1);
    expect(JSON.stringify(problems)).not.toContain('hunter2');
  });
});

describe('the key of the agent', () => {
  test('is read from a file as age-keygen writes it, and exposed to no guest', async () => {
    expect(KEY).toMatch(/^AGE-SECRET-KEY-1[0-9A-Z]+$/);
    const nothing = { read: async () => undefined, readWithin: async () => KEY };
    const secrets = openSecrets({
      environment: { SOPS_AGE_KEY: KEY, PHOENIX_SECRET_A: KEY },
      redactor: openRedactor(),
      bounds: DEFAULT_BOUNDS,
      own: [KEY],
    });
    for (const $secret of [
      'env:SOPS_AGE_KEY',
      'env:PHOENIX_SOPS_AGE_KEY',
      'env:PHOENIX_SECRET_A',
      'file:/etc/phoenix/secrets/a',
    ]) {
      await expect(secrets.resolve({ $secret }, nothing)).rejects.toThrow('Phoenix itself');
    }
  });
});

// The environment of the original system, where it is at hand: every field of it is accepted, and its real faults are named.

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ProblemCode } from '../../src/model/problem.ts';
import { referencePath } from '../support/reference.ts';
import { environment, type Files, loadFiles, snapshotOf } from './environment.ts';

const REFERENCE = referencePath('environment');

function filesBelow(folder: string): Files {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const files = paths.filter((path) => statSync(join(folder, path)).isFile());
  return Object.fromEntries(files.map((path) => [path, new Uint8Array(readFileSync(join(folder, path)))]));
}

describe.skipIf(REFERENCE === undefined)('the original environment (its files are not part of this repository)', () => {
  const files = REFERENCE !== undefined ? filesBelow(REFERENCE) : environment();
  const { problems, draft } = loadFiles(files);
  const at = (code: ProblemCode) =>
    problems.filter((problem) => problem.code === code).map(({ file, line }) => `${file}:${line}`);

  test('holds no unknown field and no value that is refused', () => {
    for (const code of ['SYNTAX', 'DUPLICATE_KEY', 'UNKNOWN_KEY', 'INVALID_VALUE'] as const)
      expect(at(code)).toEqual([]);
    expect(draft?.guests.size).toBe(15);
  });

  test('names scripts that are not there', () => {
    const missing = problems
      .filter(({ code }) => code === 'MISSING_FILE')
      .map(({ target, message }) => `${target} ${message}`);
    expect(missing).toContain('lxc/914 the application script is missing: bin/phoenix_hypervisor_lxc_955.sh');
    expect(missing).toContain('lxc/917 the application script is missing: bin/phoenix_hypervisor_lxc_957.sh');
    expect(missing).toContain('lxc/103 the script of the health check is missing: bin/health_checks/check_step_ca.sh');
  });

  test('names what its stacks lack', () => {
    const stacks = problems.filter(({ file, severity }) => file.startsWith('stacks/') && severity === 'error');
    expect(stacks.map(({ code, file, line, target }) => `${code} ${file}:${line} ${target}`)).toEqual([
      'MISSING_VOLUME stacks/portainer_service/docker-compose.yml:26 stack/1001.portainer_service',
      'MISSING_VOLUME stacks/qdrant_service/docker-compose.yml:13 stack/1002.qdrant_service',
      'UNSET_VARIABLE stacks/thinkheads_ai_app/docker-compose.yml:7 stack/1002.thinkheads_ai_app',
      'MISSING_VOLUME stacks/thinkheads_ai_app/docker-compose.yml:15 stack/1002.thinkheads_ai_app',
    ]);
  });

  test('names what is wrong with its certificates', () => {
    expect(at('CERTIFICATE_PATH')).toEqual(['etc/certificate-manifest.json:16', 'etc/certificate-manifest.json:17']);
    expect(at('UNKNOWN_HOOK')).toEqual(['etc/certificate-manifest.json:28']);
    expect(at('KEY_MODE')).toEqual(['etc/certificate-manifest.json:27']);
    const names = problems.filter(({ code }) => code === 'SAN_MISSING').map(({ message }) => message);
    expect(names).toEqual(['the certificate does not hold qdrant.internal.thinkheads.ai (stack qdrant_service)']);
  });

  test('names its secrets and its old shape', () => {
    expect(at('PLAINTEXT_SECRET')).toHaveLength(4);
    expect(at('LEGACY_SHAPE')).toEqual(['etc/phoenix_hypervisor_config.json:263']);
  });
});

test("Phoenix's own reference environment has no error", () => {
  const root = join(import.meta.dirname, '../..');
  const files = Object.fromEntries(
    ['etc', 'stacks', 'features', 'bin']
      .filter((folder) => existsSync(join(root, folder)))
      .flatMap((folder) =>
        Object.entries(filesBelow(join(root, folder))).map(([path, bytes]) => [`${folder}/${path}`, bytes]),
      ),
  );
  expect(snapshotOf(files).files.size).toBeGreaterThan(8);
  expect(loadFiles(files, true).problems.filter(({ severity }) => severity === 'error')).toEqual([]);
});

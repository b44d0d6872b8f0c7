// The release of Traefik that tests are given: kept when it is what its checksums say, and only then.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const TOP = fileURLToPath(new URL('../..', import.meta.url));

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'phoenix-release-'));
  for (const folder of ['bin', 'into', 'release']) mkdirSync(join(dir, folder));
  // A curl that has the files of the release, and writes down what it is asked for.
  writeFileSync(
    join(dir, 'bin/curl'),
    `#!/bin/sh\nfor word; do case $word in https://*) url=$word ;; esac; done\necho "$url" >>${dir}/asked\nwhile [ "$1" != -o ]; do shift; done\ncase $url in *checksums.txt) cp ${dir}/release/checksums.txt "$2" ;; *) cp ${dir}/release/archive "$2" ;; esac\n`,
  );
  chmodSync(join(dir, 'bin/curl'), 0o755);
  writeFileSync(join(dir, 'traefik'), '#!/bin/sh\necho it\n');
  spawnSync('tar', ['-czf', join(dir, 'release/archive'), '-C', dir, 'traefik']);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function bring(checksum: (name: string) => string) {
  const asked = /^version=(.*)$/m.exec(readFileSync(join(TOP, 'etc/features/traefik/install.sh'), 'utf8'))?.[1];
  const names = ['amd64', 'arm64'].map((architecture) => `traefik_${asked}_linux_${architecture}.tar.gz`);
  writeFileSync(join(dir, 'release/checksums.txt'), names.map(checksum).join(''));
  const env = { ...process.env, PATH: `${join(dir, 'bin')}:${process.env['PATH']}` };
  const { status, stderr } = spawnSync('sh', [join(TOP, 'scripts/traefik.sh'), join(dir, 'into')], {
    env,
    encoding: 'utf8',
  });
  return { status, stderr, version: asked, kept: existsSync(join(dir, 'into/traefik')) };
}

function digest(): string {
  return createHash('sha256')
    .update(readFileSync(join(dir, 'release/archive')))
    .digest('hex');
}

test('the version of the feature is brought', () => {
  const brought = bring((name) => `${digest()}  ./${name}\n`);
  expect(brought).toMatchObject({ status: 0, kept: true });
  for (const url of readFileSync(join(dir, 'asked'), 'utf8').trim().split('\n')) {
    expect(url).toContain(`https://github.com/traefik/traefik/releases/download/${brought.version}/traefik_`);
  }
});

test('an archive of another digest is not kept', () => {
  const brought = bring((name) => `${'0'.repeat(64)}  ${name}\n`);
  expect(brought).toMatchObject({
    status: 1,
    kept: false,
    stderr: expect.stringContaining('is not what the checksums'),
  });
});

test('an archive that the release does not name is not kept', () => {
  const brought = bring((name) => `${digest()}  more-${name}\n`);
  expect(brought).toMatchObject({ status: 1, kept: false, stderr: expect.stringContaining('no checksum') });
});

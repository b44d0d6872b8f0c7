// The releases that tests download: kept only if their checksums match.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const TOP = fileURLToPath(new URL('../..', import.meta.url));
const versionIn = (file: string) => /^version=(.*)$/m.exec(readFileSync(join(TOP, file), 'utf8'))?.[1] ?? '';

const traefik = versionIn('etc/features/traefik/install.sh');
const gitea = /^ +version=([\d.]+)$/m.exec(readFileSync(join(TOP, 'scripts/release.sh'), 'utf8'))?.[1] ?? '';
const RELEASES = [
  {
    program: 'traefik',
    packed: true,
    page: `https://github.com/traefik/traefik/releases/download/${traefik}/`,
    name: (architecture: string) => `traefik_${traefik}_linux_${architecture}.tar.gz`,
  },
  {
    program: 'gitea',
    packed: false,
    page: `https://github.com/go-gitea/gitea/releases/download/v${gitea}/`,
    name: (architecture: string) => `gitea-${gitea}-linux-${architecture}`,
  },
];

describe.each(RELEASES)('$program', ({ program, packed, page, name }) => {
  let dir: string;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'phoenix-release-'));
    for (const folder of ['bin', 'into', 'release']) mkdirSync(join(dir, folder));
    // A curl that has the files of the release and records its requests.
    writeFileSync(
      join(dir, 'bin/curl'),
      `#!/bin/sh\nfor word; do case $word in https://*) url=$word ;; esac; done\necho "$url" >>${dir}/asked\nwhile [ "$1" != -o ]; do shift; done\ncase $url in *checksums.txt | *.sha256) cp ${dir}/release/checksums.txt "$2" ;; *) cp ${dir}/release/file "$2" ;; esac\n`,
    );
    chmodSync(join(dir, 'bin/curl'), 0o755);
    writeFileSync(join(dir, program), '#!/bin/sh\necho it\n');
    const file = join(dir, 'release/file');
    if (packed) spawnSync('tar', ['-czf', file, '-C', dir, program]);
    else writeFileSync(file, '#!/bin/sh\necho it\n');
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  function bring(checksum: (name: string) => string) {
    writeFileSync(join(dir, 'release/checksums.txt'), ['amd64', 'arm64'].map(name).map(checksum).join(''));
    const env = { ...process.env, PATH: `${join(dir, 'bin')}:${process.env['PATH']}` };
    const { status, stderr } = spawnSync('sh', [join(TOP, 'scripts/release.sh'), program, join(dir, 'into')], {
      env,
      encoding: 'utf8',
    });
    return { status, stderr, kept: existsSync(join(dir, 'into', program)) };
  }

  const digest = () =>
    createHash('sha256')
      .update(readFileSync(join(dir, 'release/file')))
      .digest('hex');

  test('the version that is named is brought', () => {
    expect(bring((file) => `${digest()}  ${file}\n`)).toMatchObject({ status: 0, kept: true });
    const asked = readFileSync(join(dir, 'asked'), 'utf8').trim().split('\n');
    expect(asked.filter((url) => !url.startsWith(page))).toEqual([]);
  });

  test('a file with another digest is discarded', () => {
    const brought = bring((file) => `${'0'.repeat(64)}  ${file}\n`);
    expect(brought).toMatchObject({
      status: 1,
      kept: false,
      stderr: expect.stringContaining('is not what the checksum'),
    });
  });

  test('a file that the release does not name is discarded', () => {
    const brought = bring((file) => `${digest()}  more-${file}\n`);
    expect(brought).toMatchObject({ status: 1, kept: false, stderr: expect.stringContaining('no checksum') });
  });
});

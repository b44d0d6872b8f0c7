// The installation on a Proxmox host: what the script creates below a folder, and systemd's check of the unit.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readSettings } from '../../src/settings.ts';
import { LONG_TEST } from '../support/long.ts';
import { findProgram } from '../support/programs.ts';
import { releaseFolder } from '../support/release.ts';

const TOP = fileURLToPath(new URL('../..', import.meta.url));
const INSTALL = join(TOP, 'deploy/install.sh');
/** What install.sh takes from a checkout besides what it builds with. */
const TAKEN = ['package.json', 'package-lock.json', 'LICENSE', 'CHANGELOG.md', 'etc', 'deploy'];
const ANALYZE = findProgram('systemd-analyze', 'PHOENIX_TEST_SYSTEMD_ANALYZE');
const DPKG = findProgram('dpkg-deb', 'PHOENIX_TEST_DPKG_DEB');
const without = ANALYZE === undefined ? ' (no systemd-analyze on this machine)' : '';
/** Out of 10, by `systemd-analyze security`, which rates sandboxing; the unit says why it has none. It may not get worse. */
const EXPOSURE = 9.5;

let folder: string;
let checkout: string;
let prefix: string;
let programs: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-install-'));
  prefix = join(folder, 'host');
  programs = join(folder, 'bin');
  await mkdir(programs);
  await symlink(process.execPath, join(programs, 'node'));
  // A checkout whose build copies an existing release: only the arguments of npm are checked.
  checkout = join(folder, 'checkout');
  for (const part of TAKEN) cpSync(join(TOP, part), join(checkout, part), { recursive: true });
  await mkdir(join(checkout, 'src'));
  await mkdir(join(checkout, 'scripts/package'), { recursive: true });
  await writeFile(join(checkout, 'scripts/package/build.mjs'), BUILD);
  await program('npm', '#!/bin/sh\n[ -f package-lock.json ] || exit 1\nmkdir node_modules\necho "npm $*"\n');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const BUILD = `import { cpSync, existsSync } from 'node:fs';
if (!existsSync(new URL('../../node_modules', import.meta.url))) process.exit(1);
cpSync(${JSON.stringify(releaseFolder())}, process.argv[2], { recursive: true });
`;

async function program(name: string, text: string): Promise<void> {
  await writeFile(join(programs, name), text);
  await chmod(join(programs, name), 0o755);
}

function install(...args: readonly string[]) {
  const env = { PATH: `${programs}:/usr/sbin:/usr/bin:/sbin:/bin` };
  const all = [join(checkout, 'deploy/install.sh'), '--prefix', prefix, '--node', join(programs, 'node'), ...args];
  return spawnSync('/bin/sh', all, { env, encoding: 'utf8' });
}

const read = (path: string) => readFileSync(join(prefix, path), 'utf8');
const modeOf = (path: string) => (statSync(join(prefix, path)).mode & 0o777).toString(8);

describe('install.sh', () => {
  test('puts the product, its command, its service, and secrets for root alone', () => {
    const { status, stdout, stderr } = install();
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('npm ci --ignore-scripts ');
    expect(stdout).toContain('phoenix setup-agent');
    expect(stdout).toContain('systemctl enable --now phoenix');
    expect(read('etc/systemd/system/phoenix.service')).toContain(
      `\nEnvironment=NODE_COMPILE_CACHE=${prefix}/opt/phoenix/node_modules/.cache/phoenix\n`,
    );
    expect(readdirSync(join(prefix, 'opt/phoenix')).sort()).toEqual(readdirSync(releaseFolder()).sort());
    expect(modeOf('etc/phoenix')).toBe('700');
    expect(modeOf('etc/phoenix/secrets')).toBe('700');
    for (const name of ['webhook-secret', 'admin-token']) {
      expect(read(`etc/phoenix/${name}`)).toMatch(/^[0-9a-f]{64}$/);
    }
    expect(read('etc/phoenix/webhook-secret')).not.toBe(read('etc/phoenix/admin-token'));
    for (const name of ['webhook-secret', 'admin-token', 'forge-token', 'env']) {
      expect(modeOf(`etc/phoenix/${name}`)).toBe('600');
    }
    const version = spawnSync(join(prefix, 'usr/local/bin/phoenix'), ['--version'], { encoding: 'utf8' });
    expect(version.stdout).toBe(`${JSON.parse(read('opt/phoenix/package.json')).version}\n`);
  });

  test('twice changes no setting, and brings new code', async () => {
    expect(install().status).toBe(0);
    await writeFile(join(prefix, 'etc/phoenix/env'), 'PHOENIX_BRANCH=other\n');
    await writeFile(join(prefix, 'etc/phoenix/forge-token'), 'token');
    await writeFile(join(prefix, 'opt/phoenix/dist/gone.js'), '');
    const secrets = ['webhook-secret', 'admin-token'].map((name) => read(`etc/phoenix/${name}`));
    const { status, stdout } = install();
    expect(status).toBe(0);
    expect(stdout).toContain(`keep ${prefix}/etc/phoenix/env`);
    expect(read('etc/phoenix/env')).toBe('PHOENIX_BRANCH=other\n');
    expect(read('etc/phoenix/forge-token')).toBe('token');
    expect(['webhook-secret', 'admin-token'].map((name) => read(`etc/phoenix/${name}`))).toEqual(secrets);
    expect(readdirSync(join(prefix, 'opt/phoenix/dist'))).not.toContain('gone.js');
    expect(readdirSync(join(prefix, 'opt')).sort()).toEqual(['phoenix', 'phoenix.old']);
  });

  test('--dry-run prints every step and does nothing', () => {
    const { status, stdout, stderr } = install('--dry-run');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout.match(/^install: would /gm)).toHaveLength(9);
    expect(() => statSync(prefix)).toThrow('ENOENT');
  });

  test('when packages cannot be had, what runs stays as it is', async () => {
    expect(install().status).toBe(0);
    await program('npm', '#!/bin/sh\nexit 1\n');
    await writeFile(join(prefix, 'opt/phoenix/dist/mine.js'), '');
    const { status, stderr } = install();
    expect([status, stderr]).toEqual([3, expect.stringContaining('npm ci failed')]);
    expect(readdirSync(join(prefix, 'opt/phoenix/dist'))).toContain('mine.js');
  });

  test.each([
    ['v20.1.0', 'is v20.1.0; Phoenix needs Node 24 or newer'],
    ['a riddle', 'which is no version of Node'],
  ])('a node that says %s is not taken', async (version, message) => {
    await rm(join(programs, 'node'));
    await program('node', `#!/bin/sh\necho '${version}'\n`);
    const { status, stderr } = install();
    expect([status, stderr]).toEqual([3, expect.stringContaining(message)]);
    expect(() => statSync(prefix)).toThrow('ENOENT');
  });

  test.each([
    [['--pretend'], 'there is no option --pretend'],
    [['--purge'], '--purge goes with --uninstall'],
    [['--archive'], '--archive needs a value'],
    [['--archive', '/nowhere.tar.gz'], '--node is for a checkout'],
  ])('%j is refused', (args, message) => {
    expect(install(...args)).toMatchObject({ status: 2, stderr: expect.stringContaining(message) });
    expect(existsSync(prefix)).toBe(false);
  });

  test('a version older than the installed one is refused', async () => {
    expect(install().status).toBe(0);
    const file = join(prefix, 'opt/phoenix/package.json');
    const { version } = JSON.parse(readFileSync(file, 'utf8'));
    await writeFile(file, readFileSync(file, 'utf8').replace(`"${version}"`, '"10.0.0"'));
    const { status, stderr } = install();
    expect(status).toBe(4);
    expect(stderr).toContain(`Phoenix 10.0.0 is installed, and ${version} is older`);
    expect(read('opt/phoenix/package.json')).toContain('10.0.0');
  });

  test(
    'a version older than what the kept ledger was used by is refused, also after it was uninstalled',
    LONG_TEST,
    async () => {
      expect(install().status).toBe(0);
      const { version } = JSON.parse(read('opt/phoenix/package.json'));
      const ledger = join(prefix, 'var/lib/phoenix/agent/redis');
      await mkdir(ledger, { recursive: true });
      await writeFile(join(ledger, 'used-by'), '10.0.0\n');
      expect(install('--uninstall').status).toBe(0);
      for (const args of [[], ['--dry-run']]) {
        const { status, stderr } = install(...args);
        expect(status).toBe(4);
        expect(stderr).toContain(`the ledger in ${ledger} was used by Phoenix 10.0.0, and ${version} is older`);
        expect(existsSync(join(prefix, 'opt/phoenix'))).toBe(false);
      }
      // What is of the same version, a candidate for it or an older one, or says nothing, is taken.
      for (const used of [`${version}\n`, `${version}-rc.1\n`, `${version}+build.5\n`, '0.0.1\n', '']) {
        await writeFile(join(ledger, 'used-by'), used);
        expect(install()).toMatchObject({ status: 0, stderr: '' });
      }
    },
  );

  test('is removed, also twice, and settings and data stay until they are purged', async () => {
    expect(install().status).toBe(0);
    expect(install().status).toBe(0);
    await mkdir(join(prefix, 'var/lib/phoenix/agent'), { recursive: true });
    await writeFile(join(prefix, 'var/lib/phoenix/noted'), '');
    const secret = read('etc/phoenix/admin-token');
    expect(install('--uninstall', '--dry-run').status).toBe(0);
    expect(existsSync(join(prefix, 'opt/phoenix'))).toBe(true);
    for (const _ of ['once', 'again']) {
      const { status, stderr, stdout } = install('--uninstall');
      expect([status, stderr]).toEqual([0, '']);
      expect(stdout).toContain(`keep ${prefix}/etc/phoenix (--purge takes it away)`);
    }
    for (const path of [
      'opt/phoenix',
      'opt/phoenix.old',
      'usr/local/bin/phoenix',
      'etc/systemd/system/phoenix.service',
    ])
      expect(existsSync(join(prefix, path)), path).toBe(false);
    expect(read('etc/phoenix/admin-token')).toBe(secret);
    expect(install().status).toBe(0);
    expect(read('etc/phoenix/admin-token')).toBe(secret);
    expect(install('--uninstall', '--purge').status).toBe(0);
    expect(existsSync(join(prefix, 'etc/phoenix'))).toBe(false);
    expect(readdirSync(join(prefix, 'var/lib/phoenix'))).toEqual(['noted']);
  });
});

describe('a release', () => {
  const version = '7.0.0-rc.1';
  const architecture = process.arch === 'arm64' ? 'arm64' : 'x64';
  let archive: string;
  let digest: string;

  /** The archive of a release, as scripts/package/archive.sh lays it out, with links in place of what is large. */
  beforeEach(async () => {
    const top = join(folder, `phoenix-${version}`);
    for (const part of ['package.json', 'etc', 'deploy']) cpSync(join(TOP, part), join(top, part), { recursive: true });
    await writeFile(
      join(top, 'package.json'),
      readFileSync(join(top, 'package.json'), 'utf8').replace(/"version": "[^"]*"/, `"version": "${version}"`),
    );
    await mkdir(join(top, 'dist'));
    await writeFile(join(top, 'dist/main.js'), 'console.log(process.argv.slice(2).join(" "));\n');
    await mkdir(join(top, 'node/bin'), { recursive: true });
    await writeFile(join(top, 'node/bin/node'), `#!/bin/sh\nexec '${process.execPath}' "$@"\n`, { mode: 0o755 });
    archive = join(folder, `phoenix-${version}-linux-${architecture}.tar.gz`);
    expect(spawnSync('tar', ['-czf', archive, '-C', folder, `phoenix-${version}`]).status).toBe(0);
    digest = createHash('sha256').update(readFileSync(archive)).digest('hex');
  });

  /** Run with standard input, as from a pipe, by a shell that has no Node. */
  function piped(text: string, ...args: readonly string[]) {
    const env = { PATH: `${join(folder, 'fetching')}:/usr/sbin:/usr/bin:/sbin:/bin` };
    return spawnSync('/bin/sh', ['-s', '--', '--prefix', prefix, ...args], { env, input: text, encoding: 'utf8' });
  }

  /** The script of the release, and a curl that has its archive. */
  async function released(): Promise<string> {
    cpSync(archive, archive.replace(architecture, architecture === 'x64' ? 'arm64' : 'x64'));
    const installer = join(TOP, 'scripts/package/installer.sh');
    const address = `https://forge.example/releases/v${version}/phoenix-${version}`;
    const { status, stdout } = spawnSync('/bin/sh', [installer, address, folder], { encoding: 'utf8' });
    expect(status).toBe(0);
    await mkdir(join(folder, 'fetching'));
    await writeFile(
      join(folder, 'fetching/curl'),
      `#!/bin/sh\nwhile [ "$1" != --output ]; do shift; done\n[ "$4" = ${address}-linux-${architecture}.tar.gz ] && cp ${folder}/phoenix-${version}-linux-*${architecture}.tar.gz "$2"\n`,
      { mode: 0o755 },
    );
    return stdout;
  }

  test('is downloaded by its own script, verified, installed with its own Node, and set up with the given answers', async () => {
    const script = await released();
    const { status, stderr, stdout } = piped(script, '--', '--repo-url', 'https://forge.example/you/env.git');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain(
      `setup-agent --env-file ${prefix}/etc/phoenix/env --repo-url https://forge.example/you/env.git`,
    );
    expect(read('usr/local/bin/phoenix')).toContain(`exec ${prefix}/opt/phoenix/node/bin/node `);
    expect(read('etc/systemd/system/phoenix.service')).toContain(`\nExecStart=${prefix}/opt/phoenix/node/bin/node `);
    expect(modeOf('opt/phoenix/node/bin/node')).toBe('755');
    expect(piped(script).status).toBe(0);
  });

  test('with another checksum is not unpacked', async () => {
    const script = await released();
    await writeFile(archive, 'something else');
    const { status, stderr } = piped(script);
    expect([status, stderr]).toEqual([4, expect.stringContaining(`must be ${digest}; nothing was installed`)]);
    expect(existsSync(prefix)).toBe(false);
  });

  test('that was cut off on its way does nothing', async () => {
    const script = await released();
    for (const part of [0.2, 0.6, 0.9, 0.999]) piped(script.slice(0, Math.floor(script.length * part)));
    expect(existsSync(prefix)).toBe(false);
  });

  test('is installed from a downloaded archive, if its checksum is given', () => {
    const text = readFileSync(INSTALL, 'utf8');
    expect(piped(text)).toMatchObject({ status: 2, stderr: expect.stringContaining('belongs to no release') });
    const unknown = piped(text, '--archive', archive);
    expect(unknown).toMatchObject({ status: 2, stderr: expect.stringContaining('--sha256') });
    const wrong = piped(text, '--archive', archive, '--sha256', digest.replace(/./g, '0'));
    expect(wrong).toMatchObject({ status: 4, stderr: expect.stringContaining('nothing was installed') });
    expect(existsSync(prefix)).toBe(false);
    expect(piped(text, '--archive', archive, '--sha256', digest)).toMatchObject({ status: 0, stderr: '' });
    expect(read('opt/phoenix/package.json')).toContain(version);
  });

  test.skipIf(DPKG === undefined)(`becomes a Debian package${DPKG === undefined ? ' (no dpkg-deb)' : ''}`, () => {
    const built = spawnSync('/bin/sh', [join(TOP, 'scripts/package/deb.sh'), archive, folder], { encoding: 'utf8' });
    expect([built.status, built.stderr]).toEqual([0, '']);
    const debian = architecture === 'x64' ? 'amd64' : 'arm64';
    const file = join(folder, `phoenix_${version}_${debian}.deb`);
    const field = (name: string) => spawnSync('dpkg-deb', ['-f', file, name], { encoding: 'utf8' }).stdout.trim();
    expect(['Package', 'Version', 'Architecture'].map(field)).toEqual(['phoenix', '7.0.0~rc.1', debian]);
    const root = join(folder, 'root');
    expect(spawnSync('dpkg-deb', ['-R', file, root]).status).toBe(0);
    expect(readFileSync(join(root, 'usr/lib/systemd/system/phoenix.service'), 'utf8')).toContain(
      '\nExecStart=/opt/phoenix/node/bin/node ',
    );
    // Settings are created if there are none, and are not files of the package.
    expect(existsSync(join(root, 'etc'))).toBe(false);
    const preinst = (...args: readonly string[]) =>
      spawnSync('/bin/sh', [join(root, 'DEBIAN/preinst'), ...args], { encoding: 'utf8' });
    expect(preinst('upgrade', '7.0.0~rc.1', '7.0.0').status).toBe(0);
    expect(preinst('upgrade', '7.0.0', '7.0.0~rc.1')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('phoenix 7.0.0 is installed, and 7.0.0~rc.1 is older'),
    });
  });
});

describe('the settings that are put in place', () => {
  const environment = () => parseEnv(readFileSync(join(TOP, 'deploy/systemd/env.example'), 'utf8'));
  const unit = readFileSync(join(TOP, 'deploy/systemd/phoenix.service'), 'utf8');
  const given = [...unit.matchAll(/^Environment=(\w+)=%d\/([\w-]+)$/gm)].map(([, name = '', file = '']) => [
    name,
    file,
  ]);

  test('are understood together with those of the unit', () => {
    const ofUnit = Object.fromEntries(given.map(([name, file]) => [name, `/run/credentials/${file}`]));
    const all = { ...ofUnit, ...environment(), STATE_DIRECTORY: '/var/lib/phoenix/agent' };
    const { settings, problems } = readSettings(all, (path) => `what ${path} holds`, { receiving: true });
    expect(problems).toEqual([]);
    expect(settings).toMatchObject({ host: { kind: 'local' }, dataDir: '/var/lib/phoenix/agent' });
  });

  test('every secret of the unit is created', () => {
    const loaded = [...unit.matchAll(/^LoadCredential=([\w-]+):\/etc\/phoenix\/([\w-]+)$/gm)];
    expect(loaded.map(([, name]) => name)).toEqual(given.map(([, file]) => file));
    expect(loaded.filter(([, name, file]) => name !== file)).toEqual([]);
    expect(install().status).toBe(0);
    // `secrets` is for those that a configuration names.
    const made = ['env', 'secrets', ...loaded.map(([, name]) => name)];
    expect(readdirSync(join(prefix, 'etc/phoenix')).sort()).toEqual(made.sort());
  });
});

describe.skipIf(ANALYZE === undefined)(`the unit, by systemd itself${without}`, () => {
  const analyze = (...args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(ANALYZE ?? '', [...args, '--man=no'], { encoding: 'utf8' });
    return { status, said: `${stdout}${stderr}` };
  };
  const installed = () => join(prefix, 'etc/systemd/system/phoenix.service');

  test('is valid, and starts an existing program', () => {
    expect(install().status).toBe(0);
    const { status, said } = analyze('verify', installed());
    // It also checks the units that ours refers to.
    expect([status, said.split('\n').filter((line) => line.includes('phoenix.service'))]).toEqual([0, []]);
    expect(read('etc/systemd/system/phoenix.service')).toContain(
      `\nExecStart=${programs}/node --max-semi-space-size=2 --heap-growing-percent=40 ${prefix}/opt/phoenix/dist/main.js serve\n`,
    );
  });

  test('keeps its exposure, and none of what would cut the host off', () => {
    expect(install().status).toBe(0);
    expect(analyze('security', '--offline=true', `--threshold=${EXPOSURE * 10}`, installed()).status).toBe(0);
    const harmful =
      /^(Protect\w+|Private\w+|ReadOnly\w+|NoNewPrivileges|SystemCall\w+|Restrict(?!art)\w+|LockPersonality|Memory\w*Execute)=/m;
    expect(read('etc/systemd/system/phoenix.service')).not.toMatch(harmful);
  });
});

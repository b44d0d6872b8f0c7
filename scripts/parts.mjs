// `npm run parts`: installs the real programs that tests use. Tests of a missing program are skipped.

import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { fail, has, install, PARTS, run, say } from './programs.mjs';

const CONTAINERS = 'containers for real';

/** `package`: of Debian; `module`: built with Go, since Debian has none; `script`: installs the release into a folder. */
const ALL = [
  { program: 'nginx', package: 'nginx-light', without: 'the gateway by the real nginx' },
  { program: 'dnsmasq', package: 'dnsmasq-base', without: 'names by the real dnsmasq' },
  { program: 'sshd', package: 'openssh-server', without: 'a host over SSH' },
  { program: 'chromium', package: 'chromium', without: 'the pages in a browser' },
  { program: 'systemd-analyze', package: 'systemd', without: 'the service of a Proxmox host by systemd itself' },
  { program: 'testparm', package: 'samba-common-bin', without: 'shares read by the real Samba' },
  { program: 'exportfs', package: 'nfs-kernel-server', without: 'exports read by the real exportfs' },
  { program: 'visudo', package: 'sudo', without: 'rules of sudo read by the real one' },
  { program: 'ssh-keygen', package: 'openssh-client', without: 'public keys read by the real ssh-keygen' },
  { program: 'openssl', package: 'openssl', without: 'certificate requests read by the real openssl' },
  { program: 'promtool', package: 'prometheus', without: 'metrics and alert rules read by promtool' },
  { program: 'shellcheck', package: 'shellcheck', without: 'scripts read by shellcheck' },
  { program: 'pebble', package: 'pebble', without: 'certificates by the real ACME of pebble' },
  { program: 'step-ca', module: 'github.com/smallstep/certificates/cmd/step-ca@v0.30.2', without: 'a real step-ca' },
  { program: 'step', module: 'github.com/smallstep/cli/cmd/step@v0.28.7', without: 'an authority in a real container' },
  {
    program: 'compose-loader',
    source: 'test/compose/loader',
    without: 'compose files as Docker Compose loads them',
  },
  { program: 'traefik', script: 'scripts/release.sh', without: 'routes as the real Traefik takes them' },
  { program: 'gitea', script: 'scripts/release.sh', without: 'a team at work on a real Gitea' },
  { program: 'traefik-labels', source: 'test/traefik/decoder', without: 'labels as Traefik itself decodes them' },
  { program: 'lxc-start', package: 'lxc', without: CONTAINERS },
  { program: 'newuidmap', package: 'uidmap', without: CONTAINERS },
  { program: 'debootstrap', package: 'debootstrap', without: CONTAINERS },
];
const ROOTFS = join(PARTS, 'bookworm.tar');

if (argv[1] === fileURLToPath(import.meta.url)) bring();

/** Missing programs, whose tests would be skipped. */
export function missingParts() {
  const missing = ALL.filter(({ program }) => !has(program));
  const rootfs =
    existsSync(ROOTFS) || process.env.PHOENIX_TEST_ROOTFS ? [] : [{ program: 'a Debian 12', without: CONTAINERS }];
  return [...missing, ...rootfs];
}

function bring() {
  const missing = missingParts();
  const packages = missing.flatMap((part) => part.package ?? []);
  if (packages.length > 0) install(packages.join(', '), { 'apt-get': packages });
  mkdirSync(join(PARTS, 'bin'), { recursive: true });
  for (const { program, module, source } of missing.filter((part) => part.module || part.source)) {
    if (!has('go')) fail(`${program} is built with Go 1.26 or newer: https://go.dev/doc/install`, 3);
    say(`building ${program} with Go, which takes a minute or two`);
    const built = ['build', '-C', source, '-o', join(PARTS, 'bin', program), '.'];
    const words = source === undefined ? ['install', module] : built;
    if (run('go', words, { GOBIN: join(PARTS, 'bin'), CGO_ENABLED: '0' }) !== 0) {
      fail(`go ${words.join(' ')} failed: see above`, 3);
    }
  }
  for (const { program, script } of missing.filter((part) => part.script)) {
    say(`fetching the release of ${program}`);
    if (run('sh', [script, program, join(PARTS, 'bin')]) !== 0) fail(`${script} failed: see above`, 3);
  }
  if (!existsSync(ROOTFS)) makeRootfs();
  say('everything is there');
}

/** Creates an archive of a Debian 12 that boots with systemd. */
function makeRootfs() {
  if (process.getuid?.() !== 0) fail('a Debian 12 for real containers is made as root: run "sudo npm run parts"', 3);
  say('making a Debian 12, which takes a minute');
  const folder = mkdtempSync(join(tmpdir(), 'phoenix-rootfs-'));
  // The archive's top folder becomes the container's root folder.
  chmodSync(folder, 0o755);
  const include = 'iproute2,curl,ca-certificates,systemd,systemd-sysv,dbus';
  const made = ['--variant=minbase', `--include=${include}`, 'bookworm', folder, 'http://deb.debian.org/debian'];
  const { status, stdout } = spawnSync('debootstrap', made, { encoding: 'utf8' });
  const packed = status === 0 && run('tar', ['-C', folder, '-cf', `${ROOTFS}.new`, '.']) === 0;
  if (packed) run('mv', [`${ROOTFS}.new`, ROOTFS]);
  rmSync(folder, { recursive: true, force: true });
  if (!packed) fail(`debootstrap failed:\n${stdout.split('\n').slice(-5).join('\n')}`, 3);
}

// Runs a shipped feature below a folder: its paths are redirected there, programs that download, install or start something are stubs that succeed,
// and everything else is the real program. The result is what the feature writes.

import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Real ones, wherever the machine has them. */
const REAL =
  'sh cat grep sed mkdir mv rm cp chmod ln mktemp head cut tr install base64 dirname env touch tail printf echo test true sleep openssl';

/** Stand-ins by name: what they do besides succeeding. */
const STAND_INS: Readonly<Record<string, string>> = {
  'apt-get':
    'for word in "$@"; do case "$word" in step-ca) stand_in step-ca ;; step-cli) stand_in step ;; nginx) stand_in nginx; mkdir -p ROOT/etc/nginx/conf.d ROOT/etc/nginx/sites-enabled ;; tzdata) mkdir -p ROOT/usr/share/zoneinfo/Europe; : >ROOT/usr/share/zoneinfo/Europe/Berlin ;; nfs-common) stand_in mount.nfs ;; docker-ce) stand_in docker ;; esac; done',
  // A download is a file with that name; an archive contains a program.
  curl: 'while [ $# -gt 0 ]; do case "$1" in -o) echo fetched >"$2"; case "$2" in *.run) echo exit 0 >"$2" ;; esac ;; esac; shift; done',
  // Checksums of downloads are not tested here.
  sha256sum: 'case " $* " in *" --check "*) cat >/dev/null ;; *) exec /usr/bin/sha256sum "$@" ;; esac',
  tar: 'while [ $# -gt 0 ]; do [ "$1" = -C ] && folder=$2; last=$1; shift; done; mkdir -p "$folder"; : >"$folder/$last"',
  systemctl: '',
  useradd: '',
  id: '[ "$*" = ada ]',
  uname: 'echo x86_64',
  step: 'mkdir -p "$STEPPATH/config" "$STEPPATH/certs" "$STEPPATH/secrets"; echo "{}" >"$STEPPATH/config/ca.json"; echo root >"$STEPPATH/certs/root_ca.crt"',
  hostname: 'echo 10.0.0.10',
  mountpoint: 'exit 1',
  mount: '',
  umount: '',
  chown: '',
  chpasswd: 'cat >/dev/null',
  'update-ca-certificates': '',
  'nvidia-smi': '',
  'cloud-init': '',
  sync: '',
  python3:
    'mkdir -p ROOT/opt/vllm/bin; for one in python pip vllm; do printf "#!/bin/sh\\n" >ROOT/opt/vllm/bin/$one; chmod 755 ROOT/opt/vllm/bin/$one; done',
};
/** Programs that exist only once something has installed them. */
const LATER = new Set(['step']);

export interface Written {
  /** As the feature names it. */
  readonly path: string;
  /** Text of a file, with the feature's own paths; for a link where it leads. */
  readonly text: string;
}

export interface FeatureRun {
  /** Its inputs; ROOT in one stands for the folder. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Files that are there before. */
  readonly before?: Readonly<Record<string, string>>;
}

/** Everything that it left, in the order of paths. Fails with its output where it fails. */
export function runFeature(script: string, { variables = {}, before = {} }: FeatureRun): Written[] {
  const root = mkdtempSync(join(tmpdir(), 'phoenix-feature-'));
  try {
    const bin = join(root, 'programs');
    mkdirSync(bin);
    for (const name of REAL.split(' ')) {
      const real = ['/usr/bin', '/bin', '/usr/sbin', '/sbin'].map((folder) => join(folder, name)).find(existsSync);
      if (real !== undefined) symlinkSync(real, join(bin, name));
    }
    // Each is created anew: an existing entry may be a link to a real program.
    const standIn = (name: string, text: string): void =>
      writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`, { flag: 'wx', mode: 0o755 });
    const helpers = `stand_in() { cp ${bin}/.stand-in-$1 ${bin}/$1 2>/dev/null || printf '#!/bin/sh\\n' >${bin}/$1; chmod 755 ${bin}/$1; }\n`;
    for (const [name, text] of Object.entries(STAND_INS))
      standIn(LATER.has(name) ? `.stand-in-${name}` : name, `${helpers}${text.replaceAll('ROOT', root)}`);
    for (const folder of [
      'etc/apt/sources.list.d',
      'etc/systemd/system',
      'usr/local/bin',
      'usr/local/share/ca-certificates',
      'var/lib/dbus',
      'usr/bin',
    ])
      mkdirSync(join(root, folder), { recursive: true });
    const given: Readonly<Record<string, string>> = {
      '/etc/os-release': 'ID=debian\nVERSION_CODENAME=bookworm\n',
      '/etc/fstab': '# static file system information\n',
      ...before,
    };
    for (const [path, text] of Object.entries(given)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    // A path starts a word; replacements inside of file contents are reverted below.
    const here = script
      .replaceAll(/(?<![\w$}.:/-])\/(bin|boot|etc|home|lib|media|mnt|opt|root|run|sbin|srv|usr|var)\//g, `${root}/$1/`)
      .replaceAll(`#!${root}/`, '#!/');
    const inputs = Object.entries(variables).map(([name, value]) => [name, value.replaceAll('ROOT', root)]);
    const env = { PATH: bin, LC_ALL: 'C', ...Object.fromEntries(inputs) };
    execFileSync('/bin/sh', ['-s'], { input: here, env, stdio: ['pipe', 'pipe', 'pipe'] });
    return filesIn(root, '')
      .filter(({ path }) => !path.startsWith('/programs/'))
      .map(({ path, text }) => ({ path, text: text.replaceAll(root, '') }))
      .filter(({ path, text }) => given[path] !== text);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function filesIn(root: string, folder: string): Written[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      if (entry.isSymbolicLink()) return [{ path, text: readlinkSync(join(root, path)) }];
      return entry.isDirectory() ? filesIn(root, path) : [{ path, text: readFileSync(join(root, path), 'utf8') }];
    });
}

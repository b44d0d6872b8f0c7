// System programs that tests need: finds them, and installs them where that needs no password.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Folder for programs without a package. Tests search it after PATH. */
export const PARTS = `${ROOT}node_modules/.cache/phoenix-parts`;

const INSTALLERS = {
  'apt-get': [['update'], ['install', '-y', '--no-install-recommends']],
  dnf: [['install', '-y']],
  apk: [['add']],
  pacman: [['-S', '--noconfirm']],
  brew: [['install']],
};

/** A package with the same name for every package manager. */
export function everywhere(name) {
  return Object.fromEntries(Object.keys(INSTALLERS).map((installer) => [installer, [name]]));
}

/** Installs packages, named for each package manager; otherwise prints the command and exits with 3. */
export function install(what, packages) {
  const installer = Object.keys(INSTALLERS).find((name) => has(name) && packages[name] !== undefined);
  if (!installer) fail(`${what} is missing: install it with your system’s package manager`, 3);
  const names = packages[installer];
  const steps = INSTALLERS[installer].map((step, at, all) => (at === all.length - 1 ? [...step, ...names] : step));
  const mayInstall = installer === 'brew' || process.getuid?.() === 0;
  if (!mayInstall) fail(`${what} is missing: run "sudo ${installer} ${steps.at(-1).join(' ')}" once`, 3);
  say(`installing ${names.join(' ')} with ${installer}`);
  for (const step of steps) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const done = spawnSync(installer, step, { encoding: 'utf8', env });
    if (done.status !== 0) fail(`${installer} ${step.join(' ')} failed:\n${done.stderr}`, 3);
  }
}

/**
 * Installs the packages of a folder's lock file, unless they are installed, also by hand. Returns whether this lock file was new, so that what they
 * bring is to be checked.
 */
export function installLocked(folder) {
  const stamp = join(folder, 'node_modules/.phoenix-set-up');
  const text = readFileSync(join(folder, 'package-lock.json'));
  const lock = createHash('sha256').update(text).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return false;
  if (!isInstalled(JSON.parse(text), join(folder, 'node_modules/.package-lock.json'))) {
    say('installing the locked packages (npm ci)');
    if (run('npm', ['ci', '--prefix', folder, '--no-audit', '--no-fund', '--loglevel=error']) !== 0) {
      fail('npm ci failed: see above', 3);
    }
  }
  writeFileSync(stamp, lock);
  return true;
}

/** Whether npm's record of an installation has every package of the lock file, but those that are optional on this machine. */
function isInstalled({ packages }, record) {
  if (!existsSync(record)) return false;
  const { packages: installed } = JSON.parse(readFileSync(record, 'utf8'));
  return Object.entries(packages).every(([path, { version, integrity, optional }]) => {
    if (path === '') return true;
    const found = installed[path];
    return found === undefined ? optional === true : found.version === version && found.integrity === integrity;
  });
}

/** Whether a program is on PATH, in a folder for root, or installed by `npm run parts`. */
export function has(program) {
  const PATH = [process.env.PATH, '/usr/local/sbin', '/usr/sbin', '/sbin', `${PARTS}/bin`].join(':');
  return spawnSync('/bin/sh', ['-c', 'command -v "$1"', 'sh', program], { env: { PATH } }).status === 0;
}

export function run(program, programArgs, env = {}) {
  const options = { cwd: ROOT, stdio: 'inherit', env: { ...process.env, ...env } };
  return spawnSync(program, programArgs, options).status ?? 1;
}

export function say(text) {
  process.stderr.write(`set-up: ${text}\n`);
}

export function fail(text, code) {
  say(text);
  process.exit(code);
}
